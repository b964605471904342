// KJ describes a failed requirement as `expected CONDITION; WORDS; NAME = VALUE; ...`, a failed system call as
// `CALL: REASON; WORDS; ...`, and prefixes what came over a connection.

#include <xrl/fault.h>

#include <cstring>

namespace xylem::xrl {

kj::String explain(const kj::Exception& fault) {
  auto text = fault.getDescription();
  for (kj::StringPtr prefix : {"remote exception: "_kj, "(remote): "_kj})
    if (text.startsWith(prefix)) text = text.slice(prefix.size());
  if (!text.startsWith("expected ")) return kj::str(text);
  auto words = strstr(text.cStr(), "; ");
  return kj::str(words == nullptr ? text : kj::StringPtr(words + 2));
}

}  // namespace xylem::xrl

#pragma once
// What was wrong with the updates of a neighbor without ending its session (RFC 7606 section 8): how often, and the
// last ones, each with its bytes.

#include <protocols/bgp/update.h>

#include <deque>
#include <string>

namespace xylem::bgp {

class Findings {
 public:
  static constexpr size_t KEPT = 16, MAX_BYTES = 256;

  void note(const Finding& finding);
  uint64_t size() const { return count; }
  // All there have been.

  struct Entry {
    kj::StringPtr action;
    // `discard`, `withdraw` or `disable`.
    uint8_t attribute;
    kj::StringPtr reason;
    std::string bytes;
    // In hexadecimal; of more than MAX_BYTES, the first ones and `...`.
  };
  const std::deque<Entry>& latest() const { return entries; }
  // The newest first.

 private:
  uint64_t count = 0;
  std::deque<Entry> entries;
};

}  // namespace xylem::bgp

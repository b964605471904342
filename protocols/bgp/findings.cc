// Bytes are kept as text, as they are shown: a peer that sends much nonsense costs some kilobytes.

#include <protocols/bgp/findings.h>

#include <kj/encoding.h>

namespace xylem::bgp {

void Findings::note(const Finding& finding) {
  constexpr kj::StringPtr ACTIONS[] = {"accept"_kj, "discard"_kj, "withdraw"_kj, "disable"_kj};
  auto shown = finding.bytes.slice(0, kj::min(finding.bytes.size(), MAX_BYTES));
  auto more = shown.size() < finding.bytes.size() ? "..."_kj : ""_kj;
  ++count;
  entries.push_front(
      {ACTIONS[uint(finding.action)], finding.attribute, finding.reason, kj::str(kj::encodeHex(shown), more).cStr()});
  if (entries.size() > KEPT) entries.pop_back();
}

}  // namespace xylem::bgp

#include <protocols/bgp/findings.h>

#include <kj/encoding.h>

namespace xylem::bgp {

void Findings::note(const Finding& finding) {
  constexpr kj::StringPtr ACTIONS[] = {"accept"_kj, "discard"_kj, "withdraw"_kj, "disable"_kj};
  auto shown = finding.bytes.slice(0, kj::min(finding.bytes.size(), MAX_BYTES));
  auto more = shown.size() < finding.bytes.size() ? "..."_kj : ""_kj;
  auto line = kj::str(ACTIONS[uint(finding.action)], " attribute ", finding.attribute, ": ", finding.reason, ": ",
                      kj::encodeHex(shown), more);
  ++count;
  lines.emplace_front(line.cStr());
  if (lines.size() > KEPT) lines.pop_back();
}

}  // namespace xylem::bgp

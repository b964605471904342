#pragma once
// Routes whose ROAs have changed, marked to be looked at again: those that import policies have judged, and those that
// export policies will. Only where a policy asks for `rpki`, and only what the changed ROAs cover.

#include <net/ip.h>

namespace xylem::bgp {

class Speaker;

class Revalidation {
 public:
  explicit Revalidation(Speaker& speaker) : speaker(speaker) {}

  bool step(uint destinations);
  // Goes over so many, or prefixes of ROAs. Returns whether there is more to do.

 private:
  template <typename T, typename Net> bool walk(T& tables, Net within, uint& left);

  Speaker& speaker;
  net::IpNet last;
  // Within the prefix that is being dealt with, the one that was marked last; none: it has not begun.
  bool imports = false, exports = false;
};

}  // namespace xylem::bgp

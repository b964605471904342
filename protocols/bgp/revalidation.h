#pragma once
// Routes whose ROAs have changed, marked to be looked at again: those that import policies have judged, and those that
// export policies will. Only where a policy asks for `rpki`, and only what the changed ROAs cover.

#include <protocols/bgp/family.h>

#include <net/ip.h>

namespace xylem::bgp {

class Speaker;
template <typename Net> class Tables;

class Revalidation {
 public:
  explicit Revalidation(Speaker& speaker) : speaker(speaker) {}

  bool step(uint destinations);
  // Goes over so many, or prefixes of ROAs. Returns whether there is more to do.

 private:
  void askPolicies();
  bool walkAll(net::IpNet within, uint& left);
  template <typename Net> bool walk(Tables<Net>& tables, Net within, uint& left);

  Speaker& speaker;
  bool imports = false, exports = false;
  // Policies ask for it.
  FamilySet walked;
  net::IpNet last;
  // Of the prefix that is being dealt with: whose tables are done with, and in the next one, what was marked last;
  // none: it has not begun.
};

}  // namespace xylem::bgp

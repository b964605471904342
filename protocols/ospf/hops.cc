// Sets are never forgotten: there are as many as a router has had combinations of neighbours on equal paths, each of a
// few bytes.

#include <protocols/ospf/hops.h>

#include <algorithm>

namespace xylem::ospf {

HopsId HopSets::of(std::vector<Hop> hops) {
  std::sort(hops.begin(), hops.end());
  hops.erase(std::unique(hops.begin(), hops.end()), hops.end());
  auto [at, isNew] = ids.emplace(std::move(hops), HopsId(sets.size()));
  if (isNew) sets.push_back(&at->first);
  return at->second;
}

HopsId HopSets::unite(HopsId a, HopsId b) {
  if (a == b || b == NO_HOPS) return a;
  if (a == NO_HOPS) return b;
  std::pair<HopsId, HopsId> both = std::minmax(a, b);
  auto known = unions.find(both);
  if (known != unions.end()) return known->second;
  auto all = *sets[a];
  all.insert(all.end(), sets[b]->begin(), sets[b]->end());
  return unions[both] = of(std::move(all));
}

HopsId HopSets::onLink(HopsId hops, Ip4 gateway) {
  if (!anyOnLink(hops)) return hops;
  auto all = *sets[hops];
  for (auto& hop : all)
    if (hop.gateway.isUnspecified()) hop.gateway = gateway;
  return of(std::move(all));
}

bool HopSets::anyOnLink(HopsId hops) const {
  for (auto& hop : *sets[hops])
    if (hop.gateway.isUnspecified()) return true;
  return false;
}

}  // namespace xylem::ospf

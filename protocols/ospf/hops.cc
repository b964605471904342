// A search makes sets that nothing keeps, on its way to those that last. Nobody counts who uses which: now and then all
// users are asked, so seldom that it costs less than making the sets did.

#include <protocols/ospf/hops.h>

#include <algorithm>

namespace xylem::ospf {

HopsId HopSets::of(std::vector<Hop> hops) {
  std::sort(hops.begin(), hops.end());
  hops.erase(std::unique(hops.begin(), hops.end()), hops.end());
  auto [at, isNew] = ids.emplace(std::move(hops), free.empty() ? HopsId(sets.size()) : free.back());
  if (!isNew) return at->second;
  if (free.empty())
    sets.push_back(nullptr);
  else
    free.pop_back();
  sets[at->second] = &at->first;
  return at->second;
}

void HopSets::keep(const std::vector<bool>& used) {
  for (HopsId id = NO_HOPS + 1; id < sets.size(); ++id) {
    if (used[id] || sets[id] == nullptr) continue;
    ids.erase(ids.find(*sets[id]));
    sets[id] = nullptr;
    free.push_back(id);
  }
  std::erase_if(unions, [&](auto& each) {
    auto& [both, all] = each;
    return !used[both.first] || !used[both.second] || !used[all];
  });
  kept = ids.size();
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

HopsId HopSets::onLink(HopsId hops, kj::FunctionParam<Ip(uint32_t)> gateway) {
  if (!anyOnLink(hops)) return hops;
  auto all = *sets[hops];
  for (auto& hop : all)
    if (hop.gateway.isUnspecified()) hop.gateway = gateway(hop.interface);
  std::erase_if(all, [](auto& hop) { return hop.gateway.isUnspecified(); });
  return of(std::move(all));
}

bool HopSets::anyOnLink(HopsId hops) const {
  for (auto& hop : *sets[hops])
    if (hop.gateway.isUnspecified()) return true;
  return false;
}

}  // namespace xylem::ospf

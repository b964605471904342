#pragma once
// Sets of next hops, each kept once and known by a number: paths of equal cost share them by the thousand.

#include <protocols/ospf/lsa.h>

#include <map>

namespace xylem::ospf {

struct Hop {
  uint32_t interface = 0;
  // The core's number for it.
  Ip4 gateway;
  // Unspecified: the destination is on the link.

  auto operator<=>(const Hop&) const = default;
};

using HopsId = uint32_t;
constexpr HopsId NO_HOPS = 0;

class HopSets {
 public:
  HopSets() { sets.push_back(&ids.emplace(std::vector<Hop>(), NO_HOPS).first->first); }
  KJ_DISALLOW_COPY(HopSets);

  HopsId of(std::vector<Hop> hops);
  // In any order, perhaps with repetitions.
  HopsId of(Hop hop) { return of(std::vector<Hop>{hop}); }
  HopsId unite(HopsId a, HopsId b);
  HopsId onLink(HopsId hops, Ip4 gateway);
  // The same, with this gateway in place of those that have none.
  bool anyOnLink(HopsId hops) const;

  const std::vector<Hop>& operator[](HopsId id) const { return *sets[id]; }
  // In order.
  size_t size() const { return sets.size(); }

 private:
  std::map<std::vector<Hop>, HopsId> ids;
  std::vector<const std::vector<Hop>*> sets;
  std::map<std::pair<HopsId, HopsId>, HopsId> unions;
};

}  // namespace xylem::ospf

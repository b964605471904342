#pragma once
// Sets of next hops, each kept once and known by a number: paths of equal cost share them by the thousand.

#include <protocols/ospf/lsa.h>

#include <kj/function.h>

#include <map>

namespace xylem::ospf {

struct Hop {
  uint32_t interface = 0;
  // The core's number for it.
  Ip gateway;
  // None: the destination is on the link.

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
  HopsId onLink(HopsId hops, kj::FunctionParam<Ip(uint32_t)> gateway);
  // The same, where those that have none get a gateway, by their interface, or are left out for want of one.
  bool anyOnLink(HopsId hops) const;

  const std::vector<Hop>& operator[](HopsId id) const { return *sets[id]; }
  // In order.
  size_t size() const { return sets.size(); }
  // All numbers are below it.

  bool isCrowded() const { return ids.size() > 2 * kept + SPARE; }
  // There are so many that it is worth the time to ask which are in use.
  void keep(const std::vector<bool>& used);
  // By number; all others are forgotten, and their numbers given to new ones.

 private:
  static constexpr size_t SPARE = 64;

  std::map<std::vector<Hop>, HopsId> ids;
  std::vector<const std::vector<Hop>*> sets;
  std::map<std::pair<HopsId, HopsId>, HopsId> unions;
  std::vector<HopsId> free;
  size_t kept = 0;
};

}  // namespace xylem::ospf

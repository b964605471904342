#pragma once
// World: what tests of tables stand on. Neighbor 0 is this router; 1 to 6 are external, of two ASes, 7 and 8 internal.
// Some next hops can be reached, and some attributes differ in nothing but MED.

#include <protocols/bgp/table.h>

#include <random>

namespace xylem::bgp {

class World {
 public:
  static constexpr uint PEERS = 9;

  explicit World(uint seed = 1) : random(seed), neighbors(PEERS) {
    for (uint i = 0; i < PEERS; ++i) {
      neighbors[i].kind = i == 0 ? Neighbor::LOCAL : i < 7 ? Neighbor::EXTERNAL : Neighbor::INTERNAL;
      neighbors[i].as = i < 7 ? 65001 + i % 2 : 64500;
      neighbors[i].routerId = net::Ip4{10 + PEERS - i};
      neighbors[i].address = net::Ip4{0x0a000000 + i};
    }
    for (uint i = 1; i < 5; ++i) hops.push_back(nextHops.hold(net::Ip4{0xc0000200 + i}));
    for (uint i = 0; i < 3; ++i) nextHops.set(hops[i], true, 10 * (i % 2));
    nextHops.settled();
  }

  uint pick(uint below) { return uint(random() % below); }

  policy::Attributes attributes() {
    policy::Attributes made;
    uint32_t path[] = {65001 + pick(2), 65010 + pick(3), 65020};
    made.path.append(policy::AsPath::SEQUENCE, kj::arrayPtr(path, 2 + pick(2)));
    made.origin = policy::Origin(pick(2));
    made.nextHop = net::Ip4{0xc0000201 + pick(4)};
    if (pick(2) == 0) made.med = pick(3);
    if (pick(8) == 0) made.localPreference = 90 + pick(2) * 20;
    if (pick(16) == 0) made.communities.insert(policy::LLGR_STALE);
    return made;
  }
  // Few enough that two are often equal in most steps.

  std::mt19937 random;
  NextHops nextHops;
  AttributePool pool{nextHops};
  std::vector<Neighbor> neighbors;
  std::vector<uint32_t> hops;
};

}  // namespace xylem::bgp

#include <gtest/gtest.h>
#include <protocols/bgp/feed.h>
#include <protocols/bgp/world.h>

#include <bit>
#include <map>

namespace xylem::bgp {
namespace {

using net::Ip4Net;

class Keep final : public Importer<Ip4Net> {
 public:
  AttributeId accept(uint16_t, Ip4Net, AttributeId, bool) override { KJ_UNREACHABLE; }
};

struct Fixture : World {
  explicit Fixture(bool weighted = false, uint external = 1) : decision(options(external)), feed(table, pool, sets) {
    feed.setWeighted(weighted);
  }

  static DecisionOptions options(uint external) {
    DecisionOptions options;
    options.multipath = {Multipath::ANY_PATH, external, 1};
    return options;
  }
  AttributeId set(uint32_t hop, kj::Maybe<float> bandwidth = nullptr) {
    policy::Attributes a;
    a.nextHop = net::Ip4{0xc0000200 + hop};
    KJ_IF_MAYBE (b, bandwidth)
      a.extendedCommunities.insert(policy::ExtendedCommunity{0x4004ull << 48 | std::bit_cast<uint32_t>(*b)});
    return pool.intern(a);
  }
  size_t collect() {
    return feed.collect(1000, [&](Ip4Net net, uint32_t set, Fed) {
      if (set == 0)
        rib.erase(net);
      else
        rib[net] = set;
    });
  }
  void nextHop(uint index, bool reachable) {
    nextHops.set(hops[index], reachable, 10 * (index % 2));
    table.nextHopsChanged();
    while (table.step(10, keep)) {
    }
    nextHops.settled();
  }
  std::vector<WeightedHop> ways(Ip4Net net) { return sets[rib.at(net)].ways; }

  const Ip4Net ten{net::Ip4::of(10, 0, 0, 0), 8}, eleven{net::Ip4::of(11, 0, 0, 0), 8};
  Keep keep;
  Decision decision;
  Table<Ip4Net> table{pool, nextHops, neighbors, decision};
  NextHopSets sets{nextHops};
  Feed<Ip4Net> feed;
  std::map<Ip4Net, uint32_t> rib;
};

TEST(Feed, routesShareSets) {
  Fixture f;
  auto one = f.set(1);
  f.table.announce(1, 0, f.ten, one, one, 1);
  f.table.announce(1, 0, f.eleven, one, one, 1);
  EXPECT_EQ(f.collect(), 2u);
  EXPECT_EQ(f.rib.at(f.ten), f.rib.at(f.eleven));
  EXPECT_EQ(f.sets.size(), 1u);
  EXPECT_EQ(f.sets.events().size(), 1u);
  EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0]}}));
  f.table.withdraw(1, 0, f.ten);
  f.table.withdraw(1, 0, f.eleven);
  EXPECT_EQ(f.collect(), 2u);
  EXPECT_TRUE(f.rib.empty());
  auto events = f.sets.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_FALSE(events[0].used);
  EXPECT_EQ(f.table.size(), 0u);
}

TEST(Feed, tellsNothingWhenTheNextHopStays) {
  Fixture f;
  auto one = f.set(1), other = f.set(1, 5.f);
  f.table.announce(1, 0, f.ten, one, one, 1);
  f.collect();
  f.table.announce(1, 0, f.ten, other, other, 1);
  EXPECT_TRUE(f.feed.isBusy());
  EXPECT_EQ(f.collect(), 0u);
  f.feed.repeat();
  EXPECT_EQ(f.collect(), 1u);
}

TEST(Feed, leavesOutLocalAndUnreachablePaths) {
  Fixture f;
  auto one = f.set(1), four = f.set(4);
  f.table.announce(0, 0, f.ten, one, one, 1);
  f.table.announce(1, 0, f.eleven, four, four, 1);
  EXPECT_EQ(f.collect(), 0u);
  f.nextHop(3, true);
  EXPECT_EQ(f.collect(), 1u);
  f.nextHop(3, false);
  EXPECT_EQ(f.collect(), 1u);
  EXPECT_TRUE(f.rib.empty());
}

TEST(Feed, internalRoutesHaveSetsOfTheirOwn) {
  Fixture f;
  auto one = f.set(1);
  f.table.announce(1, 0, f.ten, one, one, 1);
  f.table.announce(7, 0, f.eleven, one, one, 1);
  f.collect();
  EXPECT_NE(f.rib.at(f.ten), f.rib.at(f.eleven));
  EXPECT_FALSE(f.sets[f.rib.at(f.ten)].internal);
  EXPECT_TRUE(f.sets[f.rib.at(f.eleven)].internal);
}

TEST(Feed, multipathFollowsEveryPath) {
  Fixture f(false, 4);
  auto one = f.set(1), three = f.set(3);
  f.table.announce(1, 0, f.ten, one, one, 1);
  EXPECT_EQ(f.collect(), 1u);
  f.table.announce(2, 0, f.ten, three, three, 1);
  EXPECT_EQ(f.collect(), 1u);
  EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0]}, {f.hops[2]}}));
  f.nextHop(2, false);
  EXPECT_EQ(f.collect(), 1u);
  EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0]}}));
}

TEST(Feed, weighsByLinkBandwidth) {
  Fixture f(true, 4);
  auto one = f.set(1, 100.f), three = f.set(3, 50.f), plain = f.set(3), absurd = f.set(3, -1.f);
  f.table.announce(1, 0, f.ten, one, one, 1);
  f.table.announce(2, 0, f.ten, three, three, 1);
  f.collect();
  EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0], 240}, {f.hops[2], 120}}));
  for (auto other : {plain, absurd}) {
    f.table.announce(2, 0, f.ten, other, other, 1);
    f.collect();
    EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0], 1}, {f.hops[2], 1}}));
  }
  f.table.announce(2, 0, f.ten, three, three, 1);
  f.feed.setWeighted(false);
  f.collect();
  EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0], 1}, {f.hops[2], 1}}));
  f.feed.setWeighted(true);
  EXPECT_EQ(f.collect(), 1u);
  EXPECT_EQ(f.ways(f.ten), (std::vector<WeightedHop>{{f.hops[0], 240}, {f.hops[2], 120}}));
}

TEST(Feed, aSetsIdIsNotUsedAgainBeforeItsEndWasHeardOf) {
  Fixture f;
  auto one = f.set(1), three = f.set(3);
  f.table.announce(1, 0, f.ten, one, one, 1);
  f.collect();
  auto id = f.rib.at(f.ten);
  f.table.withdraw(1, 0, f.ten);
  f.collect();
  f.table.announce(1, 0, f.ten, three, three, 1);
  f.collect();
  EXPECT_NE(f.rib.at(f.ten), id);
  EXPECT_EQ(f.sets.events().size(), 3u);
  f.table.announce(1, 0, f.ten, one, one, 1);
  f.collect();
  EXPECT_EQ(f.rib.at(f.ten), id);
}

}  // namespace
}  // namespace xylem::bgp

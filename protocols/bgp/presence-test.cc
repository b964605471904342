#include <gtest/gtest.h>
#include <protocols/bgp/presence.h>
#include <protocols/bgp/world.h>

#include <map>

namespace xylem::bgp {
namespace {

using net::Ip4Net;

Ip4Net net4(kj::StringPtr text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text)).v4(); }

struct Fixture : World {
  Decision decision{{}};
  Table<Ip4Net> table{pool, nextHops, neighbors, decision};
  std::map<std::pair<Ip4Net, bool>, uint> told;
  Presence<Ip4Net> presence{table, [this](Ip4Net net, bool below) { ++told[{net, below}]; }};

  void announce(Ip4Net net, bool usable = true) {
    auto id = pool.intern(reachable());
    table.announce(1, 0, net, id, usable ? id : AttributePool::NONE, 0);
    pool.release(id);
  }
  policy::Attributes reachable() {
    auto made = attributes();
    made.nextHop = net::Ip4{0xc0000201};
    return made;
  }
  void settle() {
    while (presence.step(3)) {
    }
  }
};

TEST(PresenceTest, CountsWhatIsThereAndBelow) {
  Fixture f;
  auto aggregate = net4("10.0.0.0/8"), one = net4("10.1.0.0/16"), two = net4("10.2.0.0/16");
  f.announce(one);
  f.presence.watch({one, two}, {aggregate});
  EXPECT_FALSE(f.presence.has(one)) << "not looked yet";
  f.settle();
  EXPECT_TRUE(f.presence.has(one));
  EXPECT_FALSE(f.presence.has(two));
  EXPECT_TRUE(f.presence.hasBelow(aggregate));
  EXPECT_EQ(f.told.size(), 2u);
  f.announce(two);
  f.settle();
  EXPECT_TRUE(f.presence.has(two));
  EXPECT_EQ((f.told[{aggregate, true}]), 1u) << "the second one below is no news";
  f.table.withdraw(1, 0, one);
  f.settle();
  EXPECT_TRUE(f.presence.hasBelow(aggregate));
  f.announce(two, false);
  f.settle();
  EXPECT_FALSE(f.presence.hasBelow(aggregate)) << "what is rejected is not there";
  EXPECT_EQ((f.told[{aggregate, true}]), 2u);
}

TEST(PresenceTest, DoesNotCountThePrefixItself) {
  Fixture f;
  auto aggregate = net4("10.0.0.0/8");
  f.presence.watch({}, {aggregate});
  f.announce(aggregate);
  f.settle();
  EXPECT_FALSE(f.presence.hasBelow(aggregate));
}

TEST(PresenceTest, KeepsQuietAboutWhatStaysWhenOthersAreWatched) {
  Fixture f;
  auto one = net4("10.1.0.0/16"), other = net4("192.168.0.0/16");
  f.announce(one);
  f.presence.watch({one}, {});
  f.settle();
  f.told.clear();
  f.presence.watch({one, other}, {});
  f.settle();
  EXPECT_TRUE(f.told.empty());
  EXPECT_TRUE(f.presence.has(one));
}

TEST(PresenceTest, AgreesWithACountFromTheBeginning) {
  Fixture f;
  std::set<Ip4Net> exact, below;
  for (uint i = 0; i < 20; ++i) exact.insert(Ip4Net(net::Ip4{0x0a000000 + (f.pick(256) << 16)}, 16));
  for (uint i = 0; i < 10; ++i) below.insert(Ip4Net(net::Ip4{0x0a000000 + (f.pick(16) << 20)}, 12));
  f.presence.watch(exact, below);
  for (uint round = 0; round < 2000; ++round) {
    Ip4Net net(net::Ip4{0x0a000000 + (f.pick(256) << 16)}, 16);
    if (f.pick(2) == 0)
      f.announce(net, f.pick(4) != 0);
    else
      f.table.withdraw(1, 0, net);
    if (f.pick(3) == 0) f.presence.step(f.pick(4));
  }
  f.settle();
  auto isThere = [&](Ip4Net net) {
    auto at = f.table.find(net);
    return at != nullptr && f.table.bestIndex(KJ_ASSERT_NONNULL(at)) != 0;
  };
  for (auto& net : exact) EXPECT_EQ(f.presence.has(net), isThere(net));
  for (auto& net : below) {
    bool any = false;
    for (uint i = 0; i < 16; ++i) any = any || isThere(Ip4Net(net::Ip4{net.address().bits + (i << 16)}, 16));
    EXPECT_EQ(f.presence.hasBelow(net), any);
  }
}

}  // namespace
}  // namespace xylem::bgp

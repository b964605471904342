#include <rib/table-testing.h>

namespace xylem::rib {
namespace {

using namespace testing;

TEST(Table, TheLowestDistanceWinsThenTheLowestMetricThenTheOlderOrigin) {
  Rig rig;
  auto& a = rig.table.open("a", 110);
  auto& b = rig.table.open("b", 110);
  auto& c = rig.table.open("c", 20);
  rig.table.define(a, 1, via("10.0.0.2", "eth0"));
  rig.table.define(b, 1, via("10.0.0.3", "eth0"));
  rig.table.define(c, 1, via("10.0.0.4", "eth0"));
  rig.put(b, "192.0.2.0/24", 1, 5);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.3 dev eth0");
  rig.put(a, "192.0.2.0/24", 1, 5);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.2 dev eth0");
  rig.put(a, "192.0.2.0/24", 1, 6);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.3 dev eth0");
  rig.put(c, "192.0.2.0/24", 1, 1000);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.4 dev eth0");
  rig.remove(c, "192.0.2.0/24");
  rig.remove(b, "192.0.2.0/24");
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.2 dev eth0");
  rig.remove(a, "192.0.2.0/24");
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "-");
  EXPECT_EQ(rig.table.candidates.size(), 3u) << "the connected ones";
  EXPECT_EQ(rig.table.prefixes(4), 2u);
}

TEST(Table, ARouteAtDistance255IsNeverUsed) {
  Rig rig;
  auto& never = rig.table.open("never", 255);
  rig.table.define(never, 1, via("10.0.0.2", "eth0"));
  rig.put(never, "192.0.2.0/24", 1);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "-");
}

TEST(Table, AConnectedRouteIsTheSystemsOwn) {
  Rig rig;
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, via("10.1.0.2"));
  rig.put(a, "10.0.0.0/24", 1);
  rig.put(a, "10.2.0.0/24", 1);
  rig.settle();
  EXPECT_EQ(rig.fib.routes.size(), 1u);
  rig.interface("eth0", 2, false, {"10.0.0.1/24"});
  rig.settle();
  EXPECT_EQ(rig.fib["10.0.0.0/24"], "via 10.1.0.2 dev eth1");
  rig.interface("eth0", 2, true, {"10.0.0.1/24"});
  rig.settle();
  EXPECT_EQ(rig.fib["10.0.0.0/24"], "-");
}

TEST(Table, LinkLocalAndLoopbackPrefixesAreNotConnected) {
  Rig rig;
  rig.interface("lo", 1, true, {"127.0.0.1/8", "::1/128", "10.255.0.1/32"});
  EXPECT_EQ(rig.table.prefixes(6), 1u);
  EXPECT_EQ(rig.table.prefixes(4), 3u);
}

TEST(Table, OfTwoLinksWithTheSamePrefixTheFirstHasIt) {
  Rig rig;
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, via("10.0.0.9"));
  rig.put(a, "192.0.2.0/24", 1);
  rig.interface("eth1", 3, true, {"10.0.0.7/24"});
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.9 dev eth0");
  rig.interface("eth0", 2, false, {"10.0.0.1/24"});
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.9 dev eth1");
  rig.table.dropInterface(ifName("eth1"));
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "-");
}

TEST(Table, WhenItsWayMovesOneGroupChangesAndNoRoute) {
  Rig rig;
  auto& igp = rig.table.open("igp", 110);
  auto& bgp = rig.table.open("bgp", 20);
  rig.table.define(igp, 1, via("10.0.0.2", "eth0"));
  rig.table.define(igp, 2, via("10.1.0.2", "eth1"));
  rig.put(igp, "10.9.0.0/16", 1);
  rig.table.define(bgp, 7, via("10.9.9.9"));
  for (uint i = 0; i < 1000; ++i)
    rig.table.put(bgp, net::Ip4Net(net::Ip4{0xc0000000 + (i << 8)}, 24), KJ_ASSERT_NONNULL(rig.table.groupOf(bgp, 7)),
                  0, 0);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.7.0/24"], "via 10.0.0.2 dev eth0");
  auto writes = rig.fib.writes;
  rig.put(igp, "10.9.0.0/16", 2);
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.7.0/24"], "via 10.1.0.2 dev eth1");
  EXPECT_EQ(rig.fib.writes, writes + 1) << "the one of the gateway";
  rig.remove(igp, "10.9.0.0/16");
  rig.settle();
  EXPECT_EQ(rig.fib.routes.size(), 0u);
  EXPECT_EQ(rig.fib.groups.size(), 2u) << "the dead group is taken back";
}

TEST(Table, NothingResolvesThroughItself) {
  Rig rig;
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, via("10.9.0.1"));
  rig.table.define(a, 2, via("10.8.0.1"));
  rig.table.define(a, 3, via("10.0.0.2", "eth0"));
  rig.put(a, "10.9.0.0/16", 1);
  rig.settle();
  EXPECT_EQ(rig.fib["10.9.0.0/16"], "-");
  rig.put(a, "10.9.0.0/16", 2);
  rig.put(a, "10.8.0.0/16", 1);
  rig.settle();
  EXPECT_EQ(rig.fib.routes.size(), 0u);
  rig.put(a, "0.0.0.0/0", 3);
  rig.settle();
  EXPECT_EQ(rig.fib["10.9.0.0/16"], "via 10.0.0.2 dev eth0");
  EXPECT_EQ(rig.fib["10.8.0.0/16"], "via 10.0.0.2 dev eth0");
  rig.remove(a, "0.0.0.0/0");
  rig.settle();
  EXPECT_EQ(rig.fib.routes.size(), 0u);
}

TEST(Table, ARouteMayHaveItsGatewayInsideWhenAShorterOneLeadsThere) {
  Rig rig;
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, via("10.0.0.130"));
  rig.put(a, "10.0.0.128/25", 1);
  rig.settle();
  EXPECT_EQ(rig.fib["10.0.0.128/25"], "via 10.0.0.130 dev eth0");
}

TEST(Table, AParadoxEnds) {
  // G1 is usable only while it does not win.
  Rig rig;
  auto& good = rig.table.open("good", 1);
  auto& bad = rig.table.open("bad", 200);
  rig.table.define(good, 1, via("20.0.0.1"));
  rig.table.define(good, 2, via("30.0.0.1"));
  rig.table.define(bad, 1, via("10.0.0.2", "eth0"));
  rig.put(good, "30.0.0.0/24", 1);
  rig.put(bad, "30.0.0.0/24", 1);
  rig.put(good, "20.0.0.0/24", 2);
  rig.settle();
  EXPECT_EQ(rig.fib.routes.count(ipNet("30.0.0.0/24")), 1u);
}

TEST(Table, GroupsThatDropAreAlwaysAliveAndNoWayLeadsThroughThem) {
  Rig rig;
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, NextHops{NextHops::BLACKHOLE, {}});
  rig.table.define(a, 2, via("10.9.9.9"));
  rig.table.define(a, 3, NextHops{NextHops::UNREACHABLE, {}});
  rig.put(a, "10.9.0.0/16", 1);
  rig.put(a, "192.0.2.0/24", 2);
  rig.put(a, "2001:db8:1::/48", 3);
  rig.settle();
  EXPECT_EQ(rig.fib["10.9.0.0/16"], "blackhole");
  EXPECT_EQ(rig.fib["2001:db8:1::/48"], "unreachable");
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "-");
}

TEST(Table, WeightsOfRecursiveHopsMultiply) {
  Rig rig;
  auto& igp = rig.table.open("igp", 110);
  NextHops two{NextHops::HOPS, {{ip("10.0.0.2"), ifName("eth0"), 1}, {ip("10.1.0.2"), ifName("eth1"), 3}}};
  rig.table.define(igp, 1, NextHops(two));
  rig.put(igp, "10.9.0.0/16", 1);
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, NextHops{NextHops::HOPS, {{ip("10.9.0.1"), {}, 2}, {ip("10.0.0.2"), ifName("eth0"), 1}}});
  rig.put(a, "192.0.2.0/24", 1);
  rig.settle();
  // 2 * 1/4 + 1 = 3/2 against 2 * 3/4 = 3/2.
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.2 dev eth0, via 10.1.0.2 dev eth1");
  rig.interface("eth1", 3, false, {"10.1.0.1/24"});
  rig.settle();
  EXPECT_EQ(rig.fib["192.0.2.0/24"], "via 10.0.0.2 dev eth0");
}

TEST(Table, ARestartedOriginWritesOnlyWhatDiffers) {
  Rig rig;
  auto* a = &rig.table.open("a", 1);
  rig.table.define(*a, 1, via("10.0.0.2", "eth0"));
  rig.table.define(*a, 2, via("10.0.0.3", "eth0"));
  rig.put(*a, "192.0.2.0/24", 1);
  rig.put(*a, "192.0.3.0/24", 1);
  rig.put(*a, "192.0.4.0/24", 2);
  rig.settle();
  auto writes = rig.fib.writes;
  auto groups = rig.table.groups.size();
  rig.table.stale(*a);
  a = &rig.table.open("a", 1);
  rig.table.define(*a, 9, via("10.0.0.2", "eth0"));
  rig.put(*a, "192.0.2.0/24", 9);
  rig.put(*a, "192.0.3.0/24", 9);
  rig.settle();
  EXPECT_EQ(rig.fib.writes, writes);
  EXPECT_EQ(rig.fib["192.0.4.0/24"], "via 10.0.0.3 dev eth0");
  rig.table.synced(*a);
  rig.settle();
  EXPECT_EQ(rig.fib.writes, writes + 1);
  EXPECT_EQ(rig.fib["192.0.4.0/24"], "-");
  EXPECT_EQ(rig.table.groups.size(), groups - 1);
  EXPECT_EQ(rig.fib.groups.size(), 1u);
  rig.table.withdraw(*a);
  rig.settle();
  EXPECT_EQ(rig.fib.routes.size(), 0u);
  EXPECT_EQ(rig.fib.groups.size(), 0u);
}

TEST(Table, APrefixThatChangesTwiceIsToldOnce) {
  Rig rig;
  auto& a = rig.table.open("a", 1);
  rig.table.define(a, 1, via("10.0.0.2", "eth0"));
  for (int i = 0; i < 100; ++i) {
    rig.put(a, "192.0.2.0/24", 1, i);
    if (i % 3 == 0) rig.remove(a, "192.0.2.0/24");
  }
  EXPECT_EQ(rig.table.fibBacklog(), 1u);
  rig.settle();
  EXPECT_EQ(rig.fib.writes, 1u);
}

}  // namespace
}  // namespace xylem::rib

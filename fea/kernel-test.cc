#include <fcntl.h>
#include <fea/kernel.h>
#include <fea/testing.h>
#include <sys/wait.h>

namespace xylem::fea {
namespace {

using testing::Batch;
using testing::countOf;
using testing::sh;
using KernelPlane = testing::OnKernel;

TEST_F(KernelPlane, InstallsRoutesOfBothVersions) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).group(2, {{"fe80::1", "w0"}}).group(3, {{"", "v0"}});
  batch.route("192.0.2.0/24", 1).route("0.0.0.0/0", 1).route("2001:db8:1::/48", 2).route("::/0", 2);
  batch.route("198.51.100.1/32", 3).route("2001:db8:2::/48", 3).route("203.0.113.0/24", 2);
  push(batch);
  synced();
  auto four = routes4(), six = routes6();
  EXPECT_EQ(4u, countOf(four, "metric 300")) << four;
  EXPECT_HAS(four, "192.0.2.0/24 nhid");
  EXPECT_HAS(four, "default nhid");
  EXPECT_EQ(3u, countOf(six, "metric 300")) << six;
  EXPECT_HAS(sh("ip route get 192.0.2.7"), "via 10.0.0.2 dev v0");
  EXPECT_HAS(sh("ip route get 198.51.100.1"), "198.51.100.1 dev v0");
  EXPECT_HAS(sh("ip route get 203.0.113.9"), "via inet6 fe80::1 dev w0");  // RFC 8950
  EXPECT_HAS(sh("ip -6 route get 2001:db8:1::5"), "via fe80::1 dev w0");
  EXPECT_HAS(sh("ip -6 route get 2001:db8:2::5"), "2001:db8:2::5 from :: dev v0");
  EXPECT_TRUE(heard.refusals.empty());
  EXPECT_EQ(7u, plane->counters().installs);
  EXPECT_EQ(3u, plane->counters().groups);
  EXPECT_EQ(0u, plane->counters().stale);
}

TEST_F(KernelPlane, WithdrawsAndForgivesWhatIsGone) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1).route("198.51.100.0/24", 1).route("2001:db8:9::/48", 1);
  push(batch);
  Batch gone;
  gone.route("192.0.2.0/24", 0).route("192.0.2.0/24", 0).route("2001:db8:9::/48", 0).route("203.0.113.0/24", 0);
  push(gone);
  auto four = routes4();
  EXPECT_LACKS(four, "192.0.2.0/24");
  EXPECT_HAS(four, "198.51.100.0/24");
  EXPECT_EQ(std::set<std::string>{}, heard.lostRoutes);
  // The IPv6 route could not have an IPv4 gateway.
  EXPECT_EQ(1u, heard.refusals.size());
  EXPECT_EQ(1u, heard.refusals.count("2001:db8:9::/48"));
}

TEST_F(KernelPlane, LaterEntryOfABatchWins) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}});
  for (int i = 0; i < 3; ++i) batch.route("192.0.2.0/24", 1).route("192.0.2.0/24", 0);
  batch.route("198.51.100.0/24", 0).route("198.51.100.0/24", 1);
  push(batch);
  EXPECT_LACKS(routes4(), "192.0.2.0/24");
  EXPECT_HAS(routes4(), "198.51.100.0/24");
}

TEST_F(KernelPlane, SharesTrafficByWeight) {
  begin();
  Batch batch;
  batch.group(7, {{"10.0.0.2", "v0", 3}, {"10.0.1.2", "w0", 256}, {"10.0.0.2", "v0", 2}}).route("192.0.2.0/24", 7);
  batch.group(8, {{"fe80::2", "v0", 1}, {"fe80::2", "w0", 4}}).route("2001:db8:1::/48", 8);
  push(batch);
  EXPECT_HAS(show("route show 192.0.2.0/24"), "nexthop via 10.0.0.2 dev v0 weight 5");
  EXPECT_HAS(show("route show 192.0.2.0/24"), "nexthop via 10.0.1.2 dev w0 weight 256");
  EXPECT_HAS(show("-6 route show 2001:db8:1::/48"), "nexthop via fe80::2 dev w0 weight 4");
}

TEST_F(KernelPlane, BlackholeAndUnreachable) {
  begin();
  Batch batch;
  batch.blackhole(1).unreachable(2);
  batch.route("192.0.2.0/24", 1).route("2001:db8:1::/48", 1).route("198.51.100.0/24", 2).route("2001:db8:2::/48", 2);
  push(batch);
  synced();
  EXPECT_HAS(routes4(), "blackhole 192.0.2.0/24");
  EXPECT_HAS(routes6(), "blackhole 2001:db8:1::/48");
  EXPECT_HAS(routes4(), "unreachable 198.51.100.0/24");
  EXPECT_HAS(routes6(), "unreachable 2001:db8:2::/48");
  EXPECT_TRUE(heard.refusals.empty());
  Batch other;
  other.route("192.0.2.0/24", 2).route("198.51.100.0/24", 1).route("2001:db8:1::/48", 2).route("2001:db8:2::/48", 0);
  push(other);
  EXPECT_HAS(routes4(), "unreachable 192.0.2.0/24");
  EXPECT_HAS(routes4(), "blackhole 198.51.100.0/24");
  EXPECT_HAS(routes6(), "unreachable 2001:db8:1::/48");
  EXPECT_EQ(1u, countOf(routes6(), "2001:db8")) << routes6();
}

TEST_F(KernelPlane, OneGroupMovesAllItsRoutes) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}});
  for (uint i = 0; i < 1000; ++i) batch.route(net::Ip4Net(net::Ip4::of(20, uint8_t(i >> 8), uint8_t(i), 0), 24), 1);
  push(batch);
  auto installs = plane->counters().installs;
  Batch move;
  move.group(1, {{"10.0.1.2", "w0"}, {"10.0.0.3", "v0"}});
  push(move);
  EXPECT_EQ(2000u, countOf(routes4(), "nexthop via"));
  Batch hole;
  hole.blackhole(1);
  push(hole);
  EXPECT_EQ(1000u, countOf(routes4(), "blackhole"));
  Batch back;
  back.group(1, {{"10.0.0.2", "v0"}});
  push(back);
  EXPECT_EQ(1000u, countOf(routes4(), "via 10.0.0.2 dev v0"));
  EXPECT_EQ(installs, plane->counters().installs);
  // The hops that nobody uses are gone: one hop and one group are left.
  EXPECT_EQ(2u, countOf(nexthops(), "id ")) << nexthops();
  EXPECT_EQ(0, heard.resyncs);
}

TEST_F(KernelPlane, GroupThatTurnsUnreachableAsksForItsRoutes) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  Batch turn;
  turn.unreachable(1);
  push(turn);
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  Batch again;
  again.unreachable(1).route("192.0.2.0/24", 1);
  push(again);
  synced();
  EXPECT_HAS(routes4(), "unreachable 192.0.2.0/24");
  Batch hops;
  hops.group(1, {{"10.0.0.2", "v0"}});
  push(hops);
  EXPECT_TRUE(until([&]() { return heard.resyncs == 2; }));
}

TEST_F(KernelPlane, FreedGroupLeavesWithItsObjects) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).group(2, {{"10.0.0.2", "v0"}, {"10.0.1.2", "w0"}}).route("192.0.2.0/24", 1);
  batch.route("198.51.100.0/24", 2);
  push(batch);
  Batch free;
  free.group(1, {}).route("192.0.2.0/24", 2);
  push(free);
  EXPECT_EQ(3u, countOf(nexthops(), "id ")) << nexthops();
  EXPECT_EQ(4u, countOf(routes4(), "nexthop via"));
  Batch rest;
  rest.group(2, {}).route("192.0.2.0/24", 0).route("198.51.100.0/24", 0);
  push(rest);
  EXPECT_EQ("", nexthops());
  EXPECT_EQ("", routes4());
  // The id may mean something else now, also within one batch.
  Batch anew;
  anew.group(2, {{"10.0.1.3", "w0"}}).route("192.0.2.0/24", 2);
  push(anew);
  Batch same;
  same.group(2, {}).group(2, {{"10.0.0.9", "v0"}}).route("192.0.2.0/24", 2);
  push(same);
  EXPECT_HAS(routes4(), "via 10.0.0.9 dev v0");
  EXPECT_EQ(2u, countOf(nexthops(), "id ")) << nexthops();
}

TEST_F(KernelPlane, NextWriterAdoptsWhatIsTheSame) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}})
      .group(2, {{"10.0.0.3", "v0", 1}, {"10.0.1.3", "w0", 2}})
      .blackhole(3)
      .unreachable(4);
  batch.route("192.0.2.0/24", 1).route("198.51.100.0/24", 2).route("203.0.113.0/24", 3).route("20.0.0.0/8", 4);
  batch.route("2001:db8:1::/48", 3).route("2001:db8:2::/48", 4).route("21.0.0.0/8", 1).route("22.0.0.0/8", 1);
  push(batch);
  synced();
  auto before4 = routes4(), before6 = routes6(), objects = nexthops();
  restart();
  begin();
  EXPECT_EQ(8u, plane->counters().stale);
  EXPECT_EQ(before4, routes4());
  // Other ids, one route that differs, one that is new, one that is not confirmed.
  Batch again;
  again.group(11, {{"10.0.0.2", "v0"}})
      .group(12, {{"10.0.1.3", "w0", 2}, {"10.0.0.3", "v0", 1}})
      .blackhole(13)
      .unreachable(14);
  again.route("192.0.2.0/24", 11).route("198.51.100.0/24", 12).route("203.0.113.0/24", 13).route("20.0.0.0/8", 14);
  again.route("2001:db8:1::/48", 13).route("2001:db8:2::/48", 14).route("21.0.0.0/8", 12).route("23.0.0.0/8", 11);
  push(again);
  EXPECT_EQ(2u, plane->counters().installs);
  EXPECT_EQ(1u, plane->counters().stale);
  EXPECT_HAS(routes4(), "22.0.0.0/8");
  synced();
  EXPECT_EQ(0u, plane->counters().stale);
  EXPECT_LACKS(routes4(), "22.0.0.0/8");
  EXPECT_HAS(routes4(), "23.0.0.0/8");
  EXPECT_EQ(objects, nexthops());
  EXPECT_EQ(before6, routes6());
}

TEST_F(KernelPlane, SweepsWhatIsNotConfirmed) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).group(2, {{"10.0.0.2", "v0"}, {"10.0.1.2", "w0"}}).blackhole(3);
  for (uint i = 0; i < 2000; ++i) {
    batch.route(net::Ip4Net(net::Ip4::of(20, uint8_t(i >> 8), uint8_t(i), 0), 24), 1 + i % 3);
    batch.route(net::Ip6Net(net::Ip6{0x2001'0db9'0000'0000ul + i, 0}, 64), 3);
  }
  push(batch);
  synced();
  restart();
  begin();
  EXPECT_EQ(4000u, plane->counters().stale);
  synced();
  EXPECT_EQ("", routes4());
  EXPECT_EQ("", routes6());
  EXPECT_EQ("", nexthops());
}

TEST_F(KernelPlane, LeavesTheRoutesOfOthersAlone) {
  sh("ip route add 192.0.2.0/24 via 10.0.0.9; ip route add 198.51.100.0/24 via 10.0.0.9 proto 178 metric 5;"
     "ip nexthop add id 1476395008 via 10.0.0.8 dev v0; ip nexthop add id 77 via 10.0.0.7 dev v0 proto 178;"
     "ip route add 203.0.113.0/24 nhid 1476395008; ip -6 route add 2001:db8:1::/48 dev w0 proto static;"
     "ip route add 20.0.0.0/8 via 10.0.0.9 table 100 proto 178 metric 300");
  begin();
  EXPECT_EQ(0u, plane->counters().stale);
  Batch batch;
  batch.group(1, {{"10.0.1.2", "w0"}}).blackhole(2);
  batch.route("192.0.2.0/24", 1).route("203.0.113.0/24", 1).route("198.51.100.0/24", 1).route("2001:db8:1::/48", 2);
  push(batch);
  synced();
  EXPECT_EQ(2u, countOf(show("route show 192.0.2.0/24"), "192.0.2.0/24"));
  Batch gone;
  gone.route("192.0.2.0/24", 0).route("203.0.113.0/24", 0).route("198.51.100.0/24", 0).route("2001:db8:1::/48", 0);
  push(gone);
  begin();
  synced();
  EXPECT_HAS(show("route show 192.0.2.0/24"), "via 10.0.0.9");
  EXPECT_HAS(show("route show 198.51.100.0/24"), "via 10.0.0.9");
  EXPECT_HAS(show("route show 203.0.113.0/24"), "via 10.0.0.8");
  EXPECT_HAS(show("route show table 100"), "via 10.0.0.9");
  EXPECT_HAS(show("-6 route show 2001:db8:1::/48"), "dev w0");
  EXPECT_EQ(2u, countOf(sh("ip nexthop"), "id "));
}

TEST_F(KernelPlane, TellsOfRoutesThatOthersRemove) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).blackhole(2);
  batch.route("192.0.2.0/24", 1).route("198.51.100.0/24", 1).route("2001:db8:1::/48", 2).route("203.0.113.0/24", 1);
  push(batch);
  synced();
  sh("ip route del 192.0.2.0/24; ip -6 route del 2001:db8:1::/48; ip route replace 203.0.113.0/24 via 10.0.0.77 metric "
     "300");
  std::set<std::string> expected{"192.0.2.0/24", "2001:db8:1::/48", "203.0.113.0/24"};
  EXPECT_TRUE(until([&]() { return heard.lostRoutes == expected; }));
  EXPECT_EQ(3u, plane->counters().lost);
  EXPECT_EQ(0, heard.resyncs);
  Batch again;
  again.route("192.0.2.0/24", 1).route("2001:db8:1::/48", 2).route("203.0.113.0/24", 1);
  push(again);
  EXPECT_EQ(3u, countOf(routes4(), "via 10.0.0.2"));
  EXPECT_HAS(routes6(), "blackhole 2001:db8:1::/48");
}

TEST_F(KernelPlane, NoticesChangedNexthopObjects) {
  begin();
  Batch batch, again;
  batch.group(1, {{"10.0.0.2", "v0"}}).group(2, {{"10.0.0.9", "v0"}}).route("192.0.2.0/24", 1);
  again.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  sh("ip nexthop add id 5 via 10.0.0.4 dev v0; ip nexthop del id 5");
  sh("ip nexthop flush proto 178");
  EXPECT_EQ("", routes4());
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  // What was on its way may use the groups as they were; those that nobody wants any more are gone at the end.
  Batch late;
  late.route("198.51.100.0/24", 1);
  push(late);
  EXPECT_EQ(2u, plane->counters().groups);
  push(again);
  synced();
  EXPECT_EQ(1u, plane->counters().groups);
  EXPECT_HAS(routes4(), "192.0.2.0/24");
  EXPECT_HAS(routes4(), "198.51.100.0/24");
}

TEST_F(KernelPlane, MatchesRefusalsToRoutes) {
  begin();
  Batch batch;
  // No IPv6 route has an IPv4 gateway; in between are good ones, over several slices.
  batch.group(1, {{"10.0.0.2", "v0"}}).group(2, {{"fe80::2", "v0"}});
  std::set<std::string> bad;
  for (uint i = 0; i < 1500; ++i) {
    net::Ip6Net net(net::Ip6{0x2001'0db9'0000'0000ul + i, 0}, 64);
    batch.route(net, i % 97 == 5 ? 1 : 2);
    if (i % 97 == 5) bad.insert(kj::str(net).cStr());
  }
  push(batch);
  std::set<std::string> refused;
  for (auto& [net, reason] : heard.refusals) {
    refused.insert(net);
    EXPECT_EQ("IPv6 routes can not use an IPv4 nexthop", reason);
  }
  EXPECT_EQ(bad, refused);
  EXPECT_EQ(1500 - bad.size(), countOf(routes6(), "2001:db9:"));
  EXPECT_EQ(bad.size(), plane->counters().errors);
}

TEST_F(KernelPlane, RefusesBrokenBatchesWhole) {
  begin();
  auto refuses = [&](Batch& batch, kj::StringPtr why) {
    auto exception = kj::runCatchingExceptions([&]() { push(batch); });
    KJ_IF_MAYBE (e, exception) {
      EXPECT_HAS(e->getDescription().cStr(), why.cStr());
    } else {
      ADD_FAILURE() << "taken, but: " << why.cStr();
    }
    EXPECT_EQ("", routes4());
    EXPECT_EQ(0u, plane->counters().groups);
  };
  Batch unknown;
  unknown.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1).route("198.51.100.0/24", 2);
  refuses(unknown, "no group 2 for 198.51.100.0/24");
  Batch freed;
  freed.group(1, {{"10.0.0.2", "v0"}}).group(1, {}).route("192.0.2.0/24", 1);
  refuses(freed, "no group 1");
  Batch zero;
  zero.group(0, {{"10.0.0.2", "v0"}});
  refuses(zero, "no group has the id 0");
  Batch nameless;
  nameless.group(1, {{"10.0.0.2", ""}});
  refuses(nameless, "names no interface");
  Batch longName;
  longName.group(1, {{"10.0.0.2", "abcdefghijklmnopqrst"}});
  refuses(longName, "so long a name");
  Batch weightless;
  weightless.group(1, {{"10.0.0.2", "v0", 0}});
  refuses(weightless, "weight is 1 to 256");
  Batch heavy;
  heavy.group(1, {{"10.0.0.2", "v0", 257}});
  refuses(heavy, "weight is 1 to 256");
  Batch multicast;
  multicast.group(1, {{"224.0.0.9", "v0"}});
  refuses(multicast, "no gateway");
  Batch many;
  many.group(1, std::vector<testing::HopText>(257, {"10.0.0.2", "v0"}));
  refuses(many, "more than 256 hops");
  Batch hostBits;
  hostBits.blackhole(1).route("192.0.2.0/24", 1).done();
  auto tampered = [&](auto change) {
    hostBits.done();
    change(hostBits.message.getRoot<rib::Batch>().getRoutes()[0]);
    auto exception = kj::runCatchingExceptions(
        [&]() { plane->push(hostBits.message.getRoot<rib::Batch>().asReader()).wait(scope); });
    EXPECT_FALSE(exception == nullptr);
    EXPECT_EQ("", routes4());
  };
  tampered([](auto route) { route.setLow(route.getLow() + 1); });
  tampered([](auto route) { route.setHigh(1); });
  tampered([](auto route) { route.setLength(33); });
  tampered([](auto route) { route.setVersion(5); });
  tampered([](auto route) { route.setVersion(0); });
  EXPECT_EQ(0u, plane->counters().groups);
}

TEST_F(KernelPlane, TakesRoutesOnlyAfterBeginSync) {
  Batch batch;
  batch.blackhole(1).route("192.0.2.0/24", 1);
  EXPECT_ANY_THROW(push(batch));
  EXPECT_ANY_THROW(synced());
  EXPECT_EQ("", routes4());
}

TEST_F(KernelPlane, NewWriterEndsTheFormer) {
  begin();
  Batch one, two, three;
  one.blackhole(1).route("192.0.2.0/24", 1);
  two.blackhole(2).route("198.51.100.0/24", 2);
  three.blackhole(3).route("203.0.113.0/24", 3);
  auto first = plane->push(one.done());
  auto second = plane->push(two.done());
  auto sync = plane->beginSync();
  auto third = plane->push(three.done());
  auto end = plane->synced();
  end.wait(scope);
  EXPECT_ANY_THROW(second.wait(scope));
  third.wait(scope);
  EXPECT_HAS(routes4(), "203.0.113.0/24");
  EXPECT_EQ(1u, countOf(routes4(), "blackhole")) << routes4();
}

TEST_F(KernelPlane, DroppedPushHoldsUpNobody) {
  begin();
  Batch big, small;
  big.blackhole(1);
  for (uint i = 0; i < 20000; ++i) big.route(net::Ip4Net(net::Ip4::of(20, uint8_t(i >> 8), uint8_t(i), 0), 24), 1);
  small.blackhole(2).route("192.0.2.0/24", 2);
  auto last = [&]() {
    auto dropped = plane->push(big.done());
    auto never = plane->push(big.done());
    return plane->push(small.done());
  }();
  last.wait(scope);
  EXPECT_HAS(routes4("192.0.2.0/24"), "192.0.2.0/24");
}

TEST_F(KernelPlane, LongPushLetsTheLoopTurn) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}});
  for (uint i = 0; i < 60000; ++i) batch.route(net::Ip4Net(net::Ip4::of(20, uint8_t(i >> 8), uint8_t(i), 0), 24), 1);
  auto& clock = kj::systemPreciseMonotonicClock();
  kj::Duration longest = 0 * kj::SECONDS;
  uint turns = 0;
  auto last = clock.now();
  kj::Function<kj::Promise<void>()> tick = [&]() -> kj::Promise<void> {
    longest = kj::max(longest, clock.now() - last);
    last = clock.now();
    ++turns;
    return loop.timer().afterDelay(100 * kj::MICROSECONDS).then([&]() { return tick(); });
  };
  auto reader = batch.done();
  last = clock.now();
  auto ticking = tick();
  plane->push(reader).exclusiveJoin(kj::mv(ticking)).wait(scope);
  EXPECT_GT(turns, 10u);
  // The kernel itself may take some tens of milliseconds to a call, when it waits for its readers.
  EXPECT_LT(longest / kj::MILLISECONDS, 500);
}

TEST_F(KernelPlane, HundredThousandComeAndGo) {
  begin();
  constexpr uint COUNT = 100000, EACH = 4096;
  auto all = [&](uint32_t group) {
    for (uint i = 0; i < COUNT; i += EACH) {
      Batch batch;
      if (i == 0 && group != 0) batch.group(group, {{"10.0.0.2", "v0"}, {"10.0.1.2", "w0"}});
      for (uint j = i; j < kj::min(COUNT, i + EACH); ++j)
        batch.route(net::Ip4Net(net::Ip4{(20u << 24) + (j << 8)}, 24), group);
      push(batch);
    }
  };
  all(1);
  synced();
  EXPECT_EQ(COUNT + 0u, countOf(routes4(), "nhid"));
  auto installs = plane->counters().installs;
  restart();
  begin();
  EXPECT_EQ(COUNT + 0u, plane->counters().stale);
  all(9);
  synced();
  EXPECT_EQ(0u, plane->counters().installs) << "of " << installs;
  all(0);
  EXPECT_EQ("", routes4());
  EXPECT_TRUE(heard.refusals.empty());
  EXPECT_TRUE(heard.lostRoutes.empty());
}

}  // namespace
}  // namespace xylem::fea

#include <gtest/gtest.h>
#include <kj/debug.h>
#include <rib/followers.h>
#include <rib/table.h>

#include <algorithm>
#include <optional>
#include <random>

namespace xylem::rib {
namespace {

net::Ip ip(const char* text) { return KJ_ASSERT_NONNULL(net::Ip::parse(text), text); }
net::IpNet ipNet(const char* text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text), text); }
InterfaceName ifName(const char* text) { return KJ_ASSERT_NONNULL(InterfaceName::parse(text), text); }
NextHops via(const char* gateway) { return {NextHops::HOPS, {NextHop{ip(gateway), {}}}}; }
NextHops via(const char* gateway, const char* interface) {
  return {NextHops::HOPS, {NextHop{ip(gateway), ifName(interface)}}};
}
std::string text(const NextHops& hops) { return kj::str(hops).cStr(); }

struct Fib {
  // A forwarding table that believes what it is told, and complains when it does not fit.
  struct Route {
    uint32_t group, metric, tag;
  };
  std::map<uint32_t, NextHops> groups;
  std::map<net::IpNet, Route> routes;
  size_t writes = 0;

  void take(Table& table, size_t most = 100) {
    FibBatch batch;
    table.takeFib(batch, most);
    EXPECT_TRUE(batch.dropped.empty() || batch.routes.empty());
    for (auto id : batch.groups) {
      EXPECT_TRUE(table.groups[id].resolved.leads());
      groups[id] = table.groups[id].resolved;
    }
    for (auto id : batch.dropped) {
      EXPECT_EQ(groups.erase(id), 1u) << id;
      for (auto& route : routes) EXPECT_NE(route.second.group, id) << "dropped while in use";
    }
    for (auto& route : batch.routes) {
      auto address =
          route.version == 4 ? net::Ip(net::Ip4{uint32_t(route.low)}) : net::Ip(net::Ip6{route.high, route.low});
      net::IpNet net(address, route.length);
      ++writes;
      if (route.group == 0) {
        routes.erase(net);
      } else {
        EXPECT_EQ(groups.count(route.group), 1u) << "a route before its group";
        routes[net] = {route.group, route.metric, route.tag};
      }
    }
  }
  void drain(Table& table) {
    while (table.fibPending()) take(table);
  }
  std::string operator[](const char* net) const {
    auto found = routes.find(ipNet(net));
    if (found == routes.end()) return "-";
    return text(groups.at(found->second.group));
  }
};

struct Rig {
  Table table;
  Fib fib;
  Rig() {
    interface("eth0", 2, true, {"10.0.0.1/24", "2001:db8::1/64", "fe80::1/64"});
    interface("eth1", 3, true, {"10.1.0.1/24"});
    table.attachFib();
  }
  void interface(const char* name, uint32_t index, bool live, std::vector<const char*> addresses) {
    InterfaceState state{ifName(name), index, live, {}};
    for (auto each : addresses) state.addresses.push_back(KJ_ASSERT_NONNULL(net::IfAddr::parse(each)));
    table.setInterface(state);
  }
  void put(Origin& origin, const char* net, uint32_t id, uint32_t metric = 0, uint32_t tag = 0) {
    auto to = ipNet(net);
    auto group = KJ_ASSERT_NONNULL(table.groupOf(origin, id));
    if (to.is4())
      table.put(origin, to.v4(), group, metric, tag);
    else
      table.put(origin, to.v6(), group, metric, tag);
  }
  void remove(Origin& origin, const char* net) {
    auto to = ipNet(net);
    if (to.is4())
      table.remove(origin, to.v4());
    else
      table.remove(origin, to.v6());
  }
  void settle() {
    for (int i = 0; table.isBusy() || table.fibPending(); ++i) {
      ASSERT_LT(i, 1000000) << "never comes to rest";
      table.advance(10);
      if (!table.isBusy()) fib.drain(table);
    }
  }
};

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

// ---- against a naive table

struct Naive {
  // Everything that was ever said, and slow answers.
  struct Offer {
    uint32_t id, metric, tag;
    uint64_t life;
  };
  struct Offerer {
    uint16_t origin;
    uint8_t distance;
    uint64_t life = 0;
    std::map<uint32_t, NextHops> groups;
    std::map<net::IpNet, Offer> offers;
  };
};

class Random : public testing::TestWithParam<uint> {};

struct World : Rig {
  std::mt19937 random;
  std::vector<net::IpNet> nets;
  std::vector<net::Ip> gateways;
  std::vector<Naive::Offerer> offerers;
  std::vector<std::string> names{"a", "b", "c", "c", "never"};
  std::vector<uint8_t> distances{1, 110, 110, 200, 255};
  std::map<std::string, InterfaceState> states;
  std::vector<bool> open;
  policy::Compiled policies{policy::schema::Options::Reader()};
  std::unique_ptr<Follower> follower = std::make_unique<Follower>(table, policies, Wanted{{"c", "connected"}, {}, 0});
  std::map<net::IpNet, Followed> followed;
  Trackers trackers{table};
  std::unique_ptr<Tracker> tracker = std::make_unique<Tracker>(trackers);
  std::map<net::Ip, Way> ways;

  explicit World(uint seed) : random(seed) {
    table.dropInterface(ifName("eth0"));
    table.dropInterface(ifName("eth1"));
    for (auto text :
         {"0.0.0.0/0",   "10.0.0.0/8",    "10.0.0.0/16",   "10.0.0.0/24",     "10.0.1.0/24",       "10.0.1.128/25",
          "10.1.0.0/16", "10.1.0.0/24",   "10.1.0.128/25", "10.2.0.0/16",     "10.2.3.0/24",       "10.2.3.4/32",
          "20.0.0.0/8",  "20.1.0.0/16",   "20.1.2.0/24",   "30.0.0.0/8",      "30.1.0.0/16",       "200.1.0.0/16",
          "::/0",        "2001:db8::/32", "2001:db8::/64", "2001:db8:1::/48", "2001:db8:1:2::/64", "2001:db8:2::/48"})
      nets.push_back(ipNet(text));
    for (auto text : {"10.0.0.9", "10.0.1.9", "10.0.1.200", "10.1.0.9", "10.1.0.200", "10.2.3.4", "10.2.9.9",
                      "20.1.2.3", "20.9.9.9", "30.1.1.1", "2001:db8::9", "2001:db8:1:2::9", "2001:db8:2::9"})
      gateways.push_back(ip(text));
    for (size_t i = 0; i < names.size(); ++i) {
      offerers.push_back({});
      restart(i);
    }
    for (uint i = 0; i < 3; ++i) flap(i);
  }
  uint below(uint n) { return random() % n; }
  Origin& at(uint16_t id) { return KJ_ASSERT_NONNULL(table.origin(id)); }

  void restart(size_t i) {
    auto& offerer = offerers[i];
    auto& origin = table.open(names[i].c_str(), distances[i]);
    offerer.origin = origin.id;
    offerer.distance = distances[i];
    ++offerer.life;
    offerer.groups.clear();
    for (uint32_t id = 1; id <= 4; ++id) define(i, id);
  }
  void define(size_t i, uint32_t id) {
    NextHops hops;
    auto kind = below(20);
    if (kind == 0) hops.kind = NextHops::BLACKHOLE;
    if (kind == 1) hops.kind = NextHops::UNREACHABLE;
    bool six = id == 4;
    for (uint n = kind < 2 ? 0 : 1 + below(3); n > 0; --n) {
      NextHop hop;
      auto interface = ifName(kj::str("eth", below(3)).cStr());
      auto shape = below(4);
      do hop.gateway = gateways[below(gateways.size())];
      while (hop.gateway.is6() != six);
      if (shape == 0) hop.interface = interface;
      if (shape == 1) hop = NextHop{{}, interface};
      hop.weight = uint16_t(1 + below(4));
      hops.hops.push_back(hop);
    }
    offerers[i].groups[id] = hops;
    table.define(at(offerers[i].origin), id, NextHops(hops));
  }
  void put(size_t i) {
    auto net = nets[below(nets.size())];
    uint32_t id = net.is6() ? 4 : 1 + below(3), metric = below(3), tag = below(2);
    offerers[i].offers[net] = {id, metric, tag, offerers[i].life};
    Rig::put(at(offerers[i].origin), kj::str(net).cStr(), id, metric, tag);
  }
  void remove(size_t i) {
    auto net = nets[below(nets.size())];
    offerers[i].offers.erase(net);
    Rig::remove(at(offerers[i].origin), kj::str(net).cStr());
  }
  void sync(size_t i) {
    auto& offerer = offerers[i];
    for (auto each = offerer.offers.begin(); each != offerer.offers.end();)
      each = each->second.life == offerer.life ? std::next(each) : offerer.offers.erase(each);
    table.synced(at(offerer.origin));
  }
  void leave(size_t i) {
    offerers[i].offers.clear();
    table.withdraw(at(offerers[i].origin));
    restart(i);
  }
  void flap(uint i) {
    auto name = kj::str("eth", i);
    auto& state = states[name.cStr()];
    state = InterfaceState{ifName(name.cStr()), i + 2, below(3) > 0, {}};
    auto add = [&](kj::String text) { state.addresses.push_back(KJ_ASSERT_NONNULL(net::IfAddr::parse(text))); };
    if (below(5) > 0) add(kj::str("10.", i, ".0.1/", below(3) ? 24 : 16));
    if (below(5) == 0) add(kj::str("10.0.0.", i + 1, "/24"));
    if (below(3) > 0) add(kj::str("2001:db8:", i, "::1/64"));
    if (below(10) == 0) {
      table.dropInterface(state.name);
      states.erase(name.cStr());
    } else {
      table.setInterface(state);
    }
  }
  void step() {
    auto i = below(offerers.size());
    auto what = below(100);
    if (what < 40)
      put(i);
    else if (what < 60)
      remove(i);
    else if (what < 68)
      define(i, 1 + below(4));
    else if (what < 76)
      flap(below(3));
    else if (what < 79)
      restart(i);
    else if (what < 82)
      sync(i);
    else if (what < 83)
      leave(i);
    else if (what < 90)
      table.advance(below(20));
    else if (what < 96)
      fib.take(table, 1 + below(5));
    else if (what < 98)
      follow(1 + below(4));
    else if (what < 99)
      trackers.collect(), track(3);
    else {
      table.detachFib();
      fib.groups.clear();
      fib.routes.clear();
      table.attachFib();
    }
    auto gateway = gateways[below(gateways.size())];
    if (below(10) == 0) tracker->watch(gateway);
    if (below(20) == 0) tracker->unwatch(gateway), ways.erase(gateway);
  }
  void follow(size_t most) {
    kj::Vector<Followed> out;
    follower->take(out, most);
    for (auto& each : out)
      if (each.source < 0)
        followed.erase(each.net);
      else
        followed[each.net] = each;
  }
  void track(size_t most) {
    std::vector<Way> out;
    tracker->take(out, most);
    for (auto& each : out) ways[each.address] = each;
  }

  // ---- the slow answers
  struct Winner {
    uint16_t origin;
    uint8_t distance;
    uint32_t group, metric, tag;
    auto key() const { return std::make_tuple(distance, metric, origin); }
  };
  std::map<net::IpNet, Winner> winners() {
    std::map<net::IpNet, Winner> best;
    auto compete = [&](net::IpNet net, const Winner& one) {
      if (one.distance == 255 || !table.groups[one.group].resolved.leads()) return;
      auto found = best.find(net);
      if (found == best.end() || one.key() < found->second.key()) best[net] = one;
    };
    for (auto& each : states) {
      auto& state = each.second;
      if (!state.live) continue;
      for (auto& address : state.addresses) {
        auto net = address.net();
        uint32_t index = state.index;
        for (auto& other : states)
          for (auto& theirs : other.second.addresses)
            if (other.second.live && theirs.net() == net) index = std::min(index, other.second.index);
        compete(net, {CONNECTED, 0, KJ_ASSERT_NONNULL(table.groupOf(at(0), index)), 0, 0});
      }
    }
    for (auto& offerer : offerers)
      for (auto& offer : offerer.offers) {
        auto group = groupIn(offerer, offer.first);
        compete(offer.first, {offerer.origin, offerer.distance, group, offer.second.metric, offer.second.tag});
      }
    return best;
  }
  uint32_t groupIn(Naive::Offerer& offerer, net::IpNet net) {
    // The group is taken from the table; that it is the right one is checked by what it offers.
    auto head = net.is4() ? table.trie4().find(net.v4()) : table.trie6().find(net.v6());
    KJ_ASSERT(head != nullptr, net);
    for (auto handle = *head & ~(1u << 31); handle != 0; handle = table.candidates[handle].next) {
      auto& candidate = table.candidates[handle];
      if (candidate.origin != offerer.origin) continue;
      auto& offer = offerer.offers[net];
      EXPECT_EQ(candidate.metric, offer.metric);
      EXPECT_EQ(candidate.tag, offer.tag);
      if (offer.life == offerer.life) {
        EXPECT_EQ(text(table.groups[candidate.group].offered), text(offerer.groups[offer.id]));
      }
      return candidate.group;
    }
    KJ_FAIL_ASSERT("no candidate", net, offerer.origin);
  }
  bool reaches(uint32_t from, uint32_t to, std::set<uint32_t>& seen) {
    if (from == to) return true;
    if (!seen.insert(from).second) return false;
    for (auto via : table.groups[from].vias)
      if (reaches(via, to, seen)) return true;
    return false;
  }
  void check() {
    settle();
    while (follower->pending()) follow(7);
    trackers.collect();
    while (tracker->pending()) track(7);
    auto best = winners();

    size_t candidates = 0, prefixes = 0;
    std::set<net::IpNet> offered;
    for (auto& offerer : offerers) {
      candidates += offerer.offers.size();
      EXPECT_EQ(at(offerer.origin).total(), offerer.offers.size());
      for (auto& offer : offerer.offers) offered.insert(offer.first);
    }
    for (auto& each : states)
      if (each.second.live)
        for (auto& address : each.second.addresses) offered.insert(address.net());
    prefixes = offered.size();
    EXPECT_EQ(table.candidates.size(), candidates + at(0).total());
    EXPECT_EQ(table.prefixes(4) + table.prefixes(6), prefixes);
    EXPECT_EQ(table.trie4().size() + table.trie6().size(), prefixes);

    for (uint32_t id = 1; id < table.groups.end(); ++id)
      KJ_IF_MAYBE (group, table.groups.find(id)) checkGroup(id, *group, best);

    std::map<net::IpNet, Winner> expected;
    for (auto& each : best)
      if (each.second.origin != CONNECTED) expected.insert(each);
    ASSERT_EQ(fib.routes.size(), expected.size());
    for (auto& each : expected) {
      ASSERT_EQ(fib.routes.count(each.first), 1u) << kj::str(each.first).cStr();
      auto& route = fib.routes[each.first];
      EXPECT_EQ(route.group, each.second.group) << kj::str(each.first).cStr();
      EXPECT_EQ(route.metric, each.second.metric);
      EXPECT_EQ(route.tag, each.second.tag);
    }
    for (auto& group : fib.groups) {
      auto& known = KJ_ASSERT_NONNULL(table.groups.find(group.first));
      EXPECT_EQ(text(group.second), text(known.resolved));
    }

    size_t follows = 0;
    for (auto& each : best) {
      auto protocol = kj::str(at(each.second.origin).protocol);
      if (protocol != "c" && protocol != "connected") continue;
      ++follows;
      ASSERT_EQ(followed.count(each.first), 1u) << kj::str(each.first).cStr();
      EXPECT_EQ(followed[each.first].source, protocol == "c" ? 0 : 1);
      EXPECT_EQ(followed[each.first].metric, each.second.metric);
      EXPECT_EQ(followed[each.first].tag, each.second.tag);
    }
    EXPECT_EQ(followed.size(), follows);

    EXPECT_EQ(ways.size(), tracker->size());
    for (auto& each : ways) {
      auto now = trackers.wayTo(each.first);
      EXPECT_TRUE(each.second == now) << kj::str(each.first).cStr();
    }
  }
  void checkGroup(uint32_t id, Group& group, std::map<net::IpNet, Winner>& best) {
    EXPECT_EQ(group.live, group.resolved.leads());
    for (auto via : group.vias) {
      std::set<uint32_t> seen;
      EXPECT_FALSE(reaches(via, id, seen)) << "a circle";
    }
    if (group.circular) return;
    if (group.offered.kind != NextHops::HOPS) {
      EXPECT_TRUE(group.resolved == group.offered);
      return;
    }
    std::map<NextHop, double> shares;
    std::set<uint32_t> vias;
    for (auto& hop : group.offered.hops) {
      if (!hop.interface.isNone()) {
        auto state = states.find(hop.interface.text);
        if (state != states.end() && state->second.live) shares[NextHop{hop.gateway, hop.interface}] += hop.weight;
        continue;
      }
      uint32_t through = 0;
      int longest = -1;
      for (auto& each : best) {
        std::set<uint32_t> seen;
        if (!each.first.contains(hop.gateway) || int(each.first.length()) <= longest) continue;
        if (reaches(each.second.group, id, seen)) continue;
        longest = int(each.first.length());
        through = each.second.group;
      }
      if (through == 0) continue;
      vias.insert(through);
      double whole = 0;
      for (auto& way : table.groups[through].resolved.hops) whole += way.weight;
      for (auto& way : table.groups[through].resolved.hops)
        shares[NextHop{way.gateway.isNone() ? hop.gateway : way.gateway, way.interface}] +=
            hop.weight * way.weight / whole;
    }
    EXPECT_EQ(std::set<uint32_t>(group.vias.begin(), group.vias.end()), vias);
    ASSERT_EQ(group.resolved.hops.size(), shares.size()) << text(group.offered) << " became " << text(group.resolved);
    double all = 0, weights = 0;
    for (auto& share : shares) all += share.second;
    for (auto& hop : group.resolved.hops) weights += hop.weight;
    for (auto& hop : group.resolved.hops) {
      auto found = shares.find(NextHop{hop.gateway, hop.interface});
      ASSERT_NE(found, shares.end());
      EXPECT_NEAR(hop.weight / weights, found->second / all, 0.02);
    }
  }
};

TEST_P(Random, TheTableAgreesWithANaiveOne) {
  World world(GetParam());
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 50; ++i) world.step();
    world.check();
    if (testing::Test::HasFailure()) {
      FAIL() << "seed " << GetParam() << " round " << round;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Random, testing::Range(1u, 41u));

}  // namespace
}  // namespace xylem::rib

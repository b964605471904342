// Random changes of a table, and slow answers to the question how it should look after them.

#include <rib/followers.h>
#include <rib/table-testing.h>

#include <algorithm>
#include <optional>
#include <random>

namespace xylem::rib {
namespace {

using namespace testing;

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

class Random : public ::testing::TestWithParam<uint> {};

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
      trackers.collect(), track(3, below(2) == 0);
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
  void track(size_t most, bool complete) {
    std::vector<Way> out;
    tracker->take(out, most, complete);
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
      auto& candidate = table.candidates.offerOf(handle);
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
    do track(7, true);
    while (tracker->pending());
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
    if (::testing::Test::HasFailure()) {
      FAIL() << "seed " << GetParam() << " round " << round;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Random, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace xylem::rib

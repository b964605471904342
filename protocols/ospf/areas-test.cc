// Networks of several areas on a virtual clock, against what RFC 2328 section 16 makes of them.
//
// Three areas hang on the backbone by two border routers each. A router's cost to a network of another area is that to
// the best border router of its own area, from there over the backbone to the best one of the other, and on.

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

using namespace testing;

constexpr uint AREAS = 3, INNER = 4, BACKBONES = 4;
constexpr uint ABSENT = 1u << 30;

struct World {
  Network network;
  std::vector<std::set<uint>> members{AREAS + 1};
  // Of each area, its routers; area 0 is the backbone.

  explicit World(uint32_t seed, AreaType type = AreaType::NORMAL, bool summaries = true, Face face = Face::V2)
      : network(seed, face) {
    std::mt19937 dice(seed);
    for (uint i = 0; i < BACKBONES; ++i) add(0, dice);
    for (uint area = 1; area <= AREAS; ++area) {
      for (uint i = 0; i < 2; ++i) {
        uint border = add(0, dice);
        join(area, border, dice);
      }
      for (uint i = 0; i < INNER; ++i) add(area, dice);
      for (uint i = 0; i < 3; ++i) connect(area, pick(area, dice), pick(area, dice), dice);
    }
    for (auto& router : network.all)
      router->adjust = [type, summaries](Settings& settings) {
        for (uint area = 1; area <= AREAS; ++area) {
          settings.areas[Ip4{area}].type = type;
          settings.areas[Ip4{area}].summaries = summaries;
        }
      };
  }

  uint add(uint area, std::mt19937& dice) {
    auto& router = network.router();
    router.stubArea = Ip4{area};
    join(area, router.id, dice);
    return router.id;
  }

  void join(uint area, uint router, std::mt19937& dice) {
    if (!members[area].empty()) connect(area, router, pick(area, dice), dice);
    members[area].insert(router);
  }

  uint pick(uint area, std::mt19937& dice) const {
    return *std::next(members[area].begin(), dice() % members[area].size());
  }

  void connect(uint area, uint a, uint b, std::mt19937& dice) {
    auto cost = [&]() { return uint16_t(1 + dice() % 30); };
    if (a != b) network.wire({{a, cost()}, {b, cost()}}, NetworkType::POINT_TO_POINT, Ip4{area});
  }

  bool isIn(uint router, uint area) const { return members[area].count(router) > 0; }

  std::vector<uint> within(uint area, uint from) const {
    std::vector<uint> known(network.all.size(), ABSENT);
    known[from] = 0;
    for (bool again = true; again;) {
      again = false;
      for (auto& wire : network.wires) {
        if (!wire.up || wire.area != Ip4{area}) continue;
        for (uint end : {0, 1}) {
          auto &a = wire.ends[end], &b = wire.ends[1 - end];
          if (known[a.router] + a.cost >= known[b.router]) continue;
          known[b.router] = known[a.router] + a.cost;
          again = true;
        }
      }
    }
    return known;
  }

  uint overBackbone(uint from, uint area, uint to) const {
    // From a router of the backbone to one of another area.
    if (area == 0) return within(0, from)[to];
    if (isIn(from, area) && within(area, from)[to] < ABSENT) return within(area, from)[to];
    uint best = ABSENT;
    auto there = within(0, from);
    for (auto border : members[area])
      if (isIn(border, 0)) best = kj::min(best, there[border] + within(area, border)[to]);
    return best;
  }

  uint wanted(uint from, uint to) const {
    uint area = network.all[to]->stubArea.bits;
    if (isIn(from, area) && within(area, from)[to] < ABSENT) return within(area, from)[to];
    if (isIn(from, 0)) return overBackbone(from, area, to);
    uint own = network.all[from]->stubArea.bits, best = ABSENT;
    auto there = within(own, from);
    for (auto border : members[own])
      if (isIn(border, 0) && there[border] < ABSENT)
        best = kj::min(best, there[border] + overBackbone(border, area, to));
    return best;
  }

  std::string problem() const {
    for (auto& from : network.all)
      for (auto& to : network.all) {
        if (from == to) continue;
        uint cost = wanted(from->id, to->id);
        auto at = from->rib.find(to->stub());
        uint has = at == from->rib.end() ? ABSENT : at->second.metric - 1;
        if (kj::min(cost, ABSENT) != has)
          return std::to_string(from->id) + " to " + std::to_string(to->id) + ": " + std::to_string(has) + " is not " +
                 std::to_string(cost);
      }
    return "";
  }

  bool converges() {
    for (uint i = 0; i < 90 && !problem().empty(); ++i) network.run(1 * kj::SECONDS);
    return problem().empty();
  }
};

class AreaFaces : public ::testing::TestWithParam<Face> {};

TEST_P(AreaFaces, CostsAreThoseOfTheBestBorderRouters) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    World world(seed, AreaType::NORMAL, true, GetParam());
    world.network.start();
    EXPECT_TRUE(world.converges()) << seed << ": " << world.problem();
    std::mt19937 dice(seed);
    for (uint round = 0; round < 4; ++round) {
      std::set<uint> cut;
      for (uint i = 0; i < 3; ++i) cut.insert(dice() % uint(world.network.wires.size()));
      for (auto wire : cut) world.network.plug(wire, false);
      EXPECT_TRUE(world.converges()) << seed << ", cut: " << world.problem();
      for (auto wire : cut) world.network.plug(wire, true);
      EXPECT_TRUE(world.converges()) << seed << ", mended: " << world.problem();
    }
  }
}

TEST_P(AreaFaces, TotallyStubbyOnesHaveADefaultRoute) {
  World world(3, AreaType::STUB, false, GetParam());
  world.network.start();
  world.network.run(60 * kj::SECONDS);
  for (uint area = 1; area <= AREAS; ++area)
    for (auto router : world.members[area]) {
      auto& rib = world.network.all[router]->rib;
      bool border = world.isIn(router, 0);
      EXPECT_EQ(rib.count(world.network.face == Face::V3 ? IpNet(net::Ip6Net()) : IpNet(Ip4Net())), border ? 0u : 1u)
          << router;
      EXPECT_EQ(rib.count(world.network.all[0]->stub()), border ? 1u : 0u) << router;
    }
}

TEST_P(AreaFaces, ExternalsReachAllButStubsAndGoAgain) {
  Ip4Net destination(Ip4::of(20, 0, 0, 0), 24);
  for (auto type : {AreaType::NORMAL, AreaType::STUB, AreaType::NSSA}) {
    World world(5, type, true, GetParam());
    auto net = world.network.of(destination);
    world.network.start();
    world.network.run(60 * kj::SECONDS);
    // By a router inside area 1, or of the backbone where it may not.
    uint origin = type == AreaType::STUB ? 0 : *world.members[1].rbegin();
    world.network.all[origin]->core->redistribute(net, External(), world.network.now);
    world.network.schedule(*world.network.all[origin]);
    world.network.run(30 * kj::SECONDS);
    for (auto& router : world.network.all) {
      bool inside = !world.isIn(router->id, 0);
      bool knows = type == AreaType::NORMAL || !inside || (type == AreaType::NSSA && world.isIn(router->id, 1));
      EXPECT_EQ(router->rib.count(net), router->id == origin || !knows ? 0u : 1u) << router->id << " " << int(type);
    }
    world.network.all[origin]->core->withdraw(net, world.network.now);
    world.network.schedule(*world.network.all[origin]);
    world.network.run(60 * kj::SECONDS);
    for (auto& router : world.network.all) EXPECT_EQ(router->rib.count(net), 0u) << router->id << " " << int(type);
  }
}

TEST(Areas, AnNssasExternalsAreTranslatedToARange) {
  World world(5, AreaType::NSSA);
  Ip4Net range(Ip4::of(20, 0, 0, 0), 16), hidden(Ip4::of(20, 0, 3, 0), 24);
  for (auto& router : world.network.all)
    router->adjust = [range, hidden, adjust = router->adjust](Settings& settings) {
      adjust(settings);
      settings.areas[Ip4{1}].externalRanges[range];
      settings.areas[Ip4{1}].externalRanges[hidden].advertise = false;
    };
  world.network.start();
  world.network.run(60 * kj::SECONDS);
  auto& origin = *world.network.all[*world.members[1].rbegin()];
  auto& reader = *world.network.all[0];
  auto tell = [&](uint number, kj::Maybe<External> external) {
    Ip4Net net(Ip4{range.address().bits + number * 256}, 24);
    KJ_IF_MAYBE (known, external)
      origin.core->redistribute(net, *known, world.network.now);
    else
      origin.core->withdraw(net, world.network.now);
    world.network.schedule(origin);
    world.network.run(60 * kj::SECONDS);
  };
  auto metric = [&]() { return reader.rib.count(range) > 0 ? reader.rib.at(range).metric : 0; };
  tell(1, External{true, 70, 5});
  tell(2, External{true, 50, 6});
  tell(3, External{true, 900});
  EXPECT_EQ(metric(), 71u) << "the highest metric, and one";
  EXPECT_EQ(reader.rib.count(Ip4Net(Ip4::of(20, 0, 1, 0), 24)), 0u) << "nothing of what is in it";
  EXPECT_EQ(reader.rib.count(hidden), 0u);
  tell(1, External{false, 4000});
  EXPECT_EQ(metric(), 51u) << "type 2 before type 1";
  tell(2, nullptr);
  EXPECT_GT(metric(), 4000u) << "type 1: the way to it counts";
  tell(1, nullptr);
  EXPECT_EQ(metric(), 0u);
  for (auto router : world.members[1]) EXPECT_EQ(world.network.all[router]->rib.count(range), 0u) << router;
}

TEST(Areas, BoundaryRoutersAreForgottenWhenNothingIsSaidOfThem) {
  World world(5);
  world.network.start();
  world.network.run(60 * kj::SECONDS);
  auto& origin = *world.network.all[*world.members[1].rbegin()];
  auto count = [&]() { return world.network.all[*world.members[2].rbegin()]->core->routing().boundaryCount(); };
  EXPECT_EQ(count(), 0u);
  origin.core->redistribute(Ip4Net(Ip4::of(20, 0, 0, 0), 24), External(), world.network.now);
  world.network.schedule(origin);
  world.network.run(60 * kj::SECONDS);
  EXPECT_EQ(count(), 1u);
  origin.core->withdraw(Ip4Net(Ip4::of(20, 0, 0, 0), 24), world.network.now);
  world.network.schedule(origin);
  world.network.run(60 * kj::SECONDS);
  EXPECT_EQ(count(), 0u);
}

TEST(Areas, AHostIsToldBesideTheNetworksThatShareItsAddress) {
  std::vector<Ip4Net> nets;
  for (uint length : {8, 24, 31, 32}) nets.push_back(Ip4Net(Ip4::of(20, 0, 0, 0), length));
  World world(5);
  world.network.start();
  world.network.run(60 * kj::SECONDS);
  auto& origin = *world.network.all[*world.members[1].rbegin()];
  auto& reader = *world.network.all[0];
  auto tell = [&](auto&& what) {
    what(*origin.core);
    world.network.schedule(origin);
    world.network.run(60 * kj::SECONDS);
  };
  for (auto net : nets) tell([&](Core& core) { core.redistribute(net, External(), world.network.now); });
  for (auto net : nets) EXPECT_EQ(reader.rib.count(net), 1u) << kj::str(net).cStr();
  EXPECT_TRUE(origin.unannounced.empty());
  Ip4Net last(Ip4::of(20, 0, 0, 1), 32);
  tell([&](Core& core) { core.redistribute(last, External(), world.network.now); });
  EXPECT_EQ(reader.rib.count(last), 1u);
  EXPECT_EQ(origin.unannounced, std::vector<IpNet>{nets[2]}) << "three destinations, two addresses";
  EXPECT_EQ(reader.rib.count(nets[2]), 0u);
  tell([&](Core& core) { core.withdraw(last, world.network.now); });
  EXPECT_EQ(reader.rib.count(last), 0u);
  for (auto net : nets) EXPECT_EQ(reader.rib.count(net), 1u) << kj::str(net).cStr();
}

INSTANTIATE_TEST_SUITE_P(Areas, AreaFaces, ::testing::Values(Face::V2, Face::V3, Face::V3_IP4));

}  // namespace
}  // namespace xylem::ospf

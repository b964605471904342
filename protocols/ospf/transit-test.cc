// Areas that virtual links lead through (RFC 2328 section 16.3).

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

using namespace testing;

constexpr AreaId TRANSIT{1};
constexpr uint NEAR = 0, LINKED = 1, SHORTCUT = 2, FAR = 3;

struct World {
  //  near -------50------- shortcut ---5--- far      the backbone
  //      \-10- linked -10-/                          area 1
  // A virtual link joins `near` and `linked`; the shortest way from either to `far` leaves the backbone.
  Network network;

  World(Face face, bool joined) : network(1, face) {
    for (uint i = 0; i <= FAR; ++i) network.router();
    network.all[LINKED]->stubArea = TRANSIT;
    if (joined) {
      for (uint i : {NEAR, LINKED})
        network.all[i]->adjust = [this, i](Settings& settings) {
          settings.areas[TRANSIT].virtualLinks[network.all[NEAR + LINKED - i]->routerId()];
        };
    }
    network.wire({{NEAR, 50}, {SHORTCUT, 50}});
    network.wire({{SHORTCUT, 5}, {FAR, 5}});
    network.wire({{NEAR, 10}, {LINKED, 10}}, NetworkType::POINT_TO_POINT, TRANSIT);
    network.wire({{LINKED, 10}, {SHORTCUT, 10}}, NetworkType::POINT_TO_POINT, TRANSIT);
    network.start();
    network.run(2 * kj::MINUTES);
  }

  uint cost(uint from, IpNet net) const {
    auto& rib = network.all[from]->rib;
    return rib.count(net) > 0 ? rib.at(net).metric : 0;
  }
  uint cost(uint from) const {
    return cost(from, network.all[FAR]->stub()) -
           network.all[FAR]->core->routing().find(network.all[FAR]->stub())->cost;
  }
};

TEST(Transit, TheBestWayMayLeaveTheVirtualLink) {
  for (auto face : {Face::V2, Face::V3}) {
    World world(face, true);
    EXPECT_EQ(world.cost(LINKED), 15u);
    EXPECT_EQ(world.cost(NEAR), 25u);
    auto& ways = world.network.all[NEAR]->rib.at(world.network.all[FAR]->stub()).ways;
    ASSERT_EQ(ways.size(), 1u);
    EXPECT_EQ(ways[0].first, "eth2") << "by the area that the virtual link leads through";
    auto route = world.network.all[NEAR]->core->routing().find(world.network.all[FAR]->stub());
    EXPECT_EQ(route->type, PathType::INTRA);
    EXPECT_EQ(route->area, BACKBONE);
  }
}

TEST(Transit, BoundaryRoutersAreReachedThatWayToo) {
  World world(Face::V2, true);
  Ip4Net net(Ip4::of(20, 0, 0, 0), 8);
  auto& far = *world.network.all[FAR];
  far.core->redistribute(net, External{false, 7}, world.network.now);
  world.network.schedule(far);
  world.network.run(1 * kj::MINUTES);
  EXPECT_EQ(world.cost(NEAR, net), 32u);
  EXPECT_EQ(world.cost(LINKED, net), 22u);
}

TEST(Transit, WithoutVirtualLinksBordersBelieveTheBackboneAlone) {
  World world(Face::V2, false);
  EXPECT_EQ(world.cost(NEAR), 55u);
  EXPECT_EQ(world.cost(LINKED), 15u) << "it is none";
}

TEST(Transit, ItEndsWithTheVirtualLink) {
  World world(Face::V2, true);
  for (uint i : {NEAR, LINKED}) {
    auto settings = world.network.all[i]->settings();
    settings.areas[TRANSIT].virtualLinks.clear();
    world.network.all[i]->core->configure(kj::mv(settings), world.network.now);
    world.network.schedule(*world.network.all[i]);
  }
  world.network.run(2 * kj::MINUTES);
  EXPECT_EQ(world.cost(NEAR), 55u);
}

}  // namespace
}  // namespace xylem::ospf

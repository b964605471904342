// Whether a neighbour that restarts is helped, and what an operator is told of that.

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

namespace xylem::ospf {
namespace {

using namespace testing;

struct World {
  // 0 ---- 1 ---- 2: router 0 restarts, router 1 helps, or does not.
  Network network;
  uint left, right;

  explicit World(std::function<void(Settings&)> adjust = {}) {
    for (uint i = 0; i < 3; ++i) network.router();
    network.all[1]->adjust = std::move(adjust);
    left = network.wire({{0}, {1}});
    right = network.wire({{1}, {2}});
    network.start();
    network.run(2 * kj::MINUTES);
    EXPECT_EQ(network.problem(), "");
  }

  const Neighbor& restarting() const {
    auto& neighbors = network.all[1]->core->interfaces().at("eth" + std::to_string(left))->neighbors;
    KJ_ASSERT(neighbors.size() == 1);
    return *neighbors.begin()->second;
  }
  std::string said() const { return restarting().restart.cStr(); }
};

TEST(Helper, HelpsUntilTheNeighborIsBack) {
  World world;
  world.network.revive(0);
  world.network.run(5 * kj::MILLISECONDS);
  EXPECT_EQ(world.said(), "helped for 119 s: for reasons unknown");
  EXPECT_TRUE(world.restarting().graceUntil != nullptr);
  world.network.run(1 * kj::MINUTES);
  EXPECT_EQ(world.said(), "no longer helped: it is back");
  EXPECT_EQ(world.network.problem(), "");
}

TEST(Helper, IsAskedWhenItHasComputedItsRoutes) {
  World world;
  world.network.revive(0);
  auto& interface = *world.network.all[0]->core->interfaces().at("eth" + std::to_string(world.left));
  auto state = [&]() {
    return interface.neighbors.empty() ? NeighborState::DOWN : interface.neighbors.begin()->second->state;
  };
  for (int i = 0; i < 60000 && state() != NeighborState::EXSTART; ++i) world.network.run(1 * kj::MILLISECONDS);
  for (int i = 0; i < 19; ++i) {
    world.network.run(10 * kj::MILLISECONDS);
    EXPECT_TRUE(state() == NeighborState::EXSTART);
    EXPECT_TRUE(world.restarting().isFull());
  }
  world.network.run(1 * kj::SECONDS);
  EXPECT_TRUE(state() == NeighborState::FULL);
  EXPECT_EQ(interface.neighbors.begin()->second->trouble, "");
}

TEST(Helper, HelpsNobodyIfToldSo) {
  World world([](Settings& settings) { settings.helperTime = 0; });
  world.network.revive(0);
  world.network.run(5 * kj::MILLISECONDS);
  EXPECT_EQ(world.said(), "not helped: this router helps nobody");
  EXPECT_TRUE(world.restarting().graceUntil == nullptr);
}

TEST(Helper, DoesNotHelpWhenTheNeighborHasMissedAChange) {
  World world;
  world.network.plug(world.left, false, false);
  world.network.plug(world.right, false);
  world.network.run(5 * kj::SECONDS);
  world.network.plug(world.left, true, false);
  world.network.revive(0);
  world.network.run(5 * kj::MILLISECONDS);
  EXPECT_EQ(world.said(), "not helped: the network has changed, and it does not know yet");
  world.network.run(2 * kj::MINUTES);
  EXPECT_EQ(world.network.problem(), "");
}

struct LateAcknowledgment : World {
  // Router 0 misses a change, and asks router 1 for help before it acknowledges.
  LateAcknowledgment() {
    network.plug(left, false, false);
    network.plug(right, false);
    network.run(1 * kj::SECONDS);
    wish(0);
    EXPECT_EQ(said(), "not helped: the network has changed, and it does not know yet");
  }

  void wish(uint16_t age) {
    // A Grace-LSA for 20 seconds.
    auto router = network.all[0]->routerId();
    Key key{Type::OPAQUE_LINK, Ip4::of(3, 0, 0, 0), router};
    auto lsa = Lsa::make(key, options::E, INITIAL_SEQUENCE + age, kj::decodeHex("0001000400000014"_kj), network.now);
    PacketWriter packet(PacketType::UPDATE, router, BACKBONE);
    packet.body.u32(1);
    lsa.write(packet.body, network.now, age);
    auto bytes = Authentication().seal(kj::mv(packet.body), Ip(), 0);
    auto& asked = *network.all[1];
    asked.core->receive("eth" + std::to_string(left), Network::address(0, left), true, bytes, network.now);
    network.schedule(asked);
  }

  void acknowledge() {
    network.plug(left, true, false);
    network.run(10 * kj::SECONDS);
  }
};

TEST(Helper, HelpsWhenTheNeighborAcknowledgesTheChangeLate) {
  LateAcknowledgment world;
  world.acknowledge();
  EXPECT_EQ(world.said(), "helped for 20 s: for reasons unknown");
  EXPECT_TRUE(world.restarting().graceUntil != nullptr);
}

TEST(Helper, DoesNotHelpWhenTheAcknowledgementComesAfterTheTimeOrTheWish) {
  LateAcknowledgment late;
  late.network.run(25 * kj::SECONDS);
  late.acknowledge();
  EXPECT_EQ(late.said(), "not helped: the time that it asked for is over");
  LateAcknowledgment back;
  back.network.run(2 * kj::SECONDS);
  back.wish(MAX_AGE);
  back.acknowledge();
  EXPECT_TRUE(back.restarting().graceUntil == nullptr);
}

void changeWhileItIsAway(World& world) {
  // A restart that goes no further than to say so.
  world.network.revive(0);
  world.network.run(1 * kj::MILLISECONDS);
  world.network.plug(world.left, false, false);
  EXPECT_TRUE(world.restarting().graceUntil != nullptr);
  world.network.plug(world.right, false);
  world.network.run(5 * kj::SECONDS);
}

TEST(Helper, HelpsNoLongerWhenTheNetworkChanges) {
  World world;
  changeWhileItIsAway(world);
  EXPECT_EQ(world.said(), "no longer helped: the network has changed");
}

TEST(Helper, HelpsAlthoughTheNetworkChangesIfToldSo) {
  World world([](Settings& settings) { settings.ignoreChanges = true; });
  changeWhileItIsAway(world);
  EXPECT_EQ(world.said(), "helped for 119 s: for reasons unknown");
  EXPECT_TRUE(world.restarting().graceUntil != nullptr);
}

}  // namespace
}  // namespace xylem::ospf

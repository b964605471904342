// What the RIB is told, and in which portions.

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

constexpr uint ROUTES = 3 * TOLD_AT_ONCE;

struct Telling {
  // Router 1 announces many externals to router 0.
  testing::Network network;
  testing::Router& listener = network.router();
  testing::Router& announcer = network.router();
  uint wire = network.wire({{0}, {1}});

  Telling() {
    network.start();
    network.run(60 * kj::SECONDS);
    for (uint i = 0; i < ROUTES; ++i) announcer.core->redistribute(external(i), External(), network.now);
    network.schedule(announcer);
    network.run(30 * kj::SECONDS);
  }
  IpNet external(uint i) const { return network.of(Ip4Net(Ip4{Ip4::of(20, 0, 0, 0).bits + (i << 8)}, 24)); }
  size_t known() const {
    size_t count = 0;
    for (uint i = 0; i < ROUTES; ++i) count += listener.rib.count(external(i));
    return count;
  }
  bool isDue() const { return listener.core->deadline().orDefault(NEVER) <= network.now; }
};

TEST(Telling, ManyRoutesAreToldInPortions) {
  Telling world;
  ASSERT_EQ(world.known(), ROUTES);
  auto& core = *world.listener.core;
  core.link("eth" + std::to_string(world.wire), Link(), world.network.now);
  uint turns = 0;
  for (; world.isDue() && turns < ROUTES; ++turns) {
    auto before = world.known();
    core.tick(world.network.now);
    // Leaves and a search are a portion each.
    EXPECT_LE(before - world.known(), 2 * TOLD_AT_ONCE);
  }
  EXPECT_GT(turns, 1u);
  EXPECT_EQ(world.known(), 0u);
}

TEST(Telling, WhatChangesMeanwhileIsToldAsItIsThen) {
  Telling world;
  auto name = "eth" + std::to_string(world.wire);
  auto& core = *world.listener.core;
  core.link(name, Link(), world.network.now);
  while (world.known() == ROUTES && world.isDue()) core.tick(world.network.now);
  ASSERT_GT(world.known(), 0u);
  world.network.plug(world.wire, true);
  world.network.run(90 * kj::SECONDS);
  EXPECT_EQ(world.known(), ROUTES);
  for (uint i = 0; i < ROUTES; ++i) EXPECT_EQ(core.isInstalled(world.external(i)), true);
}

}  // namespace
}  // namespace xylem::ospf

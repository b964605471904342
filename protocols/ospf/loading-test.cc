// A search while a neighbour still tells its database.

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

struct Loading {
  // Router 0 meets router 1, which knows some hundred others. It stops in the middle of the exchange.
  static constexpr uint ROUTERS = 400, SOME = 100;
  testing::Network network;
  uint wire;
  uint64_t searchedBefore = 0;

  Loading() {
    for (uint i = 0; i < ROUTERS; ++i) network.router();
    wire = network.wire({{0}, {1}});
    for (uint i = 2; i < ROUTERS; ++i) network.wire({{1}, {i}});
    network.wires[wire].up = false;
    network.start();
    network.run(60 * kj::SECONDS);
    network.plug(wire, true);
    auto until = network.now + 30 * kj::SECONDS;
    while (!exchanges() && network.now < until) network.run(1 * kj::MILLISECONDS);
    searchedBefore = core().searched();
    while (known() < SOME && network.now < until) network.run(1 * kj::MILLISECONDS);
  }

  const Core& core() const { return *network.all[0]->core; }
  size_t known() const { return core().areas().at(BACKBONE)->database.size(); }
  bool exchanges() const {
    for (auto& [key, neighbor] : core().interfaces().at("eth" + std::to_string(wire))->neighbors)
      if (neighbor->exchanges()) return true;
    return false;
  }
};

TEST(Loading, ASearchWaitsForIt) {
  Loading loading;
  EXPECT_GE(loading.known(), Loading::SOME);
  ASSERT_TRUE(loading.exchanges());
  EXPECT_EQ(loading.core().searched(), loading.searchedBefore);
  EXPECT_TRUE(loading.network.converge(10 * kj::SECONDS) != nullptr) << loading.network.problem();
}

TEST(Loading, ASearchDoesNotWaitForOneThatDoesNotEnd) {
  Loading loading;
  loading.network.plug(loading.wire, false, false);
  loading.network.run(600 * kj::MILLISECONDS);
  ASSERT_TRUE(loading.exchanges());
  EXPECT_EQ(loading.core().searched(), loading.searchedBefore + 1);
}

TEST(Loading, WhatElseChangesIsSearchedAtOnce) {
  Loading loading;
  loading.network.plug(loading.wire, false, false);
  auto& first = *loading.network.all[0];
  first.core->link("stub", Link(), loading.network.now);
  loading.network.schedule(first);
  loading.network.run(100 * kj::MILLISECONDS);
  ASSERT_TRUE(loading.exchanges());
  EXPECT_GT(loading.core().searched(), loading.searchedBefore);
}

}  // namespace
}  // namespace xylem::ospf

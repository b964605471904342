// From LSAs to routes, without routers that speak.

#include <protocols/ospf/routing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

constexpr Time NOW = kj::origin<Time>();
constexpr Ip4 LAN = Ip4::of(10, 0, 0, 2);

constexpr RouterId router(uint number) { return Ip4{number}; }

class Gateways final : public FirstHops {
 public:
  explicit Gateways(HopSets& hops) : hops(hops) {}
  HopsId first(const GraphLink& link) override { return hops.of({1, link.to.network ? Ip4() : link.to.id}); }

 private:
  HopSets& hops;
};

template <typename Body> Lsa lsaOf(Key key, const Body& body) {
  net::ByteWriter out;
  body.encode(out);
  return Lsa::make(key, options::E, INITIAL_SEQUENCE, out.bytes(), NOW);
}

struct World {
  HopSets hops;
  Gateways gateways{hops};
  Routing routing{hops, router(1)};

  World() { routing.addArea(BACKBONE); }

  Routing::Changes update() {
    return routing.update([&](AreaId) -> FirstHops& { return gateways; });
  }
};

Lsa onLan(uint number) {
  return lsaOf({Type::ROUTER, router(number), router(number)},
               RouterBody{0, {{LinkType::TRANSIT, LAN, Ip4::of(10, 0, 0, kj::byte(number)), 5}}});
}

Lsa lanBy(uint number, std::vector<RouterId> routers) {
  return lsaOf({Type::NETWORK, LAN, router(number)}, NetworkBody{Ip4::mask(24), std::move(routers)});
}

TEST(Routing, ANetworkStandsWhileAnyOfItsLsasDoes) {
  // Its designated router has had the ID 2, and has 7 now.
  Ip4Net net(LAN, 24);
  for (uint first : {2, 7}) {
    World world;
    auto own = onLan(1), third = onLan(3), present = onLan(7);
    for (auto lsa : {&own, &third, &present}) world.routing.change(BACKBONE, nullptr, lsa);
    auto old = lanBy(2, {router(2), router(1)}), now = lanBy(7, {router(7), router(1), router(3)});
    for (auto lsa : {first == 2 ? &old : &now, first == 2 ? &now : &old}) world.routing.change(BACKBONE, nullptr, lsa);
    world.update();
    EXPECT_TRUE(world.routing.router(BACKBONE, router(3)) != nullptr) << "both, first that of " << first;
    world.routing.change(BACKBONE, &old, nullptr);
    world.update();
    EXPECT_TRUE(world.routing.find(net) != nullptr) << "the other stands";
    EXPECT_TRUE(world.routing.router(BACKBONE, router(3)) != nullptr) << "the other stands, first that of " << first;
    world.routing.change(BACKBONE, &now, nullptr);
    world.update();
    EXPECT_TRUE(world.routing.find(net) == nullptr);
    EXPECT_TRUE(world.routing.router(BACKBONE, router(3)) == nullptr);
  }
}

TEST(Routing, WhatNobodyReachedIsForgottenToo) {
  World world;
  auto own = onLan(1);
  RouterBody far;
  far.links = {{LinkType::STUB, Ip4::of(10, 9, 0, 0), Ip4::mask(24), 1}};
  auto alone = lsaOf({Type::ROUTER, router(9), router(9)}, far);
  auto external = lsaOf({Type::EXTERNAL, Ip4::of(10, 8, 0, 0), router(9)}, ExternalBody{Ip4::mask(24), true, 20});
  for (auto lsa : {&own, &alone, &external}) world.routing.change(BACKBONE, nullptr, lsa);
  world.update();
  EXPECT_EQ(world.routing.size(), 2u);
  EXPECT_EQ(world.routing.boundaryCount(), 1u);
  for (auto lsa : {&alone, &external}) world.routing.change(BACKBONE, lsa, nullptr);
  world.update();
  EXPECT_EQ(world.routing.size(), 0u);
  EXPECT_EQ(world.routing.boundaryCount(), 0u);
}

TEST(Routing, AnExternalNeedsItsBoundaryRouterAlthoughItLeadsElsewhere) {
  World world;
  Ip4Net net(Ip4::of(10, 8, 0, 0), 24);
  auto own = lsaOf({Type::ROUTER, router(1), router(1)},
                   RouterBody{0,
                              {{LinkType::POINT_TO_POINT, router(2), Ip4::of(10, 0, 0, 1), 5},
                               {LinkType::POINT_TO_POINT, router(3), Ip4::of(10, 0, 0, 1), 5}}});
  auto there = lsaOf({Type::ROUTER, router(2), router(2)},
                     RouterBody{0,
                                {{LinkType::POINT_TO_POINT, router(1), Ip4::of(10, 0, 0, 2), 5},
                                 {LinkType::STUB, Ip4::of(10, 9, 0, 0), Ip4::mask(24), 1}}});
  RouterBody announces{flags::E, {{LinkType::POINT_TO_POINT, router(1), Ip4::of(10, 0, 0, 3), 5}}};
  auto announcer = lsaOf({Type::ROUTER, router(3), router(3)}, announces);
  auto external =
      lsaOf({Type::EXTERNAL, net.address(), router(3)}, ExternalBody{Ip4::mask(24), true, 20, Ip4::of(10, 9, 0, 7)});
  for (auto lsa : {&own, &there, &announcer, &external}) world.routing.change(BACKBONE, nullptr, lsa);
  world.update();
  EXPECT_TRUE(world.routing.find(net) != nullptr);
  announces.flags = 0;
  auto silent = lsaOf({Type::ROUTER, router(3), router(3)}, announces);
  world.routing.change(BACKBONE, &announcer, &silent);
  world.update();
  EXPECT_TRUE(world.routing.find(net) == nullptr) << "it says that it announces nothing";
  world.routing.change(BACKBONE, &silent, &announcer);
  world.update();
  EXPECT_TRUE(world.routing.find(net) != nullptr);
  world.routing.change(BACKBONE, &announcer, nullptr);
  world.update();
  EXPECT_TRUE(world.routing.find(net) == nullptr) << "it is gone";
}

TEST(Routing, SummariesOfOwnRangesAreNotBelieved) {
  World world;
  world.routing.setBorder(true);
  Ip4Net net(Ip4::of(10, 8, 0, 0), 16);
  auto link = [](uint to) { return RouterLink{LinkType::POINT_TO_POINT, router(to), Ip4::of(10, 0, 0, 1), 5}; };
  auto own = lsaOf({Type::ROUTER, router(1), router(1)}, RouterBody{0, {link(2)}});
  auto other = lsaOf({Type::ROUTER, router(2), router(2)}, RouterBody{flags::B, {link(1)}});
  auto summary = lsaOf({Type::SUMMARY, net.address(), router(2)}, SummaryBody{Ip4::mask(16), 7});
  for (auto lsa : {&own, &other, &summary}) world.routing.change(BACKBONE, nullptr, lsa);
  world.update();
  EXPECT_TRUE(world.routing.find(net) != nullptr);
  world.routing.hide({net});
  world.update();
  EXPECT_TRUE(world.routing.find(net) == nullptr) << "it is this router's own range";
  world.routing.hide({});
  world.update();
  EXPECT_TRUE(world.routing.find(net) != nullptr);
}

TEST(Routing, WhatHasGoneIsForgotten) {
  // A hundred neighbours at a time, each with a network behind it, and each time others.
  constexpr uint EACH = 100;
  World world;
  size_t mostSets = 0, mostVertices = 0;
  std::vector<Lsa> before;
  std::unique_ptr<Lsa> root;
  for (uint round = 1; round <= 30; ++round) {
    for (auto& lsa : before) world.routing.change(BACKBONE, &lsa, nullptr);
    before.clear();
    RouterBody own;
    for (uint i = round * EACH; i < (round + 1) * EACH; ++i) {
      own.links.push_back({LinkType::POINT_TO_POINT, router(i), Ip4(), 5});
      RouterBody body;
      body.links = {{LinkType::POINT_TO_POINT, router(1), Ip4(), 5}, {LinkType::STUB, Ip4{i << 8}, Ip4::mask(24), 1}};
      before.push_back(lsaOf({Type::ROUTER, router(i), router(i)}, body));
      world.routing.change(BACKBONE, nullptr, &before.back());
    }
    auto now = std::make_unique<Lsa>(lsaOf({Type::ROUTER, router(1), router(1)}, own));
    world.routing.change(BACKBONE, root.get(), now.get());
    root = std::move(now);
    world.update();
    uint routes = 0;
    world.routing.eachRoute([&](IpNet net, const Route& route) {
      ++routes;
      EXPECT_EQ(world.hops[route.hops], (std::vector<Hop>{{1, Ip4{net.v4().address().bits >> 8}}}));
    });
    EXPECT_EQ(routes, EACH);
    mostSets = std::max(mostSets, world.hops.size());
    mostVertices = std::max(mostVertices, world.routing.graph(BACKBONE).size());
  }
  EXPECT_LT(mostSets, 6 * EACH);
  EXPECT_LT(mostVertices, 6 * EACH);
}

}  // namespace
}  // namespace xylem::ospf

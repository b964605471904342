// What it costs from a network to a router, and when that counts.

#include <protocols/ospf/extended-link.h>
#include <protocols/ospf/router-information.h>
#include <protocols/ospf/show.h>
#include <protocols/ospf/testing.h>

#include <capnp/message.h>
#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

using namespace testing;

constexpr Ip4 LAN = Ip4::of(10, 0, 0, 9);
constexpr RouterId SELF{1}, OTHER{2};

class Straight final : public FirstHops {
 public:
  explicit Straight(HopSets& hops) : hops(hops) {}
  HopsId first(const GraphLink& link) override { return hops.of({1, link.to.network ? Ip() : Ip(link.to.id)}); }

 private:
  HopSets& hops;
};

struct World {
  // SELF and OTHER on one network; OTHER may have several links there.
  HopSets hops;
  Straight first{hops};
  Routing routing{hops, SELF};
  std::map<Key, LsaPtr> known;

  World() {
    routing.addArea(BACKBONE);
    router(SELF, {Ip4::of(10, 0, 0, 1)});
    router(OTHER, {Ip4::of(10, 0, 0, 2)});
    net::ByteWriter body;
    NetworkBody{Ip4::mask(24), {SELF, OTHER}}.encode(body);
    tell({Type::NETWORK, LAN, SELF}, body.bytes());
  }
  void tell(Key key, Bytes body) {
    auto lsa = std::make_shared<const Lsa>(Lsa::make(key, 0, 1, body, kj::origin<Time>()));
    auto old = std::exchange(known[key], lsa);
    routing.change(BACKBONE, old.get(), lsa.get());
  }
  void forget(Key key) {
    routing.change(BACKBONE, known.at(key).get(), nullptr);
    known.erase(key);
  }
  void router(RouterId id, const std::vector<Ip4>& addresses) {
    RouterBody said;
    for (auto address : addresses) said.links.push_back({LinkType::TRANSIT, LAN, address, 10});
    net::ByteWriter body;
    said.encode(body);
    tell({Type::ROUTER, id, id}, body.bytes());
  }
  void link(uint32_t number, kj::Maybe<uint16_t> cost, Ip4 data = Ip4::of(10, 0, 0, 2), Ip4 id = LAN) {
    net::ByteWriter body;
    ExtendedLink{LinkType::TRANSIT, id, data, cost}.encode(body);
    tell(extendedLinkKey(OTHER, number), body.bytes());
  }
  void capable(RouterId id, bool is = true) {
    net::ByteWriter body;
    RouterInformation{0, "", is ? RouterInformation::TWO_PART : 0}.encode(body);
    tell(informationKey(id, Face::V2), body.bytes());
  }
  bool isDue() const { return routing.isDue(); }
  uint32_t distance() {
    routing.update([&](AreaId) -> FirstHops& { return first; });
    return KJ_ASSERT_NONNULL(routing.router(BACKBONE, OTHER)).distance;
  }
};

TEST(TwoPart, CountsWhenAllWithinReachSaySoAndNoLonger) {
  World world;
  EXPECT_EQ(world.distance(), 10u);
  world.capable(SELF);
  EXPECT_FALSE(world.isDue()) << "nobody tells of a metric";
  world.link(1, 7);
  EXPECT_TRUE(world.isDue());
  EXPECT_EQ(world.distance(), 10u) << "one does not";
  EXPECT_EQ(world.routing.twoPart(BACKBONE).lacking(world.routing.graph(BACKBONE), 9), std::vector<RouterId>{OTHER});
  world.capable(OTHER);
  EXPECT_TRUE(world.isDue());
  EXPECT_EQ(world.distance(), 17u);
  EXPECT_TRUE(world.routing.twoPart(BACKBONE).isInUse());
  world.capable(SELF, false);
  EXPECT_TRUE(world.isDue());
  EXPECT_EQ(world.distance(), 10u);
  world.capable(SELF);
  EXPECT_EQ(world.distance(), 17u);
  world.forget(informationKey(OTHER, Face::V2));
  EXPECT_EQ(world.distance(), 10u) << "it says nothing";
  EXPECT_FALSE(world.routing.twoPart(BACKBONE).isInUse());
}

TEST(TwoPart, ARouterOutOfReachIsNotAsked) {
  World world;
  world.capable(SELF);
  world.capable(OTHER);
  world.link(1, 7);
  EXPECT_EQ(world.distance(), 17u);
  world.router(RouterId{3}, {Ip4::of(10, 0, 0, 3)});
  EXPECT_EQ(world.distance(), 17u) << "the network does not lead to it";
  net::ByteWriter body;
  NetworkBody{Ip4::mask(24), {SELF, OTHER, RouterId{3}}}.encode(body);
  world.tell({Type::NETWORK, LAN, SELF}, body.bytes());
  EXPECT_EQ(world.distance(), 10u) << "now it does";
}

TEST(TwoPart, OnlyWhatChangesACostIsSearchedFor) {
  World world;
  world.capable(SELF);
  world.capable(OTHER);
  world.link(1, nullptr);
  EXPECT_TRUE(world.isDue());
  world.distance();
  world.link(2, nullptr);
  EXPECT_FALSE(world.isDue()) << "without a metric";
  EXPECT_FALSE(world.routing.twoPart(BACKBONE).isTold());
  world.forget(extendedLinkKey(OTHER, 1));
  world.forget(extendedLinkKey(OTHER, 2));
  EXPECT_FALSE(world.isDue());
  world.link(1, 5);
  EXPECT_EQ(world.distance(), 15u);
  world.link(1, 6);
  EXPECT_TRUE(world.isDue());
  EXPECT_EQ(world.distance(), 16u);
  world.forget(extendedLinkKey(OTHER, 1));
  EXPECT_TRUE(world.isDue());
  EXPECT_EQ(world.distance(), 10u);
}

TEST(TwoPart, OfSeveralLsasOfALinkTheOneWithTheLowestIdCounts) {
  World world;
  world.capable(SELF);
  world.capable(OTHER);
  world.link(4, 20);
  EXPECT_EQ(world.distance(), 30u);
  world.link(9, 3);
  EXPECT_EQ(world.distance(), 30u);
  world.link(2, 40);
  EXPECT_EQ(world.distance(), 50u);
  world.link(1, nullptr);
  EXPECT_EQ(world.distance(), 10u) << "it says nothing of it";
  for (uint32_t number : {1, 2, 4}) world.forget(extendedLinkKey(OTHER, number));
  EXPECT_EQ(world.distance(), 13u);
}

TEST(TwoPart, AMetricIsThatOfALinkThatIsThere) {
  auto first = Ip4::of(10, 0, 0, 2), second = Ip4::of(10, 0, 0, 3);
  World world;
  world.capable(SELF);
  world.capable(OTHER);
  world.link(1, 7, second);
  EXPECT_EQ(world.distance(), 10u) << "no such link";
  world.router(OTHER, {second});
  EXPECT_EQ(world.distance(), 17u);
  world.router(OTHER, {first, second});
  EXPECT_EQ(world.distance(), 10u) << "the other one costs nothing";
  world.link(2, 4, first);
  EXPECT_EQ(world.distance(), 14u) << "the lowest";
  world.link(1, 7, second, Ip4::of(10, 0, 0, 8));
  EXPECT_EQ(world.distance(), 10u) << "to another network";
}

// ---- networks of routers

void provision(Network& network, const std::set<uint>& without = {}) {
  for (auto& router : network.all) {
    bool is = without.count(router->id) == 0;
    router->adjust = [is](Settings& settings) { settings.areas[BACKBONE].twoPartMetric = is; };
  }
}

void reconfigure(Network& network, uint router) {
  auto& each = *network.all[router];
  each.core->configure(each.settings(), network.now);
  network.schedule(each);
}

void lanWithAShortcut(Network& network, uint16_t inputCost = 30) {
  // Router 2 is dear to reach from the LAN; from 1 there is another way to it.
  for (uint i = 0; i < 4; ++i) network.router();
  network.wire({{0}, {1}, {2, 10, inputCost}, {3}}, NetworkType::BROADCAST);
  network.wire({{1, 5}, {2, 5}});
  provision(network);
}

bool settles(Network& network) { return network.converge(120 * kj::SECONDS) != nullptr; }

Ip gatewayTo(Network& network, uint from, uint to) {
  return network.all[from]->rib.at(network.all[to]->stub()).ways.at(0).second;
}

std::string said(Network& network, uint router) {
  capnp::MallocMessageBuilder message;
  auto state = message.initRoot<schema::State>();
  fillState(*network.all[router]->core, state);
  return state.getArea()[0].getTwoPartMetric().cStr();
}

TEST(TwoPart, ALanIsLeftByAnotherRouter) {
  Network network;
  lanWithAShortcut(network);
  network.start();
  EXPECT_TRUE(settles(network)) << network.problem();
  EXPECT_EQ(network.all[0]->rib.at(network.all[2]->stub()).metric, 16u) << "10 to the LAN, 5 from router 1, and a stub";
  EXPECT_EQ(gatewayTo(network, 0, 2), Ip(network.address(1, 0)));
  EXPECT_EQ(gatewayTo(network, 2, 0), Ip(network.address(0, 0)));
  EXPECT_EQ(said(network, 0), "in use");

  network.wires[0].ends[2].inputCost = 3;
  reconfigure(network, 2);
  EXPECT_TRUE(settles(network)) << network.problem();
  EXPECT_EQ(gatewayTo(network, 0, 2), Ip(network.address(2, 0)));
  EXPECT_EQ(network.all[0]->rib.at(network.all[2]->stub()).metric, 14u);

  auto& database = network.all[0]->core->areas().at(BACKBONE)->database;
  auto key = extendedLinkKey(network.all[2]->routerId(), 1);
  EXPECT_NE(database.find(key), nullptr);
  network.wires[0].ends[2].inputCost = 0;
  reconfigure(network, 2);
  EXPECT_TRUE(settles(network)) << network.problem();
  EXPECT_EQ(said(network, 0), "ready: no router tells of an input cost");
  EXPECT_EQ(database.find(key), nullptr) << "it is taken back";
}

TEST(TwoPart, OneRouterThatDoesNotSaySoIsEnoughForAllToDoWithout) {
  Network network;
  lanWithAShortcut(network);
  provision(network, {3});
  network.inputCostsCount = false;
  network.start();
  EXPECT_TRUE(settles(network)) << network.problem();
  for (uint i = 0; i < 4; ++i) EXPECT_EQ(said(network, i), "not in use: not announced by 1.0.0.3");
  EXPECT_EQ(gatewayTo(network, 0, 2), Ip(network.address(2, 0)));

  auto setAll = [&](const std::set<uint>& without) {
    provision(network, without);
    for (uint i = 0; i < 4; ++i) reconfigure(network, i);
    network.inputCostsCount = without.empty();
    EXPECT_TRUE(settles(network)) << network.problem();
  };
  setAll({});
  EXPECT_EQ(said(network, 3), "in use");
  EXPECT_EQ(gatewayTo(network, 0, 2), Ip(network.address(1, 0)));
  setAll({0, 1, 2, 3});
  EXPECT_EQ(said(network, 3), "not in use: not announced by 1.0.0.0, 1.0.0.1, 1.0.0.3")
      << "who has an input cost says so by himself";
  setAll({3});
  auto gone = network.all[3]->stub();
  network.all[3]->core->retire(network.now);
  network.run(90 * kj::SECONDS);
  EXPECT_EQ(network.all[0]->rib.count(gone), 0u);
  EXPECT_EQ(said(network, 0), "in use") << "it is out of reach";
  EXPECT_EQ(gatewayTo(network, 0, 2), Ip(network.address(1, 0)));
}

TEST(TwoPart, ItOutlivesTheDesignatedRouter) {
  Network network;
  lanWithAShortcut(network);
  network.start();
  EXPECT_TRUE(settles(network)) << network.problem();
  network.run(60 * kj::SECONDS);
  ASSERT_EQ(network.all[0]->core->interfaces().at("eth0")->designated, network.identity(3, 0));
  network.all[3]->core->retire(network.now);
  network.run(90 * kj::SECONDS);
  EXPECT_EQ(network.all[0]->core->interfaces().at("eth0")->designated, network.identity(2, 0));
  EXPECT_EQ(gatewayTo(network, 0, 2), Ip(network.address(1, 0)));
  EXPECT_EQ(network.all[0]->rib.at(network.all[2]->stub()).metric, 16u);
}

TEST(TwoPart, AStubRouterIsAsDearToReachAsBefore) {
  // What is to be avoided is the way through it, which begins with a link of its own.
  Network network;
  lanWithAShortcut(network, 3);
  auto& stub = network.all[2]->adjust;
  stub = [before = stub](Settings& settings) {
    before(settings);
    settings.stubRouter = true;
  };
  network.start();
  network.run(2 * kj::MINUTES);
  EXPECT_EQ(network.all[0]->rib.at(network.all[2]->stub()).metric, 14u);
  auto& route = network.all[2]->rib.at(network.all[0]->stub());
  EXPECT_EQ(route.metric, uint32_t(MAX_LINK_METRIC) + 1);
}

TEST(TwoPart, RandomNetworksAreAsAPlainSearchFindsThem) {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    Network network(seed);
    std::mt19937 dice(seed);
    constexpr uint COUNT = 14;
    for (uint i = 0; i < COUNT; ++i) network.router();
    auto end = [&](uint router) {
      return End{router, uint16_t(1 + dice() % 50), uint16_t(dice() % 2 * (dice() % 50))};
    };
    for (uint i = 1; i < COUNT; ++i) network.wire({{i, 20}, {uint(dice() % i), 30}});
    for (uint i = 0; i < 6; ++i) {
      std::set<uint> routers;
      while (routers.size() < 3 + i % 3) routers.insert(dice() % COUNT);
      std::vector<End> ends;
      ends.reserve(routers.size());
      for (auto router : routers) ends.push_back(end(router));
      network.wire(ends, NetworkType::BROADCAST);
    }
    provision(network);
    network.jitter = 20;
    network.start();
    EXPECT_TRUE(settles(network)) << seed << ": " << network.problem();
    for (uint i = 0; i < 30; ++i) {
      auto& wire = network.wires[COUNT - 1 + dice() % 6];
      auto& changed = wire.ends[dice() % wire.ends.size()];
      changed.inputCost = uint16_t(dice() % 2 * (dice() % 60));
      reconfigure(network, changed.router);
      if (i % 5 == 0) network.plug(uint(dice() % network.wires.size()), i % 10 == 0);
      network.run((i * 53 % 700) * kj::MILLISECONDS);
    }
    EXPECT_TRUE(settles(network)) << seed << ": " << network.problem();
  }
}

TEST(TwoPart, Version3HasNone) {
  for (auto face : {Face::V3, Face::V3_IP4}) {
    Network network(1, face);
    lanWithAShortcut(network);
    network.inputCostsCount = false;
    network.start();
    EXPECT_TRUE(settles(network)) << network.problem();
    EXPECT_EQ(said(network, 0), "");
    auto& database = network.all[0]->core->areas().at(BACKBONE)->database;
    for (auto& [key, entry] : database.entries()) EXPECT_FALSE(isOpaque(key.type)) << kj::str(key).cStr();
  }
}

}  // namespace
}  // namespace xylem::ospf

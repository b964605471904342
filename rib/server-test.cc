#include <rib/testing.h>

namespace xylem::rib {
namespace {

using namespace testing;

struct Ear final : public Rib::Follower::Server {
  struct Heard {
    std::map<std::string, int> routes;
    size_t told = 0;
    bool synced = false, stalled = false;
  };
  explicit Ear(Heard& heard, xrl::Loop& loop) : heard(heard), loop(loop) {}
  kj::Promise<void> push(PushContext context) override {
    for (auto route : context.getParams().getBatch().getRoutes()) {
      auto net = kj::str(
          KJ_ASSERT_NONNULL(net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength())));
      ++heard.told;
      if (route.getNextHop() == 0)
        heard.routes.erase(net.cStr());
      else
        heard.routes[net.cStr()] = route.getSource();
    }
    return hold();
  }
  kj::Promise<void> hold() {
    if (!heard.stalled) return kj::READY_NOW;
    return loop.timer().afterDelay(kj::MILLISECONDS).then([this]() { return hold(); });
  }
  kj::Promise<void> synced(SyncedContext) override {
    heard.synced = true;
    return kj::READY_NOW;
  }
  Heard& heard;
  xrl::Loop& loop;
};

Rib::Subscription::Client follow(Protocol& who, std::vector<const char*> protocols, Ear::Heard& heard) {
  auto request = who.get<Rib>("Rib").followRequest();
  auto names = request.initProtocols(protocols.size());
  for (auto i : kj::indices(protocols)) names.set(i, protocols[i]);
  request.setFollower(kj::heap<Ear>(heard, who.loop));
  return request.send().wait(who.loop.waitScope()).getSubscription();
}

TEST(Server, AFollowerIsSyncedWhenThoseItFollowsAre) {
  Router router;
  router.fea = nullptr;
  router.rib = nullptr;
  router.startRib();
  auto a = router.protocol("a"), b = router.protocol("b");
  Ear::Heard ofA, ofLinks;
  auto one = follow(*b, {"a", "not there"}, ofA), two = follow(*b, {"connected"}, ofLinks);
  a->open(10);
  a->push({"192.0.2.0/24"}, "10.0.0.2");
  router.turn(20);
  EXPECT_FALSE(ofA.synced) << "not all protocols may be there";
  router.rib->daemon.settled(1);
  router.turn(20);
  EXPECT_FALSE(ofA.synced) << "it has more routes";
  EXPECT_FALSE(ofLinks.synced);
  a->synced();
  router.turn(20);
  EXPECT_FALSE(ofLinks.synced) << "the interfaces are not known";
  EXPECT_FALSE(ofA.synced) << "so no route leads anywhere yet";
  router.startFea();
  router.until([&]() { return ofA.synced && ofLinks.synced; });
  EXPECT_EQ(ofLinks.routes.size(), 2u);
  EXPECT_EQ(ofA.routes.size(), 1u);
}

TEST(Server, FollowersHearOfTheRoutesInUse) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24", "2001:db8::/32"}, "10.0.0.2");
  // An IPv6 route over an IPv4 gateway is refused, and the origin is broken.
  EXPECT_ANY_THROW(a->synced());
  a->leave();
  a->open(10);
  a->push({"192.0.2.0/24"}, "10.0.0.2");
  auto b = router.protocol("b");
  Ear::Heard heard;
  auto subscription = follow(*b, {"connected", "a"}, heard);
  router.until([&]() { return heard.routes.size() == 3; });
  EXPECT_EQ(heard.routes, (std::map<std::string, int>{{"10.0.0.0/24", 0}, {"10.1.0.0/24", 0}, {"192.0.2.0/24", 1}}));

  b->open(5);
  b->push({"192.0.2.0/24"}, "10.0.0.3");
  router.until([&]() { return heard.routes.size() == 2; });
  b->leave();
  router.until([&]() { return heard.routes.size() == 3; });

  heard.stalled = true;
  auto told = heard.told;
  for (int i = 0; i < 50; ++i) {
    a->withdraw({"192.0.2.0/24"});
    a->push({"192.0.2.0/24", "192.0.9.0/24"}, "10.0.0.2");
    router.turn(1);
  }
  router.until([&]() { return router.plane["192.0.9.0/24"] == "10.0.0.2 eth0"; });
  heard.stalled = false;
  router.until([&]() { return heard.routes.size() == 4; });
  router.turn(20);
  EXPECT_LT(heard.told - told, 3 * 1024u);
}

struct Watcher final : public Rib::Tracker::Server {
  explicit Watcher(std::map<std::string, std::string>& ways) : ways(ways) {}
  kj::Promise<void> push(PushContext context) override {
    for (auto way : context.getParams().getBatch()) {
      kj::Vector<kj::String> hops;
      for (auto hop : way.getHops())
        hops.add(kj::str(KJ_ASSERT_NONNULL(net::read(hop.getGateway())), '%', hop.getInterface()));
      ways[kj::str(KJ_ASSERT_NONNULL(net::read(way.getAddress()))).cStr()] =
          way.getReachable() ? kj::str(way.getProtocol(), ' ', kj::strArray(hops, ",")).cStr() : "unreachable";
    }
    return kj::READY_NOW;
  }
  std::map<std::string, std::string>& ways;
};

TEST(Server, TrackersHearOfWays) {
  Router router;
  auto a = router.protocol("a"), b = router.protocol("b");
  a->open(10);
  b->open(10);
  b->synced();
  std::map<std::string, std::string> ways;
  auto request = a->get<Rib>("Rib").trackRequest();
  request.setTracker(kj::heap<Watcher>(ways));
  auto tracking = request.send().wait(router.loop.waitScope()).getTracking();
  auto watch = tracking.watchRequest();
  auto list = watch.initAddresses(2);
  net::write(KJ_ASSERT_NONNULL(net::Ip::parse("10.0.0.9")), list[0]);
  net::write(KJ_ASSERT_NONNULL(net::Ip::parse("192.0.2.1")), list[1]);
  watch.send().wait(router.loop.waitScope());
  router.until([&]() { return ways.size() == 1; });
  router.rib->daemon.settled(1);
  router.turn(20);
  EXPECT_EQ(ways.size(), 1u) << "a may have a way";
  a->synced();
  router.until([&]() { return ways.size() == 2; });
  EXPECT_EQ(ways["10.0.0.9"], "connected 10.0.0.9%eth0");
  EXPECT_EQ(ways["192.0.2.1"], "unreachable");
  a->push({"192.0.2.0/24"}, "10.1.0.2");
  router.until([&]() { return ways["192.0.2.1"] == "a 10.1.0.2%eth1"; });
  router.fea->fake->gone("eth1");
  router.until([&]() { return ways["192.0.2.1"] == "unreachable"; });

  auto none = tracking.watchRequest();
  none.initAddresses(1);
  EXPECT_ANY_THROW(none.send().wait(router.loop.waitScope()));
}

TEST(Server, NobodyTakesMoreThanHisShareOrAnothersPlace) {
  Router router;
  auto a = router.protocol("a");
  auto rib = a->get<Rib>("Rib");
  kj::Vector<Rib::Origin::Client> held;
  bool refused = false;
  for (uint i = 1; i <= 254 && !refused; ++i) {
    auto request = rib.originRequest();
    request.setDistance(uint8_t(i));
    try {
      held.add(request.send().wait(router.loop.waitScope()).getOrigin());
    } catch (const kj::Exception&) {
      refused = true;
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(held.size(), 32u);
  EXPECT_ANY_THROW(rib.originRequest().send().wait(router.loop.waitScope())) << "distance 0";
  auto connected = router.protocol("connected");
  EXPECT_ANY_THROW(connected->open(1));

  // A newer origin takes over; the older one can do nothing any more, not even by leaving.
  auto b = router.protocol("b");
  b->open(10);
  b->push({"192.0.2.0/24"}, "10.0.0.2");
  auto old = kj::mv(b->origin);
  b->open(10);
  b->push({"192.0.2.0/24"}, "10.0.0.2");
  EXPECT_ANY_THROW(KJ_ASSERT_NONNULL(old).syncedRequest().send().wait(router.loop.waitScope()));
  old = nullptr;
  b->synced();
  router.turn(20);
  EXPECT_EQ(router.plane["192.0.2.0/24"], "10.0.0.2 eth0");
}

TEST(Server, GroupsCannotPileUpBehindRoutes) {
  // Each batch offers groups, uses them, and drops them again while they are used.
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  uint32_t net = 0;
  auto pile = [&]() {
    a->push([&](Batch::Builder batch) {
      auto groups = batch.initGroups(16000);
      auto routes = batch.initRoutes(16000);
      for (uint i = 0; i < groups.size(); ++i) {
        groups[i].setId(i + 1);
        groups[i].initHops(1)[0].setInterface("eth0");
        routes[i].setLow(uint64_t(0x14000000) + net++);
        routes[i].setLength(32);
        routes[i].setVersion(4);
        routes[i].setNextHop(i + 1);
      }
    });
    a->push([&](Batch::Builder batch) {
      auto groups = batch.initGroups(16000);
      for (uint i = 0; i < groups.size(); ++i) {
        groups[i].setId(i + 1);
        groups[i].initHops(0);
      }
    });
    KJ_ASSERT_NONNULL(a->origin).flushRequest().send().wait(router.loop.waitScope());
  };
  for (int i = 0; i < 4; ++i) pile();
  EXPECT_ANY_THROW(pile());
}

}  // namespace
}  // namespace xylem::rib

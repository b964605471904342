#include <capnp/message.h>
#include <rib/testing.h>

namespace xylem::rib {
namespace {

using namespace testing;

TEST(Daemon, ARouteGoesToThePlaneAndIsWithdrawnWithItsOrigin) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24", "192.0.3.0/24"}, "10.0.0.2");
  router.until([&]() { return router.plane.routes.size() == 2; });
  EXPECT_EQ(router.plane["192.0.2.0/24"], "10.0.0.2 eth0");
  a->withdraw({"192.0.2.0/24"});
  router.until([&]() { return router.plane.routes.size() == 1; });
  a->leave();
  router.until([&]() { return router.plane.routes.empty() && router.plane.groups.empty(); });
}

TEST(Daemon, RoutesOfOneThatDiedStayAndItsReturnChangesNothing) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24", "192.0.3.0/24"}, "10.0.0.2");
  a->synced();
  router.until([&]() { return router.plane.routes.size() == 2; });
  auto writes = router.plane.writes;
  a = nullptr;
  router.turn(20);
  EXPECT_EQ(router.plane.routes.size(), 2u);
  a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24"}, "10.0.0.2", 77);
  router.turn(20);
  EXPECT_EQ(router.plane.routes.size(), 2u);
  a->synced();
  router.until([&]() { return router.plane.routes.size() == 1; });
  EXPECT_EQ(router.plane.writes, writes);
  EXPECT_EQ(router.plane["192.0.2.0/24"], "10.0.0.2 eth0");
}

TEST(Daemon, RoutesOfOneThatDoesNotReturnGoInTime) {
  Router router;
  auto a = router.protocol("a");
  a->open(10, 1);
  a->push({"192.0.2.0/24"}, "10.0.0.2");
  router.until([&]() { return router.plane.routes.size() == 1; });
  a = nullptr;
  router.turn(20);
  EXPECT_EQ(router.plane.routes.size(), 1u);
  router.until([&]() { return router.plane.routes.empty(); });
}

TEST(Daemon, AnOriginThatANewLifeDoesNotOpenAgainGoesSoon) {
  Router router;
  auto a = router.protocol("a");
  a->open(200, 3600);
  a->push({"192.0.2.0/24"}, "10.0.0.2");
  router.until([&]() { return router.plane.routes.size() == 1; });
  a = nullptr;
  a = router.protocol("a");
  a->open(10, 3600);
  a->synced();
  router.until([&]() { return router.plane.routes.empty(); });
}

TEST(Daemon, TheFeasReturnIsToldEverything) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24"}, "10.0.0.2");
  a->synced();
  router.rib->daemon.settled(1);
  router.until([&]() { return router.plane.syncs == 1 && router.plane.routes.size() == 1; });
  router.fea = nullptr;
  router.turn(10);
  a->push({"192.0.3.0/24"}, "10.1.0.2");
  router.plane = Plane();
  router.startFea();
  router.until([&]() { return router.plane.syncs == 1; });
  EXPECT_EQ(router.plane.routes.size(), 2u);
  EXPECT_EQ(router.plane["192.0.3.0/24"], "10.1.0.2 eth1");
}

TEST(Daemon, AfterItsOwnRestartItIsSyncedWhenAllAre) {
  Router router;
  auto a = router.protocol("a");
  auto b = router.protocol("b");
  auto other = router.protocol("other", false);
  router.rib = nullptr;
  router.turn(10);
  router.startRib();
  for (auto* each : {&a, &b}) {
    (*each)->die();
    (*each)->connection = (*each)->process->connect("rib", true).wait(router.loop.waitScope());
    (*each)->open(10);
  }
  a->push({"192.0.2.0/24"}, "10.0.0.2");
  a->synced();
  router.until([&]() { return router.plane.routes.size() == 1; });
  router.rib->daemon.settled(1);
  router.turn(30);
  EXPECT_EQ(router.plane.syncs, 0u) << "b has not said it";
  b->synced();
  router.until([&]() { return router.plane.syncs == 1; });
}

TEST(Daemon, ItWaitsForAllNoLongerThanConfigured) {
  Router router;
  auto a = router.protocol("a");
  capnp::MallocMessageBuilder message;
  message.initRoot<Config>().setGracefulRestartTime(1);
  kj::Promise<void>(router.rib->daemon.commit(message.getRoot<Config>().asReader())).wait(router.loop.waitScope());
  router.rib->daemon.settled(1);
  router.turn(50);
  EXPECT_EQ(router.plane.syncs, 0u);
  router.until([&]() { return router.plane.syncs == 1; });
}

TEST(Daemon, ThePlaneMayAskForRoutesAgain) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24", "192.0.3.0/24"}, "10.0.0.2");
  router.until([&]() { return router.plane.routes.size() == 2; });
  a->withdraw({"192.0.3.0/24"});
  router.until([&]() { return router.plane.routes.size() == 1; });
  auto lost = KJ_ASSERT_NONNULL(router.fea->fake->keeper).lostRequest();
  std::vector<const char*> nets{"192.0.2.0/24", "192.0.3.0/24", "198.51.100.0/24"};
  Protocol::write(lost.initRoutes(3), nets, 0);
  router.plane.routes.clear();
  lost.send().wait(router.loop.waitScope());
  router.until([&]() { return router.plane.routes.size() == 1; });
  router.turn(20);
  EXPECT_EQ(router.plane["192.0.2.0/24"], "10.0.0.2 eth0");

  a->synced();
  router.rib->daemon.settled(1);
  router.until([&]() { return router.plane.syncs == 1; });
  router.plane.routes.clear();
  router.plane.groups.clear();
  KJ_ASSERT_NONNULL(router.fea->fake->keeper).resyncRequest().send().wait(router.loop.waitScope());
  router.until([&]() { return router.plane.syncs == 2; });
  EXPECT_EQ(router.plane["192.0.2.0/24"], "10.0.0.2 eth0");
}

TEST(Daemon, WhatThePlaneRefusesIsShown) {
  Router router;
  router.until([&]() { return router.plane.sessions == 1; });
  auto refused = KJ_ASSERT_NONNULL(router.fea->fake->keeper).refusedRequest();
  std::vector<const char*> nets{"192.0.2.0/24"};
  Protocol::write(refused.initRoutes(1), nets, 0);
  refused.setReason("no memory");
  refused.send().wait(router.loop.waitScope());
  capnp::MallocMessageBuilder message;
  auto state = message.initRoot<State>();
  router.rib->daemon.state(state);
  EXPECT_EQ(state.getRefused(), 1u);
  EXPECT_STREQ(state.getRefusal().cStr(), "192.0.2.0/24: no memory");
}

TEST(Daemon, InterfacesComeAndGo) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push({"192.0.2.0/24"}, "10.1.0.2");
  router.until([&]() { return router.plane.routes.size() == 1; });
  router.fea->fake->gone("eth1");
  router.until([&]() { return router.plane.routes.empty(); });
  router.links.up["eth1"] = {"10.1.0.1/24"};
  router.fea->fake->tell();
  router.until([&]() { return router.plane["192.0.2.0/24"] == "10.1.0.2 eth1"; });
}

TEST(Daemon, ManyRoutesAreHeldUpByASlowPlaneAndCoalesced) {
  Router router;
  router.until([&]() { return router.plane.sessions == 1; });
  router.plane.stalled = true;
  auto a = router.protocol("a");
  a->open(10);
  kj::Vector<kj::Promise<void>> sent;
  auto pushAll = [&](uint32_t metric) {
    for (uint n = 0; n < 100; ++n) {
      auto request = KJ_ASSERT_NONNULL(a->origin).pushRequest();
      auto batch = request.initBatch();
      auto groups = batch.initGroups(1);
      groups[0].setId(1);
      net::write(KJ_ASSERT_NONNULL(net::Ip::parse("10.0.0.2")), groups[0].initHops(1)[0].initGateway());
      auto routes = batch.initRoutes(2000);
      for (uint i = 0; i < 2000; ++i) {
        routes[i].setLow(uint64_t(0x14000000 + ((n * 2000 + i) << 8)));
        routes[i].setLength(24);
        routes[i].setVersion(4);
        routes[i].setNextHop(1);
        routes[i].setMetric(metric);
      }
      sent.add(request.send());
    }
  };
  pushAll(1);
  router.turn(200);
  capnp::MallocMessageBuilder message;
  auto state = message.initRoot<State>();
  router.rib->daemon.state(state);
  EXPECT_LT(state.getPending(), 100000u);
  EXPECT_LT(state.getIp4().getPrefixes(), 200000u) << "the origin has to wait";
  router.plane.stalled = false;
  for (auto& each : sent) each.wait(router.loop.waitScope());
  router.until([&]() { return router.plane.routes.size() == 200000; });
  EXPECT_EQ(router.plane.writes, 200000u);
}

}  // namespace
}  // namespace xylem::rib

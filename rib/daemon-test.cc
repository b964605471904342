#include <capnp/message.h>
#include <finder/server.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <net/wire.h>
#include <rib/daemon.h>
#include <rib/wire.h>
#include <stdlib.h>
#include <unistd.h>
#include <xrl/unix.h>

#include <functional>

namespace xylem::rib {
namespace {

// A RIB among fakes: the Finder is real, the FEA writes down what it is told, protocols say what the tests want.

struct Plane {
  std::map<uint32_t, std::string> groups;
  std::map<std::string, std::pair<uint32_t, uint32_t>> routes;
  // Prefix to group and metric.
  size_t writes = 0, withdrawals = 0, syncs = 0, batches = 0, sessions = 0;
  bool stalled = false;

  std::string operator[](kj::StringPtr net) const {
    auto found = routes.find(net.cStr());
    if (found == routes.end()) return "-";
    auto group = groups.find(found->second.first);
    return group == groups.end() ? "lost group" : group->second;
  }
};

class FakeFib final : public fea::Fib::Server {
 public:
  FakeFib(Plane& plane, xrl::Loop& loop) : plane(plane), loop(loop) {}

 private:
  static std::string text(NextHopGroup::Reader group) {
    if (group.isBlackhole()) return "blackhole";
    if (group.isUnreachable()) return "unreachable";
    std::string all;
    for (auto hop : group.getHops()) {
      if (!all.empty()) all += ", ";
      all += kj::str(KJ_ASSERT_NONNULL(net::read(hop.getGateway())), ' ', hop.getInterface()).cStr();
    }
    return all;
  }
  kj::Promise<void> push(PushContext context) override {
    auto batch = context.getParams().getBatch();
    ++plane.batches;
    for (auto group : batch.getGroups()) {
      if (group.isHops() && group.getHops().size() == 0)
        EXPECT_EQ(plane.groups.erase(group.getId()), 1u);
      else
        plane.groups[group.getId()] = text(group);
    }
    for (auto route : batch.getRoutes()) {
      auto net = kj::str(
          KJ_ASSERT_NONNULL(net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength())));
      ++(route.getNextHop() == 0 ? plane.withdrawals : plane.writes);
      if (route.getNextHop() == 0)
        plane.routes.erase(net.cStr());
      else
        plane.routes[net.cStr()] = {route.getNextHop(), route.getMetric()};
    }
    return hold();
  }
  kj::Promise<void> hold() {
    if (!plane.stalled) return kj::READY_NOW;
    return loop.timer().afterDelay(kj::MILLISECONDS).then([this]() { return hold(); });
  }
  kj::Promise<void> synced(SyncedContext) override {
    ++plane.syncs;
    return kj::READY_NOW;
  }

  Plane& plane;
  xrl::Loop& loop;
};

struct Links {
  // Interfaces, each an up and running one with its addresses.
  std::map<std::string, std::vector<std::string>> up{{"eth0", {"10.0.0.1/24"}}, {"eth1", {"10.1.0.1/24"}}};
};

class FakeFea final : public fea::Fea::Server {
 public:
  FakeFea(Plane& plane, Links& links, xrl::Loop& loop) : plane(plane), links(links), loop(loop) {}

  void tell() {
    KJ_IF_MAYBE (client, follower) {
      auto request = client->updateRequest();
      auto list = request.initInterfaces(links.up.size());
      uint i = 0;
      for (auto& each : links.up) {
        auto interface = list[i++];
        interface.setName(each.first.c_str());
        interface.setIndex(uint32_t(each.first.back() - '0') + 2);
        interface.setUp(true);
        interface.setRunning(true);
        auto addresses = interface.initAddresses(each.second.size());
        for (auto j : kj::indices(each.second))
          net::write(KJ_ASSERT_NONNULL(net::IfAddr::parse(each.second[j].c_str())), addresses[j]);
      }
      saying.add(request.send());
    }
  }
  void gone(kj::StringPtr name) {
    links.up.erase(name.cStr());
    KJ_IF_MAYBE (client, follower) {
      auto request = client->goneRequest();
      request.setName(name);
      saying.add(request.send());
    }
  }
  kj::Maybe<fea::FibKeeper::Client> keeper;

 private:
  kj::Promise<void> interfaces(InterfacesContext context) override {
    follower = context.getParams().getFollower();
    tell();
    struct Nothing final : public fea::Fea::Subscription::Server {};
    context.getResults().setSubscription(kj::heap<Nothing>());
    return kj::READY_NOW;
  }
  kj::Promise<void> fib(FibContext context) override {
    keeper = context.getParams().getKeeper();
    ++plane.sessions;
    context.getResults().setFib(kj::heap<FakeFib>(plane, loop));
    return kj::READY_NOW;
  }

  Plane& plane;
  Links& links;
  xrl::Loop& loop;
  kj::Maybe<fea::Fea::InterfaceFollower::Client> follower;
  kj::Vector<kj::Promise<void>> saying;
};

struct Alive {
  // A registered process.
  Alive(xrl::Loop& loop, kj::StringPtr directory, kj::StringPtr name)
      : process(kj::heap<xrl::Process>(loop, kj::str(directory), kj::str(name), nullptr)) {}
  ~Alive() {
    serving = nullptr;
    process->stop();
  }
  void serve() { serving = process->serve().eagerlyEvaluate(nullptr); }
  kj::Own<xrl::Process> process;
  kj::Promise<void> serving = nullptr;
};

struct RibProcess : Alive {
  RibProcess(xrl::Loop& loop, kj::StringPtr directory) : Alive(loop, directory, "rib"), daemon(*process) { serve(); }
  ~RibProcess() {
    serving = nullptr;
    process->stop();
  }
  Daemon daemon;
};

struct FeaProcess : Alive {
  FeaProcess(xrl::Loop& loop, kj::StringPtr directory, Plane& plane, Links& links) : Alive(loop, directory, "fea") {
    auto server = kj::heap<FakeFea>(plane, links, loop);
    fake = server;
    fea::Fea::Client client = kj::mv(server);
    process->offers->add<fea::Fea>([client](xrl::Caller&) mutable { return client; });
    serve();
  }
  FakeFea* fake;
};

struct Protocol : Alive {
  // One that is to be alive, and connected with the RIB.
  Protocol(xrl::Loop& loop, kj::StringPtr directory, kj::StringPtr name, bool wants = true)
      : Alive(loop, directory, name), loop(loop) {
    if (wants) process->wants("rib");
    serve();
    connection = process->connect("rib", true).wait(loop.waitScope());
  }
  ~Protocol() { die(); }

  template <typename Interface> typename Interface::Client get(kj::StringPtr name) {
    auto request = connection->bootstrap().castAs<xrl::Services>().getRequest();
    request.setInterface(name);
    return request.send().getService().castAs<Interface>();
  }
  void open(uint8_t distance, uint16_t gracefulRestartTime = 60) {
    auto request = get<Rib>("Rib").originRequest();
    request.setDistance(distance);
    request.setGracefulRestartTime(gracefulRestartTime);
    origin = request.send().wait(loop.waitScope()).getOrigin();
  }
  using Fill = std::function<void(Batch::Builder)>;
  void push(Fill fill) {
    auto request = KJ_ASSERT_NONNULL(origin).pushRequest();
    fill(request.initBatch());
    request.send().wait(loop.waitScope());
    // A stream's errors show in the next ordinary call.
  }
  void push(std::vector<const char*> nets, const char* gateway, uint32_t id = 1) {
    push([&](Batch::Builder batch) {
      auto groups = batch.initGroups(1);
      groups[0].setId(id);
      net::write(KJ_ASSERT_NONNULL(net::Ip::parse(gateway)), groups[0].initHops(1)[0].initGateway());
      write(batch.initRoutes(nets.size()), nets, id);
    });
  }
  void withdraw(std::vector<const char*> nets) {
    push([&](Batch::Builder batch) { write(batch.initRoutes(nets.size()), nets, 0); });
  }
  static void write(capnp::List<Route>::Builder routes, std::vector<const char*>& nets, uint32_t id) {
    for (auto i : kj::indices(nets)) {
      auto parts = net::partsOf(KJ_ASSERT_NONNULL(net::IpNet::parse(nets[i])));
      routes[i].setHigh(parts.high);
      routes[i].setLow(parts.low);
      routes[i].setLength(parts.length);
      routes[i].setVersion(parts.version);
      routes[i].setNextHop(id);
    }
  }
  void synced() { KJ_ASSERT_NONNULL(origin).syncedRequest().send().wait(loop.waitScope()); }
  void leave() { origin = nullptr; }
  void die() {
    // The connection goes before what it held.
    connection = nullptr;
    origin = nullptr;
  }

  xrl::Loop& loop;
  kj::Own<xrl::Connection> connection;
  kj::Maybe<Rib::Origin::Client> origin;
};

struct Router {
  Router() {
    char name[] = "/tmp/rib-test-XXXXXX";
    KJ_ASSERT(mkdtemp(name) != nullptr);
    directory = kj::str(name);
    server = kj::heap<finder::Server>(loop, xrl::listenUnix(kj::str(directory, "/finder")), nullptr);
    serving = server->serve().eagerlyEvaluate([](kj::Exception&& e) { FAIL() << e.getDescription().cStr(); });
    startFea();
    startRib();
  }
  ~Router() {
    rib = nullptr;
    fea = nullptr;
    serving = nullptr;
    server = nullptr;
    unlink(kj::str(directory, "/finder").cStr());
    rmdir(directory.cStr());
  }
  void startFea() { fea = std::make_unique<FeaProcess>(loop, directory, plane, links); }
  void startRib() { rib = std::make_unique<RibProcess>(loop, directory); }
  std::unique_ptr<Protocol> protocol(kj::StringPtr name, bool wants = true) {
    return std::make_unique<Protocol>(loop, directory, name, wants);
  }
  template <typename Done> void until(Done done) {
    auto deadline = loop.timer().now() + 10 * kj::SECONDS;
    while (!done()) {
      if (loop.timer().now() > deadline) FAIL() << "waited in vain";
      turn();
    }
  }
  void turn(uint times = 1) {
    for (; times > 0; --times) loop.timer().afterDelay(kj::MILLISECONDS).wait(loop.waitScope());
  }

  xrl::Loop loop;
  kj::String directory;
  kj::Own<finder::Server> server;
  kj::Promise<void> serving = nullptr;
  Plane plane;
  Links links;
  std::unique_ptr<FeaProcess> fea;
  std::unique_ptr<RibProcess> rib;
};

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

TEST(Daemon, AFollowerIsSyncedWhenThoseItFollowsAre) {
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
  router.until([&]() { return ofA.synced; });
  EXPECT_FALSE(ofLinks.synced) << "the interfaces are not known";
  router.startFea();
  router.until([&]() { return ofLinks.synced; });
  EXPECT_EQ(ofLinks.routes.size(), 2u);
}

TEST(Daemon, FollowersHearOfTheRoutesInUse) {
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

TEST(Daemon, TrackersHearOfWays) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  std::map<std::string, std::string> ways;
  auto request = a->get<Rib>("Rib").trackRequest();
  request.setTracker(kj::heap<Watcher>(ways));
  auto tracking = request.send().wait(router.loop.waitScope()).getTracking();
  auto watch = tracking.watchRequest();
  auto list = watch.initAddresses(2);
  net::write(KJ_ASSERT_NONNULL(net::Ip::parse("10.0.0.9")), list[0]);
  net::write(KJ_ASSERT_NONNULL(net::Ip::parse("192.0.2.1")), list[1]);
  watch.send().wait(router.loop.waitScope());
  router.until([&]() { return ways.size() == 2 && ways["10.0.0.9"] != "unreachable"; });
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

TEST(Daemon, ABatchThatBreaksARuleIsRefusedWhole) {
  Router router;
  auto bystander = router.protocol("bystander");
  bystander->open(10);
  bystander->push({"198.51.100.0/24"}, "10.0.0.2");
  struct Attack {
    const char* what;
    std::function<void(Batch::Builder)> fill;
  };
  auto hop = [](Batch::Builder batch) {
    auto hop = batch.initGroups(1)[0].initHops(1)[0];
    batch.getGroups()[0].setId(1);
    net::write(KJ_ASSERT_NONNULL(net::Ip::parse("10.0.0.2")), hop.initGateway());
    return hop;
  };
  auto good = [hop](Batch::Builder batch) {
    hop(batch);
    auto routes = batch.initRoutes(2);
    for (auto route : routes) {
      route.setLow(0xc0000200);
      route.setLength(24);
      route.setVersion(4);
      route.setNextHop(1);
    }
    return routes[1];
  };
  std::vector<Attack> attacks{
      {"unknown group", [&](auto batch) { good(batch).setNextHop(9); }},
      {"version", [&](auto batch) { good(batch).setVersion(5); }},
      {"version 0", [&](auto batch) { good(batch).setVersion(0); }},
      {"length", [&](auto batch) { good(batch).setLength(33); }},
      {"length of IPv6",
       [&](auto batch) {
         auto route = good(batch);
         route.setVersion(6);
         route.setLength(129);
       }},
      {"host bits", [&](auto batch) { good(batch).setLow(0xc0000201); }},
      {"upper bits", [&](auto batch) { good(batch).setHigh(1); }},
      {"upper half of an IPv4 address", [&](auto batch) { good(batch).setLow(0x1c0000200); }},
      {"host bits of IPv6",
       [&](auto batch) {
         auto route = good(batch);
         route.setVersion(6);
         route.setHigh(0x20010db800000000);
         route.setLow(1);
         route.setLength(64);
       }},
      {"group 0",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].setId(0);
       }},
      {"weight 0",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setWeight(0);
       }},
      {"weight 257",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setWeight(257);
       }},
      {"interface with a slash",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setInterface("../x");
       }},
      {"long interface",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setInterface("sixteen-letters-");
       }},
      {"neither gateway nor interface",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].getGateway().setNone();
       }},
      {"multicast gateway",
       [&](auto batch) {
         good(batch);
         net::write(KJ_ASSERT_NONNULL(net::Ip::parse("224.0.0.1")), batch.getGroups()[0].getHops()[0].getGateway());
       }},
      {"link-local gateway without interface",
       [&](auto batch) {
         good(batch);
         net::write(KJ_ASSERT_NONNULL(net::Ip::parse("fe80::1")), batch.getGroups()[0].getHops()[0].getGateway());
       }},
      {"too many hops",
       [&](auto batch) {
         good(batch);
         for (auto each : batch.getGroups()[0].initHops(65)) each.setInterface("eth0");
       }},
      {"a group dropped and used",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].initHops(0);
       }},
      {"too many hops in all",
       [&](auto batch) {
         auto groups = batch.initGroups(300);
         for (uint i = 0; i < groups.size(); ++i) {
           groups[i].setId(i + 1);
           for (auto each : groups[i].initHops(64)) each.setInterface("eth0");
         }
       }},
      {"too many routes", [&](auto batch) { batch.initRoutes(16385); }},
      {"too many groups", [&](auto batch) { batch.initGroups(16385); }},
  };
  for (auto& attack : attacks) {
    auto a = router.protocol("a");
    a->open(10);
    KJ_ASSERT_NONNULL(a->origin);
    a->push({"203.0.113.0/24"}, "10.0.0.3", 5);
    auto failed = [&]() {
      try {
        a->push(attack.fill);
        a->synced();
      } catch (const kj::Exception&) {
        return true;
      }
      return false;
    };
    EXPECT_TRUE(failed()) << attack.what;
    EXPECT_TRUE(failed()) << "the origin is broken: " << attack.what;
    router.until([&]() { return router.plane.routes.count("203.0.113.0/24") == 1; });
    EXPECT_EQ(router.plane["192.0.2.0/24"], "-") << "half applied: " << attack.what;
    a->open(10);
    a->leave();
    router.until([&]() { return router.plane.routes.count("203.0.113.0/24") == 0; });
  }
  EXPECT_EQ(router.plane["198.51.100.0/24"], "10.0.0.2 eth0");
}

TEST(Daemon, NobodyTakesMoreThanHisShareOrAnothersPlace) {
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

TEST(Daemon, GroupsCannotPileUpBehindRoutes) {
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

TEST(Daemon, ShowPagesThroughAllAndExplains) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push([](Batch::Builder batch) {
    auto group = batch.initGroups(1)[0];
    group.setId(1);
    group.initHops(1)[0].setInterface("eth0");
    auto routes = batch.initRoutes(2500);
    for (uint i = 0; i < 2500; ++i) {
      routes[i].setLow(0x14000000 + (i << 8));
      routes[i].setLength(24);
      routes[i].setVersion(4);
      routes[i].setNextHop(1);
    }
  });
  a->push({"20.0.0.0/8"}, "10.0.0.2", 2);
  auto b = router.protocol("b");
  b->open(20);
  b->push({"20.0.0.0/8"}, "10.0.0.3");
  b->push({"20.0.1.0/24"}, "10.99.0.3", 2);
  auto show = b->get<Show>("Show");
  auto list = [&](const char* net, const char* protocol) {
    std::vector<std::string> all;
    std::string after;
    do {
      auto request = show.routeRequest();
      if (*net) net::write(KJ_ASSERT_NONNULL(net::IpNet::parse(net)), request.initNet());
      request.setProtocol(protocol);
      request.setAfter(after.c_str());
      auto page = request.send().wait(router.loop.waitScope());
      EXPECT_LE(page.getRoutes().size(), 1000u);
      for (auto row : page.getRoutes()) all.push_back(kj::str(KJ_ASSERT_NONNULL(net::read(row.getNet()))).cStr());
      after = page.getNext().cStr();
    } while (!after.empty());
    return all;
  };
  router.until([&]() { return router.plane.routes.size() == 2501; });
  EXPECT_EQ(list("", "").size(), 2503u);
  EXPECT_EQ(list("", "connected"), (std::vector<std::string>{"10.0.0.0/24", "10.1.0.0/24"}));
  EXPECT_EQ(list("20.0.0.0/16", "").size(), 257u);
  EXPECT_EQ(list("20.0.7.0/25", ""), (std::vector<std::string>{"20.0.0.0/8", "20.0.7.0/24"}));
  EXPECT_EQ(list("2001:db8::/32", "").size(), 0u);

  auto request = show.lookupRequest();
  net::write(KJ_ASSERT_NONNULL(net::IpNet::parse("20.0.1.7/32")), request.initNet());
  auto answer = request.send().wait(router.loop.waitScope());
  std::vector<std::string> verdicts;
  for (auto each : answer.getCandidates()) verdicts.push_back(each.getVerdict().cStr());
  EXPECT_EQ(verdicts,
            (std::vector<std::string>{"used", "next hop 10.99.0.3 has no route", "used", "distance 20 loses to 10"}));

  auto summary = show.summaryRequest().send().wait(router.loop.waitScope());
  ASSERT_EQ(summary.getProtocols().size(), 3u);
  EXPECT_STREQ(summary.getProtocols()[0].getProtocol().cStr(), "a");
  EXPECT_EQ(summary.getProtocols()[0].getIp4(), 2501u);
  EXPECT_EQ(summary.getProtocols()[1].getIp4Used(), 0u);
}

}  // namespace
}  // namespace xylem::rib

#include <fcntl.h>
#include <finder/testing.h>
#include <net/wire.h>
#include <protocols/kit/interfaces.h>
#include <protocols/kit/redistribution.h>
#include <protocols/kit/routes.h>
#include <protocols/kit/sockets.h>

#include <set>

namespace xylem::kit {
namespace {

using finder::testing::Alive;

// A RIB that writes down what it is told, and how each of its origins ended.
struct Book {
  std::map<uint32_t, std::string> groups;
  std::map<std::string, uint32_t> routes;
  size_t told = 0, batches = 0, synced = 0, opened = 0, dropped = 0, died = 0;
  bool stalled = false, refusing = false;
  uint16_t gracefulRestartTime = 0;
  uint8_t distance = 0;
  kj::Maybe<rib::Rib::Follower::Client> follower;

  std::string operator[](const char* net) const {
    auto found = routes.find(net);
    return found == routes.end() ? "-" : groups.at(found->second);
  }
};

std::string text(net::IpNet net) { return kj::str(net).cStr(); }
net::IpNet ipNet(const char* text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text), text); }
net::Ip ip(const char* text) { return KJ_ASSERT_NONNULL(net::Ip::parse(text), text); }

class FakeOrigin final : public rib::Rib::Origin::Server {
 public:
  FakeOrigin(Book& book, xrl::Caller& caller, xrl::Loop& loop) : book(book), caller(caller.copy()), loop(loop) {
    ++book.opened;
    book.groups.clear();
    book.routes.clear();
  }
  ~FakeOrigin() { ++(caller->connected ? book.dropped : book.died); }

 private:
  kj::Promise<void> push(PushContext context) override {
    KJ_REQUIRE(!book.refusing);
    auto batch = context.getParams().getBatch();
    ++book.batches;
    for (auto group : batch.getGroups()) {
      if (!group.isHops()) {
        book.groups[group.getId()] = "drop";
      } else if (group.getHops().size() == 0) {
        EXPECT_EQ(book.groups.erase(group.getId()), 1u);
        for (auto& route : book.routes) EXPECT_NE(route.second, group.getId());
      } else {
        std::string all;
        for (auto hop : group.getHops())
          all += kj::str(KJ_ASSERT_NONNULL(net::read(hop.getGateway())), '%', hop.getInterface(), ' ').cStr();
        book.groups[group.getId()] = all;
      }
    }
    for (auto route : batch.getRoutes()) {
      auto net = text(
          KJ_ASSERT_NONNULL(net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength())));
      ++book.told;
      if (route.getNextHop() == 0) {
        book.routes.erase(net);
      } else {
        EXPECT_EQ(book.groups.count(route.getNextHop()), 1u);
        book.routes[net] = route.getNextHop();
      }
    }
    return hold();
  }
  kj::Promise<void> hold() {
    if (!book.stalled) return kj::READY_NOW;
    return loop.timer().afterDelay(kj::MILLISECONDS).then([this]() { return hold(); });
  }
  kj::Promise<void> synced(SyncedContext) override {
    ++book.synced;
    return kj::READY_NOW;
  }
  kj::Promise<void> flush(FlushContext) override { return kj::READY_NOW; }

  Book& book;
  kj::Own<xrl::Caller> caller;
  xrl::Loop& loop;
};

class FakeRib final : public rib::Rib::Server {
 public:
  FakeRib(Book& book, xrl::Caller& caller, xrl::Loop& loop) : book(book), caller(caller.copy()), loop(loop) {}

 private:
  kj::Promise<void> origin(OriginContext context) override {
    book.distance = context.getParams().getDistance();
    book.gracefulRestartTime = context.getParams().getGracefulRestartTime();
    context.getResults().setOrigin(kj::heap<FakeOrigin>(book, *caller, loop));
    return kj::READY_NOW;
  }
  kj::Promise<void> follow(FollowContext context) override {
    struct Nothing final : public rib::Rib::Subscription::Server {};
    book.follower = context.getParams().getFollower();
    context.getResults().setSubscription(kj::heap<Nothing>());
    return kj::READY_NOW;
  }
  Book& book;
  kj::Own<xrl::Caller> caller;
  xrl::Loop& loop;
};

struct Machine {
  std::map<std::string, uint32_t> interfaces{{"eth0", 1500}, {"eth1", 1500}};
  // With their MTU.
  kj::Maybe<fea::Fea::InterfaceFollower::Client> follower;
  size_t asked = 0;
  bool hangs = false;
};

class FakeFea final : public fea::Fea::Server {
 public:
  explicit FakeFea(Machine& machine) : machine(machine) {}

 private:
  kj::Promise<void> interfaces(InterfacesContext context) override {
    struct Nothing final : public fea::Fea::Subscription::Server {};
    auto client = context.getParams().getFollower();
    auto request = client.updateRequest();
    auto list = request.initInterfaces(machine.interfaces.size());
    uint i = 0;
    for (auto& each : machine.interfaces) {
      list[i].setName(each.first.c_str());
      list[i].setIndex(i + 1);
      list[i].setMtu(each.second);
      net::write(KJ_ASSERT_NONNULL(net::IfAddr::parse("10.0.0.1/24")), list[i].initAddresses(1)[0]);
      ++i;
    }
    saying = request.send();
    machine.follower = kj::mv(client);
    context.getResults().setSubscription(kj::heap<Nothing>());
    return kj::READY_NOW;
  }
  kj::Promise<void> udp(UdpContext context) override {
    struct Descriptor final : public fea::Fea::Socket::Server {
      explicit Descriptor(int fd) : fd(fd) {}
      kj::Maybe<int> getFd() override { return fd.get(); }
      kj::AutoCloseFd fd;
    };
    ++machine.asked;
    if (machine.hangs) return kj::NEVER_DONE;
    KJ_REQUIRE(context.getParams().getOptions().getInterface() != "eth9", "no such interface");
    context.getResults().setSocket(kj::heap<Descriptor>(open("/dev/null", O_RDWR | O_CLOEXEC)));
    return kj::READY_NOW;
  }
  Machine& machine;
  kj::Promise<void> saying = nullptr;
};

struct Router : finder::testing::Router {
  Router() {
    startRib();
    startFea();
    own = std::make_unique<Alive>(loop, directory, "own");
    own->serve();
  }
  void startRib() {
    rib = std::make_unique<Alive>(loop, directory, "rib");
    rib->process->offers->add<rib::Rib>([this](xrl::Caller& caller) { return kj::heap<FakeRib>(book, caller, loop); });
    rib->serve();
  }
  void stopRib() {
    book.follower = nullptr;
    rib = nullptr;
  }
  void startFea() {
    fea = std::make_unique<Alive>(loop, directory, "fea");
    fea->process->offers->add<fea::Fea>([this](xrl::Caller&) { return kj::heap<FakeFea>(machine); });
    fea->serve();
  }
  void stopFea() {
    machine.follower = nullptr;
    fea = nullptr;
  }

  Book book;
  Machine machine;
  std::unique_ptr<Alive> fea, rib, own;
};

TEST(Routes, AreToldInBatchesAndOnlyWhenTheyChange) {
  Router router;
  Routes routes(*router.own->process, 120, 77);
  for (uint i = 0; i < 5000; ++i)
    routes.put(net::Ip4Net(net::Ip4{0x14000000 + (i << 8)}, 24), NextHops::via(ip("10.0.0.2"), "eth0"), 1);
  routes.put(ipNet("2001:db8::/32"), NextHops{NextHops::BLACKHOLE, {}});
  routes.synced();
  router.until([&]() { return router.book.synced == 1; });
  EXPECT_EQ(router.book.distance, 120);
  EXPECT_EQ(router.book.gracefulRestartTime, 77);
  EXPECT_EQ(router.book.routes.size(), 5001u);
  EXPECT_EQ(router.book.groups.size(), 2u) << "of the same content there is one";
  EXPECT_EQ(routes.size(), 5001u);
  EXPECT_LT(router.book.batches, 10u);
  auto told = router.book.told;
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.2"), "eth0"), 1);
  routes.remove(ipNet("99.0.0.0/8"));
  router.turn(20);
  EXPECT_EQ(router.book.told, told);
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.3"), "eth0"), 1);
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.4"), "eth0"), 1);
  router.until([&]() { return router.book["20.0.0.0/24"] == "10.0.0.4%eth0 "; });
  EXPECT_EQ(router.book.told, told + 1);
}

TEST(Routes, GroupsGoAfterTheirLastRoute) {
  Router router;
  Routes routes(*router.own->process, 120);
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.2")));
  router.until([&]() { return router.book.routes.size() == 1; });
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.3")));
  router.until([&]() { return router.book.groups.size() == 1 && router.book["20.0.0.0/24"] == "10.0.0.3% "; });
  routes.remove(ipNet("20.0.0.0/24"));
  router.until([&]() { return router.book.groups.empty(); });
  EXPECT_EQ(routes.size(), 0u);
}

TEST(Routes, ASlowRibGetsEachPrefixOnce) {
  Router router;
  Routes routes(*router.own->process, 120);
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.2")));
  router.until([&]() { return router.book.routes.size() == 1; });
  router.book.stalled = true;
  auto fill = [&](uint32_t metric) {
    for (uint i = 0; i < 60000; ++i)
      routes.put(net::Ip4Net(net::Ip4{0x15000000 + (i << 8)}, 24), NextHops::via(ip("10.0.0.2")), metric);
  };
  fill(1);
  router.turn(20);
  EXPECT_FALSE(routes.flushed());
  auto before = router.book.told;
  for (uint32_t metric = 2; metric < 10; ++metric) {
    fill(metric);
    router.turn(2);
  }
  routes.remove(ipNet("21.0.0.0/24"));
  router.book.stalled = false;
  router.until([&]() { return routes.flushed() && router.book.routes.size() == 60000; });
  EXPECT_LT(router.book.told - before, 2 * 60000u);
  EXPECT_EQ(router.book["21.0.0.0/24"], "-");
}

TEST(Routes, ARibThatReturnsIsToldEverything) {
  Router router;
  Routes routes(*router.own->process, 120);
  for (uint i = 0; i < 3000; ++i)
    routes.put(net::Ip4Net(net::Ip4{0x14000000 + (i << 8)}, 24), NextHops::via(ip("10.0.0.2"), "eth0"), 1);
  routes.synced();
  router.until([&]() { return router.book.synced == 1; });
  router.stopRib();
  router.turn(10);
  routes.remove(ipNet("20.0.0.0/24"));
  routes.put(ipNet("20.0.1.0/24"), NextHops::via(ip("10.0.0.3"), "eth0"));
  routes.put(ipNet("2001:db8::/32"), NextHops::via(ip("fe80::1"), "eth0"));
  router.startRib();
  router.until([&]() { return router.book.synced == 2; });
  EXPECT_EQ(router.book.routes.size(), 3000u);
  EXPECT_EQ(router.book["20.0.0.0/24"], "-");
  EXPECT_EQ(router.book["20.0.1.0/24"], "10.0.0.3%eth0 ");
  EXPECT_EQ(router.book["2001:db8::/32"], "fe80::1%eth0 ");
}

TEST(Routes, ABrokenOriginIsOpenedAgain) {
  Router router;
  Routes routes(*router.own->process, 120);
  router.book.refusing = true;
  routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.2")));
  router.until([&]() { return router.book.opened >= 2; });
  router.book.refusing = false;
  router.until([&]() { return router.book.routes.size() == 1; });
}

TEST(Routes, DroppingThemIsNotDying) {
  Router router;
  {
    Routes routes(*router.own->process, 120);
    routes.put(ipNet("20.0.0.0/24"), NextHops::via(ip("10.0.0.2")));
    router.until([&]() { return router.book.routes.size() == 1; });
  }
  router.until([&]() { return router.book.dropped + router.book.died == 1; });
  EXPECT_EQ(router.book.dropped, 1u);
}

TEST(Interfaces, AreToldOnceAndWhenTheyDiffer) {
  Router router;
  std::vector<std::string> heard;
  Interfaces interfaces(
      *router.own->process, [&](const Interface& i) { heard.push_back("+" + i.name); },
      [&](const Interface& i) { heard.push_back("-" + i.name); });
  router.until([&]() { return heard.size() == 2; });
  EXPECT_TRUE(interfaces.complete());
  EXPECT_EQ(heard, (std::vector<std::string>{"+eth0", "+eth1"}));
  EXPECT_TRUE(KJ_ASSERT_NONNULL(interfaces.find("eth0")).has(ip("10.0.0.1")));
  EXPECT_TRUE(interfaces.find("eth7") == nullptr);

  auto gone = KJ_ASSERT_NONNULL(router.machine.follower).goneRequest();
  gone.setName("eth1");
  gone.send().wait(router.loop.waitScope());
  router.until([&]() { return heard.size() == 3; });
  EXPECT_EQ(heard.back(), "-eth1");

  router.stopFea();
  router.turn(10);
  EXPECT_EQ(heard.size(), 3u) << "what was known stays";
  router.machine.interfaces = {{"eth2", 1500}};
  router.startFea();
  router.until([&]() { return heard.size() == 5; });
  EXPECT_EQ(heard[3], "-eth0");
  EXPECT_EQ(heard[4], "+eth2");
  router.stopFea();
  router.turn(10);
  router.startFea();
  router.until([&]() { return router.machine.follower != nullptr; });
  router.turn(20);
  EXPECT_EQ(heard.size(), 5u);
}

TEST(Redistribution, WhatWentWhileTheRibWasAwayIsRemoved) {
  Router router;
  std::map<std::string, std::string> routes;
  Redistribution from(
      *router.own->process, {{"static", ""}, {"connected", ""}}, 0,
      [&](auto& route) { routes[text(route.net)] = kj::str(route.protocol, ' ', route.metric).cStr(); },
      [&](net::IpNet net) { EXPECT_EQ(routes.erase(text(net)), 1u); });
  auto tell = [&](std::vector<std::pair<const char*, int>> list) {
    router.until([&]() { return router.book.follower != nullptr; });
    auto request = KJ_ASSERT_NONNULL(router.book.follower).pushRequest();
    auto out = request.initBatch().initRoutes(list.size());
    for (auto i : kj::indices(list)) {
      auto parts = net::partsOf(ipNet(list[i].first));
      out[i].setHigh(parts.high);
      out[i].setLow(parts.low);
      out[i].setLength(parts.length);
      out[i].setVersion(parts.version);
      out[i].setMetric(7);
      if (list[i].second < 0) continue;
      out[i].setNextHop(1);
      out[i].setSource(uint8_t(list[i].second));
    }
    request.send().wait(router.loop.waitScope());
    KJ_ASSERT_NONNULL(router.book.follower).syncedRequest().send().wait(router.loop.waitScope());
  };
  EXPECT_FALSE(from.complete());
  tell({{"10.0.0.0/8", 0}, {"10.1.0.0/16", 1}, {"2001:db8::/32", 0}});
  EXPECT_TRUE(from.complete());
  EXPECT_EQ(routes, (std::map<std::string, std::string>{
                        {"10.0.0.0/8", "static 7"}, {"10.1.0.0/16", "connected 7"}, {"2001:db8::/32", "static 7"}}));
  tell({{"10.1.0.0/16", -1}, {"10.9.0.0/16", -1}});
  EXPECT_EQ(routes.size(), 2u);
  router.stopRib();
  router.turn(10);
  EXPECT_EQ(routes.size(), 2u);
  router.startRib();
  tell({{"10.0.0.0/8", 0}});
  EXPECT_EQ(routes.size(), 1u);
}

TEST(Sockets, TheDescriptorComesOrTheReasonWhyNot) {
  Router router;
  Sockets sockets(*router.own->process);
  auto fd = sockets.udp([](auto options) { options.setPort(520); }).wait(router.loop.waitScope());
  EXPECT_GE(fcntl(fd, F_GETFD), 0);
  EXPECT_ANY_THROW(sockets.udp([](auto options) { options.setInterface("eth9"); }).wait(router.loop.waitScope()));
}

TEST(Sockets, ARequestOutlivesTheFea) {
  Router router;
  Sockets sockets(*router.own->process);
  router.machine.hangs = true;
  bool done = false;
  auto asking = sockets.udp([](auto) {}).then([&](kj::AutoCloseFd) { done = true; }).eagerlyEvaluate(nullptr);
  router.until([&]() { return router.machine.asked == 1; });
  router.stopFea();
  router.turn(10);
  EXPECT_FALSE(done);
  router.machine.hangs = false;
  router.startFea();
  router.until([&]() { return done; });
}

}  // namespace
}  // namespace xylem::kit

#pragma once
// For tests: a RIB among fakes. The Finder is real, the FEA writes down what it is told, protocols say what the tests
// want.

#include <finder/testing.h>
#include <net/wire.h>
#include <rib/daemon.h>

#include <functional>

namespace xylem::rib::testing {

using finder::testing::Alive;

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

struct RibProcess : Alive {
  RibProcess(xrl::Loop& loop, kj::StringPtr directory) : Alive(loop, directory, "rib"), daemon(*process) { serve(); }
  ~RibProcess() { stop(); }
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

struct Router : finder::testing::Router {
  Router() {
    startFea();
    startRib();
  }
  void startFea() { fea = std::make_unique<FeaProcess>(loop, directory, plane, links); }
  void startRib() { rib = std::make_unique<RibProcess>(loop, directory); }
  std::unique_ptr<Protocol> protocol(kj::StringPtr name, bool wants = true) {
    return std::make_unique<Protocol>(loop, directory, name, wants);
  }

  Plane plane;
  Links links;
  std::unique_ptr<FeaProcess> fea;
  std::unique_ptr<RibProcess> rib;
};

}  // namespace xylem::rib::testing

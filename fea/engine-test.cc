#include <fcntl.h>
#include <fea/engine.h>
#include <fea/testing.h>
#include <kj/debug.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace xylem::fea {
namespace {

using testing::sh;

class Follower final : public Fea::InterfaceFollower::Server {
 public:
  struct Heard {
    std::map<std::string, std::string> links;
    uint updates = 0;
    std::string gone;
    kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> blocked;
    bool block = false;
  };
  explicit Follower(Heard& heard) : heard(heard) {}

  kj::Promise<void> update(UpdateContext context) override {
    ++heard.updates;
    for (auto link : context.getParams().getInterfaces())
      heard.links[link.getName().cStr()] = kj::str(link.getMtu(), link.getRunning() ? " running" : " down").cStr();
    if (!heard.block) return kj::READY_NOW;
    auto paf = kj::newPromiseAndFulfiller<void>();
    heard.blocked = kj::mv(paf.fulfiller);
    return kj::mv(paf.promise);
  }
  kj::Promise<void> gone(GoneContext context) override {
    heard.gone = context.getParams().getName().cStr();
    heard.links.erase(heard.gone);
    return kj::READY_NOW;
  }

 private:
  Heard& heard;
};

class KeeperOfTest final : public FibKeeper::Server {
 public:
  struct Heard {
    std::multiset<std::string> lost, refused;
    std::string reason;
    uint resyncs = 0, calls = 0;
  };
  explicit KeeperOfTest(Heard& heard) : heard(heard) {}

  kj::Promise<void> lost(LostContext context) override {
    ++heard.calls;
    for (auto route : context.getParams().getRoutes()) heard.lost.insert(text(route));
    return kj::READY_NOW;
  }
  kj::Promise<void> refused(RefusedContext context) override {
    for (auto route : context.getParams().getRoutes()) heard.refused.insert(text(route));
    heard.reason = context.getParams().getReason().cStr();
    return kj::READY_NOW;
  }
  kj::Promise<void> resync(ResyncContext) override {
    ++heard.resyncs;
    return kj::READY_NOW;
  }

 private:
  static std::string text(rib::Route::Reader route) {
    return kj::str(KJ_ASSERT_NONNULL(
                       net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength())))
        .cStr();
  }
  Heard& heard;
};

class EngineDaemon : public testing::InNamespace {
 protected:
  ~EngineDaemon() noexcept override {}

  void SetUp() override {
    InNamespace::SetUp();
    if (IsSkipped()) return;
    process = kj::heap<xrl::Process>(loop, kj::str("/nonexistent"), kj::str("fea"), kj::ArrayPtr<const kj::byte>());
    engine = kj::heap<Engine>(*process);
  }

  template <typename Interface> typename Interface::Client get(kj::StringPtr name, xrl::Role role = xrl::Role::DAEMON) {
    auto caller = kj::refcounted<xrl::Caller>();
    caller->name = kj::str(name);
    caller->role = role;
    auto request = process->offers->to(kj::mv(caller)).getRequest();
    request.setInterface(capnp::Schema::from<Interface>().getShortDisplayName());
    return request.send().getService().template castAs<Interface>();
  }
  Config::Builder config() {
    message = kj::heap<capnp::MallocMessageBuilder>();
    return message->initRoot<Config>();
  }
  void commit() { kj::Promise<void>(engine->commit(message->getRoot<Config>().asReader())).wait(scope); }
  void begin() {
    config();
    commit();
  }
  Fib::Client fib() {
    auto request = get<Fea>("rib").fibRequest();
    request.setKeeper(kj::heap<KeeperOfTest>(kept));
    return request.send().wait(scope).getFib();
  }
  void push(Fib::Client& fib, testing::Batch& batch) {
    auto request = fib.pushRequest();
    request.setBatch(batch.done());
    request.send().wait(scope);
  }
  std::vector<std::string> problems() {
    xrl::Problems problems;
    engine->check(message->getRoot<Config>().asReader(), problems);
    std::vector<std::string> texts;
    for (auto& each : problems.list) texts.push_back(kj::str(each.path, ": ", each.text).cStr());
    return texts;
  }
  State::Reader state() {
    stateMessage = kj::heap<capnp::MallocMessageBuilder>();
    auto root = stateMessage->initRoot<State>();
    engine->state(root);
    return root.asReader();
  }
  template <typename F> std::string whyNot(F&& f) {
    KJ_IF_MAYBE (e, kj::runCatchingExceptions(f)) return e->getDescription().cStr();
    return "";
  }
  Config::Interface::Builder interface(Config::Builder config, const char* name, std::vector<const char*> addresses) {
    auto interface = config.initInterfaces().initInterface(1)[0];
    fill(interface, name, addresses);
    return interface;
  }
  void fill(Config::Interface::Builder interface, const char* name, std::vector<const char*> addresses) {
    interface.setName(name);
    auto list = interface.initAddress(uint(addresses.size()));
    for (uint i = 0; i < addresses.size(); ++i)
      net::write(KJ_ASSERT_NONNULL(net::IfAddr::parse(addresses[i])), list[i]);
  }

  kj::Own<xrl::Process> process;
  kj::Own<Engine> engine;
  kj::Own<capnp::MallocMessageBuilder> message, stateMessage;
  KeeperOfTest::Heard kept;
};

TEST_F(EngineDaemon, WhoComesBeforeTheFirstCommitWaits) {
  Follower::Heard heard;
  auto request = get<Fea>("rip").interfacesRequest();
  request.setFollower(kj::heap<Follower>(heard));
  auto answer = request.send();
  loop.timer().afterDelay(20 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(0u, heard.updates);
  begin();
  auto subscription = answer.wait(scope).getSubscription();
  EXPECT_TRUE(until([&]() { return heard.links.count("v0") > 0; }));
  EXPECT_EQ(1u, heard.updates);
  EXPECT_EQ("1500 running", heard.links["v0"]);
}

TEST_F(EngineDaemon, FollowersHearTheLatest) {
  begin();
  Follower::Heard heard, slow;
  slow.block = true;
  auto follow = [&](Follower::Heard& whom) {
    auto request = get<Fea>("rip").interfacesRequest();
    request.setFollower(kj::heap<Follower>(whom));
    return request.send().wait(scope).getSubscription();
  };
  auto one = follow(heard);
  auto two = follow(slow);
  EXPECT_TRUE(until([&]() { return slow.updates == 1 && heard.updates == 1; }));
  for (int mtu : {1401, 1402, 1403, 1404}) {
    sh(kj::str("ip link set v0 mtu ", mtu));
    auto now = kj::str(mtu, " running");
    EXPECT_TRUE(until([&]() { return heard.links["v0"] == now.cStr(); }));
  }
  sh("ip link add x0 type veth peer name x1");
  EXPECT_TRUE(until([&]() { return heard.links.count("x0") > 0; }));
  sh("ip link del x0");
  EXPECT_TRUE(until([&]() { return heard.links.count("x0") == 0; }));
  EXPECT_EQ(1u, slow.updates);
  slow.block = false;
  KJ_ASSERT_NONNULL(slow.blocked)->fulfill();
  EXPECT_TRUE(until([&]() { return slow.links["v0"] == "1404 running"; }));
  EXPECT_EQ(2u, slow.updates);
  one = nullptr;
  sh("ip link set v0 mtu 1300");
  EXPECT_TRUE(until([&]() { return slow.links["v0"] == "1300 running"; }));
  EXPECT_EQ("1404 running", heard.links["v0"]);
}

TEST_F(EngineDaemon, OnlyTheRibWritesRoutes) {
  begin();
  auto request = get<Fea>("rip").fibRequest();
  request.setKeeper(kj::heap<KeeperOfTest>(kept));
  EXPECT_HAS(whyNot([&]() { request.send().wait(scope); }), "by the RIB alone");
  EXPECT_NE("", whyNot([&]() { get<Fea>("rib", xrl::Role::OPERATOR).whenResolved().wait(scope); }));
}

TEST_F(EngineDaemon, WriterIsReplaced) {
  begin();
  testing::Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1).route("198.51.100.0/24", 1);
  auto first = fib();
  push(first, batch);
  first.syncedRequest().send().wait(scope);
  auto second = fib();
  EXPECT_HAS(whyNot([&]() { push(first, batch); }), "another writer");
  EXPECT_EQ(2u, state().getFib().getStale());
  testing::Batch less;
  less.group(9, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 9);
  push(second, less);
  second.syncedRequest().send().wait(scope);
  EXPECT_HAS(sh("ip route"), "192.0.2.0/24");
  EXPECT_LACKS(sh("ip route"), "198.51.100.0/24");
  // The writer dies: all stays.
  second = nullptr;
  first = nullptr;
  loop.timer().afterDelay(20 * kj::MILLISECONDS).wait(scope);
  EXPECT_HAS(sh("ip route"), "192.0.2.0/24");
}

TEST_F(EngineDaemon, BrokenBatchHarmsNobody) {
  begin();
  auto writer = fib();
  testing::Batch good, bad;
  good.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  bad.group(2, {{"10.0.0.2", "v0"}}).route("198.51.100.0/24", 3);
  push(writer, good);
  EXPECT_HAS(whyNot([&]() { push(writer, bad); }), "no group 3");
  auto next = fib();
  push(next, good);
  EXPECT_HAS(sh("ip route"), "192.0.2.0/24");
  EXPECT_LACKS(sh("ip route"), "198.51.100.0/24");
}

TEST_F(EngineDaemon, KeeperHearsOfLossAndRefusal) {
  begin();
  auto writer = fib();
  testing::Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1).route("2001:db8:5::/48", 1);
  for (uint i = 0; i < 500; ++i) batch.route(net::Ip4Net(net::Ip4::of(20, 0, uint8_t(i), uint8_t(i & 0x100)), 32), 1);
  push(writer, batch);
  writer.syncedRequest().send().wait(scope);
  EXPECT_TRUE(until([&]() { return kept.refused.count("2001:db8:5::/48") == 1; }));
  EXPECT_HAS(kept.reason, "IPv4 nexthop");
  sh("ip route flush proto 178");
  EXPECT_TRUE(until([&]() { return kept.lost.count("192.0.2.0/24") == 1 && kept.lost.size() > 250; }));
  EXPECT_LT(kept.calls, 100u);
  sh("ip nexthop flush proto 178");
  EXPECT_TRUE(until([&]() { return kept.resyncs == 1; }));
}

TEST_F(EngineDaemon, RetiringLeavesNothing) {
  auto root = config();
  interface(root, "v0", {"192.0.2.1/24"});
  commit();
  auto writer = fib();
  testing::Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("198.51.100.0/24", 1);
  push(writer, batch);
  root.getForwarding().setRetainRoutes(true);
  commit();
  kj::Promise<void>(engine->retire()).wait(scope);
  EXPECT_HAS(sh("ip route show proto 178"), "198.51.100.0/24");
  EXPECT_HAS(sh("ip addr show v0"), "192.0.2.1/24");
  root.getForwarding().setRetainRoutes(false);
  commit();
  kj::Promise<void>(engine->retire()).wait(scope);
  EXPECT_EQ("", sh("ip route show proto 178; ip nexthop"));
  EXPECT_HAS(sh("ip addr show v0"), "192.0.2.1/24");
  EXPECT_HAS(whyNot([&]() { push(writer, batch); }), "another writer");
  EXPECT_HAS(whyNot([&]() { fib(); }), "no more");
  writer = nullptr;
  engine = nullptr;
  EXPECT_LACKS(sh("ip addr show v0"), "192.0.2.1/24");
}

TEST_F(EngineDaemon, CommitSaysWhatCannotBeHad) {
  auto root = config();
  interface(root, "v0", {"192.0.2.1/24"}).setMtu(68);
  // The kernel turns IPv6 off below 1280, but takes it; a loopback's address is refused nowhere: so take an MTU beyond.
  root.getInterfaces().getInterface()[0].setMtu(1 << 24);
  EXPECT_HAS(whyNot([&]() { commit(); }), "interface v0: cannot set the MTU 16777216");
}

TEST_F(EngineDaemon, ChecksConfigurations) {
  auto root = config();
  auto list = root.initInterfaces().initInterface(3);
  fill(list[0], "v0", {"10.1.0.1/24", "10.2.0.0/24", "10.3.0.255/24", "10.4.0.0/31", "2001:db8::1/64"});
  fill(list[1], "w0", {"10.1.0.1/16", "224.0.0.5/24", "fe80::1/64"});
  fill(list[2], "a/b", {"fe80::1/64"});
  list[0].setMtu(1000);
  list[1].initAddress(4);
  fill(list[1], "w0", {"10.1.0.1/16", "224.0.0.5/24", "fe80::1/64"});
  std::vector<std::string> expected{
      "interfaces interface v0 address 10.2.0.0/24: 10.2.0.0 is the network's own address; a host in 10.2.0.0/24 has "
      "another",
      "interfaces interface v0 address 10.3.0.255/24: 10.3.0.255 is the broadcast address of 10.3.0.0/24",
      "interfaces interface v0 mtu 1000: IPv6 needs an MTU of at least 1280 (RFC 8200)",
      "interfaces interface w0 address 10.1.0.1/16: interface v0 has this address already",
      "interfaces interface w0 address 224.0.0.5/24: 224.0.0.5 is no host's address",
      "interfaces interface a/b: no interface has the name a/b"};
  EXPECT_EQ(expected, problems());
  interface(config(), "v0", {"10.1.0.1/24", "10.1.0.2/24"});
  EXPECT_EQ(std::vector<std::string>{}, problems());
}

TEST_F(EngineDaemon, AnotherPlaneNeedsARestart) {
  begin();
  auto root = config();
  EXPECT_TRUE(engine->whyRestart(root) == nullptr);
  root.initForwarding().setPlane(Config::Plane::MOCK);
  EXPECT_FALSE(engine->whyRestart(root) == nullptr);
}

TEST_F(EngineDaemon, TurnsForwardingOnUnlessTold) {
  auto forwarding = []() { return sh("cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding"); };
  auto found = forwarding();
  config().initForwarding().setAsFound(true);
  commit();
  EXPECT_EQ(found, forwarding());
  begin();
  EXPECT_EQ("1\n1\n", forwarding());
}

TEST_F(EngineDaemon, MockPlaneForwardsNothing) {
  auto root = config();
  interface(root, "m0", {"192.0.2.1/24"});
  root.initForwarding().setPlane(Config::Plane::MOCK);
  commit();
  auto writer = fib();
  testing::Batch batch;
  batch.group(1, {{"192.0.2.2", "m0"}}).route("198.51.100.0/24", 1);
  push(writer, batch);
  EXPECT_EQ("", sh("ip route show proto 178"));
  EXPECT_EQ(1u, state().getFib().getInstalls());
  EXPECT_EQ(1u, state().getInterface().size());
  EXPECT_STREQ("mock", state().getFib().getPlane().cStr());
}

TEST_F(EngineDaemon, ShowsInterfaces) {
  begin();
  auto show = get<Show>("", xrl::Role::GUEST);
  auto all = show.interfacesRequest().send().wait(scope);
  EXPECT_EQ(5u, all.getInterfaces().size());
  auto one = show.interfacesRequest();
  one.setName("v0");
  auto answer = one.send().wait(scope);
  ASSERT_EQ(1u, answer.getInterfaces().size());
  EXPECT_STREQ("v0", answer.getInterfaces()[0].getName().cStr());
  auto none = show.interfacesRequest();
  none.setName("nosuch");
  EXPECT_EQ("there is no interface nosuch", whyNot([&]() { none.send().wait(scope); }));
}

TEST_F(EngineDaemon, SocketsAreHandedOutAndCounted) {
  begin();
  auto fea = get<Fea>("rip");
  auto ask = [&]() {
    auto request = fea.udpRequest();
    request.initOptions().setVersion(4);
    request.getOptions().setInterface("v0");
    return request.send().wait(scope).getSocket();
  };
  auto socket = ask();
  auto fd = KJ_ASSERT_NONNULL(socket.getFd().wait(scope));
  EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  ASSERT_EQ(1u, state().getSocket().size());
  EXPECT_STREQ("rip", state().getSocket()[0].getOwner().cStr());
  EXPECT_STREQ("udp", state().getSocket()[0].getKind().cStr());
  EXPECT_EQ(1u, state().getSocket()[0].getCount());

  kj::Vector<Fea::Socket::Client> held;
  held.add(kj::mv(socket));
  auto why = whyNot([&]() {
    for (uint i = 0; i < MAX_SOCKETS; ++i) held.add(ask());
  });
  EXPECT_HAS(why, "holds too many");
  EXPECT_EQ(MAX_SOCKETS + 0u, held.size());
  // Others are not concerned, and what is dropped may be had again.
  auto other = get<Fea>("bgp").tcpRequest();
  other.initOptions().setVersion(6);
  other.send().wait(scope);
  held.clear();
  ask();
  auto bad = fea.rawRequest();
  bad.initOptions().setVersion(5);
  EXPECT_HAS(whyNot([&]() { bad.send().wait(scope); }), "the version is 4 or 6");
}

}  // namespace
}  // namespace xylem::fea

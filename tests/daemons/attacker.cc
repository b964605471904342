// A process that does wrong to another one of its router, for tests: `attacker RUN-DIRECTORY ATTACK [VICTIM]`.
//
// It ends with 0 when it has done what it could, whatever that met with: how the victim took it is for the test to see.

#include <capnp/any.h>
#include <capnp/schema.h>
#include <fea/fea.capnp.h>
#include <finder/finder.capnp.h>
#include <kj/debug.h>
#include <net/wire.h>
#include <rib/rib.capnp.h>
#include <rtrmgr/rtrmgr.capnp.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xrl/process.h>

#include <cstdio>
#include <cstring>

namespace xylem {

using namespace xrl;
class Attacker {
  template <typename T> T wait(kj::Promise<T> promise) {
    return loop.timer().timeoutAfter(10 * kj::SECONDS, kj::mv(promise)).wait(loop.waitScope());
  }

 public:
  Attacker(Loop& loop, kj::StringPtr directory, kj::StringPtr name)
      : loop(loop), process(loop, kj::str(directory), kj::str(name), nullptr) {
    if (name.size() > 0) serving = process.serve().eagerlyEvaluate([](kj::Exception&& e) { KJ_LOG(ERROR, e); });
  }

  void mistyped(kj::StringPtr victim) {
    // Right and wrong methods of right and wrong interfaces, with all kinds of parameters.
    const uint64_t interfaces[] = {capnp::typeId<rib::Rib>(),
                                   capnp::typeId<rib::Rib::Origin>(),
                                   capnp::typeId<rib::Show>(),
                                   capnp::typeId<fea::Fea>(),
                                   capnp::typeId<fea::Fib>(),
                                   capnp::typeId<fea::Show>(),
                                   capnp::typeId<finder::Show>(),
                                   capnp::typeId<Finder>(),
                                   capnp::typeId<Status<>>(),
                                   capnp::typeId<Services>(),
                                   capnp::typeId<rtrmgr::wire::Configuration>(),
                                   0,
                                   ~0ull};
    auto connection = to(victim);
    auto finder = wait(process.finder());
    kj::Vector<capnp::Capability::Client> clients;
    clients.add(finder);
    clients.add(connection->bootstrap());
    for (auto name : {"Rib", "Fea", "Show", "Status", "Configuration", "Editor", "Daemon", "Nothing", ""})
      clients.add(service(*connection, name));
    kj::Vector<kj::Promise<void>> calls;
    for (auto& client : clients)
      for (auto interface : interfaces)
        for (uint16_t method : {0, 1, 2, 3, 4, 5, 6, 60000})
          for (uint shape = 0; shape < SHAPES; ++shape) calls.add(bad(client, interface, method, shape));
    all(kj::mv(calls));
  }

  void flood(kj::StringPtr victim) {
    // Many calls, and nobody who reads the answers.
    auto connection = to(victim);
    auto services = connection->bootstrap().castAs<Services>();
    kj::Vector<kj::Promise<void>> calls;
    for (uint i = 0; i < 50000; ++i) calls.add(services.describeRequest().send().ignoreResult());
    loop.timer().afterDelay(kj::MILLISECONDS).wait(loop.waitScope());
    sleep(2);
  }

  void unfinished(kj::StringPtr victim) {
    // Calls that are answered and never finished, and capabilities that are never released.
    auto connection = to(victim);
    auto services = connection->bootstrap().castAs<Services>();
    kj::Vector<kj::Own<void>> kept;
    for (uint i = 0; i < 200000; ++i) {
      auto request = services.getRequest();
      request.setInterface("Show");
      kept.add(kj::heap(request.send()));
      if (i % 1000 == 0 && !pause(1)) return;
    }
    pause(1000);
  }

  void connects(kj::StringPtr victim) {
    // One connection after the other, all kept; then many that are asked for and not taken.
    kj::Vector<kj::Own<Connection>> kept;
    for (uint i = 0; i < 300; ++i)
      tryTo([&]() {
        kept.add(to(victim));
        (void)describes(*kept.back());
      });
    printf("%zu connections\n", kept.size());
    auto finder = wait(process.finder());
    kj::Vector<kj::Own<void>> asked;
    for (auto wanted : {victim, "nobody"_kj})
      for (uint i = 0; i < 10000; ++i) {
        auto request = finder.connectRequest();
        request.setName(wanted);
        request.setWait(true);
        asked.add(kj::heap(request.send()));
      }
    pause(1500);
  }

  void impostor(kj::StringPtr victim) {
    auto finder = wait(process.finder());
    kj::Vector<kj::Promise<void>> calls;
    for (uint i = 0; i < 1000; ++i) {
      auto request = finder.registerRequest();
      request.setName(victim);
      request.setTarget(kj::heap<Deaf>());
      calls.add(request.send().then([](auto&&) { KJ_FAIL_ASSERT("taken for another"); }));
    }
    all(kj::mv(calls));
  }

  void names() {
    // A connection, and thereby a name, for each of many.
    kj::Vector<kj::Own<Process>> many;
    kj::Vector<kj::Promise<void>> serving;
    for (uint i = 0; i < 500; ++i) {
      many.add(kj::heap<Process>(loop, kj::str(process.runDirectory), kj::str("name-", i), nullptr));
      serving.add(many.back()->serve());
    }
    loop.timer()
        .afterDelay(1 * kj::SECONDS)
        .exclusiveJoin(kj::joinPromises(serving.releaseAsArray()))
        .wait(loop.waitScope());
    auto finder = wait(process.finder());
    for (kj::StringPtr name : {""_kj, "UPPER"_kj, "../../etc"_kj, "a b"_kj}) {
      auto request = finder.registerRequest();
      request.setName(name);
      request.setTarget(kj::heap<Deaf>());
      tryTo([&]() { wait(request.send().ignoreResult()); });
    }
    auto request = finder.registerRequest();
    request.setName(longText(900000));
    tryTo([&]() { wait(request.send().ignoreResult()); });
    // Afterwards all of them must be gone before the test looks: their connections close with this process.
  }

  void watches() {
    auto finder = wait(process.finder());
    kj::Vector<kj::Own<void>> kept;
    for (uint i = 0; i < 10000; ++i) {
      auto request = finder.watchRequest();
      if (i % 2 == 0) request.setWatcher(kj::heap<DeafWatcher>());
      kept.add(kj::heap(request.send()));
    }
    pause(1000);
  }

  void hangs() {
    // Registered, and never answers; others connect to it.
    auto finder = wait(process.finder());
    auto request = finder.registerRequest();
    request.setName("hanging");
    request.setTarget(kj::heap<Deaf>());
    held.add(kj::heap(request.send()));
    pause(100);
    Process other(loop, kj::str(process.runDirectory), kj::str(), nullptr);
    kj::Vector<kj::Own<Connection>> kept;
    for (uint i = 0; i < 500; ++i) tryTo([&]() { kept.add(wait(other.connect("hanging", false))); });
    pause(5000);
  }

  void batches() {
    kj::Function<void(rib::Batch::Builder)> kinds[] = {
        [](auto b) { route(b, 0x0a000000, 8, 4, 77); },  // A group that nobody has told of.
        [](auto b) { route(one(b), 0x0a000000, 33, 4, 1); },
        [](auto b) { route(one(b), 0x0a000001, 8, 4, 1); },
        [](auto b) { route(one(b), 0x0a000000, 8, 5, 1); },
        [](auto b) { route(one(b), 0x0a000000, 129, 6, 1); },
        [](auto b) { one(b).getGroups()[0].setId(0); },
        [](auto b) { one(b).getGroups()[0].getHops()[0].setWeight(0); },
        [](auto b) { one(b).getGroups()[0].getHops()[0].setWeight(65535); },
        [](auto b) { one(b).getGroups()[0].getHops()[0].setInterface(longText(1 << 20)); },
        [](auto b) { one(b).getGroups()[0].initHops(60000); },
        [](auto b) { b.initGroups(1 << 20); },
        [](auto b) { b.initRoutes(1 << 20); },
    };
    auto connection = to("rib");
    auto rib = service(*connection, "Rib").castAs<rib::Rib>();
    for (auto& kind : kinds) {
      auto request = rib.originRequest();
      request.setDistance(200);
      auto origin = request.send().getOrigin();
      auto push = origin.pushRequest();
      kind(push.initBatch());
      bool refused = tryTo([&]() {
        wait(push.send());
        wait(origin.syncedRequest().send().ignoreResult());
      });
      KJ_ASSERT(refused, "a bad batch was taken", &kind - kinds);
    }
    for (uint i = 0; i < 1000; ++i) {
      auto request = rib.originRequest();
      request.setDistance(i);
      held.add(kj::heap(request.send()));
    }
    pause(500);
  }

  void groups() {
    // A million of them, in batches that are good by themselves.
    auto connection = to("rib");
    auto rib = service(*connection, "Rib").castAs<rib::Rib>();
    auto request = rib.originRequest();
    request.setDistance(201);
    auto origin = request.send().getOrigin();
    bool refused = false;
    for (uint id = 1; id < 1000000 && !refused; id += 16384) {
      auto push = origin.pushRequest(capnp::MessageSize{400000, 0});
      auto groups = push.initBatch().initGroups(16384);
      for (uint i = 0; i < 16384; ++i) {
        groups[i].setId(id + i);
        auto hop = groups[i].initHops(1)[0];
        net::write(net::Ip(net::Ip4(0x0a000000 + id + i)), hop.initGateway());
      }
      refused = tryTo([&]() {
        wait(push.send());
        wait(origin.syncedRequest().send().ignoreResult());
      });
    }
    KJ_ASSERT(refused, "a million groups were taken");
  }

  void followers() {
    // Those who ask to be told and never say that they were.
    auto rib = to("rib"), fea = to("fea");
    auto routes = service(*rib, "Rib").castAs<rib::Rib>();
    auto interfaces = service(*fea, "Fea").castAs<fea::Fea>();
    for (uint i = 0; i < 2000; ++i) {
      auto follow = routes.followRequest();
      follow.initProtocols(2).set(0, "rip");
      follow.setFollower(kj::heap<DeafFollower>());
      held.add(kj::heap(follow.send()));
      auto track = routes.trackRequest();
      held.add(kj::heap(track.send()));
      auto links = interfaces.interfacesRequest();
      if (i % 2 == 0) links.setFollower(kj::heap<DeafLinks>());
      held.add(kj::heap(links.send()));
      tryTo([&]() { wait(interfaces.fibRequest().send().ignoreResult()); });
    }
    pause(3000);
  }

  void sockets() {
    rlimit files{100000, 100000};
    setrlimit(RLIMIT_NOFILE, &files);
    auto connection = to("fea");
    auto fea = service(*connection, "Fea").castAs<fea::Fea>();
    for (uint i = 0; i < 100000; ++i) {
      auto request = fea.udpRequest();
      auto options = request.initOptions();
      options.setVersion(4);
      held.add(kj::heap(request.send()));
      if (i % 1000 == 0 && !pause(1)) break;
    }
    pause(1000);
  }

  void options() {
    auto connection = to("fea");
    auto fea = service(*connection, "Fea").castAs<fea::Fea>();
    auto name = longText(1 << 20);
    for (uint version : {0, 4, 5, 6, 255})
      for (kj::StringPtr interface : {""_kj, "lo"_kj, "nothing"_kj, "a/../b"_kj, kj::StringPtr(name)})
        for (uint count : {0, 1, 65, 10000}) {
          auto udp = fea.udpRequest();
          auto datagrams = udp.initOptions();
          datagrams.setVersion(version);
          datagrams.setInterface(interface);
          datagrams.initGroups(count);
          tryTo([&]() { wait(udp.send().ignoreResult()); });
          auto raw = fea.rawRequest();
          auto packets = raw.initOptions();
          packets.setVersion(version);
          packets.setProtocol(255);
          packets.setInterface(interface);
          packets.initGroups(count);
          tryTo([&]() { wait(raw.send().ignoreResult()); });
          auto tcp = fea.tcpRequest();
          auto stream = tcp.initOptions();
          stream.setVersion(version);
          stream.setInterface(interface);
          stream.setMinHops(255);
          auto keys = stream.initKeys(count);
          for (auto key : keys) key.initKey(200);
          tryTo([&]() { wait(tcp.send().ignoreResult()); });
        }
  }

  void configurations() {
    auto connection = to("rtrmgr");
    auto editor = service(*connection, "Editor").castAs<rtrmgr::wire::Editor>();
    kj::Vector<kj::String> texts;
    texts.add(longText(60 << 20));
    for (auto piece :
         {"{", "a { ", "interfaces { ", "\"", "}", "a;\n", "set interfaces interface x address 10.0.0.1/99\n"}) {
      kj::Vector<char> text;
      while (text.size() < (1 << 20)) text.addAll(kj::StringPtr(piece));
      text.add('\0');
      texts.add(kj::String(text.releaseAsArray()));
    }
    for (auto& text : texts) {
      auto request = editor.commitRequest();
      request.setText(text);
      tryTo([&]() {
        wait(request.send().then([](auto&& answer) { KJ_ASSERT(answer.getProblems().size() > 0, "taken"); }));
      });
      auto check = editor.checkRequest();
      check.setText(text);
      tryTo([&]() { wait(check.send().ignoreResult()); });
    }
  }

 private:
  static constexpr uint SHAPES = 7;

  class Deaf final : public Target::Server {
    // Is called and never answers.
   public:
    kj::Promise<void> introduce(IntroduceContext) override { return kj::NEVER_DONE; }
    kj::Promise<void> ping(PingContext) override { return kj::NEVER_DONE; }
  };
  class DeafWatcher final : public Finder::Watcher::Server {
    kj::Promise<void> born(BornContext) override { return kj::NEVER_DONE; }
    kj::Promise<void> died(DiedContext) override { return kj::NEVER_DONE; }
  };
  class DeafFollower final : public rib::Rib::Follower::Server {
    kj::Promise<void> push(PushContext) override { return kj::NEVER_DONE; }
    kj::Promise<void> synced(SyncedContext) override { return kj::NEVER_DONE; }
  };
  class DeafLinks final : public fea::Fea::InterfaceFollower::Server {
    kj::Promise<void> update(UpdateContext) override { return kj::NEVER_DONE; }
    kj::Promise<void> gone(GoneContext) override { return kj::NEVER_DONE; }
  };

  static rib::Batch::Builder one(rib::Batch::Builder batch) {
    auto group = batch.initGroups(1)[0];
    group.setId(1);
    net::write(net::Ip(net::Ip4(0x0a000001)), group.initHops(1)[0].initGateway());
    return batch;
  }
  static void route(rib::Batch::Builder batch, uint64_t low, uint8_t length, uint8_t version, uint32_t group) {
    auto route = batch.initRoutes(1)[0];
    route.setLow(low);
    route.setLength(length);
    route.setVersion(version);
    route.setNextHop(group);
  }

  static kj::String longText(size_t size) {
    auto text = kj::heapString(size);
    memset(text.begin(), 'x', size);
    return text;
  }

  kj::Promise<void> bad(capnp::Capability::Client client, uint64_t interface, uint16_t method, uint shape) {
    auto request = client.typelessRequest(interface, method, nullptr);
    auto fill = [&](capnp::AnyStruct::Builder all, int byte) {
      auto data = all.getDataSection();
      memset(data.begin(), byte, data.size());
    };
    switch (shape) {
      case 1:
        fill(request.initAsAnyStruct(1, 0), 0xff);
        break;
      case 2:
        fill(request.initAsAnyStruct(50, 50), 0xff);
        break;
      case 3:
        request.setAs<capnp::Text>("not a struct");
        break;
      case 4:
        request.setAs<Target>(Target::Client(kj::heap<Deaf>()));
        break;
      case 5:
        for (auto pointer : request.initAsAnyStruct(0, 8).getPointerSection()) pointer.setAs<capnp::Text>("text");
        break;
      case 6:
        for (auto pointer : request.initAsAnyStruct(4, 8).getPointerSection())
          fill(pointer.initAsAnyStruct(8, 8), 0x55);
        break;
    }
    return request.send().ignoreResult();
  }

  kj::Own<Connection> to(kj::StringPtr victim) { return wait(process.connect(victim, true)); }

  capnp::Capability::Client service(Connection& connection, kj::StringPtr name) {
    auto request = connection.bootstrap().castAs<Services>().getRequest();
    request.setInterface(name);
    return request.send().getService();
  }
  bool describes(Connection& connection) {
    wait(connection.bootstrap().castAs<Services>().describeRequest().send().ignoreResult());
    return true;
  }

  void all(kj::Vector<kj::Promise<void>> calls) {
    // Some of them are answered, most refused, a few never come to an end.
    size_t answered = 0, refused = 0;
    for (auto& call : calls)
      call =
          call.then([&answered]() { ++answered; }, [&refused](kj::Exception&&) { ++refused; }).eagerlyEvaluate(nullptr);
    size_t count = calls.size();
    auto deadline = loop.timer().now() + 8 * kj::SECONDS;
    while (answered + refused < count && loop.timer().now() < deadline) pause(20);
    printf("%zu answered, %zu refused, %zu open\n", answered, refused, count - answered - refused);
  }

  template <typename Body> bool tryTo(Body body) {
    // Whether it was refused.
    KJ_IF_MAYBE (problem, kj::runCatchingExceptions(body)) {
      printf("%.300s\n", problem->getDescription().cStr());
      return true;
    }
    return false;
  }
  bool pause(uint milliseconds) {
    loop.timer().afterDelay(milliseconds * kj::MILLISECONDS).wait(loop.waitScope());
    return true;
  }

  Loop& loop;
  Process process;
  kj::Promise<void> serving = nullptr;
  kj::Vector<kj::Own<void>> held;
};

int attack(kj::StringPtr directory, kj::StringPtr kind, kj::StringPtr victim) {
  Loop loop;
  // Root has a name, as a protocol has; a guest cannot get one.
  bool named = geteuid() == 0 && kind != "impostor" && kind != "hangs";
  Attacker attacker(loop, directory, named ? "evil"_kj : ""_kj);
  if (kind == "mistyped")
    attacker.mistyped(victim);
  else if (kind == "flood")
    attacker.flood(victim);
  else if (kind == "unfinished")
    attacker.unfinished(victim);
  else if (kind == "connects")
    attacker.connects(victim);
  else if (kind == "impostor")
    attacker.impostor(victim);
  else if (kind == "names")
    attacker.names();
  else if (kind == "watches")
    attacker.watches();
  else if (kind == "hangs")
    attacker.hangs();
  else if (kind == "batches")
    attacker.batches();
  else if (kind == "groups")
    attacker.groups();
  else if (kind == "followers")
    attacker.followers();
  else if (kind == "sockets")
    attacker.sockets();
  else if (kind == "options")
    attacker.options();
  else if (kind == "configurations")
    attacker.configurations();
  else
    KJ_FAIL_REQUIRE("no such attack", kind);
  return 0;
}

}  // namespace xylem

int main(int argc, char** argv) {
  KJ_REQUIRE(argc >= 3);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  // A victim that ends the connection ends the attack; the test looks at the victim.
  KJ_IF_MAYBE (problem,
               kj::runCatchingExceptions([&]() { xylem::attack(argv[1], argv[2], argc > 3 ? argv[3] : ""); })) {
    printf("%s\n", kj::str(*problem).cStr());
    if (problem->getType() == kj::Exception::Type::FAILED &&
        strstr(problem->getDescription().cStr(), "taken") != nullptr)
      return 1;
  }
  fflush(stdout);
  _exit(0);
}

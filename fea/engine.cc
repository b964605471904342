// The FEA's RPC side: thin, since the plane keeps the rules of routes (forwarder.h, batch.h) and sockets.cc those of
// sockets. What remains is who may do what, and how much of it.
//
// The route writer's capability is its lease: while it lives, its routes are kept up. When it goes, whether it was
// dropped or its holder died, the plane keeps all routes, since a restart of the RIB must not cost a packet; the next
// writer confirms or replaces them.

#include <fea/engine.h>

#include <fea/click.h>
#include <fea/kernel.h>
#include <fea/mock.h>
#include <fea/sockets.h>
#include <fea/transfer.h>
#include <kj/debug.h>
#include <net/wire.h>
#include <xrl/log.h>

#include <set>

namespace xylem::fea {

namespace {

std::string nameOf(const xrl::Caller& caller) {
  return caller.name.size() > 0 ? caller.name.cStr() : kj::str("pid ", caller.pid).cStr();
}

kj::Maybe<kj::String> whyNot(net::IfAddr address) {
  auto ip = address.address();
  if (ip.isUnspecified() || ip.isMulticast()) return kj::str(ip, " is no host's address");
  if (address.version() != 4 || address.length() > 30) return nullptr;
  auto net = address.net().v4();
  if (ip.v4() == net.address()) return kj::str(ip, " is the network's own address; a host in ", net, " has another");
  if (ip.v4() == net.last()) return kj::str(ip, " is the broadcast address of ", net);
  return nullptr;
}

[[noreturn]] void fail(kj::String why) {
  kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::mv(why)));
}

}  // namespace

// ---- what callers hold

class Engine::Held {
  // One of the things that an owner may have so many of.
 public:
  explicit Held(uint& count) : count(count) { ++count; }
  ~Held() noexcept(false) { --count; }
  KJ_DISALLOW_COPY(Held);

 private:
  uint& count;
};

class Engine::SocketWithFd final : public Fea::Socket::Server {
 public:
  SocketWithFd(kj::AutoCloseFd fd, kj::Own<Held> held) : fd(kj::mv(fd)), held(kj::mv(held)) {}
  kj::Maybe<int> getFd() override { return fd.get(); }

 private:
  kj::AutoCloseFd fd;
  kj::Own<Held> held;
};

class Engine::Writer final : public Fib::Server {
 public:
  Writer(Engine& engine, FibKeeper::Client client) : keeper(kj::mv(client)), engine(engine) { engine.writer = this; }
  ~Writer() noexcept(false) {
    if (engine.writer == this) engine.writer = nullptr;
  }

  Keeper keeper;

 private:
  kj::Promise<void> push(PushContext context) override {
    check();
    return engine.plane->push(context.getParams().getBatch());
  }
  kj::Promise<void> synced(SyncedContext) override {
    check();
    return engine.plane->synced();
  }
  void check() const { KJ_REQUIRE(engine.writer == this, "another writer has taken over the forwarding table"); }

  Engine& engine;
};

class Engine::AsFea final : public Fea::Server {
 public:
  AsFea(Engine& engine, std::string owner) : engine(engine), owner(kj::mv(owner)) {}

 private:
  kj::Promise<void> interfaces(InterfacesContext context) override {
    return whenOpen().then([this, context]() mutable {
      auto held = engine.hold(owner, &Owner::subscriptions, MAX_SUBSCRIPTIONS, "subscriptions");
      auto subscription = engine.followers->add(context.getParams().getFollower(), kj::mv(held));
      context.getResults().setSubscription(kj::mv(subscription));
    });
  }

  kj::Promise<void> fib(FibContext context) override {
    KJ_REQUIRE(owner == "rib", "the forwarding table is written by the RIB alone", owner.c_str());
    KJ_REQUIRE(!engine.retired, "the forwarding table is written no more");
    return whenOpen().then([this, context]() mutable {
      auto writer = kj::heap<Writer>(engine, context.getParams().getKeeper());
      engine.restoring = nullptr;
      return engine.plane->beginSync().then(
          [context, writer = kj::mv(writer)]() mutable { context.getResults().setFib(kj::mv(writer)); });
    });
  }

  kj::Promise<void> udp(UdpContext context) override {
    return whenOpen().then([this, context]() mutable {
      auto socket = engine.handOut(owner, "udp", [&]() { return openUdp(context.getParams().getOptions()); });
      context.getResults().setSocket(kj::mv(socket));
    });
  }
  kj::Promise<void> tcp(TcpContext context) override {
    return whenOpen().then([this, context]() mutable {
      auto socket = engine.handOut(owner, "tcp", [&]() { return openTcp(context.getParams().getOptions()); });
      context.getResults().setSocket(kj::mv(socket));
    });
  }
  kj::Promise<void> raw(RawContext context) override {
    return whenOpen().then([this, context]() mutable {
      auto socket = engine.handOut(owner, "raw", [&]() { return openRaw(context.getParams().getOptions()); });
      context.getResults().setSocket(kj::mv(socket));
    });
  }

  kj::Promise<void> whenOpen() { return engine.whenOpen.addBranch(); }

  Engine& engine;
  std::string owner;
};

class Engine::AsShow final : public Show::Server {
 public:
  explicit AsShow(Engine& engine) : engine(engine) {}

 private:
  kj::Promise<void> interfaces(InterfacesContext context) override {
    auto name = context.getParams().getName();
    kj::Vector<const Link*> links;
    if (engine.plane.get() != nullptr)
      for (auto& link : engine.plane->links())
        if (name.size() == 0 || link->name == name) links.add(link);
    if (links.empty() && name.size() > 0) fail(kj::str("there is no interface ", name));
    auto list = context.getResults().initInterfaces(uint(links.size()));
    for (auto i : kj::indices(links)) write(*links[i], list[i]);
    return kj::READY_NOW;
  }

  Engine& engine;
};

class Engine::Restoring final : public Forwarding::Restorer::Server {
  // Has the plane as long as no writer comes.
 public:
  explicit Restoring(Engine& engine) : engine(engine), import(*engine.plane) { engine.restoring = this; }
  ~Restoring() noexcept(false) {
    if (engine.restoring == this) engine.restoring = nullptr;
  }

  void refused(net::IpNet net, kj::StringPtr reason) {
    if (refusal == nullptr) refusal = kj::str(net, ": ", reason);
  }

 private:
  kj::Promise<void> push(PushContext context) override {
    check();
    return import.take(context.getParams().getBatch());
  }
  kj::Promise<void> done(DoneContext) override {
    check();
    return kj::Promise<void>(import.done()).then([this]() {
      KJ_IF_MAYBE (reason, refusal) fail(kj::str("not all routes were taken: ", *reason));
    });
  }
  void check() const { KJ_REQUIRE(engine.restoring == this, "somebody else writes the forwarding table now"); }

  Engine& engine;
  Import import;
  kj::Maybe<kj::String> refusal;
};

class Engine::AsForwarding final : public Forwarding::Server {
 public:
  explicit AsForwarding(Engine& engine) : engine(engine) {}

 private:
  kj::Promise<void> save(SaveContext context) override {
    return whenOpen().then([this, context]() mutable -> kj::Promise<void> {
      auto sink = context.getParams().getSink();
      auto give = [sink = kj::mv(sink)](Part::Reader part) mutable {
        auto request = sink.pushRequest(part.totalSize());
        request.setBatch(part);
        return request.send();
      };
      return exportForwarding(engine.process.loop, *engine.plane, {}, kj::mv(give));
    });
  }
  kj::Promise<void> restore(RestoreContext context) override {
    return whenOpen().then([this, context]() mutable {
      if (engine.writer != nullptr) fail(kj::str("the RIB writes the forwarding table; restore before it begins"));
      context.getResults().setRestorer(kj::heap<Restoring>(engine));
    });
  }
  kj::Promise<void> whenOpen() {
    return engine.whenOpen.addBranch().then([this]() {
      if (engine.kind == Config::Plane::MOCK) fail(kj::str("this router forwards nothing"));
    });
  }

  Engine& engine;
};

kj::Own<Engine::Held> Engine::hold(const std::string& owner, uint Owner::*what, uint most, kj::StringPtr name) {
  auto& count = owners[owner].*what;
  KJ_REQUIRE(count < most, "this caller holds too many already", name, count);
  return kj::heap<Held>(count);
}

Fea::Socket::Client Engine::handOut(const std::string& owner, kj::StringPtr kind,
                                    kj::Function<kj::AutoCloseFd()> open) {
  auto held = hold(owner, &Owner::sockets, MAX_SOCKETS, "sockets");
  auto fd = open();
  ++owners[owner].handedOut[kind.cStr()];
  return kj::heap<SocketWithFd>(kj::mv(fd), kj::mv(held));
}

// ---- configuration

Engine::Engine(xrl::Process& process) : Configured(process) {
  process.offers->add<Fea>([this](xrl::Caller& caller) { return kj::heap<AsFea>(*this, nameOf(caller)); });
  process.offers->add<Forwarding>([this](xrl::Caller&) { return kj::heap<AsForwarding>(*this); });
  process.offers->add<Show>([this](xrl::Caller&) { return kj::heap<AsShow>(*this); });
}

void Engine::check(Config::Reader config, xrl::Problems& problems) {
  std::map<net::Ip, std::string> owners;
  for (auto interface : config.getInterfaces().getInterface()) {
    auto path = [&](auto&&... more) { return kj::str("interfaces interface ", interface.getName(), more...); };
    for (char c : interface.getName())
      if (c == '/' || c == ':' || uint8_t(c) <= ' ') {
        problems.add(path(), kj::str("no interface has the name ", interface.getName()));
        break;
      }
    bool has6 = false;
    for (auto from : interface.getAddress()) {
      KJ_IF_MAYBE (address, net::read(from)) {
        has6 = has6 || address->version() == 6;
        auto there = path(" address ", *address);
        KJ_IF_MAYBE (reason, whyNot(*address)) problems.add(kj::str(there), kj::mv(*reason));
        auto first = owners.emplace(address->address(), interface.getName().cStr());
        if (!first.second && !address->address().isLinkLocal())
          problems.add(kj::mv(there), kj::str("interface ", first.first->second.c_str(), " has this address already"));
      } else {
        problems.add(path(" address"), kj::str("this is no address with a prefix length"));
      }
    }
    if (has6 && interface.getMtu() != 0 && interface.getMtu() < 1280)
      problems.add(path(" mtu ", interface.getMtu()), kj::str("IPv6 needs an MTU of at least 1280 (RFC 8200)"));
  }
}

kj::Maybe<kj::String> Engine::whyRestart(Config::Reader config) {
  if (plane.get() == nullptr || config.getForwarding().getPlane() == kind) return nullptr;
  return kj::str("another forwarding plane");
}

void Engine::open(Config::Plane wanted) {
  kind = wanted;
  switch (kind) {
    case Config::Plane::KERNEL:
      plane = openKernel(process.loop, *this);
      break;
    case Config::Plane::CLICK:
      plane = openClick(process, *this);
      break;
    case Config::Plane::MOCK:
      plane = kj::heap<Mock>(static_cast<Forwarder::Listener&>(*this));
      break;
    default:
      KJ_FAIL_REQUIRE("unknown forwarding plane", kind);
  }
  followers = kj::heap<Followers>(*plane);
}

xrl::Task<void> Engine::commit(Config::Reader config) {
  auto forwarding = config.getForwarding();
  retired = false;
  bool first = plane.get() == nullptr;
  if (first) open(forwarding.getPlane());
  if (!forwarding.getAsFound()) plane->forward();
  retainRoutes = forwarding.getRetainRoutes();
  kj::Vector<DesiredLink> desired;
  for (auto interface : config.getInterfaces().getInterface()) {
    DesiredLink link;
    link.name = kj::str(interface.getName());
    for (auto from : interface.getAddress())
      link.addresses.add(KJ_REQUIRE_NONNULL(net::read(from), "not an address", link.name));
    if (interface.getMtu() != 0) link.mtu = interface.getMtu();
    link.disable = interface.getDisable();
    desired.add(kj::mv(link));
  }
  auto faults = plane->configure(kj::mv(desired));
  if (first) opened.fulfiller->fulfill();
  if (!faults.empty())
    fail(kj::strArray(
        KJ_MAP(f, faults) { return kj::str("interface ", f.link, ": ", f.text); }, "; "));
  co_return;
}

xrl::Task<void> Engine::retire() {
  // Those who end after this one still say goodbye to their neighbours, for which they need the addresses.
  retired = true;
  writer = nullptr;
  if (plane.get() == nullptr || retainRoutes) co_return;
  co_await plane->beginSync();
  co_await plane->synced();
}

Engine::~Engine() noexcept(false) {
  if (retired && !retainRoutes && plane.get() != nullptr) plane->configure({});
}

void Engine::state(State::Builder state) {
  if (plane.get() == nullptr) return;
  auto links = plane->links();
  auto interfaces = state.initInterface(uint(links.size()));
  for (auto i : kj::indices(links)) write(*links[i], interfaces[i]);
  auto counts = plane->counters();
  auto fib = state.initFib();
  fib.setPlane(plane->name());
  fib.setInstalls(counts.installs);
  fib.setWithdrawals(counts.withdrawals);
  fib.setGroups(counts.groups);
  fib.setStale(counts.stale);
  fib.setErrors(counts.errors);
  fib.setRestored(counts.lost);
  fib.setResyncs(counts.resyncs);
  uint lines = 0;
  for (auto& [name, owner] : owners) lines += uint(owner.handedOut.size());
  auto sockets = state.initSocket(lines);
  lines = 0;
  for (auto& [name, owner] : owners) {
    for (auto& [kind, count] : owner.handedOut) {
      auto line = sockets[lines++];
      line.setOwner(name);
      line.setKind(kind);
      line.setCount(count);
    }
  }
}

// ---- what the plane says

void Engine::linksChanged(kj::ArrayPtr<const kj::String> names) {
  if (followers.get() != nullptr) followers->changed(names);
}

void Engine::lost(kj::ArrayPtr<const net::IpNet> nets) {
  xrl::log::info("routes removed by others", "count", nets.size(), "first", nets[0]);
  if (writer != nullptr) writer->keeper.lost(nets);
}

void Engine::resync(kj::StringPtr reason) {
  xrl::log::info("resync of the forwarding table", "reason", reason);
  if (writer != nullptr) writer->keeper.resync();
}

void Engine::refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) {
  if (restoring != nullptr) restoring->refused(nets[0], reason);
  if (writer != nullptr) writer->keeper.refused(nets, reason);
}

}  // namespace xylem::fea

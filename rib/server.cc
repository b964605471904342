// A caller's routes, subscriptions and trackings hang on the capabilities it holds; each is an object here that undoes
// in its destructor what it did. Whether an origin was dropped or its holder died is told by the caller: a connection
// that has ended says so before what it held is dropped.

#include <kj/debug.h>
#include <net/wire.h>
#include <rib/server.h>
#include <rib/wire.h>
#include <xrl/log.h>

namespace xylem::rib {

namespace {
constexpr size_t TELL = 1024;
// Routes or ways in one message to a follower or a tracker.
constexpr uint16_t MAX_RESTART = 3600;
// Seconds.
constexpr uint16_t SECONDS_TO_REOPEN = 2;
// For all its origins, once a restarted protocol has said `synced` in one.
}  // namespace

class Server::Held {
  // One of the things of which a name may have so many.
 public:
  Held(Server& server, kj::StringPtr kind, const xrl::Caller& caller)
      : server(server), key(kj::str(kind, ' ', caller.name).cStr()) {
    KJ_REQUIRE(server.held[key] < MAX_HELD, "too many of this kind", kind);
    ++server.held[key];
  }
  ~Held() {
    if (--server.held[key] == 0) server.held.erase(key);
  }
  KJ_DISALLOW_COPY(Held);

 private:
  Server& server;
  std::string key;
};

class Server::OriginFor final : public Rib::Origin::Server {
 public:
  OriginFor(rib::Server& server, xrl::Caller& caller, uint8_t distance, uint16_t gracefulRestartTime)
      : server(server),
        engine(server.engine),
        caller(caller.copy()),
        held(server, "origin", caller),
        gracefulRestartTime(kj::min(gracefulRestartTime, MAX_RESTART)) {
    auto& origin = engine.table.open(caller.name, distance);
    id = origin.id;
    life = origin.life;
    xrl::log::info("origin opened", "protocol", caller.name, "distance", distance);
    engine.changed();
  }
  ~OriginFor() noexcept(false) {
    if (broken) return;
    server.leave(id, life, caller->connected ? 0 : gracefulRestartTime);
  }

  uint32_t stale() { return mine().old; }
  // Routes of an earlier life.

 private:
  Origin& mine() {
    KJ_IF_MAYBE (origin, engine.table.origin(id))
      if (origin->life == life && !broken) return *origin;
    kj::throwFatalException(KJ_EXCEPTION(FAILED, broken ? "the origin is broken: a batch was refused"
                                                        : "the origin was replaced by a newer one of the same name"));
  }
  kj::Promise<void> push(PushContext context) override {
    auto& origin = mine();
    auto batch = context.getParams().getBatch();
    auto outcome = check(batch, engine.table, origin);
    KJ_IF_MAYBE (problem, outcome.tryGet<kj::String>()) {
      xrl::log::warn("batch refused", "protocol", caller->name, "reason", *problem);
      broken = true;
      server.leave(id, life, gracefulRestartTime);
      kj::throwFatalException(KJ_EXCEPTION(FAILED, "refused", *problem));
    }
    engine.tick();
    apply(batch, kj::mv(outcome.get<Checked>()), engine.table, origin);
    engine.changed();
    return engine.room();
  }
  kj::Promise<void> synced(SyncedContext) override {
    auto& origin = mine();
    xrl::log::info("origin synced", "protocol", caller->name, "distance", origin.distance, "routes",
                   origin.total() - origin.old, "swept", origin.old);
    engine.table.synced(origin);
    engine.changed();
    server.hasten(origin.protocol);
    return kj::READY_NOW;
  }
  kj::Promise<void> flush(FlushContext) override {
    mine();
    return kj::READY_NOW;
  }

  rib::Server& server;
  Engine& engine;
  kj::Own<xrl::Caller> caller;
  Held held;
  uint16_t gracefulRestartTime;
  uint16_t id;
  uint64_t life;
  bool broken = false;
};

void Server::leave(uint16_t id, uint64_t life, uint16_t gracefulRestartTime) {
  KJ_IF_MAYBE (origin, engine.table.origin(id)) {
    if (origin->life != life) return;
    xrl::log::info(gracefulRestartTime == 0 ? "origin withdrawn" : "origin stale", "protocol", origin->protocol,
                   "distance", origin->distance, "routes", origin->total());
    if (gracefulRestartTime == 0) {
      engine.table.withdraw(*origin);
    } else {
      engine.table.stale(*origin);
      tasks.add(expire(id, life, gracefulRestartTime));
    }
    engine.changed();
  }
}

void Server::hasten(kj::StringPtr protocol) {
  engine.table.eachOrigin([&](Origin& other) {
    if (other.protocol == protocol && other.state == Origin::STALE)
      tasks.add(expire(other.id, other.life, SECONDS_TO_REOPEN));
  });
}

xrl::Task<void> Server::expire(uint16_t id, uint64_t life, uint16_t seconds) {
  co_await engine.loop.timer().afterDelay(seconds * kj::SECONDS);
  KJ_IF_MAYBE (origin, engine.table.origin(id))
    if (origin->state == Origin::STALE) leave(id, life, 0);
}

void Server::taskFailed(kj::Exception&& exception) {
  xrl::log::error("stale routes not withdrawn", "reason", exception.getDescription());
}

class Server::Following final : public Rib::Subscription::Server {
 public:
  Following(rib::Server& server, xrl::Caller& caller, Wanted wanted, Rib::Follower::Client client)
      : engine(server.engine),
        hold(server.hold),
        held(server, "follower", caller),
        follower(engine.table, engine.policies(), kj::mv(wanted)),
        listener(engine),
        client(kj::mv(client)),
        telling(kj::Promise<void>(tell()).eagerlyEvaluate([](kj::Exception&&) {})) {}

 private:
  xrl::Task<void> tell() {
    bool synced = false;
    for (;;) {
      kj::Vector<Followed> out;
      follower.take(out, TELL);
      if (!out.empty()) {
        auto request = client.pushRequest();
        write(out, request.initBatch());
        auto taken = request.send();
        co_await kj::mv(taken);
      } else if (!synced && follower.toldAll() && !engine.table.isBusy() && hold.isOver(follower.wanted.protocols)) {
        synced = true;
        auto said = client.syncedRequest().send().ignoreResult();
        co_await kj::mv(said);
      } else if (follower.pending()) {
        co_await engine.pause();
      } else {
        co_await listener.bell.wait();
      }
    }
  }

  Engine& engine;
  Hold& hold;
  Held held;
  Follower follower;
  Engine::Listener listener;
  Rib::Follower::Client client;
  kj::Promise<void> telling;
};

class Server::Tracking final : public Rib::Tracking::Server {
 public:
  Tracking(rib::Server& server, xrl::Caller& caller, Rib::Tracker::Client client)
      : engine(server.engine),
        hold(server.hold),
        held(server, "tracker", caller),
        tracker(engine.trackers),
        listener(engine),
        client(kj::mv(client)),
        telling(kj::Promise<void>(tell()).eagerlyEvaluate([](kj::Exception&&) {})) {}

 private:
  kj::Promise<void> watch(WatchContext context) override {
    auto list = context.getParams().getAddresses();
    KJ_REQUIRE(list.size() <= MAX_BATCH && tracker.size() + list.size() <= MAX_TRACKED, "too many addresses");
    for (auto address : list) tracker.watch(read(address));
    listener.bell.ring();
    return kj::READY_NOW;
  }
  kj::Promise<void> unwatch(UnwatchContext context) override {
    for (auto address : context.getParams().getAddresses()) tracker.unwatch(read(address));
    return kj::READY_NOW;
  }
  static net::Ip read(net::wire::Ip::Reader from) {
    auto address = KJ_REQUIRE_NONNULL(net::read(from), "no address");
    KJ_REQUIRE(!address.isNone(), "no address");
    return address;
  }
  xrl::Task<void> tell() {
    for (;;) {
      std::vector<Way> out;
      tracker.take(out, TELL, !engine.table.isBusy() && hold.isOver());
      if (!out.empty()) {
        auto request = client.pushRequest();
        auto list = request.initBatch(out.size());
        for (auto i : kj::indices(out)) write(out[i], list[i]);
        auto taken = request.send();
        co_await kj::mv(taken);
      } else {
        co_await listener.bell.wait();
      }
    }
  }

  Engine& engine;
  Hold& hold;
  Held held;
  Tracker tracker;
  Engine::Listener listener;
  Rib::Tracker::Client client;
  kj::Promise<void> telling;
};

class Server::For final : public Rib::Server {
 public:
  For(rib::Server& server, xrl::Caller& caller) : server(server), caller(caller.copy()) {}

 private:
  kj::Promise<void> origin(OriginContext context) override {
    auto params = context.getParams();
    KJ_REQUIRE(caller->name.size() > 0 && caller->name != "connected", "who offers routes needs a name of its own");
    KJ_REQUIRE(params.getDistance() > 0, "distance 0 is the connected routes' own");
    auto opened = kj::heap<OriginFor>(server, *caller, params.getDistance(), params.getGracefulRestartTime());
    auto results = context.getResults();
    results.setStale(opened->stale());
    results.setOrigin(kj::mv(opened));
    return kj::READY_NOW;
  }
  kj::Promise<void> follow(FollowContext context) override {
    auto params = context.getParams();
    KJ_REQUIRE(params.getProtocols().size() <= 255, "too many protocols");
    KJ_REQUIRE(params.getVersion() == 0 || params.getVersion() == 4 || params.getVersion() == 6, "no such version");
    auto policies = params.getPolicies();
    KJ_REQUIRE(policies.size() == 0 || policies.size() == params.getProtocols().size(), "a policy for each protocol");
    Wanted wanted{{}, {}, params.getVersion()};
    for (auto name : params.getProtocols()) wanted.protocols.push_back(name.cStr());
    for (auto name : policies) wanted.policies.push_back(name.cStr());
    context.getResults().setSubscription(kj::heap<Following>(server, *caller, kj::mv(wanted), params.getFollower()));
    return kj::READY_NOW;
  }
  kj::Promise<void> track(TrackContext context) override {
    context.getResults().setTracking(kj::heap<Tracking>(server, *caller, context.getParams().getTracker()));
    return kj::READY_NOW;
  }

  rib::Server& server;
  kj::Own<xrl::Caller> caller;
};

Rib::Client Server::to(xrl::Caller& caller) { return kj::heap<For>(*this, caller); }

}  // namespace xylem::rib

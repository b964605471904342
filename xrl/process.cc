// A process and its Finder.
//
// The Finder's socket lies in the run directory and outlives the Finder: while that is restarted, connecting succeeds
// and the first call waits. Only when nobody keeps the socket does connecting fail, and is tried again with growing
// pauses.

#include <xrl/process.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <xrl/log.h>
#include <xrl/unix.h>

namespace xylem::xrl {

namespace {

constexpr auto FIRST_PAUSE = 5 * kj::MILLISECONDS;
constexpr auto LONGEST_PAUSE = 500 * kj::MILLISECONDS;
constexpr uint MOST_CONNECTIONS = 64;
// From one user, or from one process of root.

}  // namespace

struct Process::Link : public kj::Refcounted {
  Link(Loop& loop, kj::AutoCloseFd socket)
      : connection(loop, kj::mv(socket), nullptr), finder(connection.bootstrap().castAs<Finder>()) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    whenRegistered = paf.promise.fork();
    registered = kj::mv(paf.fulfiller);
  }
  Connection connection;
  Finder::Client finder;
  kj::Maybe<Finder::Registration::Client> registration;
  kj::Promise<void> telling = nullptr;
  kj::ForkedPromise<void> whenRegistered = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> registered;
};

class Process::Accepted final : public kj::Refcounted, private kj::TaskSet::ErrorHandler {
  // The connections of those whom the Finder has introduced, until stopped.
 public:
  Accepted(Loop& loop, kj::Own<Offers> offers) : loop(loop), offers(kj::mv(offers)) {
    tasks.emplace(static_cast<kj::TaskSet::ErrorHandler&>(*this));
  }

  void add(kj::Own<Caller> caller, Finder::Socket::Client end) {
    KJ_IF_MAYBE (running, tasks) running->add(attend(kj::mv(caller), kj::mv(end)));
  }
  void stop() { tasks = nullptr; }

 private:
  Task<void> attend(kj::Own<Caller> caller, Finder::Socket::Client end);
  void taskFailed(kj::Exception&& exception) override {
    log::warn("connection failed", "reason", exception.getDescription());
  }

  Loop& loop;
  kj::Own<Offers> offers;
  kj::HashMap<uint64_t, uint> connectionsOf;
  // By who has them: a user, or for root a process. The tasks count here until they are gone, so they go first.
  kj::Maybe<kj::TaskSet> tasks;
};

class Process::SelfAsTarget final : public Target::Server {
  // Knows what it serves, not the Process: a call that has arrived is carried out even when that is gone.
 public:
  explicit SelfAsTarget(kj::Own<Accepted> accepted) : accepted(kj::mv(accepted)) {}

 private:
  kj::Promise<void> introduce(IntroduceContext context) override {
    auto params = context.getParams();
    accepted->add(kj::refcounted<Caller>(params.getPeer()), params.getEnd());
    return kj::READY_NOW;
  }
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }

  kj::Own<Accepted> accepted;
};

Process::Process(Loop& loop, kj::String runDirectory, kj::String name, kj::ArrayPtr<const kj::byte> schema)
    : loop(loop),
      runDirectory(kj::mv(runDirectory)),
      name(kj::mv(name)),
      offers(kj::refcounted<Offers>(schema)),
      accepted(kj::refcounted<Accepted>(loop, kj::addRef(*offers))) {}

Process::~Process() noexcept(false) { stop(); }

void Process::wants(kj::StringPtr target) {
  for (auto& each : wanted)
    if (each == target) return;
  wanted.add(kj::str(target));
  KJ_IF_MAYBE (present, link) {
    KJ_IF_MAYBE (registration, (*present)->registration) {
      auto request = registration->wantsRequest();
      list(request.initTargets(wanted.size()));
      (*present)->telling = request.send().ignoreResult().eagerlyEvaluate([](kj::Exception&&) {});
    }
  }
}

void Process::list(capnp::List<capnp::Text>::Builder wants) {
  for (auto i : kj::indices(wanted)) wants.set(i, wanted[i]);
}

void Process::stop() { accepted->stop(); }

kj::Promise<void> Process::serve() { return stayRegistered(); }

Task<void> Process::stayRegistered() {
  auto pause = FIRST_PAUSE;
  for (;;) {
    auto reached = co_await reachFinder();
    bool registered = co_await registerWith(*reached);
    if (registered) {
      pause = FIRST_PAUSE;
      log::debug("registered");
      co_await reached->connection.onDisconnect();
      log::debug("finder gone");
    } else {
      co_await loop.timer().afterDelay(pause);
      pause = kj::min(2 * pause, LONGEST_PAUSE);
    }
  }
}

kj::Promise<bool> Process::registerWith(Link& link) {
  auto request = link.finder.registerRequest();
  request.setName(name);
  request.setTarget(kj::heap<SelfAsTarget>(kj::addRef(*accepted)));
  list(request.initWants(wanted.size()));
  return request.send().then(
      [&link](auto&& response) {
        link.registration = response.getRegistration();
        link.registered->fulfill();
        return true;
      },
      [](kj::Exception&& problem) {
        if (problem.getType() != kj::Exception::Type::DISCONNECTED)
          log::error("not registered", "reason", problem.getDescription());
        return false;
      });
}

kj::Maybe<Process::Link&> Process::tryLink() {
  KJ_IF_MAYBE (present, link) {
    if ((*present)->connection.caller().connected) return **present;
    link = nullptr;
  }
  KJ_IF_MAYBE (socket, connectUnix(kj::str(runDirectory, "/finder"))) {
    auto& made = link.emplace(kj::refcounted<Link>(loop, kj::mv(*socket)));
    return *made;
  }
  return nullptr;
}

Task<kj::Own<Process::Link>> Process::reachFinder() {
  auto pause = FIRST_PAUSE;
  for (;;) {
    KJ_IF_MAYBE (reached, tryLink()) co_return kj::addRef(*reached);
    co_await loop.timer().afterDelay(pause);
    pause = kj::min(2 * pause, LONGEST_PAUSE);
  }
}

kj::Promise<Finder::Client> Process::finder() {
  kj::Promise<kj::Own<Link>> reached = reachFinder();
  return reached.then([](kj::Own<Link> link) { return link->finder; });
}

bool Process::isThere() { return tryLink() != nullptr; }

kj::Promise<void> Process::attendFinder(kj::Function<kj::Promise<void>(Finder::Client)> session) {
  return attend(kj::mv(session));
}

Task<void> Process::attend(kj::Function<kj::Promise<void>(Finder::Client)> session) {
  for (;;) {
    auto reached = co_await reachFinder();
    auto held = session(reached->finder).eagerlyEvaluate([](kj::Exception&& problem) {
      if (problem.getType() != kj::Exception::Type::DISCONNECTED)
        log::warn("finder session failed", "reason", problem.getDescription());
    });
    co_await reached->connection.onDisconnect();
  }
}

kj::Promise<kj::Own<Connection>> Process::connect(kj::StringPtr target, bool wait) {
  return connectTo(kj::str(target), wait);
}

Task<kj::Own<Connection>> Process::connectTo(kj::String target, bool wait) {
  for (;;) {
    auto reached = co_await reachFinder();
    if (name.size() > 0 && reached->registration == nullptr) {
      auto known = reached->whenRegistered.addBranch();
      auto either = known.exclusiveJoin(reached->connection.onDisconnect());
      co_await kj::mv(either);
      continue;
    }
    auto request = reached->finder.connectRequest();
    request.setName(target);
    request.setWait(wait);
    kj::Maybe<Finder::Socket::Client> end;
    auto asked = request.send().then([&end](auto&& response) { end = response.getEnd(); });
    auto unlessFinderDies = asked.catch_([wait](kj::Exception&& problem) {
      if (!wait || problem.getType() != kj::Exception::Type::DISCONNECTED) kj::throwFatalException(kj::mv(problem));
    });
    co_await kj::mv(unlessFinderDies);
    KJ_IF_MAYBE (socket, end) {
      auto descriptor = co_await descriptorOf(*socket);
      co_return kj::heap<Connection>(loop, kj::mv(descriptor), nullptr);
    }
  }
}

Task<void> Process::Accepted::attend(kj::Own<Caller> caller, Finder::Socket::Client end) {
  uint64_t who = caller->uid != 0 ? uint64_t(caller->uid) << 32 : caller->pid;
  uint& held = connectionsOf.findOrCreate(who, [&]() { return decltype(connectionsOf)::Entry{who, 0}; });
  KJ_REQUIRE(held < MOST_CONNECTIONS, "too many connections of one peer", caller->name, caller->uid, caller->pid);
  ++held;
  KJ_DEFER({
    auto& entry = KJ_ASSERT_NONNULL(connectionsOf.findEntry(who));
    if (--entry.value == 0) connectionsOf.erase(entry);
  });
  auto descriptor = co_await descriptorOf(end);
  auto bootstrap = offers->to(caller->copy());
  auto limits = caller->role == Role::GUEST ? GUEST_LIMITS : Limits();
  Connection connection(loop, kj::mv(descriptor), kj::mv(bootstrap), kj::mv(caller), limits);
  co_await connection.onDisconnect();
}

}  // namespace xylem::xrl

// The registry.
//
// Identity. The kernel says which process is on the other side of the Finder's socket (pid, uid, gid at the time it
// connected). Root is the manager. Any other process has the name that the manager admitted its pid for, and may
// register under that name alone; who is not admitted is an operator or a guest. To a target, the Finder vouches for
// its callers.
//
// Waiting is for one thing, a change of the books; there are few of them, and whoever waits looks again.

#include <finder/registry.h>

#include <kj/debug.h>
#include <kj/io.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xrl/log.h>

namespace xylem::finder {

using namespace xrl;

namespace {

bool validName(kj::StringPtr name) {
  if (name.size() == 0 || name.size() > 63) return false;
  for (char c : name)
    if (!(('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '-' || c == '.')) return false;
  return true;
}

class Share {
  // Counts for as long as it lives.
 public:
  explicit Share(Tally& tally) : tally(kj::addRef(tally)) { ++tally.held; }
  ~Share() { --tally->held; }
  KJ_DISALLOW_COPY(Share);

 private:
  kj::Own<Tally> tally;
};

class Carrier final : public Finder::Socket::Server {
  // One end of a socket pair, on its way.
 public:
  Carrier(int fd, Tally& tally) : fd(fd), share(tally) {}
  kj::Maybe<int> getFd() override { return fd.get(); }

 private:
  kj::AutoCloseFd fd;
  Share share;
};

std::string_view view(kj::StringPtr text) { return {text.begin(), text.size()}; }

}  // namespace

struct Registry::Entry {
  kj::Own<Caller> caller;
  kj::String name;
  Target::Client target;
  uint64_t since;
  kj::Vector<kj::String> wants;
  bool responding = true;
  kj::Promise<void> watching = nullptr;

  void setWants(capnp::List<capnp::Text>::Reader targets) {
    wants.clear();
    for (auto target : targets) wants.add(kj::str(target));
  }
  void describe(TargetInfo::Builder info) const {
    info.setName(name);
    info.setPid(caller->pid);
    info.setUid(caller->uid);
    info.setSince(since);
    info.setResponding(responding);
    auto list = info.initWants(wants.size());
    for (auto i : kj::indices(wants)) list.set(i, wants[i]);
  }
};

class Registry::Registration final : public Finder::Registration::Server {
 public:
  Registration(Registry& registry, kj::StringPtr name) : registry(registry), name(kj::str(name)) {}
  ~Registration() noexcept(false) {
    log::info("target gone", "name", name);
    registry.entries.erase(registry.entries.find(view(name)));
    registry.changed(name);
  }

 private:
  kj::Promise<void> wants(WantsContext context) override {
    registry.entries.find(view(name))->second->setWants(context.getParams().getTargets());
    registry.changed(name);
    return kj::READY_NOW;
  }

  Registry& registry;
  kj::String name;
};

class Registry::Admission final : public Finder::Admission::Server {
 public:
  Admission(Registry& registry, uint32_t pid) : registry(registry), pid(pid) {}
  ~Admission() noexcept(false) { registry.admissions.erase(pid); }

 private:
  Registry& registry;
  uint32_t pid;
};

class Registry::Watching final : public Finder::Watch::Server {
  // Tells one watcher, one thing at a time: a name that changes twice before it could be told is told once, as it is
  // then.
 public:
  Watching(Registry& registry, Finder::Watcher::Client watcher) : registry(registry), watcher(kj::mv(watcher)) {
    registry.watchers.push_back(this);
    for (auto& entry : registry.entries) untold.insert(entry.first);
    tell();
  }
  ~Watching() noexcept(false) { registry.watchers.remove(this); }

  void changed(kj::StringPtr name) {
    untold.emplace(name.begin(), name.size());
    tell();
  }

 private:
  void tell() {
    if (telling || untold.empty()) return;
    telling = true;
    current = kj::Promise<void>(tellAll()).eagerlyEvaluate([](kj::Exception&&) {});
  }
  Task<void> tellAll() {
    while (!untold.empty()) {
      auto name = untold.extract(untold.begin()).value();
      auto told = tellOf(name);
      co_await kj::mv(told);
    }
    telling = false;
  }
  kj::Promise<void> tellOf(const std::string& name) {
    auto entry = registry.entries.find(name);
    if (entry != registry.entries.end()) {
      auto request = watcher.bornRequest();
      entry->second->describe(request.initTarget());
      return request.send().ignoreResult();
    }
    auto request = watcher.diedRequest();
    request.setName(name.c_str());
    request.setReason("its connection closed");
    return request.send().ignoreResult();
  }

  Registry& registry;
  Finder::Watcher::Client watcher;
  std::set<std::string> untold;
  bool telling = false;
  kj::Promise<void> current = nullptr;
};

class Registry::ForCaller final : public Finder::Server {
 public:
  ForCaller(Registry& registry, kj::Own<Caller> caller) : registry(registry), caller(kj::mv(caller)) {}

 private:
  kj::Promise<void> register_(RegisterContext context) override {
    context.allowCancellation();
    return enroll(context);
  }
  kj::Promise<void> connect(ConnectContext context) override {
    context.allowCancellation();
    return introduce(context);
  }

  kj::Promise<void> watch(WatchContext context) override {
    KJ_REQUIRE(watches < MAX_WATCHES, "too many watches of one process", caller->name);
    ++watches;
    context.getResults().setWatch(kj::heap<Watching>(registry, context.getParams().getWatcher()));
    return kj::READY_NOW;
  }

  kj::Promise<void> targets(TargetsContext context) override {
    registry.list(context.getResults().initTargets(registry.size()));
    return kj::READY_NOW;
  }

  kj::Promise<void> admit(AdmitContext context) override {
    KJ_REQUIRE(caller->role == Role::MANAGER, "only the router manager admits processes", caller->pid);
    auto params = context.getParams();
    KJ_REQUIRE(validName(params.getName()), "not a name for a target: letters, digits and dashes", params.getName());
    registry.admissions[params.getPid()] = params.getName().cStr();
    context.getResults().setAdmission(kj::heap<Admission>(registry, params.getPid()));
    registry.changed(nullptr);
    return kj::READY_NOW;
  }

  bool mayBe(kj::StringPtr name) {
    // Known only once the manager has said so.
    auto admitted = registry.admissions.find(caller->pid);
    if (admitted == registry.admissions.end()) return caller->role == Role::MANAGER;
    KJ_REQUIRE(admitted->second == view(name), "this process was admitted under another name", name,
               admitted->second.c_str());
    if (caller->role < Role::DAEMON) caller->role = Role::DAEMON;
    return true;
  }

  Task<void> enroll(RegisterContext context) {
    auto name = kj::str(context.getParams().getName());
    KJ_REQUIRE(validName(name), "not a name for a target: lower-case letters, digits and dashes", name);
    KJ_REQUIRE(caller->name.size() == 0, "this connection is registered already", caller->name);
    KJ_REQUIRE(!enrolling, "this connection is being registered already");
    enrolling = true;
    KJ_DEFER(enrolling = false);
    auto deadline = registry.loop.timer().now() + ADMISSION_WAIT;
    while (!mayBe(name)) {
      auto late = registry.loop.timer().atTime(deadline);
      auto change = registry.nextChange();
      auto either = change.exclusiveJoin(kj::mv(late));
      co_await kj::mv(either);
      KJ_REQUIRE(registry.loop.timer().now() < deadline, "the router manager has not admitted this process", name,
                 caller->pid);
    }
    auto params = context.getParams();
    auto entry = registry.enter(caller->copy(), name, params.getTarget(), params.getWants());
    context.getResults().setRegistration(entry.castAs<Finder::Registration>());
  }

  Task<void> introduce(ConnectContext context) {
    auto name = kj::str(context.getParams().getName());
    bool wait = context.getParams().getWait();
    KJ_REQUIRE(connects->held < MAX_CONNECTS, "too many connections of one process on their way", caller->pid);
    Share share(*connects);
    // Not in the registry itself: a call may be dropped after it.
    Share waits(*registry.waiting);
    while (registry.entries.find(view(name)) == registry.entries.end()) {
      KJ_REQUIRE(wait, "no such target", name);
      auto change = registry.nextChange();
      co_await kj::mv(change);
    }
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
    auto mine = kj::heap<Carrier>(ends[0], *connects);
    auto request = registry.entries.find(view(name))->second->target.introduceRequest();
    request.setEnd(kj::heap<Carrier>(ends[1], *connects));
    auto peer = request.initPeer();
    peer.setName(caller->name);
    peer.setPid(caller->pid);
    peer.setUid(caller->uid);
    peer.setGid(caller->gid);
    peer.setRole(caller->role);
    registry.calls.add(request.send().ignoreResult());
    context.getResults().setEnd(kj::mv(mine));
  }

  Registry& registry;
  kj::Own<Caller> caller;
  size_t watches = 0;
  kj::Own<Tally> connects = kj::refcounted<Tally>();
  bool enrolling = false;
};

Registry::Registry(Loop& loop) : loop(loop), calls(*this) { changed(nullptr); }
Registry::~Registry() noexcept(false) {}

Finder::Client Registry::to(kj::Own<Caller> caller) { return kj::heap<ForCaller>(*this, kj::mv(caller)); }

capnp::Capability::Client Registry::enter(kj::Own<Caller> caller, kj::StringPtr name, Target::Client target,
                                          capnp::List<capnp::Text>::Reader wants) {
  KJ_REQUIRE(entries.find(view(name)) == entries.end(), "a target of that name is registered", name);
  auto entry = kj::heap<Entry>(Entry{kj::mv(caller), kj::str(name), kj::mv(target), uint64_t(time(nullptr)), {}});
  entry->setWants(wants);
  entry->caller->name = kj::str(name);
  log::info("target registered", "name", name, "pid", entry->caller->pid);
  entry->watching = kj::Promise<void>(watchOver(*entry)).eagerlyEvaluate([](kj::Exception&&) {});
  entries.emplace(name.cStr(), kj::mv(entry));
  changed(name);
  return kj::heap<Registration>(*this, name);
}

Task<void> Registry::watchOver(Entry& entry) {
  // An answer that never comes is found out by its lateness; when it comes after all, the target responds again.
  for (;;) {
    co_await loop.timer().afterDelay(PING_INTERVAL);
    auto answer = entry.target.pingRequest().send().ignoreResult().fork();
    auto late = loop.timer().afterDelay(PING_PATIENCE).then([this, &entry]() {
      entry.responding = false;
      log::warn("target does not respond", "name", entry.name, "pid", entry.caller->pid);
      changed(entry.name);
      return kj::Promise<void>(kj::NEVER_DONE);
    });
    auto answered = answer.addBranch();
    auto either = answered.exclusiveJoin(kj::mv(late));
    co_await kj::mv(either);
    if (!entry.responding) {
      entry.responding = true;
      log::info("target responds again", "name", entry.name);
      changed(entry.name);
    }
  }
}

void Registry::changed(kj::StringPtr name) {
  if (name.size() > 0)
    for (auto watcher : watchers) watcher->changed(name);
  auto old = kj::mv(changing);
  auto next = kj::newPromiseAndFulfiller<void>();
  change = next.promise.fork();
  changing = kj::mv(next.fulfiller);
  if (old.get() != nullptr) old->fulfill();
}

kj::Promise<void> Registry::nextChange() { return change.addBranch(); }

void Registry::state(State::Builder state) const {
  state.setTargets(entries.size());
  state.setWatchers(watchers.size());
  state.setWaiting(uint32_t(waiting->held));
}

void Registry::list(capnp::List<TargetInfo>::Builder targets) const {
  size_t i = 0;
  for (auto& entry : entries) entry.second->describe(targets[i++]);
}

void Registry::taskFailed(kj::Exception&& exception) {
  log::debug("introduction failed", "reason", exception.getDescription());
}

}  // namespace xylem::finder

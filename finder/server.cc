// The Finder's socket: who is there, by the kernel's word, and what role that gives.
//
// The Finder is a target itself, so that its state is shown as everyone's is; it introduces callers to itself.

#include <finder/server.h>

#include <fcntl.h>
#include <grp.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xrl/log.h>
#include <xrl/unix.h>

#include <cstring>

namespace xylem::finder {

using namespace xrl;

namespace {

bool isOperator(int socket) {
  // Of the group xylem, by any of the groups that the caller had when it connected.
  auto group = getgrnam("xylem");
  if (group == nullptr) return false;
  gid_t groups[256];
  socklen_t size = sizeof groups;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) return false;
  for (size_t i = 0; i < size / sizeof(gid_t); ++i)
    if (groups[i] == group->gr_gid) return true;
  return false;
}

kj::Own<Caller> whoIs(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  KJ_SYSCALL(getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
  auto caller = kj::refcounted<Caller>();
  caller->name = kj::str();
  caller->pid = credentials.pid;
  caller->uid = credentials.uid;
  caller->gid = credentials.gid;
  caller->role = credentials.uid == 0 ? Role::MANAGER : isOperator(socket) ? Role::OPERATOR : Role::GUEST;
  return caller;
}

}  // namespace

class Server::Self final : public Target::Server {
 public:
  explicit Self(finder::Server& server) : server(server) {}

 private:
  kj::Promise<void> introduce(IntroduceContext context) override {
    auto params = context.getParams();
    auto caller = kj::refcounted<Caller>(params.getPeer());
    kj::Promise<kj::AutoCloseFd> copied = descriptorOf(params.getEnd());
    return copied.then([this, caller = kj::mv(caller)](kj::AutoCloseFd end) mutable {
      auto bootstrap = server.offers->to(caller->copy());
      server.begin(kj::mv(end), kj::mv(bootstrap), kj::mv(caller));
    });
  }
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }

  finder::Server& server;
};

namespace {

class AsStatus final : public Status<State>::Server {
 public:
  explicit AsStatus(Registry& registry) : registry(registry) {}

 private:
  kj::Promise<void> state(StateContext context) override {
    registry.state(context.getResults().initState());
    return kj::READY_NOW;
  }
  Registry& registry;
};

class AsShow final : public Show::Server {
 public:
  explicit AsShow(Registry& registry) : registry(registry) {}

 private:
  kj::Promise<void> process(ProcessContext context) override {
    registry.list(context.getResults().initTargets(registry.size()));
    return kj::READY_NOW;
  }
  Registry& registry;
};

}  // namespace

Server::Server(Loop& loop, kj::AutoCloseFd fd, kj::ArrayPtr<const kj::byte> schema)
    : loop(loop),
      listener(kj::mv(fd)),
      registry(loop),
      offers(kj::refcounted<Offers>(schema)),
      connections(*this),
      self(nullptr) {
  int flags;
  KJ_SYSCALL(flags = fcntl(listener, F_GETFL));
  KJ_SYSCALL(fcntl(listener, F_SETFL, flags | O_NONBLOCK));
  offers->add<Status<State>>([this](Caller&) { return kj::heap<AsStatus>(registry); });
  offers->add<Show>([this](Caller&) { return kj::heap<AsShow>(registry); });

  auto caller = kj::refcounted<Caller>();
  caller->pid = getpid();
  caller->uid = getuid();
  caller->role = Role::MANAGER;
  self = registry.enter(kj::mv(caller), "finder", kj::heap<Self>(*this), {});
}

Server::~Server() noexcept(false) {}

kj::Promise<void> Server::serve() { return acceptAll(); }

Task<void> Server::acceptAll() {
  Readiness arrival(loop, listener, Readiness::READ);
  for (;;) {
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      accept(kj::AutoCloseFd(fd));
    } else if (errno == EAGAIN) {
      co_await arrival.wait();
    } else if (errno != EINTR && errno != ECONNABORTED) {
      log::error("cannot accept", "reason", strerror(errno));
      co_await loop.timer().afterDelay(100 * kj::MILLISECONDS);
    }
  }
}

void Server::accept(kj::AutoCloseFd socket) {
  auto caller = whoIs(socket);
  auto bootstrap = registry.to(caller->copy());
  begin(kj::mv(socket), kj::mv(bootstrap), kj::mv(caller));
}

void Server::begin(kj::AutoCloseFd socket, capnp::Capability::Client bootstrap, kj::Own<Caller> caller) {
  auto& held = connectionsOf[caller->uid];
  if (caller->uid != 0 && held >= MAX_CONNECTIONS_OF_USER) {
    log::warn("too many connections", "uid", caller->uid, "pid", caller->pid);
    return;
  }
  ++held;
  connections.add(attend(kj::mv(socket), kj::mv(bootstrap), kj::mv(caller)));
}

Task<void> Server::attend(kj::AutoCloseFd socket, capnp::Capability::Client bootstrap, kj::Own<Caller> caller) {
  auto uid = caller->uid;
  KJ_DEFER(if (--connectionsOf[uid] == 0) connectionsOf.erase(uid));
  Connection connection(loop, kj::mv(socket), kj::mv(bootstrap), kj::mv(caller), GUEST_LIMITS);
  co_await connection.onDisconnect();
}

void Server::taskFailed(kj::Exception&& exception) {
  log::warn("connection failed", "reason", exception.getDescription());
}

}  // namespace xylem::finder

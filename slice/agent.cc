// The agent hands out connections with keepers, and is not between a user and his slice after that. What may block is
// done by children: a keeper is started by this program's verb `adopt`, what is left is removed by `release`.
//
// Whose a slice is, is stored with it before there is anything of it. One that nobody is said to own is root's.

#include <slice/agent.h>
#include <slice/client.h>
#include <slice/keeper.h>
#include <slice/kernel.h>
#include <slice/launch.h>
#include <slice/rights.h>
#include <slice/text.h>
#include <slice/verbs.h>
#include <slice/words.h>

#include <fcntl.h>
#include <grp.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/log.h>
#include <xrl/run.h>
#include <xrl/unix.h>

#include <cerrno>

namespace xylem::slice {

using xrl::Task;

namespace {

class Descriptor final : public wire::Agent::Descriptor::Server {
 public:
  explicit Descriptor(kj::AutoCloseFd fd) : fd(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return fd.get(); }

 private:
  kj::AutoCloseFd fd;
};

pid_t spawn(const std::vector<std::string>& words) {
  // This program, on its own.
  std::vector<char*> arguments;
  for (auto& each : words) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child > 0) return child;
  int nothing = open("/dev/null", O_RDWR);
  for (int each : {0, 1, 2}) dup2(nothing, each);
  execv("/proc/self/exe", arguments.data());
  _exit(127);
}

class Running final : public wire::Agent::Running::Server {
  // A command in a node; it ends with this.
 public:
  Running(xrl::Loop& loop, pid_t child) : child(child), exit(loop.onExit(child).fork()) {
    watching = exit.addBranch().then([this](int) { this->child = 0; }).eagerlyEvaluate(nullptr);
  }
  ~Running() noexcept(false) {
    if (child > 0) kill(-child, SIGKILL);
  }
  kj::Promise<void> wait(WaitContext context) override {
    // Else whoever waits would keep it, also when he is gone.
    context.allowCancellation();
    return exit.addBranch().then(
        [context](int status) mutable { context.getResults().setStatus(uint8_t(exitStatus(status))); });
  }
  kj::Promise<void> signal(SignalContext context) override {
    if (child > 0) kill(-child, context.getParams().getNumber());
    return kj::READY_NOW;
  }

 private:
  pid_t child;
  kj::ForkedPromise<int> exit;
  kj::Promise<void> watching = nullptr;
};

class ForUser final : public wire::Agent::Server {
 public:
  ForUser(xrl::Loop& loop, Store& store, uid_t user) : loop(loop), store(store), user(std::to_string(user)) {}

 private:
  kj::Promise<void> slices(SlicesContext context) override {
    std::vector<std::string> mine;
    for (auto& each : slicesHere())
      if (isMine(each)) mine.push_back(each);
    auto list = context.getResults().initNames(uint(mine.size()));
    for (auto i : kj::indices(list)) list.set(i, ptr(mine[i]));
    return kj::READY_NOW;
  }

  kj::Promise<void> open(OpenContext context) override {
    return kj::Promise<void>(openNow(text(context.getParams().getName()), context.getParams().getStart(), context));
  }
  Task<void> openNow(std::string name, bool start, OpenContext context) {
    if (!isName(name)) co_return;
    if (start) {
      auto exit = loop.onExit(spawn({"xylem-slice", "adopt", name, user}));
      int status = co_await kj::mv(exit);
      auto code = exitStatus(status);
      KJ_REQUIRE(code != NO_AUTHORITY, "there is a slice of this name, and it is another one's", name.c_str());
      KJ_REQUIRE(code == DONE, "its keeper does not start", name.c_str());
    }
    if (!isMine(name)) co_return;
    auto socket = xrl::connectUnix(ptr(sliceFolder() + "/" + name + "/socket"));
    KJ_IF_MAYBE (fd, socket) context.getResults().setSocket(kj::heap<Descriptor>(kj::mv(*fd)));
  }

  kj::Promise<void> remove(RemoveContext context) override {
    auto name = text(context.getParams().getName());
    KJ_REQUIRE(isName(name) && (isMine(name) || !isThere(name)), "this slice is another one's", name.c_str());
    return loop.onExit(spawn({"xylem-slice", "release", name, user})).ignoreResult();
  }

  kj::Promise<void> enter(EnterContext context) override {
    auto params = context.getParams();
    std::vector<std::string> command;
    for (auto each : params.getCommand()) command.push_back(text(each));
    auto streams = kj::heapArrayBuilder<kj::Promise<kj::AutoCloseFd>>(3);
    streams.add(xrl::descriptorOf(params.getInput()));
    streams.add(xrl::descriptorOf(params.getOutput()));
    streams.add(xrl::descriptorOf(params.getError()));
    return kj::Promise<void>(enterNow(text(params.getSlice()), text(params.getNode()), std::move(command),
                                      kj::joinPromises(streams.finish()), context));
  }
  Task<void> enterNow(std::string name, std::string node, std::vector<std::string> command,
                      kj::Promise<kj::Array<kj::AutoCloseFd>> coming, EnterContext context) {
    auto streams = co_await kj::mv(coming);
    KJ_REQUIRE(!command.empty(), "there is no command");
    auto found = co_await find(name, node);
    KJ_REQUIRE(found.pid != 0, "the node does not run", node.c_str());
    context.getResults().setRunning(kj::heap<Running>(loop, beginFor(name, node, found.pid, command, streams)));
  }

  kj::Promise<void> tap(TapContext context) override {
    auto params = context.getParams();
    return kj::Promise<void>(
        tapNow(text(params.getSlice()), text(params.getNode()), text(params.getInterface()), context));
  }
  Task<void> tapNow(std::string name, std::string node, std::string interface, TapContext context) {
    auto found = co_await find(name, node);
    auto tap = tapOf(namespaceFolder() + "/" + found.space, interface);
    auto results = context.getResults();
    results.setIndex(tap.interface);
    results.setSocket(kj::heap<Descriptor>(kj::mv(tap.socket)));
  }

  kj::Promise<void> stored(StoredContext context) override {
    auto name = text(context.getParams().getSlice());
    if (!isName(name) || !isMine(name)) return kj::READY_NOW;
    KJ_IF_MAYBE (spec, store.get("slices/" + name + "/spec")) context.getResults().setSpec(ptr(spec->text));
    return kj::READY_NOW;
  }

  struct Found {
    pid_t pid = 0;
    std::string space;
    // The name of its network namespace.
  };
  Task<Found> find(std::string name, std::string node) {
    KJ_REQUIRE(isName(name) && isMine(name), "there is no such slice", name.c_str());
    auto socket = xrl::connectUnix(ptr(sliceFolder() + "/" + name + "/socket"));
    auto& fd = KJ_REQUIRE_NONNULL(socket, "nobody keeps the slice", name.c_str());
    xrl::Connection connection(loop, kj::mv(fd), capnp::Capability::Client(nullptr));
    auto keeper = connection.bootstrap().castAs<wire::Keeper>();
    auto asking = keeper.stateRequest().send();
    auto answer = co_await kj::mv(asking);
    for (auto each : answer.getState().getNodes()) {
      if (each.getName() != ptr(node)) continue;
      Found found{pid_t(each.getPid()), text(each.getNamespace())};
      co_return found;
    }
    KJ_FAIL_REQUIRE("there is no such node", node.c_str());
  }

  static pid_t beginFor(const std::string& name, const std::string& node, pid_t pid,
                        const std::vector<std::string>& command, kj::ArrayPtr<const kj::AutoCloseFd> streams) {
    auto doors = Groups(domainOf(sliceFolder())).doors(name, node);
    pid_t child;
    KJ_SYSCALL(child = fork());
    if (child > 0) return child;
    // Of its own group, which signals go to.
    setpgid(0, 0);
    for (int i : {0, 1, 2}) {
      fcntl(streams[size_t(i)], F_SETFL, fcntl(streams[size_t(i)], F_GETFL) & ~O_NONBLOCK);
      dup2(streams[size_t(i)], i);
    }
    int status = 125 << 8;
    KJ_IF_MAYBE (fault, kj::runCatchingExceptions([&]() { waitpid(begin(pid, doors, command, -1), &status, 0); }))
      dprintf(STDERR_FILENO, "%s\n", fault->getDescription().cStr());
    _exit(exitStatus(status));
  }

  bool isThere(const std::string& name) {
    for (auto& each : slicesHere())
      if (each == name) return true;
    return false;
  }
  bool isMine(const std::string& name) {
    KJ_IF_MAYBE (owner, store.get("slices/" + name + "/owner")) return owner->text == user;
    return false;
  }

  xrl::Loop& loop;
  Store& store;
  std::string user;
};

class Agent final : private kj::TaskSet::ErrorHandler {
 public:
  Agent(xrl::Loop& loop, Store& store) : loop(loop), store(store), tasks(*this) {}

  Task<void> acceptAll(kj::AutoCloseFd listener) {
    for (;;) {
      co_await loop.whenReadable(listener);
      int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) tasks.add(attend(kj::AutoCloseFd(fd)));
    }
  }

 private:
  Task<void> attend(kj::AutoCloseFd socket) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    KJ_SYSCALL(getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size));
    auto caller = kj::refcounted<xrl::Caller>();
    caller->uid = peer.uid;
    xrl::Connection connection(loop, kj::mv(socket), kj::heap<ForUser>(loop, store, peer.uid), kj::mv(caller),
                               xrl::GUEST_LIMITS);
    auto gone = connection.onDisconnect();
    co_await kj::mv(gone);
  }
  void taskFailed(kj::Exception&& exception) override { xrl::log::error("task failed", "reason", exception); }

  xrl::Loop& loop;
  Store& store;
  kj::TaskSet tasks;
};

std::string agentSocket() {
  auto given = getenv("XYLEM_SLICE_AGENT");
  return given == nullptr ? AGENT_SOCKET : given;
}

kj::Maybe<kj::Own<xrl::Connection>> connect() {
  auto path = agentSocket();
  if (geteuid() == 0 || getenv("XYLEM_SLICES") != nullptr || access(path.c_str(), R_OK | W_OK) != 0) return nullptr;
  auto socket = xrl::connectUnix(ptr(path));
  KJ_IF_MAYBE (fd, socket) return kj::heap<xrl::Connection>(theLoop(), kj::mv(*fd), capnp::Capability::Client(nullptr));
  return nullptr;
}

gid_t groupOf(const std::string& name) {
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) return gid_t(std::stoul(name));
  auto found = getgrnam(name.c_str());
  KJ_REQUIRE(found != nullptr, "there is no such group; `groupadd` makes it", name.c_str());
  return found->gr_gid;
}

}  // namespace

int serveAgent(const std::string& group) {
  if (isRootless()) {
    fprintf(stderr, "xylem slice: only root can make slices for others\n");
    return NO_AUTHORITY;
  }
  auto path = agentSocket();
  auto members = groupOf(group);
  signal(SIGPIPE, SIG_IGN);
  xrl::log::open("slice");
  auto& loop = theLoop();
  auto store = fileStore(loop, sliceFolder());
  // Nobody may come before it is the group's.
  auto before = umask(0177);
  auto listener = xrl::listenUnix(ptr(path));
  umask(before);
  KJ_SYSCALL(chmod(path.c_str(), 0600));
  KJ_SYSCALL(chown(path.c_str(), 0, members), path.c_str());
  KJ_SYSCALL(chmod(path.c_str(), 0660));
  KJ_DEFER(unlink(path.c_str()));
  Agent agent(loop, *store);
  kj::Promise<void> accepting = agent.acceptAll(kj::mv(listener));
  auto told = loop.onSignal(SIGTERM).exclusiveJoin(loop.onSignal(SIGINT)).ignoreResult();
  told.exclusiveJoin(kj::mv(accepting)).wait(loop.waitScope());
  return DONE;
}

int adopt(const std::string& name, const std::string& owner) {
  Client client(name, owner);
  if (!client.mayAdopt()) return NO_AUTHORITY;
  if (!client.findOrStart()) return REFUSED;
  return client.mayAdopt() ? DONE : NO_AUTHORITY;
}

int release(const std::string& name, const std::string& owner) {
  Client client(name, owner);
  // From now on nobody makes one of this name.
  if (!client.awaitAbandoned()) return FAILED;
  if (!client.mayAdopt()) return NO_AUTHORITY;
  client.removeRest();
  return DONE;
}

kj::Maybe<wire::Agent::Client> agent() {
  static kj::Maybe<kj::Own<xrl::Connection>> connection = connect();
  return connection.map([](kj::Own<xrl::Connection>& present) { return present->bootstrap().castAs<wire::Agent>(); });
}

int enterByAgent(const std::string& name, const std::string& node, const std::vector<std::string>& command,
                 int output) {
  auto& loop = theLoop();
  auto request = KJ_ASSERT_NONNULL(agent()).enterRequest();
  request.setSlice(ptr(name));
  request.setNode(ptr(node));
  auto list = request.initCommand(uint(command.size()));
  for (auto i : kj::indices(list)) list.set(i, ptr(command[i]));
  auto stream = [](int number) {
    int copy;
    KJ_SYSCALL(copy = fcntl(number, F_DUPFD_CLOEXEC, 3));
    return wire::Agent::Descriptor::Client(kj::heap<Descriptor>(kj::AutoCloseFd(copy)));
  };
  request.setInput(stream(0));
  request.setOutput(stream(output));
  request.setError(stream(2));
  auto running = request.send().wait(loop.waitScope()).getRunning();
  auto waited = running.waitRequest().send().then([](auto&& answer) { return int(answer.getStatus()); }).fork();
  int status = 0;
  for (;;) {
    auto ended = waited.addBranch().then([&](int now) {
      status = now;
      return 0;
    });
    auto number = ended.exclusiveJoin(loop.onSignal(SIGINT)).wait(loop.waitScope());
    if (number == 0) return status;
    auto told = running.signalRequest();
    told.setNumber(uint8_t(number));
    told.send().wait(loop.waitScope());
  }
}

Tap tapByAgent(const std::string& name, const std::string& node, const std::string& device) {
  auto request = KJ_ASSERT_NONNULL(agent()).tapRequest();
  request.setSlice(ptr(name));
  request.setNode(ptr(node));
  request.setInterface(ptr(device));
  auto answer = request.send().wait(theLoop().waitScope());
  kj::Promise<kj::AutoCloseFd> coming = xrl::descriptorOf(answer.getSocket());
  return Tap{coming.wait(theLoop().waitScope()), answer.getIndex()};
}

}  // namespace xylem::slice

// Who has the lease of a slice keeps it, or is about to. A lease that can be had means that there is no keeper,
// whatever the files say; it is handed down to the keeper that is started.

#include <slice/agent.h>
#include <slice/client.h>
#include <slice/rights.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xrl/unix.h>

#include <algorithm>
#include <cerrno>

namespace xylem::slice {

namespace {

constexpr auto PATIENCE = 30 * kj::SECONDS, LONG_PATIENCE = 60 * kj::SECONDS;
constexpr const char* SHARED_LEASE = "7d";
// Of slices on a machine that several share.
constexpr int LEASE = 3, READY = 4;
// Descriptors of a keeper.

void makeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) < 0 && errno != EEXIST) KJ_FAIL_SYSCALL("cannot make a folder", errno, path.c_str());
}

[[noreturn]] void become(const std::string& name, const std::string& folder, int lease, int ready, bool isShared) {
  setsid();
  setenv("XYLEM_SLICES", sliceFolder().c_str(), 1);
  int log = open((folder + "/keeper.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  // Neither may be where the other shall go.
  int held = fcntl(lease, F_DUPFD_CLOEXEC, 10), told = fcntl(ready, F_DUPFD_CLOEXEC, 10);
  dup2(held, LEASE);
  dup2(told, READY);
  KJ_IF_MAYBE (fault, kj::runCatchingExceptions([]() {
                 if (isRootless()) enterOwnNamespace();
               })) {
    dprintf(STDERR_FILENO, "no namespace for the keeper: %s\n", fault->getDescription().cStr());
    _exit(1);
  }
  execl("/proc/self/exe", "xylem-slice", "keep", name.c_str(), isShared ? SHARED_LEASE : nullptr, nullptr);
  _exit(127);
}

}  // namespace

Place placeOf(const std::string& name) {
  auto base = sliceFolder();
  return {base, name, domainOf(base), 0};
}

xrl::Loop& theLoop() {
  static auto loop = kj::heap<xrl::Loop>();
  return *loop;
}

std::vector<std::string> slicesHere() {
  KJ_IF_MAYBE (there, agent()) {
    std::vector<std::string> out;
    auto answer = there->slicesRequest().send().wait(theLoop().waitScope());
    for (auto each : answer.getNames()) out.push_back(text(each));
    return out;
  }
  auto base = sliceFolder();
  fileStore(theLoop(), base);
  return traces(base, domainOf(base));
}

kj::Own<Store::Watcher> watchSlices() { return fileStore(theLoop(), sliceFolder())->watch("slices/"); }

Client::Client(const std::string& name, const std::string& owner)
    : name(name), loop(theLoop()), owner(owner), base(sliceFolder()) {
  if (agent() == nullptr) store = fileStore(loop, base);
}

Client::~Client() noexcept(false) {}

bool Client::openByAgent(bool start) {
  auto request = KJ_ASSERT_NONNULL(agent()).openRequest();
  request.setName(ptr(name));
  request.setStart(start);
  auto answer = wait(request.send());
  if (!answer.hasSocket()) return false;
  kj::Promise<kj::AutoCloseFd> coming = xrl::descriptorOf(answer.getSocket());
  auto fd = wait(kj::mv(coming));
  connection = kj::heap<xrl::Connection>(loop, kj::mv(fd), capnp::Capability::Client(nullptr));
  return true;
}

bool Client::find() {
  if (store.get() == nullptr) return openByAgent(false);
  auto socket = xrl::connectUnix(ptr(base + "/" + name + "/socket"));
  KJ_IF_MAYBE (fd, socket) {
    connection = kj::heap<xrl::Connection>(loop, kj::mv(*fd), capnp::Capability::Client(nullptr));
    return true;
  }
  return false;
}

bool Client::mayAdopt() {
  KJ_IF_MAYBE (known, store->get("slices/" + name + "/owner")) return known->text == owner;
  // What nobody is said to own is root's.
  auto there = traces(base, domainOf(base));
  return std::find(there.begin(), there.end(), name) == there.end();
}

void Client::removeRest() {
  if (store.get() != nullptr) {
    collect(placeOf(name));
    return;
  }
  auto request = KJ_ASSERT_NONNULL(agent()).removeRequest();
  request.setName(ptr(name));
  wait(request.send().ignoreResult());
}

bool Client::isAbandoned() {
  if (lease == nullptr) lease = store->lease(name);
  return lease != nullptr;
}

bool Client::findOrStart() {
  if (store.get() == nullptr) return openByAgent(true);
  // Whoever has the lease will listen, or end.
  auto listens = store->watch("slices/" + name + "/keeper");
  auto obtained = obtain(PATIENCE).fork();
  for (auto until = loop.timer().now() + PATIENCE; loop.timer().now() < until;) {
    if (find()) return true;
    if (lease != nullptr) {
      start();
      return find();
    }
    wait(listens->next().exclusiveJoin(obtained.addBranch()));
  }
  return false;
}

kj::Promise<void> Client::obtain(kj::Duration patience) {
  return store->lease(name, patience).then([this](kj::Maybe<kj::Own<Store::Lease>> got) { lease = kj::mv(got); });
}

bool Client::awaitAbandoned() {
  if (store.get() == nullptr) {
    // The agent waits for it, too.
    removeRest();
    return true;
  }
  if (lease == nullptr) wait(obtain(LONG_PATIENCE));
  return lease != nullptr;
}

void Client::start() {
  auto place = placeOf(name);
  KJ_REQUIRE(owner.empty() || mayAdopt(), "the slice is another one's", name.c_str());
  collect(place, Remains::STORED);
  makeFolder(place.folder());
  if (!owner.empty()) store->put("slices/" + name + "/owner", owner, 0);
  for (auto each : {"/nodes", "/logs"}) makeFolder(place.folder() + each);
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
  kj::AutoCloseFd ours(ends[0]), theirs(ends[1]);
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child == 0) become(name, place.folder(), KJ_ASSERT_NONNULL(lease)->fd(), theirs, !owner.empty());
  theirs = nullptr;
  lease = nullptr;
  char byte;
  if (read(ours, &byte, 1) == 1) return;
  auto log = kj::str(ptr(place.folder() + "/keeper.log"));
  KJ_FAIL_REQUIRE("the keeper of the slice does not start", log);
}

kj::Maybe<std::string> Client::stored() {
  if (store.get() == nullptr) {
    auto request = KJ_ASSERT_NONNULL(agent()).storedRequest();
    request.setSlice(ptr(name));
    auto answer = wait(request.send());
    if (!answer.hasSpec()) return nullptr;
    return text(answer.getSpec());
  }
  return store->get("slices/" + name + "/spec").map([](const Store::Value& value) { return value.text; });
}

kj::Promise<void> Client::gone() { return KJ_ASSERT_NONNULL(connection)->onDisconnect(); }

wire::Keeper::Client Client::keeper() { return KJ_ASSERT_NONNULL(connection)->bootstrap().castAs<wire::Keeper>(); }

}  // namespace xylem::slice

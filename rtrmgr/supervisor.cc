// The supervisor: as little as can be, since nothing restarts it. What it holds are descriptors and a lock, all of
// which the kernel lets go of when it dies, so that a router of the same name can start again.

#include <rtrmgr/supervisor.h>

#include <fcntl.h>
#include <ftw.h>
#include <kj/debug.h>
#include <rtrmgr/child.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/installed.h>
#include <xrl/log.h>
#include <xrl/unix.h>

#include <cerrno>
#include <cstdio>

namespace xylem::rtrmgr {

using namespace xrl;

namespace {

constexpr auto PAUSE = 100 * kj::MILLISECONDS;

void makeDirectories(kj::StringPtr path) {
  for (size_t i = 1; i < path.size(); ++i)
    if (path[i] == '/') mkdir(kj::str(path.slice(0, i)).cStr(), 0755);
  if (mkdir(path.cStr(), 0755) < 0 && errno != EEXIST) KJ_FAIL_SYSCALL("cannot make the run directory", errno, path);
}

class RunDirectory {
  // Ours alone for as long as this lives, and then gone.
 public:
  explicit RunDirectory(kj::StringPtr path) : path(path) {
    makeDirectories(path);
    auto name = kj::str(path, "/lock");
    int fd;
    KJ_SYSCALL(fd = open(name.cStr(), O_CREAT | O_RDWR | O_CLOEXEC, 0600), name);
    lock = kj::AutoCloseFd(fd);
    KJ_REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0, "a router of this name runs already", path);
  }
  ~RunDirectory() {
    nftw(
        path.cStr(), [](const char* each, const struct stat*, int, FTW*) { return remove(each); }, 8,
        FTW_DEPTH | FTW_PHYS);
  }

 private:
  kj::StringPtr path;
  kj::AutoCloseFd lock;
};

}  // namespace

Task<int> supervise(Loop& loop, Arguments&& given) {
  auto arguments = kj::mv(given);
  RunDirectory directory(arguments.runDirectory);
  auto listener = listenUnix(kj::str(arguments.runDirectory, "/finder"));
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
  kj::AutoCloseFd lifeline(ends[0]), held(ends[1]);
  KJ_SYSCALL(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));

  Program manager;
  manager.path = kj::str(programDirectory(), "/xylem-rtrmgr");
  auto lifelineFd = kj::str(lifeline.get()), listenerFd = kj::str(listener.get());
  for (kj::StringPtr word :
       {"--run"_kj, kj::StringPtr(arguments.runDirectory), "--lifeline"_kj, kj::StringPtr(lifelineFd), "--listen"_kj,
        kj::StringPtr(listenerFd), "--log"_kj, kj::StringPtr(arguments.level)})
    manager.arguments.add(kj::str(word));
  for (auto& each : arguments.rest) manager.arguments.add(kj::str(each));
  manager.descriptors.add(lifeline.get());
  manager.descriptors.add(listener.get());
  manager.directory = kj::str(arguments.runDirectory);

  bool told = false;
  pid_t pid = 0;
  auto ending = untilTold(loop, arguments)
                    .then([&]() {
                      told = true;
                      if (pid > 0) kill(pid, SIGTERM);
                    })
                    .eagerlyEvaluate(nullptr);
  while (!told) {
    pid = spawn(manager);
    int status = co_await loop.onExit(pid);
    pid = 0;
    if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == REFUSED))
      co_return WEXITSTATUS(status);
    auto reason = describeStatus(status);
    log::error("died", "name", "rtrmgr", "reason", reason);
    co_await loop.timer().afterDelay(PAUSE);
  }
  co_return 0;
}

}  // namespace xylem::rtrmgr

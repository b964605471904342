// Children.
//
// Between fork and exec only async-signal-safe calls are made, on data that was prepared before. The program is opened
// before rights are given up, since the folder that it lies in may be closed to others. A child has a process group of
// its own, so that an interrupt typed at the router's terminal reaches only who decides what it means.

#include <rtrmgr/child.h>

#include <fcntl.h>
#include <grp.h>
#include <kj/debug.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xrl/log.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace xylem::rtrmgr {

using namespace xrl;

namespace {

constexpr rlim_t MOST_FILES = 8192;

[[noreturn]] void become(const Program& program, char** arguments) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  for (int fd : program.descriptors) fcntl(fd, F_SETFD, 0);
  rlimit files{MOST_FILES, MOST_FILES}, core{0, 0};
  setrlimit(RLIMIT_NOFILE, &files);
  setrlimit(RLIMIT_CORE, &core);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int executable = open(program.path.cStr(), O_PATH | O_CLOEXEC);
  bool ready = chdir(program.directory.cStr()) == 0;
  KJ_IF_MAYBE (user, program.user) {
    ready = ready && setgroups(0, nullptr) == 0 && setresgid(*user, *user, *user) == 0 &&
            setresuid(*user, *user, *user) == 0;
  }
  // What a program has not, it does not get by being executed, since it gets no new privileges.
  __user_cap_header_struct version{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none64[2]{};
  if (program.powerless) ready = ready && syscall(SYS_capset, &version, none64) == 0;
  if (ready) fexecve(executable, arguments, environ);
  _exit(127);
}

}  // namespace

pid_t spawn(const Program& program) {
  mkdir(program.directory.cStr(), 0755);
  KJ_IF_MAYBE (user, program.user) KJ_SYSCALL(chown(program.directory.cStr(), *user, *user), program.directory);
  kj::Vector<char*> arguments;
  arguments.add(const_cast<char*>(program.path.cStr()));
  for (auto& each : program.arguments) arguments.add(const_cast<char*>(each.cStr()));
  arguments.add(nullptr);
  pid_t pid;
  KJ_SYSCALL(pid = fork());
  if (pid == 0) become(program, arguments.begin());
  setpgid(pid, pid);
  return pid;
}

kj::String describeStatus(int status) {
  if (WIFSIGNALED(status))
    return kj::str("killed by signal ", WTERMSIG(status), " (", strsignal(WTERMSIG(status)), ")");
  if (WEXITSTATUS(status) == 127) return kj::str("could not be executed");
  return kj::str("exited with status ", WEXITSTATUS(status));
}

Child::Child(Loop& loop, kj::String name, Program program) : name(kj::mv(name)), loop(loop), program(kj::mv(program)) {}

Child::~Child() noexcept(false) {}

void Child::start() {
  if (running) return;
  running = true;
  stopping = false;
  gone = kj::Promise<void>(live()).fork();
  living = gone.addBranch().eagerlyEvaluate([this](kj::Exception&& problem) {
    log::error("lost control of child", "name", name, "reason", problem.getDescription());
  });
}

kj::Maybe<pid_t> Child::survivor() const {
  // The process of the pid file, if it still runs this program: a file, under the name that it was called by.
  std::ifstream file(program.pidFile.cStr());
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 0) return nullptr;
  auto process = std::filesystem::path("/proc") / std::to_string(pid);
  // Either is empty if it is not there. An executable that was replaced meanwhile is followed by " (deleted)".
  std::error_code missing;
  auto executable = std::filesystem::read_symlink(process / "exe", missing).native();
  auto own = std::filesystem::canonical(program.path.cStr(), missing).native();
  if (own.empty() || !executable.starts_with(own)) return nullptr;
  std::string name;
  if (!std::getline(std::ifstream(process / "cmdline"), name, '\0') || program.path != name.c_str()) return nullptr;
  return pid;
}

Task<void> Child::live() {
  auto adopted = survivor();
  auto pause = FIRST_PAUSE;
  do {
    bool own = adopted == nullptr;
    KJ_IF_MAYBE (pid, adopted)
      current = *pid;
    else
      current = spawn(program);
    adopted = nullptr;
    ++starts;
    started = time(nullptr);
    auto began = loop.timer().now();
    std::ofstream(program.pidFile.cStr()) << current << '\n';
    log::info(own ? "started" : "adopted", "name", name, "pid", current);
    onStart();
    lastDeath = co_await death(own);
    current = 0;
    unlink(program.pidFile.cStr());
    if (stopping) break;
    log::error("died", "name", name, "reason", lastDeath);
    onDeath(lastDeath);
    if (loop.timer().now() - began >= STABLE) {
      pause = FIRST_PAUSE;
    } else {
      co_await loop.timer().afterDelay(pause);
      pause = kj::min(2 * pause, LONGEST_PAUSE);
    }
  } while (!stopping);
  running = false;
}

Task<kj::String> Child::death(bool own) {
  if (own) {
    int status = co_await loop.onExit(current);
    co_return describeStatus(status);
  }
  int fd = syscall(SYS_pidfd_open, current, 0);
  if (fd >= 0) {
    kj::AutoCloseFd process(fd);
    co_await loop.whenReadable(process);
  }
  co_return kj::str("ended");
}

kj::Promise<void> Child::stop() {
  if (!running) return kj::READY_NOW;
  stopping = true;
  if (current == 0) {
    living = nullptr;
    running = false;
    return kj::READY_NOW;
  }
  ::kill(current, SIGTERM);
  auto late = loop.timer().afterDelay(TERM_PATIENCE).then([this]() {
    log::warn("does not end, killed", "name", name);
    if (current > 0) ::kill(current, SIGKILL);
    return gone.addBranch();
  });
  return gone.addBranch().exclusiveJoin(kj::mv(late));
}

void Child::kill() {
  if (current > 0) ::kill(current, SIGKILL);
}

kj::String Child::state() const {
  if (current > 0) return kj::str("running");
  if (!running) return kj::str("stopped");
  return kj::str("waiting: ", lastDeath);
}

}  // namespace xylem::rtrmgr

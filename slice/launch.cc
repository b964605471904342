// What a node sees: the machine's file system, read-only, with /run, /tmp, /var/tmp and /dev/shm of its own, its own
// /proc and /sys. Mounts and processes are made by root before the node's first process becomes user 0 of the slice's
// user namespace; so nobody inside may change them.
//
// The child of a fork that changes its user is no longer told when its parent dies: that is asked for afterwards, and a
// pipe tells whether it was too late.

#include <slice/kernel.h>
#include <slice/launch.h>
#include <slice/rights.h>

#include <fcntl.h>
#include <grp.h>
#include <kj/debug.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace xylem::slice {

namespace {

constexpr int NAMESPACES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC;
constexpr rlim_t MOST_FILES = 8192;

volatile sig_atomic_t told = 0;
volatile pid_t program = 0;

void onTerm(int) {
  told = 1;
  if (program > 0) kill(program, SIGTERM);
}

[[noreturn]] void giveUp(const char* what) {
  dprintf(STDERR_FILENO, "the node cannot start: %s: %s\n", what, strerror(errno));
  _exit(125);
}

void need(bool done, const char* what) {
  if (!done) giveUp(what);
}

void readOnly(const char* path) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  need(syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof(attributes)) == 0,
       "a read-only file system");
}

void own(const std::string& from, const char* to) {
  if (access(to, F_OK) != 0 || access(from.c_str(), F_OK) != 0) return;
  need(mount(from.c_str(), to, nullptr, MS_BIND, nullptr) == 0, to);
  need(mount(nullptr, to, nullptr, MS_REMOUNT | MS_BIND, nullptr) == 0, to);
}

void settle(const Launch& launch) {
  need(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
  // What is mounted there would otherwise live as long as this node.
  umount2(namespaceFolder().c_str(), MNT_DETACH);
  readOnly("/");
  // By its descriptor, since what comes first may cover where it lies.
  int folder = open(launch.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  need(folder >= 0, "its folder");
  auto from = "/proc/self/fd/" + std::to_string(folder);
  own(from + "/dev/tun", "/dev/net/tun");
  own(from + "/shm", "/dev/shm");
  own(from + "/tmp", "/var/tmp");
  own(from + "/tmp", "/tmp");
  own(from + "/run", "/run");
  need(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "/proc");
  need(sethostname(launch.node.data(), launch.node.size()) == 0, "the name");
  need(setns(launch.network, CLONE_NEWNET) == 0, "the network namespace");
  need(mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr) == 0, "/sys");
}

void becomeRoot() {
  // Of the user namespace. One without rights keeps his groups.
  need((setgroups(0, nullptr) == 0 || isRootless()) && setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "the user");
}

void becomeUser(int user) {
  need(setns(user, CLONE_NEWUSER) == 0, "the user namespace");
  becomeRoot();
}

void join(const std::vector<kj::AutoCloseFd>& doors) {
  for (auto& door : doors) need(write(door, "0", 1) == 1, "the control group");
}

void limitFiles() {
  rlimit files{MOST_FILES, MOST_FILES}, core{0, 0};
  setrlimit(RLIMIT_NOFILE, &files);
  setrlimit(RLIMIT_CORE, &core);
}

void setEnvironment() {
  auto terminal = getenv("TERM");
  std::string kept = terminal == nullptr ? "" : terminal;
  clearenv();
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("HOME", "/run/node", 1);
  if (!kept.empty()) setenv("TERM", kept.c_str(), 1);
}

std::vector<char*> arguments(const std::vector<std::string>& command) {
  std::vector<char*> out;
  for (auto& each : command) out.push_back(const_cast<char*>(each.c_str()));
  out.push_back(nullptr);
  return out;
}

void usualSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int each = 1; each < NSIG; ++each) signal(each, SIG_DFL);
}

[[noreturn]] void execute(const std::vector<std::string>& command) {
  auto words = arguments(command);
  if (chdir("/run/node") == 0 || chdir("/") == 0) execvp(words[0], words.data());
  dprintf(STDERR_FILENO, "cannot run %s: %s\n", words[0], strerror(errno));
  _exit(127);
}

[[noreturn]] void attend(const std::vector<std::string>& command) {
  // Process 1.
  if (!command.empty()) {
    program = fork();
    if (program == 0) {
      setsid();
      signal(SIGTERM, SIG_DFL);
      execute(command);
    }
    if (told) kill(program, SIGTERM);
  }
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigaddset(&term, SIGCHLD);
  sigprocmask(SIG_BLOCK, &term, &before);
  for (;;) {
    int status;
    for (pid_t gone; (gone = waitpid(-1, &status, WNOHANG)) > 0;)
      if (gone == program) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (told && command.empty()) _exit(0);
    sigsuspend(&before);
  }
}

void keepOnly(int descriptor) {
  if (descriptor < 0) {
    close_range(3, ~0u, 0);
    return;
  }
  int aside = fcntl(descriptor, F_DUPFD, 4);
  close_range(4, unsigned(aside - 1), 0);
  dup2(aside, 3);
  close_range(4, ~0u, 0);
}

[[noreturn]] void beNode(const Launch& launch, int log, int lifeline) {
  join(launch.doors);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  usualSignals();
  setsid();
  settle(launch);
  becomeUser(launch.user);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "xylem-init");
  prctl(PR_SET_DUMPABLE, 0);
  char byte;
  // Nothing is written there: it ends when the keeper has, or blocks.
  fcntl(lifeline, F_SETFL, O_NONBLOCK);
  if (read(lifeline, &byte, 1) == 0) _exit(1);
  limitFiles();
  setEnvironment();
  for (auto& each : launch.environment) putenv(const_cast<char*>(each.c_str()));
  keepOnly(launch.descriptor.get());
  struct sigaction action {};
  action.sa_handler = onTerm;
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = [](int) {};
  sigaction(SIGCHLD, &action, nullptr);
  dprintf(STDERR_FILENO, "%s\n", SETTLED);
  attend(launch.command);
}

struct Space {
  kj::AutoCloseFd fd;
  int kind;
};
constexpr std::pair<const char*, int> SPACES[] = {{"mnt", CLONE_NEWNS},  {"pid", CLONE_NEWPID},
                                                  {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC},
                                                  {"net", CLONE_NEWNET}, {"user", CLONE_NEWUSER}};
// In this order: rights over the others end with the last.

struct Lifeline {
  // Both ends stay open here, and the writing one nowhere else: children close it at once.
  Lifeline() { KJ_SYSCALL(pipe2(ends, O_CLOEXEC)); }
  int ends[2];
};

}  // namespace

pid_t launch(const Launch& launch) {
  int fd;
  KJ_SYSCALL(fd = open(launch.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600), launch.log.c_str());
  kj::AutoCloseFd log(fd);
  static Lifeline lifeline;
  pid_t pid;
  KJ_SYSCALL(pid = pid_t(syscall(SYS_clone, NAMESPACES | SIGCHLD, nullptr, nullptr, nullptr, nullptr)),
             launch.node.c_str());
  if (pid == 0) {
    close(lifeline.ends[1]);
    beNode(launch, log, lifeline.ends[0]);
  }
  return pid;
}

void furnishFolder(const std::string& folder, uint64_t bytes, uint32_t user) {
  struct stat known;
  if (stat((folder + "/run").c_str(), &known) == 0) return;
  if (mkdir(folder.c_str(), 0755) < 0 && errno != EEXIST)
    KJ_FAIL_SYSCALL("cannot make the folder of a node", errno, folder.c_str());
  auto options = "mode=755,nr_inodes=8192,size=" + std::to_string(bytes);
  KJ_SYSCALL(mount("xylem", folder.c_str(), "tmpfs", MS_NOSUID, options.c_str()), folder.c_str());
  for (auto each : {"/tmp", "/shm", "/dev", "/run", "/run/node"}) {
    auto path = folder + each;
    bool shared = strlen(each) == 4 && (each[1] == 't' || each[1] == 's');
    KJ_SYSCALL(mkdir(path.c_str(), 0755), path.c_str());
    KJ_SYSCALL(chmod(path.c_str(), shared ? 01777 : 0755));
    KJ_SYSCALL(chown(path.c_str(), user, user));
  }
  auto tun = folder + "/dev/tun";
  // Without rights nobody makes devices: then it is the machine's own, if it is open to all.
  if (access("/dev/net/tun", F_OK) == 0 && !isRootless()) {
    KJ_SYSCALL(mknod(tun.c_str(), S_IFCHR | 0600, makedev(10, 200)), tun.c_str());
    KJ_SYSCALL(chown(tun.c_str(), user, user));
  }
}

int exitStatus(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

pid_t begin(pid_t node, const std::vector<kj::AutoCloseFd>& doors, const std::vector<std::string>& command,
            int output) {
  auto proc = "/proc/" + std::to_string(node);
  std::vector<Space> spaces;
  for (auto [name, kind] : SPACES) spaces.push_back({openPath(proc + "/ns/" + name, O_RDONLY), kind});
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child > 0) return child;
  if (output >= 0) {
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
  }
  join(doors);
  if (isRootless()) need(enterKeeperOf(spaces.back().fd), "the keeper's namespace");
  for (auto& space : spaces) need(setns(space.fd, space.kind) == 0, "a namespace");
  becomeRoot();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Only a child is in the process namespace. ^C is for it alone.
  pid_t inner = fork();
  if (inner == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(3, ~0u, 0);
    limitFiles();
    setEnvironment();
    usualSignals();
    execute(command);
  }
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  int status = 0;
  if (inner > 0) waitpid(inner, &status, 0);
  _exit(inner > 0 ? exitStatus(status) : 125);
}

}  // namespace xylem::slice

// Namespaces. A network namespace belongs to the user namespace in which it is made, so a child makes it there and its
// parent, who may, mounts it where it is to be found.

#include <slice/kernel.h>
#include <slice/rights.h>
#include <slice/store.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace xylem::slice {

namespace {

constexpr uint32_t MANY = 65536;

void touch(const std::string& path) {
  int fd;
  KJ_SYSCALL(fd = open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444), path.c_str());
  close(fd);
}

[[noreturn]] void serve(int socket, int user) {
  // In the child: a namespace for each byte that comes.
  char byte = setns(user, CLONE_NEWUSER) == 0 ? 0 : char(errno);
  while (read(socket, &byte, 1) == 1) {
    byte = unshare(CLONE_NEWNET) == 0 ? 0 : char(errno);
    if (write(socket, &byte, 1) != 1) break;
  }
  _exit(0);
}

void writeMap(pid_t pid, const char* file, uint32_t first) {
  writeFile("/proc/" + std::to_string(pid) + "/" + file,
            "0 " + std::to_string(first) + " " + std::to_string(isRootless() ? 1 : MANY) + "\n");
}

}  // namespace

Inside::Inside(int network) : before(openPath("/proc/thread-self/ns/net", O_RDONLY)) {
  KJ_SYSCALL(setns(network, CLONE_NEWNET));
}

Inside::~Inside() noexcept(false) { KJ_SYSCALL(setns(before, CLONE_NEWNET)); }

const std::string& namespaceFolder() {
  static const std::string FOLDER = isRootless() ? sliceFolder() + "/.netns" : "/run/netns";
  return FOLDER;
}

void prepareNamespaceFolder() {
  auto folder = namespaceFolder().c_str();
  mkdir(folder, 0755);
  // The list of mounts does not tell whether one is hidden below another.
  if (mount("", folder, "none", MS_SHARED | MS_REC, nullptr) == 0) return;
  KJ_SYSCALL(mount(folder, folder, "none", MS_BIND | MS_REC, nullptr), folder);
  KJ_SYSCALL(mount("", folder, "none", MS_SHARED | MS_REC, nullptr), folder);
}

bool removeNamespace(const std::string& name) {
  auto path = namespaceFolder() + "/" + name;
  umount2(path.c_str(), MNT_DETACH);
  return unlink(path.c_str()) == 0;
}

UserNamespace::UserNamespace(uint32_t firstUser, const std::string& path) : path(path) {
  int ends[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  kj::AutoCloseFd ours(ends[0]), theirs(ends[1]);
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte = unshare(CLONE_NEWUSER) == 0 ? 0 : char(errno);
    if (write(theirs, &byte, 1) != 1) _exit(1);
    [[maybe_unused]] auto end = read(theirs, &byte, 1);
    _exit(0);
  }
  KJ_DEFER({
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  });
  theirs = nullptr;
  char byte = 1;
  KJ_REQUIRE(read(ours, &byte, 1) == 1 && byte == 0, "cannot make a user namespace", int(byte));
  writeMap(child, "uid_map", firstUser);
  writeMap(child, "gid_map", firstUser);
  touch(path);
  auto from = "/proc/" + std::to_string(child) + "/ns/user";
  KJ_SYSCALL(mount(from.c_str(), path.c_str(), "none", MS_BIND, nullptr), path.c_str());
}

NamespaceMaker::NamespaceMaker(int user) {
  int ends[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  socket = kj::AutoCloseFd(ends[0]);
  kj::AutoCloseFd theirs(ends[1]);
  KJ_SYSCALL(child = fork());
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    serve(theirs, user);
  }
}

NamespaceMaker::~NamespaceMaker() noexcept(false) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

void NamespaceMaker::make(const std::string& name) {
  auto path = namespaceFolder() + "/" + name;
  touch(path);
  char byte = 0;
  KJ_REQUIRE(write(socket, &byte, 1) == 1 && read(socket, &byte, 1) == 1 && byte == 0,
             "cannot make a network namespace", name.c_str(), int(byte));
  auto from = "/proc/" + std::to_string(child) + "/ns/net";
  KJ_SYSCALL(mount(from.c_str(), path.c_str(), "none", MS_BIND, nullptr), path.c_str());
}

}  // namespace xylem::slice

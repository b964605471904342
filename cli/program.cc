// The loop reaps all children of a process that has one, so nobody else waits for them here.

#include <cli/program.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace xylem::cli {

using xrl::Task;

namespace {

[[noreturn]] void become(kj::ArrayPtr<char* const> words, int network, int out) {
  // In the child: nothing here may touch what is shared with the parent.
  if (network >= 0 && setns(network, CLONE_NEWNET) != 0) {
    dprintf(out, "the router runs in another network namespace, which only root may enter\n");
    _exit(126);
  }
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  // Whoever has started this one may have ignored ^C, which would be inherited.
  signal(SIGINT, SIG_DFL);
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  execvp(words[0], words.begin());
  dprintf(out, "cannot run %s: %s\n", words[0], strerror(errno));
  _exit(127);
}

}  // namespace

Program::Program(xrl::Loop& loop, kj::ArrayPtr<const kj::String> words, kj::Maybe<kj::AutoCloseFd> network)
    : loop(loop) {
  auto arguments = kj::heapArrayBuilder<char*>(words.size() + 1);
  for (auto& word : words) arguments.add(const_cast<char*>(word.cStr()));
  arguments.add(nullptr);
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  printed = kj::AutoCloseFd(ends[0]);
  kj::AutoCloseFd theirs(ends[1]);
  KJ_SYSCALL(fcntl(theirs, F_SETFL, 0));
  int into = -1;
  KJ_IF_MAYBE (fd, network) into = fd->get();
  KJ_SYSCALL(pid = fork());
  if (pid == 0) become(arguments.asPtr(), into, theirs);
  exited = loop.onExit(pid);
}

Program::~Program() noexcept(false) {
  if (pid > 0) kill(pid, SIGKILL);
}

Task<int> Program::finish(Output& output) {
  char buffer[4096];
  for (;;) {
    co_await loop.whenReadable(printed);
    ssize_t size;
    KJ_NONBLOCKING_SYSCALL(size = read(printed, buffer, sizeof(buffer)));
    if (size == 0) break;
    if (size < 0) continue;
    auto text = kj::heapString(buffer, size);
    co_await output(kj::mv(text));
  }
  int status = co_await kj::mv(exited);
  pid = 0;
  co_return kj::mv(status);
}

bool Program::interrupt() {
  if (pid <= 0 || interrupted) return false;
  interrupted = true;
  kill(pid, SIGINT);
  return true;
}

kj::Maybe<kj::AutoCloseFd> networkOf(uint32_t pid) {
  auto path = kj::str("/proc/", pid, "/ns/net");
  int fd = open(path.cStr(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  kj::AutoCloseFd theirs(fd);
  struct stat own, other;
  KJ_SYSCALL(stat("/proc/self/ns/net", &own));
  KJ_SYSCALL(fstat(theirs, &other));
  if (own.st_dev == other.st_dev && own.st_ino == other.st_ino) return nullptr;
  return kj::mv(theirs);
}

}  // namespace xylem::cli

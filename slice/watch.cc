// The events themselves are thrown away: whoever waits looks anyway.

#include <slice/watch.h>

#include <kj/debug.h>
#include <kj/time.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace xylem::slice {

namespace {

kj::AutoCloseFd newQueue() {
  int fd;
  KJ_SYSCALL(fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "too many watch files (fs.inotify.max_user_instances)");
  return kj::AutoCloseFd(fd);
}

kj::AutoCloseFd openProcess(pid_t pid) {
  int fd = int(syscall(SYS_pidfd_open, pid, 0));
  if (fd >= 0) return kj::AutoCloseFd(fd);
  if (errno != ESRCH) KJ_FAIL_SYSCALL("pidfd_open", errno, pid);
  return nullptr;
}

}  // namespace

Watch::Watch(xrl::Loop& loop) : loop(loop), queue(newQueue()) {}

bool Watch::add(const std::string& path, uint32_t what) {
  if (inotify_add_watch(queue, path.c_str(), what) >= 0) return true;
  if (errno != ENOENT) KJ_FAIL_SYSCALL("inotify_add_watch", errno, path.c_str());
  return false;
}

kj::Promise<void> Watch::next() {
  return loop.whenReadable(queue).then([this]() {
    char events[4096];
    while (read(queue, events, sizeof(events)) > 0) {
    }
  });
}

Ended::Ended(pid_t pid) : process(openProcess(pid)) {}

bool Ended::isOver(int milliseconds) const {
  if (process.get() < 0) return true;
  auto& clock = kj::systemPreciseMonotonicClock();
  auto end = clock.now() + milliseconds * kj::MILLISECONDS;
  pollfd wanted{process, POLLIN, 0};
  for (;;) {
    auto left = kj::max(0 * kj::NANOSECONDS, end - clock.now());
    int got = poll(&wanted, 1, int(left / kj::MILLISECONDS));
    // The signal that a child has died comes first now and then.
    if (got >= 0 || errno != EINTR) return got > 0;
  }
}

bool Ended::signal(int number) const {
  return process.get() >= 0 && syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0) == 0;
}

}  // namespace xylem::slice

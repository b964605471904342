// Made here and bound by whoever reads it, who may be a user without rights: the agent makes it for him, and a filter
// can be put on it before the first packet.

#include <slice/kernel.h>
#include <slice/rights.h>
#include <slice/tap.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sched.h>
#include <sys/socket.h>

namespace xylem::slice {

Tap tapOf(const std::string& space, const std::string& device) {
  auto file = openPath(space, O_RDONLY);
  kj::Maybe<Inside> inside;
  if (isRootless())
    KJ_SYSCALL(setns(file, CLONE_NEWNET), space.c_str());
  else
    inside.emplace(file);
  int fd, room = 16 << 20;
  KJ_SYSCALL(fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  Tap tap{kj::AutoCloseFd(fd), uint32_t(indexOf(device))};
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
  return tap;
}

}  // namespace xylem::slice

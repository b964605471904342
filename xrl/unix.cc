// Connecting to a Unix socket succeeds or fails at once; only a full backlog makes for trying again.

#include <xrl/unix.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xylem::xrl {

namespace {

sockaddr_un addressOf(kj::StringPtr path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  KJ_REQUIRE(path.size() < sizeof address.sun_path, "the path of the run directory is too long for a socket", path);
  memcpy(address.sun_path, path.begin(), path.size());
  return address;
}

}  // namespace

kj::Maybe<kj::AutoCloseFd> connectUnix(kj::StringPtr path) {
  auto address = addressOf(path);
  int fd;
  KJ_SYSCALL(fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  kj::AutoCloseFd socket(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return kj::mv(socket);
  int error = errno;
  if (error == ENOENT || error == ECONNREFUSED || error == EAGAIN) return nullptr;
  KJ_FAIL_SYSCALL("connect", error, path);
}

kj::AutoCloseFd listenUnix(kj::StringPtr path) {
  auto address = addressOf(path);
  int fd;
  KJ_SYSCALL(fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd socket(fd);
  unlink(path.cStr());
  KJ_SYSCALL(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), path);
  KJ_SYSCALL(chmod(path.cStr(), 0666), path);
  KJ_SYSCALL(::listen(socket, 128));
  return socket;
}

Task<kj::AutoCloseFd> descriptorOf(capnp::Capability::Client capability) {
  kj::Maybe<int> carried = co_await capability.getFd();
  int copy;
  KJ_SYSCALL(copy = fcntl(KJ_REQUIRE_NONNULL(carried, "a socket without a descriptor"), F_DUPFD_CLOEXEC, 0));
  co_return kj::AutoCloseFd(copy);
}

}  // namespace xylem::xrl

// A session takes its OPEN, KEEPALIVEs and NOTIFICATIONs itself. It says one KEEPALIVE and never another: the hold time
// is long, since 0, which would be right, makes GoBGP time out at once.

#include <bench/bgp/session.h>
#include <fcntl.h>
#include <net/sockaddr.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cstring>

namespace xylem::bench {

namespace {

constexpr uint16_t PORT = 179;

kj::AutoCloseFd stream(net::Ip from, uint16_t port) {
  int fd, one = 1;
  net::SocketAddress address(from, port);
  KJ_SYSCALL(fd = socket(from.is4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd made(fd);
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
  KJ_SYSCALL(bind(fd, address.get(), address.size()), from);
  return made;
}

}  // namespace

kj::Maybe<kj::AutoCloseFd> call(net::Ip from, net::Ip to) {
  auto made = stream(from, 0);
  net::SocketAddress address(to, PORT);
  if (connect(made, address.get(), address.size()) < 0) return nullptr;
  return kj::mv(made);
}

kj::AutoCloseFd listenOn(net::Ip address) {
  auto made = stream(address, PORT);
  KJ_SYSCALL(listen(made, 128));
  KJ_SYSCALL(fcntl(made, F_SETFL, O_NONBLOCK));
  return made;
}

Session::Session(kj::AutoCloseFd given, uint32_t as, net::Ip4 identifier, uint8_t version) : socket(kj::mv(given)) {
  int one = 1;
  KJ_SYSCALL(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
  KJ_SYSCALL(fcntl(socket, F_SETFL, O_NONBLOCK));
  auto open = encodeOpen(as, identifier, version);
  write(open);
}

bool Session::fill() {
  if (begin > 0) {
    memmove(buffer.begin(), buffer.begin() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  auto size = recv(socket, buffer.begin() + end, buffer.size() - end, 0);
  if (size > 0) end += size_t(size);
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) lost = true;
  return size > 0;
}

void Session::take(const Frame& message) {
  switch (message.type) {
    case Type::OPEN:
      write(keepalive());
      break;
    case Type::KEEPALIVE:
      established = true;
      break;
    case Type::NOTIFICATION:
      if (message.body.size() >= 2)
        words = kj::str("notification ", uint(message.body[0]), "/", uint(message.body[1])).cStr();
      break;
    default:
      break;
  }
}

size_t Session::write(net::Bytes bytes) {
  auto size = send(socket, bytes.begin(), bytes.size(), MSG_NOSIGNAL);
  if (size >= 0) return size_t(size);
  if (errno != EAGAIN && errno != EINTR) lost = true;
  return 0;
}

}  // namespace xylem::bench

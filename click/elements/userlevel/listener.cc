// What goes wrong while there are tries left is a warning, and at last an error.

#include <arpa/inet.h>
#include <click/elements/userlevel/listener.h>
#include <click/router.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xylem::click {

bool Listener::readAddress(Args& args, const std::string& type) {
  auto name = toLower(type);
  uint16_t port = 0;
  isTcp = name == "tcp";
  if (isTcp) {
    if (args.mandatory("PORT", port, as::tcpPort).complete()) address = std::to_string(port);
    return true;
  }
  if (name != "unix") return false;
  if (args.mandatory("FILENAME", address).complete() && address.size() >= sizeof(sockaddr_un::sun_path))
    args.error("filename too long");
  return true;
}

int Listener::bound(std::string& failed) const {
  failed = "socket";
  int fd = ::socket(isTcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  union {
    sockaddr any;
    sockaddr_in in;
    sockaddr_un local;
  } at{};
  socklen_t size = isTcp ? sizeof at.in : sizeof at.local;
  if (isTcp) {
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    at.in.sin_family = AF_INET;
    at.in.sin_port = htons(uint16_t(std::stoi(address)));
    at.in.sin_addr.s_addr = htonl(isLocal ? INADDR_LOOPBACK : INADDR_ANY);
  } else {
    at.local.sun_family = AF_UNIX;
    memcpy(at.local.sun_path, address.c_str(), address.size() + 1);
  }
  failed = "bind";
  bool good = bind(fd, &at.any, size) == 0;
  if (good) failed = "listen";
  if (good && ::listen(fd, 16) == 0) return fd;
  int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

bool Listener::tryOpen(Errors& errors) {
  --retries;
  std::string failed;
  socket = bound(failed);
  if (socket >= 0) {
    owner->router().scheduler.watch(socket, *owner, true, false);
    return true;
  }
  failed += std::string(": ") + strerror(errno);
  if (retries < 0)
    errors.error(failed);
  else if (warnsOfRetries)
    errors.warning(failed + format(" (%d %s left)", retries + 1, retries == 0 ? "try" : "tries"));
  return false;
}

void Listener::open(Element& element, Errors& errors) {
  owner = &element;
  timer.initialize(element.router().scheduler, [this]() { retry(); });
  if (!tryOpen(errors) && retries >= 0) timer.scheduleAfter(SECOND);
}

void Listener::retry() {
  StandardErrors errors;
  if (tryOpen(errors)) return;
  if (retries >= 0)
    timer.rescheduleAfter(SECOND);
  else
    owner->router().stop();
}

void Listener::takeOver(Listener& former, Element& element) {
  owner = &element;
  std::swap(socket, former.socket);
  if (socket >= 0) owner->router().scheduler.watch(socket, *owner, true, false);
}

Listener::Peer Listener::accept() {
  sockaddr_in from{};
  socklen_t size = sizeof from;
  Peer peer;
  peer.fd = accept4(socket, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (peer.fd < 0 && errno != EAGAIN) owner->chatter(owner->declaration() + ": accept: " + strerror(errno));
  if (peer.fd < 0 || !isTcp) return peer;
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &from.sin_addr, text, sizeof text);
  peer.address = format("%s.%u", text, ntohs(from.sin_port));
  return peer;
}

void Listener::close() {
  timer.unschedule();
  if (socket < 0) return;
  ::close(socket);
  if (!isTcp) unlink(address.c_str());
  socket = -1;
}

std::string Listener::port() const {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  bool isKnown = isTcp && socket >= 0 && getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  return isKnown ? std::to_string(ntohs(at.sin_port)) : address;
}

}  // namespace xylem::click

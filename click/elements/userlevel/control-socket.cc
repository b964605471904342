// One command at a time is answered for each time a connection is looked at, so that a talkative one does not hold up
// packets; while commands are waiting, the connection counts as writable.

#include <arpa/inet.h>
#include <click/elements/userlevel/control-socket.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace xylem::click {

const Kind ControlSocket::KIND = kindOf<ControlSocket>("ControlSocket");

void ControlSocket::configure(Args& args) {
  std::string type;
  args.mandatory("TYPE", type)
      .keyword("READONLY", isReadOnly)
      .keyword("PROXY", proxy)
      .keyword("VERBOSE", isVerbose)
      .keyword("RETRIES", retries)
      .keyword("RETRY_WARNINGS", warnsOfRetries)
      .keyword("LOCALHOST", isLocal);
  if (!args.consume()) return;
  auto name = toLower(type);
  uint16_t port = 0;
  isTcp = name == "tcp";
  if (isTcp) {
    if (args.mandatory("PORT", port, as::tcpPort).complete()) address = std::to_string(port);
  } else if (name == "unix") {
    if (args.mandatory("FILENAME", address).complete() && address.size() >= sizeof(sockaddr_un::sun_path))
      args.error("filename too long");
  } else {
    for (auto& c : name) c = char(std::toupper(static_cast<unsigned char>(c)));
    args.error("unknown socket type " + quoted(name));
  }
}

void ControlSocket::initialize(Errors& errors) {
  retry.initialize(*this);
  auto former = dynamic_cast<ControlSocket*>(router().formerOf(*this));
  // Its socket is taken over later, if all else goes well.
  if (former != nullptr && fits(*former)) return;
  if (!listen(errors) && retries >= 0 && errors.count() == 0) retry.scheduleAfter(SECOND);
}

int ControlSocket::open(std::string& failed) {
  failed = "socket";
  int fd = socket(isTcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  union {
    sockaddr any;
    sockaddr_in in;
    sockaddr_un local;
  } bound{};
  socklen_t size = isTcp ? sizeof bound.in : sizeof bound.local;
  if (isTcp) {
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bound.in.sin_family = AF_INET;
    bound.in.sin_port = htons(uint16_t(std::stoi(address)));
    bound.in.sin_addr.s_addr = htonl(isLocal ? INADDR_LOOPBACK : INADDR_ANY);
  } else {
    bound.local.sun_family = AF_UNIX;
    memcpy(bound.local.sun_path, address.c_str(), address.size() + 1);
  }
  failed = "bind";
  bool good = bind(fd, &bound.any, size) == 0;
  if (good) failed = "listen";
  if (good && ::listen(fd, 16) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

bool ControlSocket::listen(Errors& errors) {
  --retries;
  std::string failed;
  listener = open(failed);
  if (listener >= 0) {
    router().scheduler.watch(listener, *this, true, false);
    return true;
  }
  failed += std::string(": ") + strerror(errno);
  if (retries < 0)
    errors.error(failed);
  else if (warnsOfRetries)
    errors.warning(failed + format(" (%d %s left)", retries + 1, retries == 0 ? "try" : "tries"));
  return false;
}

void ControlSocket::runTimer(Timer&) {
  StandardErrors errors;
  if (listener >= 0 || listen(errors)) return;
  if (retries >= 0)
    retry.rescheduleAfter(SECOND);
  else
    router().stop();
}

void ControlSocket::accept() {
  sockaddr_in from{};
  socklen_t size = sizeof from;
  int fd = accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno != EAGAIN) chatter(declaration() + ": accept: " + strerror(errno));
    return;
  }
  if (isVerbose) {
    char text[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &from.sin_addr, text, sizeof text);
    auto peer = isTcp ? format(" from %s.%u", text, ntohs(from.sin_port)) : "";
    chatter(declaration() + ": opened connection " + std::to_string(fd) + peer);
  }
  connections[fd].greet();
  selected(fd, false, true);
}

void ControlSocket::receive(int fd, ControlConnection& connection) {
  char bytes[2048];
  auto count = ::read(fd, bytes, sizeof bytes);
  if (count > 0)
    connection.in.append(bytes, size_t(count));
  else if (count == 0 || (errno != EAGAIN && errno != EINTR))
    connection.isReadClosed = true;
}

bool ControlSocket::flush(int fd, ControlConnection& connection) {
  while (!connection.out.empty()) {
    auto count = send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    connection.out.erase(0, size_t(count));
  }
  return true;
}

void ControlSocket::selected(int fd, bool readable, bool) {
  if (fd == listener) return accept();
  auto found = connections.find(fd);
  if (found == connections.end()) return;
  auto& connection = found->second;
  if (readable && !connection.isReadClosed) receive(fd, connection);
  bool answered = connection.command(policy());
  if (!flush(fd, connection)) connection.isWriteClosed = true;
  bool isWaiting = connection.isReadClosed && !answered;
  if (connection.isWriteClosed || (isWaiting && connection.out.empty())) return drop(fd);
  router().scheduler.watch(fd, *this, !connection.isReadClosed, !connection.out.empty() || answered);
}

void ControlSocket::drop(int fd) {
  router().scheduler.watch(fd, *this, false, false);
  close(fd);
  connections.erase(fd);
  if (isVerbose) chatter(declaration() + ": closed connection " + std::to_string(fd));
}

void ControlSocket::takeState(Element& former, Errors& errors) {
  auto other = dynamic_cast<ControlSocket*>(&former);
  if (other == nullptr) return;
  if (listener >= 0) return errors.error("already initialized, can't take state");
  if (!fits(*other)) return errors.error("incompatible ControlSockets");
  auto& scheduler = router().scheduler;
  scheduler.forget(*other);
  std::swap(listener, other->listener);
  connections.swap(other->connections);
  if (listener >= 0) scheduler.watch(listener, *this, true, false);
  for (auto& [fd, connection] : connections) scheduler.watch(fd, *this, !connection.isReadClosed, true);
}

void ControlSocket::cleanup() {
  if (listener >= 0) {
    close(listener);
    if (!isTcp) unlink(address.c_str());
  }
  listener = -1;
  for (auto& [fd, connection] : connections) {
    flush(fd, connection);
    close(fd);
  }
  connections.clear();
}

void ControlSocket::addHandlers(Handlers& handlers) {
  handlers.read("port", [this]() {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    bool isKnown = isTcp && listener >= 0 && getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size) == 0;
    return isKnown ? std::to_string(ntohs(bound.sin_port)) : address;
  });
}

}  // namespace xylem::click

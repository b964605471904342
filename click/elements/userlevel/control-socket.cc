// One command at a time is answered for each time a connection is looked at, so that a talkative one does not hold up
// packets; while commands are waiting, the connection counts as writable.

#include <click/elements/userlevel/control-socket.h>
#include <click/router.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace xylem::click {

const Kind ControlSocket::KIND = kindOf<ControlSocket>("ControlSocket");

void ControlSocket::configure(Args& args) {
  std::string type;
  args.mandatory("TYPE", type)
      .keyword("READONLY", isReadOnly)
      .keyword("PROXY", proxy)
      .keyword("VERBOSE", isVerbose)
      .keyword("LOCALHOST", listener.isLocal);
  if (listener.keywords(args).consume() && !listener.readAddress(args, type))
    args.error("unknown socket type " + quoted(toUpper(type)));
}

void ControlSocket::initialize(Errors& errors) {
  auto former = dynamic_cast<ControlSocket*>(router().formerOf(*this));
  // Its socket is taken over later, if all else goes well.
  if (former == nullptr || !listener.isAt(former->listener)) listener.open(*this, errors);
}

void ControlSocket::accept() {
  auto [fd, peer] = listener.accept();
  if (fd < 0) return;
  if (isVerbose)
    chatter(declaration() + ": opened connection " + std::to_string(fd) + (peer.empty() ? "" : " from " + peer));
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
  if (fd == listener.fd()) return accept();
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
  if (listener.fd() >= 0) return errors.error("already initialized, can't take state");
  if (!listener.isAt(other->listener)) return errors.error("incompatible ControlSockets");
  auto& scheduler = router().scheduler;
  scheduler.forget(*other);
  listener.takeOver(other->listener, *this);
  connections.swap(other->connections);
  for (auto& [fd, connection] : connections) scheduler.watch(fd, *this, !connection.isReadClosed, true);
}

void ControlSocket::cleanup() {
  listener.close();
  for (auto& [fd, connection] : connections) {
    flush(fd, connection);
    close(fd);
  }
  connections.clear();
}

void ControlSocket::addHandlers(Handlers& handlers) {
  handlers.read("port", [this]() { return listener.port(); });
}

}  // namespace xylem::click

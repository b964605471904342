// A packet that the socket does not take at once is held, and until it is gone nothing more is pulled.

#include <arpa/inet.h>
#include <click/elements/userlevel/socket.h>
#include <click/router.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace xylem::click {

const Kind Socket::KIND = kindOf<Socket>("Socket", "0-1/0-1", "a/h", "x/y");

void Socket::Address::set(Ip4 address, uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(address.bits);
  memcpy(&bytes, &in, sizeof in);
  size = sizeof in;
}

void Socket::Address::set(const std::string& path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  memcpy(un.sun_path, path.data(), std::min(path.size(), sizeof un.sun_path - 1));
  memcpy(&bytes, &un, sizeof un);
  size = sizeof un;
}

void Socket::configure(Args& args) {
  std::string kind;
  args.mandatory("TYPE", kind, as::word)
      .keyword("CLIENT", isClient)
      .keyword("SNAPLEN", snapLength)
      .keyword("HEADROOM", headroom)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("NODELAY", isPrompt)
      .keyword("VERBOSE", isVerbose);
  if (!args.consume()) return;
  if (snapLength == 0 || snapLength > 65536 || headroom > 65536)
    return args.error("SNAPLEN: out of range, bound 65536");
  auto name = toLower(kind);
  bool isUnix = name == "unix" || name == "unix_dgram";
  if (!isUnix && name != "tcp" && name != "udp") return args.error("unknown socket type " + quoted(kind));
  family = isUnix ? AF_UNIX : AF_INET;
  type = name == "tcp" || name == "unix" ? SOCK_STREAM : SOCK_DGRAM;
  if (isUnix) {
    std::string file, localFile;
    if (!args.mandatory("FILENAME", file).positional("LOCALFILENAME", localFile).complete()) return;
    if (std::max(file.size(), localFile.size()) >= sizeof(sockaddr_un::sun_path))
      return args.error("filename too long");
    peer.set(file);
    hasLocal = !localFile.empty();
    if (hasLocal) local.set(localFile);
    path = isClient ? localFile : file;
    return;
  }
  Ip4 address, localAddress;
  uint16_t port = 0, localPort = 0;
  auto portFormat = isStream() ? as::tcpPort : as::udpPort;
  args.mandatory("ADDRESS", address).mandatory("PORT", port, portFormat);
  hasLocal = args.size() > 2;
  if (!args.positional("LOCALADDRESS", localAddress).positional("LOCALPORT", localPort, portFormat).complete()) return;
  peer.set(address, port);
  local.set(localAddress, localPort);
}

bool Socket::fail(Errors& errors, const char* call) {
  errors.error(std::string(call) + ": " + strerror(errno));
  return false;
}

void Socket::initialize(Errors& errors) {
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return void(fail(errors, "socket"));
  connection = fd;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET && isStream() && isPrompt) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto& here = isClient ? local : peer;
  if ((!isClient || hasLocal) && bind(fd, here.any(), here.size) < 0) {
    path.clear();
    return void(fail(errors, "bind"));
  }
  if (isClient) {
    if (connect(fd, peer.any(), peer.size) < 0 && errno != EINPROGRESS) return void(fail(errors, "connect"));
  } else if (isStream()) {
    if (listen(fd, 2) < 0) return void(fail(errors, "listen"));
    std::swap(listener, connection);
    router().scheduler.watch(listener, *this, true, false);
  }
  // A datagram socket that listens knows nobody yet.
  if (!isClient) peer.size = 0;
  watch();
  if (inputs() == 0 || isPush(Direction::INPUT, 0)) return;
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

void Socket::watch() {
  if (connection >= 0) router().scheduler.watch(connection, *this, true, held != nullptr);
}

void Socket::drop() {
  if (connection < 0) return;
  router().scheduler.watch(connection, *this, false, false);
  close(connection);
  connection = -1;
  held.reset();
  if (isVerbose) chatter(declaration() + ": closed connection");
}

void Socket::accept() {
  int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (connection >= 0) {
    close(fd);
    return;
  }
  connection = fd;
  if (isVerbose) chatter(declaration() + ": opened connection");
  watch();
  task.reschedule();
}

void Socket::receive() {
  // Not for ever: others want their turn.
  for (int i = 0; i < 64 && connection >= 0; ++i) {
    auto packet = Packet::make(snapLength, headroom);
    Address from;
    from.size = sizeof from.bytes;
    auto count = recvfrom(connection, packet->data(), snapLength, 0, from.any(), &from.size);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0 && isStream()) return drop();
    if (count < 0) return;
    if (!isStream() && !isClient) peer = from;
    packet->take(snapLength - unsigned(count));
    if (hasTimestamp) packet->timestamp = router().scheduler.clock.now();
    ++received;
    pushTo(0, std::move(packet));
  }
}

bool Socket::send(const Packet& packet) {
  auto left = packet.length() - sentOfHeld;
  bool isTo = !isStream() && !isClient;
  if (connection < 0 || (isTo && peer.size == 0)) {
    ++drops;
    return true;
  }
  auto count = sendto(connection, packet.data() + sentOfHeld, left, MSG_NOSIGNAL, isTo ? peer.any() : nullptr,
                      isTo ? peer.size : 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return false;
  if (count < 0) {
    ++drops;
    if (isStream()) drop();
    return true;
  }
  if (isStream() && size_t(count) < left) {
    sentOfHeld += size_t(count);
    return false;
  }
  ++sent;
  return true;
}

void Socket::push(int, PacketPtr packet) {
  if (held != nullptr) {
    ++drops;
    return;
  }
  sentOfHeld = 0;
  if (send(*packet)) return;
  held = std::move(packet);
  watch();
}

bool Socket::runTask(Task&) {
  if (held != nullptr) return false;
  auto packet = input(0).pull();
  bool worked = packet != nullptr;
  if (worked) push(0, std::move(packet));
  if (held == nullptr && (worked || signal.active())) task.reschedule();
  return worked;
}

void Socket::selected(int fd, bool readable, bool writable) {
  if (fd == listener) return accept();
  if (fd != connection) return;
  if (writable && held != nullptr) {
    auto packet = std::move(held);
    bool isDone = send(*packet);
    if (!isDone && connection >= 0) held = std::move(packet);
    if (held == nullptr) task.reschedule();
    watch();
  }
  if (readable) receive();
}

void Socket::cleanup() {
  for (auto fd : {listener, connection})
    if (fd >= 0) close(fd);
  listener = connection = -1;
  if (family == AF_UNIX && !path.empty()) unlink(path.c_str());
}

void Socket::addHandlers(Handlers& handlers) {
  handlers.data("sent", sent);
  handlers.data("received", received);
  handlers.data("drops", drops);
}

}  // namespace xylem::click

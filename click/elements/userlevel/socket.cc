// A packet that the socket does not take at once is held, and until it is gone nothing more is pulled.

#include <arpa/inet.h>
#include <click/elements/userlevel/socket.h>
#include <click/ip4.h>
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

Ip4 Socket::Address::ip() const {
  sockaddr_in in;
  memcpy(&in, &bytes, sizeof in);
  return {ntohl(in.sin_addr.s_addr)};
}

uint16_t Socket::Address::port() const {
  sockaddr_in in;
  memcpy(&in, &bytes, sizeof in);
  return ntohs(in.sin_port);
}

std::string Socket::Address::print() const {
  if (bytes.ss_family == AF_UNIX) {
    sockaddr_un un;
    memcpy(&un, &bytes, sizeof un);
    return size > offsetof(sockaddr_un, sun_path) ? un.sun_path : "";
  }
  return ip4::print(ip()) + ":" + std::to_string(port());
}

IPLookup* Socket::table(Args& args, Element* element) {
  auto found = dynamic_cast<IPLookup*>(element);
  if (element != nullptr && found == nullptr) args.error(element->name() + " is not an IPRouteTable");
  return found;
}

void Socket::configure(Args& args) {
  std::string kind;
  Element *allow = nullptr, *deny = nullptr;
  bool ignored;
  isClient = outputs() == 0;
  args.mandatory("TYPE", kind, as::word)
      .keyword("CLIENT", isClient)
      .keyword("SNAPLEN", snapLength)
      .keyword("HEADROOM", headroom)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("NODELAY", isPrompt)
      .keyword("RCVBUF", receiveBuffer)
      .keyword("SNDBUF", sendBuffer)
      .keyword("ALLOW", allow)
      .keyword("DENY", deny)
      .keyword("PROPER", ignored)
      .keyword("VERBOSE", isVerbose);
  if (!args.consume()) return;
  if (snapLength == 0 || snapLength > 65536 || headroom > 65536)
    return args.error("SNAPLEN: out of range, bound 65536");
  allowed = table(args, allow);
  denied = table(args, deny);
  auto name = toLower(kind);
  bool isUnix = name == "unix" || name == "unix_dgram";
  if (!isUnix && name != "tcp" && name != "udp") return args.error("unknown socket type `" + toUpper(kind) + "'");
  family = isUnix ? AF_UNIX : AF_INET;
  type = name == "tcp" || name == "unix" ? SOCK_STREAM : SOCK_DGRAM;
  readAddresses(args);
}

void Socket::readAddresses(Args& args) {
  if (family == AF_UNIX) {
    std::string file, localFile;
    if (!args.mandatory("FILENAME", file).positional("LOCAL_FILENAME", localFile).complete()) return;
    constexpr auto ROOM = sizeof(sockaddr_un::sun_path);
    if (file.size() >= ROOM) return args.error("remote filename " + quoted(file) + " too long");
    if (localFile.size() >= ROOM) return args.error("local filename " + quoted(localFile) + " too long");
    peer.set(file);
    hasLocal = !localFile.empty();
    if (hasLocal) local.set(localFile);
    path = isClient ? localFile : file;
    return;
  }
  Ip4 address, localAddress;
  uint16_t port = 0, localPort = 0;
  auto portFormat = isStream() ? as::tcpPort : as::udpPort;
  args.mandatory("ADDR", address).mandatory("PORT", port, portFormat);
  hasLocal = args.size() > 2;
  if (!args.positional("LOCAL_ADDR", localAddress).positional("LOCAL_PORT", localPort, portFormat).complete()) return;
  isToAnnotation = isClient && !isStream() && address == Ip4{};
  peer.set(address, port);
  local.set(localAddress, localPort);
}

bool Socket::fail(Errors& errors, const char* call) {
  errors.error(std::string(call) + ": " + strerror(errno));
  return false;
}

bool Socket::setOptions(int fd, Errors& errors) {
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET && isStream() && isPrompt) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (sendBuffer && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &*sendBuffer, sizeof *sendBuffer) < 0)
    return fail(errors, "setsockopt(SO_SNDBUF)");
  if (receiveBuffer && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &*receiveBuffer, sizeof *receiveBuffer) < 0)
    return fail(errors, "setsockopt(SO_RCVBUF)");
  return true;
}

bool Socket::open(Errors& errors) {
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(errors, "socket");
  connection = fd;
  if (!setOptions(fd, errors)) return false;
  auto& here = isClient ? local : peer;
  if ((!isClient || hasLocal) && bind(fd, here.any(), here.size) < 0) {
    path.clear();
    return fail(errors, "bind");
  }
  if (isClient) {
    bool isGood = isToAnnotation || connect(fd, peer.any(), peer.size) == 0 || errno == EINPROGRESS;
    if (!isGood) return fail(errors, "connect");
    if (isVerbose && isStream()) chatter(declaration() + format(": opened connection %d to ", fd) + peer.print());
  } else if (isStream()) {
    if (listen(fd, 2) < 0) return fail(errors, "listen");
    std::swap(listener, connection);
    router().scheduler.watch(listener, *this, true, false);
    if (isVerbose) chatter(declaration() + ": listening for connections on " + peer.print() + format(" (%d)", fd));
  }
  return true;
}

void Socket::initialize(Errors& errors) {
  if (!open(errors)) return;
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
  if (isVerbose) chatter(declaration() + ": closed connection " + std::to_string(connection));
  connection = -1;
  held.reset();
}

bool Socket::isAllowed(const Address& from) const {
  if (family != AF_INET || (allowed != nullptr && allowed->hasRouteTo(from.ip()))) return true;
  return denied == nullptr || !denied->hasRouteTo(from.ip());
}

void Socket::accept() {
  Address from;
  from.size = sizeof from.bytes;
  int fd = accept4(listener, from.any(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  bool isGood = isAllowed(from);
  if (isVerbose)
    chatter(declaration() + format(": %s connection %d from ", isGood ? "opened" : "denied", fd) + from.print());
  if (!isGood || connection >= 0) {
    close(fd);
    return;
  }
  connection = fd;
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
    if (!isStream() && !isClient) {
      if (!isAllowed(from)) {
        if (isVerbose) chatter(declaration() + ": dropped datagram from " + from.print());
        continue;
      }
      peer = from;
    }
    packet->take(snapLength - unsigned(count));
    if (hasTimestamp) packet->timestamp = router().scheduler.clock.now();
    ++received;
    pushTo(0, std::move(packet));
  }
}

bool Socket::send(const Packet& packet) {
  auto left = packet.length() - sentOfHeld;
  if (connection < 0 || (sendsTo() && peer.size == 0)) {
    ++drops;
    return true;
  }
  if (isToAnnotation) peer.set({packet.dstIp()}, peer.port());
  auto count = sendto(connection, packet.data() + sentOfHeld, left, MSG_NOSIGNAL, sendsTo() ? peer.any() : nullptr,
                      sendsTo() ? peer.size : 0);
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

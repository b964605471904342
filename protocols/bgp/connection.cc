// Buffers that a bulk of messages has filled are given back when there is no more of it: most of the time, of most
// sessions, there is nothing but keepalives.
//
// Reading and writing are two tasks. A NOTIFICATION is lost when a close meets unread data, since TCP then resets the
// connection: hence `finish`, which shuts down, drains, and only then closes.

#include <protocols/bgp/connection.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xrl/log.h>

#include <cerrno>
#include <cstring>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr size_t BUFFER = 256 << 10;
constexpr size_t KEPT = 16 << 10;
// Of a buffer, so much may have been used while it is kept.
constexpr auto LINGER = 1 * kj::SECONDS;

kj::Promise<void> turn() {
  // Others first.
  return kj::evalLast([]() {});
}

net::Endpoint endOf(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (ask(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return net::fromSockaddr(reinterpret_cast<sockaddr*>(&storage), size).orDefault(net::Endpoint());
}

}  // namespace

Connection::Connection(xrl::Loop& loop, Owner& owner, Way way, kj::AutoCloseFd given, kj::Maybe<net::Ip> to,
                       uint16_t port, uint scope)
    : loop(loop), owner(owner), way(way), fd(kj::mv(given)) {
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  open = way == Way::INCOMING;
  living = kj::Promise<void>(live(to, port, scope)).eagerlyEvaluate([this](kj::Exception&& bug) {
    xrl::log::error("connection stopped", "reason", bug.getDescription());
    fail("internal error");
  });
}

Connection::~Connection() noexcept(false) {}

Task<void> Connection::live(kj::Maybe<net::Ip> to, uint16_t port, uint scope) {
  // Nothing is told to the owner before it has this object.
  auto later = turn();
  co_await kj::mv(later);
  KJ_IF_MAYBE (address, to) {
    net::SocketAddress there(*address, port, scope);
    int result = ::connect(fd, there.get(), there.size());
    int problem = result == 0 ? 0 : errno;
    if (problem == EINPROGRESS) {
      co_await loop.whenWritable(fd);
      socklen_t size = sizeof problem;
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    }
    if (problem != 0) {
      fail(strerror(problem));
      co_return;
    }
  }
  open = true;
  writing = kj::Promise<void>(writeAll()).eagerlyEvaluate(nullptr);
  KJ_IF_MAYBE (told, owner) told->connected(way);
  auto reading = readAll();
  co_await kj::mv(reading);
}

Task<void> Connection::readAll() {
  xrl::Readiness readable(loop, fd, xrl::Readiness::READ);
  size_t used = 0;
  while (owner != nullptr) {
    if (unread == 0) {
      if (used > KEPT) in = nullptr;
      used = 0;
      auto ready = readable.wait();
      co_await kj::mv(ready);
    }
    if (owner == nullptr) co_return;
    if (in == nullptr) in = kj::heapArray<kj::byte>(BUFFER);
    ssize_t count = ::read(fd, in.begin() + unread, in.size() - unread);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      fail(strerror(errno));
      co_return;
    }
    if (count == 0 && unread < in.size()) {
      fail("closed by the neighbor");
      co_return;
    }
    if (count > 0) unread += size_t(count);
    used = kj::max(used, unread);
    size_t taken = 0;
    KJ_IF_MAYBE (told, owner) taken = told->received(way, in.slice(0, unread));
    unread -= taken;
    if (unread > 0) {
      memmove(in.begin(), in.begin() + taken, unread);
      auto later = turn();
      co_await kj::mv(later);
    }
  }
}

void Connection::send(Bytes bytes) {
  if (sent > KEPT && sent >= waiting()) {
    // Whoever is always sent more before it has taken all would have everything kept that was ever sent.
    kj::Vector<kj::byte> rest(waiting() + bytes.size());
    rest.addAll(out.slice(sent, out.size()));
    out = kj::mv(rest);
    sent = 0;
  }
  out.addAll(bytes);
  more.ring();
}

bool Connection::write() {
  // Whether all is sent.
  while (waiting() > 0) {
    ssize_t count = ::send(fd, out.begin() + sent, waiting(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) {
      // The reader finds out why.
      sent = out.size();
      break;
    }
    sent += size_t(count);
  }
  if (out.capacity() > KEPT) out = kj::Vector<kj::byte>();
  out.clear();
  sent = 0;
  return true;
}

Task<void> Connection::writeAll() {
  xrl::Readiness writable(loop, fd, xrl::Readiness::WRITE);
  for (;;) {
    auto before = waiting();
    bool all = write();
    if (waiting() < before)
      KJ_IF_MAYBE (told, owner) told->written(way, waiting());
    if (waiting() > 0 && all) continue;
    if (all) {
      auto ring = more.wait();
      co_await kj::mv(ring);
      // All that is sent in one turn of the loop goes out together.
      auto later = turn();
      co_await kj::mv(later);
    } else {
      auto ready = writable.wait();
      co_await kj::mv(ready);
    }
  }
}

Task<void> Connection::drain() {
  writing = nullptr;
  living = nullptr;
  auto deadline = loop.timer().now() + LINGER;
  while (!write() && loop.timer().now() < deadline) {
    auto ready = loop.whenWritable(fd).exclusiveJoin(loop.timer().atTime(deadline));
    co_await kj::mv(ready);
  }
  ::shutdown(fd, SHUT_WR);
  if (in == nullptr) in = kj::heapArray<kj::byte>(BUFFER);
  while (loop.timer().now() < deadline) {
    ssize_t count = ::read(fd, in.begin(), in.size());
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (count > 0) continue;
    auto ready = loop.whenReadable(fd).exclusiveJoin(loop.timer().atTime(deadline));
    co_await kj::mv(ready);
  }
}

void Connection::fail(kj::StringPtr reason) {
  KJ_IF_MAYBE (told, owner) {
    auto& whom = *told;
    owner = nullptr;
    whom.lost(way, reason);
  }
}

bool Connection::hasUnread() const {
  int count = 0;
  return unread > 0 || (ioctl(fd, FIONREAD, &count) == 0 && count > 0);
}

net::Endpoint Connection::here() const { return endOf(fd, &getsockname); }
net::Endpoint Connection::there() const { return endOf(fd, &getpeername); }

void Connection::finish(kj::Own<Connection> connection, kj::TaskSet& tasks) {
  connection->owner = nullptr;
  if (!connection->open) return drop(kj::mv(connection), tasks);
  auto& self = *connection;
  tasks.add(turn().then([&self]() -> kj::Promise<void> { return self.drain(); }).attach(kj::mv(connection)));
}

void Connection::drop(kj::Own<Connection> connection, kj::TaskSet& tasks) {
  connection->owner = nullptr;
  tasks.add(turn().attach(kj::mv(connection)));
}

}  // namespace xylem::bgp

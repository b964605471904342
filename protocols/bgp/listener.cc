// A connection is taken whoever calls from wherever, for what a signature demands the kernel has checked.

#include <protocols/bgp/listener.h>

#include <sys/socket.h>
#include <xrl/log.h>
#include <xrl/socket-options.h>

#include <cerrno>
#include <cstring>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr uint16_t PORT = 179;
constexpr auto PAUSE = 1 * kj::SECONDS;

void report(kj::Exception&& bug) {
  xrl::log::error("work stopped", "work", "listening", "reason", bug.getDescription());
}

}  // namespace

Listener::Listener(xrl::Loop& loop, kit::Sockets& sockets, Came came)
    : loop(loop),
      sockets(sockets),
      came(kj::mv(came)),
      four(kj::Promise<void>(listen(4)).eagerlyEvaluate(&report)),
      six(kj::Promise<void>(listen(6)).eagerlyEvaluate(&report)) {}

Task<void> Listener::listen(uint8_t version) {
  for (;;) {
    auto asked = sockets.tcp([version](fea::Fea::TcpOptions::Builder options) {
      options.setVersion(version);
      options.setPort(PORT);
      options.setListen(true);
    });
    kj::Maybe<kj::AutoCloseFd> socket;
    auto given = asked.then([&socket](kj::AutoCloseFd fd) { socket = kj::mv(fd); });
    auto caught = given.catch_(
        [](kj::Exception&& problem) { xrl::log::warn("cannot listen", "reason", problem.getDescription()); });
    co_await kj::mv(caught);
    KJ_IF_MAYBE (fd, socket) {
      auto accepting = accept(kj::mv(*fd), version);
      co_await kj::mv(accepting);
    }
    co_await loop.timer().afterDelay(PAUSE);
  }
}

Task<void> Listener::accept(kj::AutoCloseFd fd, uint8_t version) {
  listening[version] = fd;
  KJ_DEFER(listening.erase(version));
  for (auto& [net, key] : keys)
    if (net.version() == version) tell(fd, net, key);
  for (;;) {
    co_await loop.whenReadable(fd);
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int number = ::accept4(fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (number < 0) {
      if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) continue;
      // Out of descriptors, most likely: others first.
      co_await loop.timer().afterDelay(PAUSE);
      continue;
    }
    kj::AutoCloseFd connection(number);
    KJ_IF_MAYBE (there, net::fromSockaddr(reinterpret_cast<sockaddr*>(&from), size)) came(kj::mv(connection), *there);
  }
}

void Listener::tell(int fd, net::IpNet net, const std::string& key) {
  bool isSet = xrl::setTcpKey(fd, net, kj::arrayPtr(key.data(), key.size()).asBytes());
  if (!isSet && !key.empty()) xrl::log::error("cannot set a key", "neighbor", net, "reason", strerror(errno));
}

void Listener::setKeys(Keys wanted) {
  auto tellAll = [&](net::IpNet net, const std::string& key) {
    auto found = listening.find(uint8_t(net.version()));
    if (found != listening.end()) tell(found->second, net, key);
  };
  for (auto& [net, key] : keys)
    if (wanted.count(net) == 0) tellAll(net, "");
  for (auto& [net, key] : wanted)
    if (keys.count(net) == 0 || keys[net] != key) tellAll(net, key);
  keys = kj::mv(wanted);
}

}  // namespace xylem::bgp

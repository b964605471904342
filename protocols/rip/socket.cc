// Sockets of RIP: UDP port 520 (RFC 2453 section 3.6) or 521 (RFC 2080 section 2.1), one for each interface and bound
// to it, so that the kernel tells the interfaces apart. RIPng is sent with hop limit 255, by which a receiver knows
// that it came over one link.

#include <protocols/rip/socket.h>

#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/kit/datagram.h>
#include <xrl/log.h>

#include <cerrno>
#include <cstring>

namespace xylem::rip {

namespace {

constexpr size_t MAX_DATAGRAM = 65535;
constexpr int BURST = 64;
// Packets taken before others have their turn.
constexpr auto PAUSE = 1 * kj::SECONDS;

}  // namespace

template <typename F>
Socket<F>::Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, kj::Function<void()> opened,
                  Received received)
    : index(interface.index),
      loop(loop),
      sockets(sockets),
      interface(interface.name),
      opened(kj::mv(opened)),
      received(kj::mv(received)),
      buffer(kj::heapArray<kj::byte>(MAX_DATAGRAM)),
      living(nullptr) {
  living = kj::Promise<void>(live()).eagerlyEvaluate([this](kj::Exception&& problem) {
    xrl::log::error("socket failed", "interface", this->interface.c_str(), "reason", problem.getDescription());
  });
}

template <typename F> xrl::Task<void> Socket<F>::live() {
  for (;;) {
    auto asked = sockets.udp([this](fea::Fea::UdpOptions::Builder options) {
      options.setVersion(F::Address::VERSION);
      options.setPort(F::PORT);
      options.setInterface(interface.c_str());
      options.setHops(IS_RIP<F> ? 1 : 255);
      net::write(net::Ip(F::GROUP), options.initGroups(1)[0]);
    });
    kj::Maybe<kj::AutoCloseFd> given;
    auto taken = asked.then([&given](kj::AutoCloseFd fd) { given = kj::mv(fd); });
    auto caught = taken.catch_([this](kj::Exception&& problem) {
      xrl::log::warn("no socket", "interface", interface.c_str(), "reason", problem.getDescription());
    });
    co_await kj::mv(caught);
    KJ_IF_MAYBE (socket, given) {
      fd = kj::mv(*socket);
      opened();
      auto receiving = receiveAll();
      co_await kj::mv(receiving);
    }
    co_await loop.timer().afterDelay(PAUSE);
  }
}

template <typename F> xrl::Task<void> Socket<F>::receiveAll() {
  xrl::Readiness arrival(loop, fd, xrl::Readiness::READ);
  for (;;) {
    co_await arrival.wait();
    for (int i = 0; i < BURST && receive(); ++i) {
    }
  }
}

template <typename F> bool Socket<F>::receive() {
  KJ_IF_MAYBE (arrival, kit::receive(fd, buffer)) {
    auto& address = arrival->from.address;
    if (address.isNone()) return true;
    Datagram<F> datagram;
    if constexpr (IS_RIP<F>)
      datagram.from = address.v4();
    else
      datagram.from = address.v6();
    datagram.port = arrival->from.port;
    datagram.multicast = arrival->multicast;
    datagram.hops = arrival->hops;
    datagram.bytes = arrival->bytes;
    received(datagram);
    return true;
  }
  return false;
}

template <typename F> void Socket<F>::send(typename F::Address to, uint16_t port, kj::ArrayPtr<const kj::byte> packet) {
  if (!isOpen()) return;
  net::SocketAddress address(net::Ip(to), port, IS_RIP<F> ? 0 : index);
  if (sendto(fd, packet.begin(), packet.size(), 0, address.get(), address.size()) < 0)
    xrl::log::debug("not sent", "interface", interface.c_str(), "reason", strerror(errno));
}

template class Socket<Rip>;
template class Socket<Ripng>;

}  // namespace xylem::rip

// Sockets of RIP: UDP port 520 (RFC 2453 section 3.6) or 521 (RFC 2080 section 2.1), one for each interface and bound
// to it, so that the kernel tells the interfaces apart. RIPng is sent with hop limit 255, by which a receiver knows
// that it came over one link.

#include <protocols/rip/socket.h>

#include <net/wire.h>

namespace xylem::rip {

template <typename F>
Socket<F>::Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, kj::Function<void()> opened,
                  Received received)
    : received(kj::mv(received)),
      socket(
          loop, interface,
          [&sockets, name = kj::str(interface.name.c_str())]() {
            return sockets.udp([&name](fea::Fea::UdpOptions::Builder options) {
              options.setVersion(F::Address::VERSION);
              options.setPort(F::PORT);
              options.setInterface(name);
              options.setHops(IS_RIP<F> ? 1 : 255);
              net::write(net::Ip(F::GROUP), options.initGroups(1)[0]);
            });
          },
          kj::mv(opened), [this](const kit::Arrival& arrival) { take(arrival); }) {}

template <typename F> void Socket<F>::take(const kit::Arrival& arrival) {
  auto& address = arrival.from.address;
  if (address.isNone()) return;
  Datagram<F> datagram;
  if constexpr (IS_RIP<F>)
    datagram.from = address.v4();
  else
    datagram.from = address.v6();
  datagram.port = arrival.from.port;
  datagram.multicast = arrival.multicast;
  datagram.hops = arrival.hops;
  datagram.bytes = arrival.bytes;
  received(datagram);
}

template <typename F> void Socket<F>::send(typename F::Address to, uint16_t port, kj::ArrayPtr<const kj::byte> packet) {
  if (!isOpen()) return;
  net::SocketAddress address(net::Ip(to), port, IS_RIP<F> ? 0 : index());
  if (sendto(socket.fd(), packet.begin(), packet.size(), 0, address.get(), address.size()) < 0) socket.notSent();
}

template class Socket<Rip>;
template class Socket<Ripng>;

}  // namespace xylem::rip

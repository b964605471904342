// Raw sockets, one for each interface and bound to it. The kernel hands on the IP header with what comes, and makes the
// one of what goes, with the source that is named beside each packet: an interface may have several addresses, and one
// without any speaks with another's.
//
// Packets go over one link, with TTL 1, but for those of virtual links.

#include <protocols/ospf/socket.h>

#include <net/wire.h>
#include <sys/socket.h>

#include <cstring>

namespace xylem::ospf {

namespace {

constexpr int FAR_HOPS = 64;
constexpr int PRECEDENCE = 0xc0;
// Internetwork control (RFC 2328 section 4.3).

template <typename T> void put(cmsghdr*& at, int type, const T& value) {
  at->cmsg_level = IPPROTO_IP;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(sizeof value);
  memcpy(CMSG_DATA(at), &value, sizeof value);
  at = reinterpret_cast<cmsghdr*>(reinterpret_cast<kj::byte*>(at) + CMSG_SPACE(sizeof value));
}

Bytes withoutHeader(Bytes datagram) {
  if (datagram.size() == 0) return nullptr;
  size_t header = (datagram[0] & 15u) * 4;
  return header > datagram.size() ? Bytes(nullptr) : datagram.slice(header, datagram.size());
}

}  // namespace

Socket::Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, kj::Function<void()> opened,
               Received received)
    : opened(kj::mv(opened)),
      received(kj::mv(received)),
      socket(
          loop, interface,
          [&sockets, name = kj::str(interface.name.c_str())]() {
            return sockets.raw([&name](fea::Fea::RawOptions::Builder options) {
              options.setVersion(4);
              options.setProtocol(PROTOCOL);
              options.setInterface(name);
              auto groups = options.initGroups(2);
              net::write(net::Ip(ALL_ROUTERS), groups[0]);
              net::write(net::Ip(ALL_DESIGNATED), groups[1]);
            });
          },
          [this]() {
            setsockopt(socket.fd(), IPPROTO_IP, IP_TOS, &PRECEDENCE, sizeof PRECEDENCE);
            this->opened();
          },
          [this](const kit::Arrival& arrival) {
            auto& address = arrival.from.address;
            if (address.is4()) this->received(Packet{address, arrival.multicast, withoutHeader(arrival.bytes)});
          }) {}

void Socket::send(Ip source, Ip to, bool far, kj::ArrayPtr<const kj::byte> packet) {
  if (!isOpen()) return;
  net::SocketAddress address(to, 0, 0);
  alignas(cmsghdr) kj::byte control[CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int))] = {};
  auto at = reinterpret_cast<cmsghdr*>(control);
  in_pktinfo info{};
  info.ipi_ifindex = int(index());
  info.ipi_spec_dst.s_addr = htonl(source.v4().bits);
  put(at, IP_PKTINFO, info);
  if (far) put(at, IP_TTL, FAR_HOPS);
  iovec piece{const_cast<kj::byte*>(packet.begin()), packet.size()};
  msghdr header{};
  header.msg_name = const_cast<sockaddr*>(address.get());
  header.msg_namelen = address.size();
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = size_t(reinterpret_cast<kj::byte*>(at) - control);
  if (sendmsg(socket.fd(), &header, 0) < 0) socket.notSent();
}

}  // namespace xylem::ospf

// Raw sockets, one for each interface and bound to it. For IPv4, the kernel hands on the IP header with what comes, and
// makes the one of what goes, with the source that is named beside each packet: an interface may have several
// addresses, and one without any speaks with another's. For IPv6, the source is always named: OSPF's own checksum
// covers it, and the destination (RFC 5340 section A.3.1). The kernel, which makes such checksums for raw sockets,
// would have that cover what stands behind a packet, link-local signalling, and its length; it covers the packet alone.
// From others, of which the kernel may have made it, either is good.
//
// Packets go over one link, with TTL 1, but for those of virtual links.

#include <protocols/ospf/socket.h>

#include <net/checksum.h>
#include <net/wire.h>
#include <sys/socket.h>

#include <cstring>

namespace xylem::ospf {

namespace {

constexpr int FAR_HOPS = 64;
constexpr int PRECEDENCE = 0xc0;
// Internetwork control (RFC 2328 section 4.3).

class Control {
  // What is said to the kernel beside a packet.
 public:
  template <typename T> void put(int level, int type, const T& value) {
    auto at = reinterpret_cast<cmsghdr*>(bytes + used);
    at->cmsg_level = level;
    at->cmsg_type = type;
    at->cmsg_len = CMSG_LEN(sizeof value);
    memcpy(CMSG_DATA(at), &value, sizeof value);
    used += CMSG_SPACE(sizeof value);
  }

  alignas(cmsghdr) kj::byte bytes[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))] = {};
  size_t used = 0;
};

Control controlOf(uint32_t index, Ip source, bool far, bool six) {
  Control control;
  if (six) {
    in6_pktinfo info{};
    info.ipi6_ifindex = index;
    source.v6().toBytes(info.ipi6_addr.s6_addr);
    control.put(IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else {
    in_pktinfo info{};
    info.ipi_ifindex = int(index);
    info.ipi_spec_dst.s_addr = htonl(source.v4().bits);
    control.put(IPPROTO_IP, IP_PKTINFO, info);
  }
  if (far) control.put(six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_HOPLIMIT : IP_TTL, FAR_HOPS);
  return control;
}

Bytes withoutHeader(Bytes datagram) {
  if (datagram.size() == 0) return nullptr;
  size_t header = (datagram[0] & 15u) * 4;
  return header > datagram.size() ? Bytes(nullptr) : datagram.slice(header, datagram.size());
}

net::InternetChecksum sumOf(Ip source, Ip to, Bytes packet) {
  kj::byte around[40] = {};
  source.v6().toBytes(around);
  to.v6().toBytes(around + 16);
  around[34] = kj::byte(packet.size() >> 8);
  around[35] = kj::byte(packet.size());
  around[39] = PROTOCOL;
  net::InternetChecksum sum;
  sum.add(kj::arrayPtr(around, sizeof around)).add(packet);
  return sum;
}

size_t lengthOf(Bytes packet) {
  // As it says itself, but no more than there is.
  net::ByteReader in(packet);
  in.skip(2);
  return kj::min(size_t(in.u16()), packet.size());
}

bool isWhole(Ip source, Ip to, Bytes packet) {
  return sumOf(source, to, packet.slice(0, lengthOf(packet))).value() == 0 || sumOf(source, to, packet).value() == 0;
}

void writeGroups(Face face, capnp::List<net::wire::Ip>::Builder groups) {
  net::write(isV3(face) ? Ip(ALL_ROUTERS6) : Ip(ALL_ROUTERS), groups[0]);
  net::write(isV3(face) ? Ip(ALL_DESIGNATED6) : Ip(ALL_DESIGNATED), groups[1]);
}

}  // namespace

Socket::Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, Face face,
               kj::Function<void()> opened, Received received)
    : face(face),
      opened(kj::mv(opened)),
      received(kj::mv(received)),
      socket(
          loop, interface,
          [&sockets, face, name = kj::str(interface.name.c_str())]() {
            return sockets.raw([&name, face](fea::Fea::RawOptions::Builder options) {
              options.setVersion(isV3(face) ? 6 : 4);
              options.setProtocol(PROTOCOL);
              options.setInterface(name);
              writeGroups(face, options.initGroups(2));
            });
          },
          [this]() {
            prepare();
            this->opened();
          },
          [this](const kit::Arrival& arrival) {
            auto& address = arrival.from.address;
            bool six = isV3(this->face);
            if (address.version() != (six ? 6 : 4)) return;
            if (six && checksum && !isWhole(address, arrival.to, arrival.bytes)) return;
            this->received(Packet{address, arrival.multicast, six ? arrival.bytes : withoutHeader(arrival.bytes)});
          }) {}

void Socket::prepare() {
  if (isV3(face))
    setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_TCLASS, &PRECEDENCE, sizeof PRECEDENCE);
  else
    setsockopt(socket.fd(), IPPROTO_IP, IP_TOS, &PRECEDENCE, sizeof PRECEDENCE);
}

void Socket::send(Ip source, Ip to, bool far, kj::Array<kj::byte> packet) {
  if (!isOpen()) return;
  if (isV3(face) && checksum) {
    uint16_t sum = sumOf(source, to, packet.slice(0, lengthOf(packet))).value();
    packet[CHECKSUM_AT] = kj::byte(sum >> 8);
    packet[CHECKSUM_AT + 1] = kj::byte(sum);
  }
  bool local = to.is6() && (to.v6().isLinkLocal() || to.v6().isLinkLocalMulticast());
  net::SocketAddress address(to, 0, local ? index() : 0);
  auto control = controlOf(index(), source, far, to.is6());
  iovec piece{packet.begin(), packet.size()};
  msghdr header{};
  header.msg_name = const_cast<sockaddr*>(address.get());
  header.msg_namelen = address.size();
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = control.used;
  if (sendmsg(socket.fd(), &header, 0) < 0) socket.notSent();
}

}  // namespace xylem::ospf

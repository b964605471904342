// Raw sockets, one for each interface and bound to it. The kernel hands on the IP header with what comes, and makes the
// one of what goes, with the source that is named beside each packet: an interface may have several addresses, and one
// without any speaks with another's.
//
// Packets go over one link, with TTL 1, but for those of virtual links.

#include <protocols/ospf/socket.h>

#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/kit/datagram.h>
#include <sys/socket.h>
#include <xrl/log.h>

#include <cerrno>
#include <cstring>

namespace xylem::ospf {

namespace {

constexpr size_t MAX_DATAGRAM = 65535;
constexpr int BURST = 64;
// Packets taken before others have their turn.
constexpr auto PAUSE = 1 * kj::SECONDS;
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

xrl::Task<void> Socket::live() {
  for (;;) {
    auto asked = sockets.raw([this](fea::Fea::RawOptions::Builder options) {
      options.setVersion(4);
      options.setProtocol(PROTOCOL);
      options.setInterface(interface.c_str());
      auto groups = options.initGroups(2);
      net::write(net::Ip(ALL_ROUTERS), groups[0]);
      net::write(net::Ip(ALL_DESIGNATED), groups[1]);
    });
    kj::Maybe<kj::AutoCloseFd> given;
    auto taken = asked.then([&given](kj::AutoCloseFd fd) { given = kj::mv(fd); });
    auto caught = taken.catch_([this](kj::Exception&& problem) {
      xrl::log::warn("no socket", "interface", interface.c_str(), "reason", problem.getDescription());
    });
    co_await kj::mv(caught);
    KJ_IF_MAYBE (socket, given) {
      fd = kj::mv(*socket);
      setsockopt(fd, IPPROTO_IP, IP_TOS, &PRECEDENCE, sizeof PRECEDENCE);
      opened();
      auto receiving = receiveAll();
      co_await kj::mv(receiving);
    }
    co_await loop.timer().afterDelay(PAUSE);
  }
}

xrl::Task<void> Socket::receiveAll() {
  xrl::Readiness arrival(loop, fd, xrl::Readiness::READ);
  for (;;) {
    co_await arrival.wait();
    for (int i = 0; i < BURST && receive(); ++i) {
    }
  }
}

bool Socket::receive() {
  KJ_IF_MAYBE (arrival, kit::receive(fd, buffer)) {
    auto& address = arrival->from.address;
    if (address.is4()) received(Packet{address.v4(), arrival->multicast, withoutHeader(arrival->bytes)});
    return true;
  }
  return false;
}

void Socket::send(Ip4 source, Ip4 to, bool far, kj::ArrayPtr<const kj::byte> packet) {
  if (!isOpen()) return;
  net::SocketAddress address(net::Ip(to), 0, 0);
  alignas(cmsghdr) kj::byte control[CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int))] = {};
  auto at = reinterpret_cast<cmsghdr*>(control);
  in_pktinfo info{};
  info.ipi_ifindex = int(index);
  info.ipi_spec_dst.s_addr = htonl(source.bits);
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
  if (sendmsg(fd, &header, 0) < 0)
    xrl::log::debug("not sent", "interface", interface.c_str(), "reason", strerror(errno));
}

}  // namespace xylem::ospf

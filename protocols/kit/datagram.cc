// The FEA has asked the kernel for what is read here: IP_PKTINFO and IP_RECVTTL, IPV6_RECVPKTINFO and
// IPV6_RECVHOPLIMIT.

#include <protocols/kit/datagram.h>

#include <cerrno>
#include <cstring>

namespace xylem::kit {

namespace {

template <typename T> T contentOf(cmsghdr& header) {
  T value;
  memcpy(&value, CMSG_DATA(&header), sizeof value);
  return value;
}

void note(cmsghdr& header, Arrival& arrival) {
  bool four = header.cmsg_level == IPPROTO_IP, six = header.cmsg_level == IPPROTO_IPV6;
  if (four && header.cmsg_type == IP_PKTINFO)
    arrival.to = net::Ip4{ntohl(contentOf<in_pktinfo>(header).ipi_addr.s_addr)};
  if (six && header.cmsg_type == IPV6_PKTINFO)
    arrival.to = net::Ip6::fromBytes(contentOf<in6_pktinfo>(header).ipi6_addr.s6_addr);
  if ((four && header.cmsg_type == IP_TTL) || (six && header.cmsg_type == IPV6_HOPLIMIT))
    arrival.hops = uint8_t(contentOf<int>(header));
}

}  // namespace

kj::Maybe<Arrival> receive(int fd, kj::ArrayPtr<kj::byte> buffer) {
  sockaddr_storage from;
  iovec piece{buffer.begin(), buffer.size()};
  alignas(cmsghdr) char control[256];
  msghdr header{};
  header.msg_name = &from;
  header.msg_namelen = sizeof from;
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t size;
  do size = recvmsg(fd, &header, 0);
  while (size < 0 && errno == EINTR);
  if (size < 0) return nullptr;
  Arrival arrival;
  arrival.bytes = buffer.slice(0, size_t(size));
  KJ_IF_MAYBE (sender, net::fromSockaddr(reinterpret_cast<sockaddr*>(&from), header.msg_namelen))
    arrival.from = *sender;
  for (auto each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) note(*each, arrival);
  arrival.multicast = arrival.to.isMulticast();
  return arrival;
}

}  // namespace xylem::kit

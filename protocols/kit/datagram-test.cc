#include <protocols/kit/datagram.h>

#include <gtest/gtest.h>
#include <kj/io.h>

namespace xylem::kit {
namespace {

kj::AutoCloseFd udp(net::Ip at, uint16_t& port) {
  // Set up as the FEA does it, at any port.
  bool four = at.is4();
  kj::AutoCloseFd fd(socket(four ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int one = 1, hops = 9;
  setsockopt(fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_PKTINFO : IPV6_RECVPKTINFO, &one, sizeof one);
  setsockopt(fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &one, sizeof one);
  setsockopt(fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, &hops, sizeof hops);
  net::SocketAddress address(at, 0);
  EXPECT_EQ(bind(fd, address.get(), address.size()), 0);
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  port = KJ_ASSERT_NONNULL(net::fromSockaddr(reinterpret_cast<sockaddr*>(&storage), size)).port;
  return fd;
}

TEST(DatagramTest, ComesWithSenderAndHops) {
  for (auto text : {"127.0.0.1", "::1"}) {
    auto at = KJ_ASSERT_NONNULL(net::Ip::parse(text));
    uint16_t port;
    auto fd = udp(at, port);
    kj::byte buffer[16];
    EXPECT_TRUE(receive(fd, buffer) == nullptr) << "nothing has been sent";
    net::SocketAddress to(at, port);
    sendto(fd, "tree", 4, 0, to.get(), to.size());
    sendto(fd, "longer than the buffer", 22, 0, to.get(), to.size());
    auto first = KJ_ASSERT_NONNULL(receive(fd, buffer));
    EXPECT_EQ(first.bytes, "tree"_kj.asBytes());
    EXPECT_EQ(first.from.address, at);
    EXPECT_EQ(first.from.port, port);
    EXPECT_FALSE(first.multicast);
    EXPECT_EQ(KJ_ASSERT_NONNULL(first.hops), 9);
    EXPECT_EQ(KJ_ASSERT_NONNULL(receive(fd, buffer)).bytes.size(), sizeof buffer);
    EXPECT_TRUE(receive(fd, buffer) == nullptr);
  }
}

TEST(DatagramTest, KnowsThatItWasForAGroup) {
  uint16_t port;
  auto fd = udp(net::Ip(net::Ip4()), port);
  ip_mreqn group{};
  group.imr_multiaddr.s_addr = htonl(0xe0000009);
  group.imr_address.s_addr = htonl(0x7f000001);
  ASSERT_EQ(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), 0);
  setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group);
  net::SocketAddress to(net::Ip(net::Ip4::of(224, 0, 0, 9)), port);
  ASSERT_EQ(sendto(fd, "x", 1, 0, to.get(), to.size()), 1);
  kj::byte buffer[16];
  EXPECT_TRUE(KJ_ASSERT_NONNULL(receive(fd, buffer)).multicast);
}

}  // namespace
}  // namespace xylem::kit

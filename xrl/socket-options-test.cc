#include <xrl/socket-options.h>

#include <gtest/gtest.h>
#include <kj/io.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace xylem::xrl {
namespace {

kj::AutoCloseFd tcp(uint version) {
  return kj::AutoCloseFd(socket(version == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

TEST(SocketOptionsTest, SetsHops) {
  auto four = tcp(4), six = tcp(6);
  EXPECT_TRUE(setHops(four, 4, 7) && setHops(six, 6, 8));
  EXPECT_EQ(option(four, IPPROTO_IP, IP_TTL), 7);
  EXPECT_EQ(option(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 8);
  EXPECT_TRUE(setMinHops(four, 4, 254) && setMinHops(six, 6, 253));
  EXPECT_EQ(option(four, IPPROTO_IP, IP_MINTTL), 254);
  EXPECT_EQ(option(six, IPPROTO_IPV6, 73), 253);
  EXPECT_FALSE(setMinHops(four, 4, 300));
  EXPECT_EQ(errno, EINVAL);
}

TEST(SocketOptionsTest, TakesKeysBack) {
  auto net = [](kj::StringPtr text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text)); };
  auto four = tcp(4);
  auto key = "secret"_kj.asBytes();
  EXPECT_TRUE(setTcpKey(four, net("10.0.0.0/8"), key));
  EXPECT_TRUE(setTcpKey(four, net("10.0.0.0/8"), nullptr));
  EXPECT_FALSE(setTcpKey(four, net("10.0.0.0/8"), nullptr)) << "it is gone";
  EXPECT_FALSE(setTcpKey(four, net("2001:db8::/32"), key)) << "of the other version";
}

}  // namespace
}  // namespace xylem::xrl

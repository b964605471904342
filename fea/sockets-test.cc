#include <arpa/inet.h>
#include <fcntl.h>
#include <fea/sockets.h>
#include <fea/testing.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>

namespace xylem::fea {
namespace {

using testing::sh;

class Sockets : public testing::InNamespace {
 protected:
  template <typename Options> typename Options::Builder options(uint8_t version, const char* interface = "") {
    messages.add(kj::heap<capnp::MallocMessageBuilder>());
    auto options = messages.back()->initRoot<Options>();
    options.setVersion(version);
    options.setInterface(interface);
    return options;
  }
  template <typename Builder> static void groups(Builder options, std::vector<const char*> groups) {
    auto list = options.initGroups(uint(groups.size()));
    for (uint i = 0; i < groups.size(); ++i) net::write(KJ_ASSERT_NONNULL(net::Ip::parse(groups[i])), list[i]);
  }
  static net::wire::Ip::Builder at(net::wire::Ip::Builder builder, const char* text) {
    net::write(KJ_ASSERT_NONNULL(net::Ip::parse(text)), builder);
    return builder;
  }
  template <typename F> std::string whyNot(F&& f) {
    KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { f(); })) return e->getDescription().cStr();
    return "";
  }
  static int get(int fd, int level, int option) {
    int value = -1;
    socklen_t size = sizeof(value);
    EXPECT_EQ(0, getsockopt(fd, level, option, &value, &size)) << level << " " << option;
    return value;
  }
  static bool readable(int fd, int milliseconds = 2000) {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, milliseconds) == 1;
  }

  kj::Vector<kj::Own<capnp::MallocMessageBuilder>> messages;

  ~Sockets() noexcept override {}
};

TEST_F(Sockets, UdpMulticastGoesToItsInterfaceOnly) {
  // v0 and v1 are the two ends of one link; w0 and w1 of another.
  sh("ip addr add 10.0.0.2/24 dev v1; sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.v1.rp_filter=0 "
     "net.ipv4.conf.v1.accept_local=1 net.ipv4.conf.v0.accept_local=1");
  auto out = options<Fea::UdpOptions>(4, "v0"), in = options<Fea::UdpOptions>(4, "v1"),
       other = options<Fea::UdpOptions>(4, "w1");
  for (auto each : {out, in, other}) {
    each.setPort(520);
    groups(each, {"224.0.0.9"});
  }
  auto sender = openUdp(out), receiver = openUdp(in), elsewhere = openUdp(other);
  EXPECT_TRUE(fcntl(sender, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(sender, F_GETFD) & FD_CLOEXEC);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(520);
  to.sin_addr.s_addr = inet_addr("224.0.0.9");
  ASSERT_EQ(5, sendto(sender, "hello", 5, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
  ASSERT_TRUE(readable(receiver));
  char data[64], control[256];
  iovec part{data, sizeof(data)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ASSERT_EQ(5, recvmsg(receiver, &message, 0));
  int index = 0, ttl = 0;
  for (auto each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_type == IP_PKTINFO) index = reinterpret_cast<in_pktinfo*>(CMSG_DATA(each))->ipi_ifindex;
    if (each->cmsg_type == IP_TTL) memcpy(&ttl, CMSG_DATA(each), sizeof(ttl));
  }
  EXPECT_EQ(int(if_nametoindex("v1")), index);
  EXPECT_EQ(1, ttl);
  // Neither to another link nor back to the sender.
  EXPECT_FALSE(readable(elsewhere, 50));
  EXPECT_FALSE(readable(sender, 0));
}

TEST_F(Sockets, Udp6TellsTheHopLimit) {
  auto out = options<Fea::UdpOptions>(6, "v0"), in = options<Fea::UdpOptions>(6, "v1");
  for (auto each : {out, in}) {
    each.setPort(521);
    each.setHops(255);
    groups(each, {"ff02::9"});
  }
  auto sender = openUdp(out), receiver = openUdp(in);
  EXPECT_EQ(1, get(sender, IPPROTO_IPV6, IPV6_V6ONLY));
  EXPECT_EQ(255, get(sender, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(521);
  inet_pton(AF_INET6, "ff02::9", &to.sin6_addr);
  // Until an address of the link has passed its check for duplicates there is none to send from.
  ASSERT_TRUE(until([&]() { return sendto(sender, "hi", 2, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 2; }));
  ASSERT_TRUE(readable(receiver));
  char data[64], control[256];
  iovec part{data, sizeof(data)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ASSERT_EQ(2, recvmsg(receiver, &message, 0));
  int limit = 0, index = 0;
  for (auto each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_type == IPV6_HOPLIMIT) memcpy(&limit, CMSG_DATA(each), sizeof(limit));
    if (each->cmsg_type == IPV6_PKTINFO) index = int(reinterpret_cast<in6_pktinfo*>(CMSG_DATA(each))->ipi6_ifindex);
  }
  EXPECT_EQ(255, limit);
  EXPECT_EQ(int(if_nametoindex("v1")), index);
}

TEST_F(Sockets, OnePortForBothVersionsAndOneOwnerEach) {
  auto four = options<Fea::UdpOptions>(4), six = options<Fea::UdpOptions>(6);
  four.setPort(3784);
  six.setPort(3784);
  auto a = openUdp(four), b = openUdp(six);
  EXPECT_HAS(whyNot([&]() { openUdp(four); }), "cannot bind");
  EXPECT_EQ(1, get(a, IPPROTO_IP, IP_TTL));
}

TEST_F(Sockets, TcpListensAndConnects) {
  auto listening = options<Fea::TcpOptions>(4), connecting = options<Fea::TcpOptions>(4);
  at(listening.initAddress(), "10.0.0.1");
  listening.setPort(179);
  listening.setListen(true);
  listening.setMinHops(255);
  at(connecting.initAddress(), "10.0.1.1");
  connecting.setHops(255);
  auto add = [&](Fea::TcpOptions::Builder options, const char* peer) {
    auto key = options.initKeys(1)[0];
    net::write(KJ_ASSERT_NONNULL(net::IpNet::parse(peer)), key.initPeer());
    key.setKey(kj::StringPtr("secret").asBytes());
  };
  add(listening, "10.0.1.0/24");
  add(connecting, "10.0.0.0/24");
  auto server = openTcp(listening), client = openTcp(connecting);
  EXPECT_EQ(1, get(server, SOL_SOCKET, SO_ACCEPTCONN));
  EXPECT_EQ(255, get(server, IPPROTO_IP, IP_MINTTL));
  EXPECT_EQ(255, get(client, IPPROTO_IP, IP_TTL));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(179);
  to.sin_addr.s_addr = inet_addr("10.0.0.1");
  auto started = connect(client, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  EXPECT_TRUE(started == 0 || errno == EINPROGRESS) << strerror(errno);
  EXPECT_TRUE(readable(server));
  // Without the key, or with a lower TTL, nobody comes through.
  auto keyless = options<Fea::TcpOptions>(4);
  at(keyless.initAddress(), "10.0.1.1");
  keyless.setHops(255);
  auto stranger = openTcp(keyless);
  connect(stranger, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  pollfd poll{stranger, POLLOUT, 0};
  EXPECT_EQ(0, ::poll(&poll, 1, 100));
}

TEST_F(Sockets, Tcp6WithMinimumHops) {
  auto listening = options<Fea::TcpOptions>(6, "v0");
  listening.setPort(179);
  listening.setListen(true);
  listening.setMinHops(254);
  auto key = listening.initKeys(1)[0];
  net::write(KJ_ASSERT_NONNULL(net::IpNet::parse("2001:db8::/32")), key.initPeer());
  key.setKey(kj::StringPtr("secret").asBytes());
  auto server = openTcp(listening);
  EXPECT_EQ(254, get(server, IPPROTO_IPV6, 73));
}

TEST_F(Sockets, RawReceivesItsProtocol) {
  sh("ip addr add 10.0.0.2/24 dev v1; sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.v1.rp_filter=0 "
     "net.ipv4.conf.v1.accept_local=1");
  auto out = options<Fea::RawOptions>(4, "v0"), in = options<Fea::RawOptions>(4, "v1");
  for (auto each : {out, in}) {
    each.setProtocol(89);
    groups(each, {"224.0.0.5", "224.0.0.6"});
  }
  auto sender = openRaw(out), receiver = openRaw(in);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = inet_addr("224.0.0.5");
  ASSERT_EQ(4, sendto(sender, "ospf", 4, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
  ASSERT_TRUE(readable(receiver));
  char data[64];
  EXPECT_EQ(24, recv(receiver, data, sizeof(data), 0));
  auto six = options<Fea::RawOptions>(6, "v0");
  six.setProtocol(89);
  groups(six, {"ff02::5"});
  EXPECT_EQ(SOCK_RAW, get(openRaw(six), SOL_SOCKET, SO_TYPE));
}

TEST_F(Sockets, NonsenseIsRefusedInWords) {
  auto udp = options<Fea::UdpOptions>(4);
  udp.setVersion(5);
  EXPECT_HAS(whyNot([&]() { openUdp(udp); }), "the version is 4 or 6");
  auto absent = options<Fea::UdpOptions>(4, "nosuch");
  EXPECT_HAS(whyNot([&]() { openUdp(absent); }), "there is no such interface");
  auto longName = options<Fea::RawOptions>(4, "a-name-that-is-too-long");
  longName.setProtocol(89);
  EXPECT_HAS(whyNot([&]() { openRaw(longName); }), "so long a name");
  auto mixed = options<Fea::UdpOptions>(4);
  at(mixed.initAddress(), "2001:db8::1");
  EXPECT_HAS(whyNot([&]() { openUdp(mixed); }), "other version");
  auto nowhere = options<Fea::UdpOptions>(4);
  groups(nowhere, {"224.0.0.9"});
  EXPECT_HAS(whyNot([&]() { openUdp(nowhere); }), "name one");
  auto unicast = options<Fea::UdpOptions>(4, "v0");
  groups(unicast, {"10.0.0.9"});
  EXPECT_HAS(whyNot([&]() { openUdp(unicast); }), "not a multicast group");
  auto many = options<Fea::UdpOptions>(4, "v0");
  groups(many, std::vector<const char*>(MAX_MEMBERSHIPS + 1, "224.0.0.9"));
  EXPECT_HAS(whyNot([&]() { openUdp(many); }), "too many multicast groups");
  auto foreign = options<Fea::UdpOptions>(4);
  at(foreign.initAddress(), "203.0.113.77");
  EXPECT_HAS(whyNot([&]() { openUdp(foreign); }), "cannot bind");
  auto still = options<Fea::UdpOptions>(4);
  still.setHops(0);
  EXPECT_HAS(whyNot([&]() { openUdp(still); }), "go nowhere");
  auto raw = options<Fea::RawOptions>(4);
  EXPECT_HAS(whyNot([&]() { openRaw(raw); }), "for one protocol");
  raw.setProtocol(255);
  EXPECT_HAS(whyNot([&]() { openRaw(raw); }), "for one protocol");
  auto tcp = options<Fea::TcpOptions>(4);
  tcp.setListen(true);
  EXPECT_HAS(whyNot([&]() { openTcp(tcp); }), "needs a port");
  auto keys = options<Fea::TcpOptions>(4);
  keys.initKeys(1);
  EXPECT_HAS(whyNot([&]() { openTcp(keys); }), "other version");
  net::write(KJ_ASSERT_NONNULL(net::IpNet::parse("10.0.0.0/8")), keys.getKeys()[0].initPeer());
  EXPECT_HAS(whyNot([&]() { openTcp(keys); }), "1 to 80 bytes");
  keys.getKeys()[0].initKey(81);
  EXPECT_HAS(whyNot([&]() { openTcp(keys); }), "1 to 80 bytes");
}

}  // namespace
}  // namespace xylem::fea

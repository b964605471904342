// ip(7), ipv6(7), tcp(7). Keys go by prefix (TCP_MD5SIG_EXT), which lets a listening socket take a range of peers.

#include <xrl/socket-options.h>

#include <net/sockaddr.h>

#include <cstring>
// After netinet/in.h, whose definitions the kernel's header then leaves out.
#include <linux/tcp.h>

namespace xylem::xrl {

static_assert(MAX_TCP_KEY == TCP_MD5SIG_MAXKEYLEN);

namespace {

template <typename Value> bool set(int fd, int level, int option, const Value& value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

}  // namespace

bool setHops(int fd, uint version, uint hops) {
  if (version == 4) return set(fd, IPPROTO_IP, IP_TTL, int(hops));
  return set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, int(hops));
}

bool setMinHops(int fd, uint version, uint least) {
  constexpr int MIN_HOPS6 = 73;  // IPV6_MINHOPCOUNT of linux/in6.h, which does not go together with netinet/in.h
  if (version == 4) return set(fd, IPPROTO_IP, IP_MINTTL, int(least));
  return set(fd, IPPROTO_IPV6, MIN_HOPS6, int(least));
}

bool setTcpKey(int fd, net::IpNet peer, net::Bytes key) {
  KJ_REQUIRE(key.size() <= MAX_TCP_KEY, "a key has at most 80 bytes", key.size());
  net::SocketAddress address(peer.address(), 0);
  tcp_md5sig entry{};
  memcpy(&entry.tcpm_addr, address.get(), address.size());
  entry.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
  entry.tcpm_prefixlen = uint8_t(peer.length());
  entry.tcpm_keylen = uint16_t(key.size());
  std::copy(key.begin(), key.end(), entry.tcpm_key);
  return set(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, entry);
}

}  // namespace xylem::xrl

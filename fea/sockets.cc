// Sockets by the system's options: ip(7), ipv6(7), tcp(7), raw(7).
//
// A socket that is bound to an interface is so by SO_BINDTODEVICE, which also holds for what it sends. IPv6 sockets are
// IPv6 only, so that both versions may have a port each.

#include <fea/sockets.h>

#include <kj/debug.h>
#include <net/if.h>
#include <net/wire.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <xrl/socket-options.h>

#include <cerrno>
#include <cstring>

namespace xylem::fea {

namespace {

struct Where {
  int family;
  uint index = 0;
  kj::StringPtr interface;

  uint version() const { return family == AF_INET ? 4 : 6; }
};

void require(bool taken, kj::StringPtr what) {
  if (!taken) KJ_FAIL_REQUIRE("the system refuses a socket option", what, strerror(errno));
}

template <typename Value> void set(int fd, int level, int option, const Value& value, kj::StringPtr what) {
  require(setsockopt(fd, level, option, &value, sizeof(value)) == 0, what);
}

int familyOf(uint version) {
  KJ_REQUIRE(version == 4 || version == 6, "the version is 4 or 6", version);
  return version == 4 ? AF_INET : AF_INET6;
}

net::Ip readIp(net::wire::Ip::Reader from, uint version, kj::StringPtr what) {
  auto ip = KJ_REQUIRE_NONNULL(net::read(from), "not an address", what);
  KJ_REQUIRE(ip.isNone() || ip.version() == version, "an address of the other version", what, ip);
  return ip;
}

Where whereOf(uint version, kj::StringPtr interface) {
  Where where{familyOf(version), 0, interface};
  if (interface.size() == 0) return where;
  KJ_REQUIRE(interface.size() < IFNAMSIZ, "no interface has so long a name", interface);
  where.index = if_nametoindex(interface.cStr());
  KJ_REQUIRE(where.index != 0, "there is no such interface", interface);
  return where;
}

kj::AutoCloseFd open(const Where& where, int type, int protocol) {
  int raw = socket(where.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (raw < 0) KJ_FAIL_REQUIRE("the system gives no socket", strerror(errno));
  kj::AutoCloseFd fd(raw);
  if (where.family == AF_INET6 && type != SOCK_RAW) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  if (where.index != 0 &&
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, where.interface.cStr(), socklen_t(where.interface.size() + 1)) < 0)
    KJ_FAIL_REQUIRE("cannot bind to the interface", where.interface, strerror(errno));
  return fd;
}

socklen_t fill(sockaddr_storage& storage, const Where& where, net::Ip ip, uint16_t port) {
  memset(&storage, 0, sizeof(storage));
  if (where.family == AF_INET) {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (ip.is4()) address.sin_addr.s_addr = htonl(ip.v4().bits);
    return sizeof(address);
  }
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  if (ip.is6()) ip.v6().toBytes(address.sin6_addr.s6_addr);
  if (ip.isLinkLocal()) address.sin6_scope_id = where.index;
  return sizeof(address);
}

void bindTo(int fd, const Where& where, net::Ip ip, uint16_t port) {
  sockaddr_storage storage;
  auto size = fill(storage, where, ip, port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) < 0)
    KJ_FAIL_REQUIRE("cannot bind", ip, port, strerror(errno));
}

void tellAll(int fd, const Where& where) {
  if (where.family == AF_INET) {
    set(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    set(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
  } else {
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
  }
}

void setHops(int fd, const Where& where, uint hops) {
  KJ_REQUIRE(hops > 0, "packets with TTL 0 go nowhere");
  require(xrl::setHops(fd, where.version(), hops), "hops");
  if (where.family == AF_INET) {
    set(fd, IPPROTO_IP, IP_MULTICAST_TTL, int(hops), "IP_MULTICAST_TTL");
    set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP");
  } else {
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int(hops), "IPV6_MULTICAST_HOPS");
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "IPV6_MULTICAST_LOOP");
  }
}

void joinGroups(int fd, const Where& where, capnp::List<net::wire::Ip>::Reader groups) {
  KJ_REQUIRE(groups.size() <= MAX_MEMBERSHIPS, "too many multicast groups", groups.size());
  KJ_REQUIRE(groups.size() == 0 || where.index != 0, "multicast groups are joined on an interface; name one");
  uint version = where.version();
  for (auto each : groups) {
    auto group = readIp(each, version, "group");
    KJ_REQUIRE(group.isMulticast(), "not a multicast group", group);
    sockaddr_storage storage;
    group_req request{};
    request.gr_interface = where.index;
    auto size = fill(storage, where, group, 0);
    memcpy(&request.gr_group, &storage, size);
    set(fd, version == 4 ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP, request, kj::str("join ", group));
  }
  if (where.index == 0) return;
  if (version == 4) {
    ip_mreqn out{};
    out.imr_ifindex = int(where.index);
    set(fd, IPPROTO_IP, IP_MULTICAST_IF, out, "IP_MULTICAST_IF");
  } else {
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, int(where.index), "IPV6_MULTICAST_IF");
  }
}

void ownGroupsOnly(int fd, const Where& where) {
  // Else the socket gets the groups that any other socket of the machine has joined.
  if (where.family == AF_INET)
    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL");
  else
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0, "IPV6_MULTICAST_ALL");
}

void setKey(int fd, const Where& where, Fea::Md5Key::Reader key) {
  auto peer = KJ_REQUIRE_NONNULL(net::read(key.getPeer()), "the peer of a key is no prefix");
  KJ_REQUIRE(!peer.isNone() && peer.version() == where.version(), "a key's peer is of the other version", peer);
  auto secret = key.getKey();
  KJ_REQUIRE(secret.size() > 0 && secret.size() <= xrl::MAX_TCP_KEY, "a key has 1 to 80 bytes", secret.size());
  require(xrl::setTcpKey(fd, peer, secret), "TCP_MD5SIG_EXT");
}

}  // namespace

kj::AutoCloseFd openUdp(Fea::UdpOptions::Reader options) {
  auto where = whereOf(options.getVersion(), options.getInterface());
  auto ip = readIp(options.getAddress(), options.getVersion(), "address");
  auto fd = open(where, SOCK_DGRAM, IPPROTO_UDP);
  if (options.getGroups().size() > 0) set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  setHops(fd, where, options.getHops());
  tellAll(fd, where);
  ownGroupsOnly(fd, where);
  bindTo(fd, where, ip, options.getPort());
  joinGroups(fd, where, options.getGroups());
  return fd;
}

kj::AutoCloseFd openTcp(Fea::TcpOptions::Reader options) {
  auto where = whereOf(options.getVersion(), options.getInterface());
  auto ip = readIp(options.getAddress(), options.getVersion(), "address");
  KJ_REQUIRE(options.getKeys().size() <= MAX_KEYS, "too many keys", options.getKeys().size());
  KJ_REQUIRE(!options.getListen() || options.getPort() != 0, "a listening socket needs a port");
  auto fd = open(where, SOCK_STREAM, IPPROTO_TCP);
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  auto hops = options.getHops(), least = options.getMinHops();
  if (hops > 0) require(xrl::setHops(fd, where.version(), hops), "hops");
  if (least > 0) require(xrl::setMinHops(fd, where.version(), least), "minHops");
  for (auto key : options.getKeys()) setKey(fd, where, key);
  bindTo(fd, where, ip, options.getPort());
  if (options.getListen() && listen(fd, SOMAXCONN) < 0) KJ_FAIL_REQUIRE("cannot listen", ip, strerror(errno));
  return fd;
}

kj::AutoCloseFd openRaw(Fea::RawOptions::Reader options) {
  auto where = whereOf(options.getVersion(), options.getInterface());
  auto protocol = options.getProtocol();
  KJ_REQUIRE(protocol != 0 && protocol != IPPROTO_RAW, "a raw socket is for one protocol", protocol);
  auto fd = open(where, SOCK_RAW, protocol);
  setHops(fd, where, options.getHops());
  tellAll(fd, where);
  ownGroupsOnly(fd, where);
  joinGroups(fd, where, options.getGroups());
  return fd;
}

}  // namespace xylem::fea

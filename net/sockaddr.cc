// Addresses to and from the socket API's structs. They are copied, never cast in place: what the kernel fills in need
// not be aligned for them.

#include <net/sockaddr.h>

#include <arpa/inet.h>
#include <kj/debug.h>

#include <cstring>

namespace xylem::net {

SocketAddress::SocketAddress(Ip address, uint16_t port, uint32_t scope) {
  KJ_REQUIRE(!address.isNone(), "a socket address needs an address");
  if (address.is4()) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(address.v4().bits);
    memcpy(&storage, &to, length = sizeof(to));
  } else {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    to.sin6_scope_id = scope;
    address.v6().toBytes(to.sin6_addr.s6_addr);
    memcpy(&storage, &to, length = sizeof(to));
  }
}

kj::Maybe<Endpoint> fromSockaddr(const sockaddr* from, size_t size) {
  if (size < sizeof(sa_family_t)) return nullptr;
  if (from->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    memcpy(&in, from, sizeof(in));
    return Endpoint{Ip4{ntohl(in.sin_addr.s_addr)}, ntohs(in.sin_port), 0};
  }
  if (from->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    memcpy(&in, from, sizeof(in));
    return Endpoint{Ip6::fromBytes(in.sin6_addr.s6_addr), ntohs(in.sin6_port), in.sin6_scope_id};
  }
  return nullptr;
}

}  // namespace xylem::net

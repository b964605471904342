#pragma once
// Addresses to and from the socket API's structs. Values only: nothing here does I/O.

#include <net/ip.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace xylem::net {

struct Endpoint {
  Ip address;
  uint16_t port = 0;
  uint32_t scope = 0;
  // Interface index that an IPv6 link-local address belongs to; 0 otherwise.

  auto operator<=>(const Endpoint&) const = default;
};

class SocketAddress {
  // An address as bind, connect and sendto want it: `sendto(fd, ..., to.get(), to.size())`.
 public:
  SocketAddress(Ip address, uint16_t port, uint32_t scope = 0);
  // The address is not none.
  explicit SocketAddress(const Endpoint& at) : SocketAddress(at.address, at.port, at.scope) {}

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  socklen_t size() const { return length; }

 private:
  sockaddr_storage storage{};
  socklen_t length;
};

kj::Maybe<Endpoint> fromSockaddr(const sockaddr* from, size_t size);
// What recvfrom and getsockname fill in; nothing for other families and short structs.

}  // namespace xylem::net

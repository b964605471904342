#pragma once
// What the peers of a router announce: their share of a table, encoded beforehand.

#include <bench/bgp/messages.h>
#include <bench/table.h>

#include <vector>

namespace xylem::bench {

constexpr uint32_t ROUTER_AS = 65000, RECEIVER_AS = 64900;
inline uint32_t announcerAs(uint peer) { return 64512 + peer; }

net::Ip routerAddress(uint8_t version);
net::Ip receiverAddress(uint8_t version);
net::Ip announcerAddress(uint peer, uint8_t version);
// On the link between router and peers: 10.0.0.1, .2, and from .10 on; 2001:db8::1, ::2, and from ::10 on.

struct Feed {
  uint peer;
  uint8_t version;
  kj::Array<kj::byte> announcement, withdrawal;
};

struct Load {
  std::vector<net::IpNet> nets;
  // All different prefixes, IPv4 first, in the order in which they are announced.
  size_t ip4 = 0;
  // How many of them are IPv4.
  size_t attributes = 0;
  // Different sets of attributes.
  std::vector<Feed> feeds;
  // Of each peer one for each version that it has something to say in.
};

enum class Sharing { DISTINCT, SAME };

Load makeLoad(Table table, size_t ip4, size_t ip6, uint peers, Sharing sharing);
// So many prefixes of the table, or all if it has fewer; none that a router would refuse. DISTINCT: the peers divide
// them; SAME: each announces all, by paths of its own. Prefixes of an origin have the same attributes, and lie side by
// side.

}  // namespace xylem::bench

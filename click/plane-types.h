#pragma once
// What the FEA tells the plane: next hops and ports.

#include <net/ip.h>
#include <net/mac.h>

#include <cstdint>
#include <string>
#include <vector>

namespace xylem::click {

struct NextHop {
  uint32_t interface = 0;
  // Its index; 0 is this host.
  net::Ip gateway;
  // None: the destination is on the link.
};

struct NextHopGroup {
  enum Kind : uint8_t { HOPS, HOST, BLACKHOLE, UNREACHABLE };
  Kind kind = UNREACHABLE;
  std::vector<NextHop> hops;
  std::vector<uint16_t> shares;
  // For several hops: of each share of the flows, which hop.

  const NextHop& pick(uint32_t flowHash) const {
    return hops.size() == 1 ? hops[0] : hops[shares[flowHash % shares.size()]];
  }
};

struct Port {
  std::string name;
  uint32_t index = 0;
  net::Mac mac;
  uint32_t mtu = 1500;
  std::vector<net::IfAddr> addresses;
  bool operator==(const Port&) const = default;
};

}  // namespace xylem::click

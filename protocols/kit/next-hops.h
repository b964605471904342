#pragma once
// Where a route leads: what protocols offer to the RIB (rib.capnp, NextHopGroup).

#include <net/ip.h>
#include <rib/rib.capnp.h>

#include <string>
#include <vector>

namespace xylem::kit {

struct NextHop {
  net::Ip gateway;
  // None: the destination is on the link.
  std::string interface;
  // Empty: by the best route to the gateway.
  uint16_t weight = 1;
  // Share of the traffic, 1 to 256.

  auto operator<=>(const NextHop&) const = default;
};

struct NextHops {
  // One way, or several of equal cost; or none, and packets are dropped: silently, or with word to the sender.
  enum Kind : uint8_t { HOPS, BLACKHOLE, UNREACHABLE };
  Kind kind = HOPS;
  std::vector<NextHop> hops;

  static NextHops via(net::Ip gateway, kj::StringPtr interface = "") {
    return {HOPS, {NextHop{gateway, interface.cStr()}}};
  }
  static NextHops on(kj::StringPtr interface) { return {HOPS, {NextHop{{}, interface.cStr()}}}; }

  bool operator==(const NextHops&) const = default;
  uint hashCode() const;

  void write(rib::NextHopGroup::Builder group) const;
};

kj::String KJ_STRINGIFY(const NextHops& nextHops);
// `via 10.0.0.1 dev eth0, via 10.0.0.2 weight 2`, `dev eth0`, `blackhole`

}  // namespace xylem::kit

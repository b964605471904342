#pragma once
// Next hops as plain values.

#include <net/ip.h>

#include <vector>

namespace xylem::rib {

struct InterfaceName {
  // As Linux has it: 1 to 15 bytes without space, slash or control character; none of all zeros.
  char text[16] = {};

  static kj::Maybe<InterfaceName> parse(kj::StringPtr text);
  bool isNone() const { return text[0] == 0; }
  kj::StringPtr toString() const { return text; }
  uint hashCode() const;
  auto operator<=>(const InterfaceName&) const = default;
};

struct NextHop {
  net::Ip gateway;
  // None: the destination is on the link.
  InterfaceName interface;
  // None: by the best route to the gateway.
  uint16_t weight = 1;

  auto operator<=>(const NextHop&) const = default;
};

struct NextHops {
  enum Kind : uint8_t { HOPS, BLACKHOLE, UNREACHABLE };
  Kind kind = HOPS;
  std::vector<NextHop> hops;

  bool leads() const { return kind != HOPS || !hops.empty(); }
  // Something can be done with packets.
  uint hashCode() const;
  bool operator==(const NextHops&) const = default;
};

kj::String KJ_STRINGIFY(const NextHops& nextHops);
// `via 10.0.0.1 dev eth0, dev eth1 weight 2`, `blackhole`, `unreachable`, and `none` if no way is left.

constexpr uint MAX_WEIGHT = 256;
constexpr size_t MAX_HOPS = 64;
// Of one group, resolved.

class Shares {
  // The ways of a group, gathered as fractions of its traffic.
 public:
  void add(const NextHop& hop, uint64_t part, uint64_t of);
  // This hop (its own weight is not looked at) takes part/of, in units of which all those added make the whole.
  std::vector<NextHop> finish();
  // In order, each once, with the smallest weights that have these proportions (rounded, if they would exceed
  // MAX_WEIGHT), at most MAX_HOPS.

 private:
  struct Share {
    NextHop hop;
    uint64_t part, of;
  };
  std::vector<Share> shares;
};

}  // namespace xylem::rib

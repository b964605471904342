#pragma once
// A 48-bit MAC address (EUI-48).
//
// Its textual form is six pairs of hexadecimal digits with colons, printed in lower case: `02:00:00:00:00:01`.

#include <net/ip.h>

namespace xylem::net {

struct Mac {
  uint64_t bits = 0;
  // The first byte is the highest of the lower 48 bits; the upper 16 are zero.

  static Mac fromBytes(const uint8_t* bytes);
  void toBytes(uint8_t* bytes) const {
    auto ordered = __builtin_bswap64(bits << 16);
    __builtin_memcpy(bytes, &ordered, 6);
  }
  // Six bytes in network order.

  static kj::Maybe<Mac> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return mix(bits); }

  constexpr auto operator<=>(const Mac&) const = default;

  constexpr bool isZero() const { return bits == 0; }
  constexpr bool isBroadcast() const { return bits == 0xffffffffffff; }
  constexpr bool isMulticast() const { return bits >> 40 & 1; }
  // Broadcast is multicast too.
  constexpr bool isLocal() const { return bits >> 41 & 1; }
  // Locally administered.
};

}  // namespace xylem::net

template <> struct std::hash<xylem::net::Mac> : xylem::net::HashByCode {};

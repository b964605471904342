#pragma once
// Addresses and prefixes, as plain values.
//
//   Ip4, Ip6      an address; integers inside are in host byte order
//   Ip            an address of either version, or none
//   Ip4Net, Ip6Net   a prefix: Prefix<Ip4>, Prefix<Ip6>; host bits are always zero
//   IpNet         a prefix of either version, or none
//   IfAddr        an interface's address with the prefix length of its link, host bits kept, or none
//
// All are cheap to copy, totally ordered (version, then address, then length: a shorter prefix comes before those it
// covers), hashable by kj::hashCode and std::hash, and print by kj::str. Each has
//
//   static kj::Maybe<T> parse(kj::StringPtr)    from its one textual form; nothing else is taken for it
//   static kj::String whyNot(kj::StringPtr)     what is wrong with a text that `parse` refuses, and what would be right
//
// IPv4 is dotted decimal without leading zeros. IPv6 is as in RFC 4291 section 2.2, embedded IPv4 included, without
// zone; it prints as RFC 5952 says. "None" prints as `-`.

#include <kj/common.h>
#include <kj/string.h>

#include <bit>
#include <compare>
#include <cstdint>
#include <functional>

namespace xylem::net {

using kj::uint;

inline uint mix(uint64_t a, uint64_t b = 0) {
  // A hash of 128 bits.
  uint64_t x = (a ^ (b * 0x9e3779b97f4a7c15ull)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 31)) * 0x94d049bb133111ebull;
  return uint(x >> 32);
}

struct Ip4 {
  static constexpr uint WIDTH = 32;
  static constexpr uint8_t VERSION = 4;

  uint32_t bits = 0;
  // 192.0.2.1 is 0xc0000201.

  static constexpr Ip4 of(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return {uint32_t(a) << 24 | uint32_t(b) << 16 | uint32_t(c) << 8 | d};
  }
  static constexpr Ip4 mask(uint length) { return {length == 0 ? 0 : ~uint32_t(0) << (WIDTH - length)}; }
  // The netmask of that many bits.

  static Ip4 fromBytes(const uint8_t* bytes);
  void toBytes(uint8_t* bytes) const;
  // Four bytes in network order.

  static kj::Maybe<Ip4> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return mix(bits); }

  constexpr auto operator<=>(const Ip4&) const = default;
  constexpr Ip4 operator&(Ip4 other) const { return {bits & other.bits}; }
  constexpr Ip4 operator|(Ip4 other) const { return {bits | other.bits}; }
  constexpr Ip4 operator^(Ip4 other) const { return {bits ^ other.bits}; }
  constexpr Ip4 operator~() const { return {~bits}; }

  constexpr uint leadingZeros() const { return uint(std::countl_zero(bits)); }
  constexpr uint slice(uint from, uint count) const { return bits << from >> (WIDTH - count); }
  // The `count` bits (1 to 16) that begin `from` bits from the left; from + count <= WIDTH.

  kj::Maybe<uint> maskLength() const;
  // When this is a netmask with contiguous ones: how many.

  constexpr bool isUnspecified() const { return bits == 0; }
  constexpr bool isThisNetwork() const { return bits >> 24 == 0; }
  // 0.0.0.0/8 (RFC 1122 section 3.2.1.3).
  constexpr bool isLoopback() const { return bits >> 24 == 127; }
  constexpr bool isLinkLocal() const { return bits >> 16 == 0xa9fe; }
  // 169.254.0.0/16 (RFC 3927).
  constexpr bool isMulticast() const { return bits >> 28 == 0xe; }
  constexpr bool isLinkLocalMulticast() const { return bits >> 8 == 0xe00000; }
  // 224.0.0.0/24 (RFC 5771): never forwarded.
  constexpr bool isReserved() const { return bits >> 28 == 0xf; }
  // 240.0.0.0/4, the limited broadcast address included.
  constexpr bool isBroadcast() const { return bits == 0xffffffff; }
  constexpr bool isMartian() const { return isThisNetwork() || isLoopback() || isMulticast() || isReserved(); }
  // No host on a network may have it, no unicast route may lead there (RFC 1812 section 5.3.7, RFC 6890).
};

struct Ip6 {
  static constexpr uint WIDTH = 128;
  static constexpr uint8_t VERSION = 6;

  uint64_t high = 0;
  uint64_t low = 0;
  // The first and the last eight bytes.

  static constexpr Ip6 mask(uint length) {
    return {length == 0    ? 0
            : length >= 64 ? ~uint64_t(0)
                           : ~uint64_t(0) << (64 - length),
            length <= 64 ? 0 : ~uint64_t(0) << (128 - length)};
  }

  static Ip6 fromBytes(const uint8_t* bytes);
  void toBytes(uint8_t* bytes) const;
  // Sixteen bytes in network order.

  static kj::Maybe<Ip6> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return mix(high, low); }

  constexpr auto operator<=>(const Ip6&) const = default;
  constexpr Ip6 operator&(Ip6 other) const { return {high & other.high, low & other.low}; }
  constexpr Ip6 operator|(Ip6 other) const { return {high | other.high, low | other.low}; }
  constexpr Ip6 operator^(Ip6 other) const { return {high ^ other.high, low ^ other.low}; }
  constexpr Ip6 operator~() const { return {~high, ~low}; }

  constexpr uint leadingZeros() const { return uint(high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low)); }
  constexpr uint slice(uint from, uint count) const {
    uint64_t shifted = from == 0 ? high : from < 64 ? high << from | low >> (64 - from) : low << (from - 64);
    return uint(shifted >> (64 - count));
  }

  constexpr bool isUnspecified() const { return high == 0 && low == 0; }
  constexpr bool isLoopback() const { return high == 0 && low == 1; }
  constexpr bool isLinkLocal() const { return high >> 54 == 0xfe80 >> 6; }
  // fe80::/10
  constexpr bool isMulticast() const { return high >> 56 == 0xff; }
  constexpr bool isLinkLocalMulticast() const { return isMulticast() && (high >> 48 & 0xf) <= 2; }
  // Scope interface-local or link-local (RFC 4291 section 2.7): never forwarded.
  constexpr bool isUniqueLocal() const { return high >> 57 == 0xfc >> 1; }
  // fc00::/7 (RFC 4193).
  constexpr bool isV4Mapped() const { return high == 0 && low >> 32 == 0xffff; }
  constexpr bool isMartian() const {
    return isUnspecified() || isLoopback() || isMulticast() || isLinkLocal() || isV4Mapped();
  }
  // No unicast route may lead there. Link-local addresses are on every link, and so are no destination for a route.
};

inline kj::Maybe<uint> Ip4::maskLength() const {
  uint length = uint(std::countl_one(bits));
  if (mask(length) != *this) return nullptr;
  return length;
}

template <typename Address_> class Prefix {
 public:
  using Address = Address_;
  static constexpr uint WIDTH = Address::WIDTH;
  static constexpr uint8_t VERSION = Address::VERSION;

  constexpr Prefix() = default;
  // The default route.
  constexpr Prefix(Address address, uint length) : bits(address & Address::mask(length)), count(uint8_t(length)) {}
  // The prefix of that length (at most WIDTH) that the address is in.
  explicit constexpr Prefix(Address host) : bits(host), count(uint8_t(WIDTH)) {}
  static kj::Maybe<Prefix> exactly(Address address, uint length) {
    if (length > WIDTH || (address & ~Address::mask(length)) != Address()) return nullptr;
    return Prefix(address, length);
  }
  // Nothing when the length is impossible or host bits are set: for what comes from a peer.

  constexpr Address address() const { return bits; }
  constexpr uint length() const { return count; }
  constexpr Address mask() const { return Address::mask(count); }
  constexpr Address last() const { return bits | ~mask(); }
  // The highest address in it: of an IPv4 prefix, the broadcast address.

  constexpr bool contains(Address address) const { return (address & mask()) == bits; }
  constexpr bool covers(const Prefix& other) const { return count <= other.count && contains(other.bits); }
  // `other` is equal or more specific.
  constexpr bool isDefault() const { return count == 0; }
  constexpr bool isHost() const { return count == WIDTH; }
  constexpr bool isMartian() const { return count != 0 && bits.isMartian(); }
  // No unicast route may have this destination; the default route is fine.

  static kj::Maybe<Prefix> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return bits.hashCode() * 31 + count; }

  constexpr auto operator<=>(const Prefix&) const = default;

 private:
  Address bits;
  uint8_t count = 0;
};

using Ip4Net = Prefix<Ip4>;
using Ip6Net = Prefix<Ip6>;

class Ip {
 public:
  constexpr Ip() = default;
  // None.
  constexpr Ip(Ip4 address) : kind(4), bits{0, address.bits} {}
  constexpr Ip(Ip6 address) : kind(6), bits(address) {}

  constexpr uint8_t version() const { return kind; }
  // 4 or 6; 0 for none.
  constexpr bool isNone() const { return kind == 0; }
  constexpr bool is4() const { return kind == 4; }
  constexpr bool is6() const { return kind == 6; }
  constexpr Ip4 v4() const { return {uint32_t(bits.low)}; }
  // When is4().
  constexpr Ip6 v6() const { return bits; }
  // When is6().
  constexpr uint width() const { return kind == 4 ? 32 : kind == 6 ? 128 : 0; }

  constexpr bool isUnspecified() const { return kind == 0 || bits.isUnspecified(); }
  constexpr bool isLoopback() const { return is4() ? v4().isLoopback() : is6() && bits.isLoopback(); }
  constexpr bool isLinkLocal() const { return is4() ? v4().isLinkLocal() : is6() && bits.isLinkLocal(); }
  constexpr bool isMulticast() const { return is4() ? v4().isMulticast() : is6() && bits.isMulticast(); }
  constexpr bool isMartian() const { return is4() ? v4().isMartian() : is6() && bits.isMartian(); }

  static kj::Maybe<Ip> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return mix(bits.high ^ kind, bits.low); }

  constexpr auto operator<=>(const Ip&) const = default;

 private:
  uint8_t kind = 0;
  Ip6 bits;
};

class IpNet {
 public:
  constexpr IpNet() = default;
  // None.
  constexpr IpNet(Ip4Net net) : base(net.address()), count(uint8_t(net.length())) {}
  constexpr IpNet(Ip6Net net) : base(net.address()), count(uint8_t(net.length())) {}
  constexpr IpNet(Ip address, uint length)
      : IpNet(address.is4()   ? IpNet(Ip4Net(address.v4(), length))
              : address.is6() ? IpNet(Ip6Net(address.v6(), length))
                              : IpNet()) {}
  // The prefix of that length that the address is in.
  static kj::Maybe<IpNet> exactly(Ip address, uint length);
  // Nothing when there is no address, the length is impossible or host bits are set.

  constexpr uint8_t version() const { return base.version(); }
  constexpr bool isNone() const { return base.isNone(); }
  constexpr bool is4() const { return base.is4(); }
  constexpr bool is6() const { return base.is6(); }
  constexpr Ip4Net v4() const { return Ip4Net(base.v4(), count); }
  // When is4().
  constexpr Ip6Net v6() const { return Ip6Net(base.v6(), count); }
  // When is6().
  constexpr Ip address() const { return base; }
  constexpr uint length() const { return count; }

  constexpr bool contains(Ip address) const {
    return address.version() == version() &&
           (is4() ? v4().contains(address.v4()) : is6() && v6().contains(address.v6()));
  }
  constexpr bool covers(const IpNet& other) const {
    return other.version() == version() && (is4() ? v4().covers(other.v4()) : is6() && v6().covers(other.v6()));
  }
  constexpr bool isDefault() const { return !isNone() && count == 0; }
  constexpr bool isMartian() const { return count != 0 && base.isMartian(); }

  static kj::Maybe<IpNet> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return base.hashCode() * 31 + count; }

  constexpr auto operator<=>(const IpNet&) const = default;

 private:
  Ip base;
  uint8_t count = 0;
};

class IfAddr {
 public:
  constexpr IfAddr() = default;
  // None.
  constexpr IfAddr(Ip address, uint length) : at(address), count(uint8_t(length)) {}
  // `length` is at most the address's width.
  static kj::Maybe<IfAddr> exactly(Ip address, uint length);
  // Nothing when there is no address or the length is impossible.

  constexpr uint8_t version() const { return at.version(); }
  constexpr bool isNone() const { return at.isNone(); }
  constexpr Ip address() const { return at; }
  constexpr uint length() const { return count; }
  constexpr IpNet net() const { return IpNet(at, count); }
  // The prefix on the link.

  static kj::Maybe<IfAddr> parse(kj::StringPtr text);
  static kj::String whyNot(kj::StringPtr text);
  kj::String toString() const;
  uint hashCode() const { return at.hashCode() * 31 + count; }

  constexpr auto operator<=>(const IfAddr&) const = default;

 private:
  Ip at;
  uint8_t count = 0;
};

struct HashByCode {
  template <typename T> size_t operator()(const T& value) const { return value.hashCode(); }
};

}  // namespace xylem::net

template <> struct std::hash<xylem::net::Ip4> : xylem::net::HashByCode {};
template <> struct std::hash<xylem::net::Ip6> : xylem::net::HashByCode {};
template <> struct std::hash<xylem::net::Ip> : xylem::net::HashByCode {};
template <typename Address> struct std::hash<xylem::net::Prefix<Address>> : xylem::net::HashByCode {};
template <> struct std::hash<xylem::net::IpNet> : xylem::net::HashByCode {};
template <> struct std::hash<xylem::net::IfAddr> : xylem::net::HashByCode {};

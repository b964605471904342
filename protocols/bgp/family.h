#pragma once
// Address families as BGP numbers them (RFC 4760 section 3), sets of them, and arrays by them.
//
//     FamilySet families{Family::IPV4_UNICAST, Family::IPV6_UNICAST};
//     for (auto family : families) ...

#include <kj/common.h>
#include <kj/string.h>

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>

namespace xylem::bgp {

using kj::uint;

enum class Family : uint8_t { IPV4_UNICAST, IPV4_MULTICAST, IPV6_UNICAST, IPV6_MULTICAST };
constexpr uint FAMILIES = 4;

constexpr bool isIp4(Family family) { return family <= Family::IPV4_MULTICAST; }
constexpr uint16_t afiOf(Family family) { return isIp4(family) ? 1 : 2; }
constexpr uint8_t safiOf(Family family) { return uint8_t(family) % 2 + 1; }
inline kj::Maybe<Family> familyOf(uint16_t afi, uint8_t safi) {
  if (afi < 1 || afi > 2 || safi < 1 || safi > 2) return nullptr;
  return Family((afi - 1) * 2 + safi - 1);
}
inline kj::StringPtr nameOf(Family family) {
  constexpr const char* NAMES[] = {"ipv4-unicast", "ipv4-multicast", "ipv6-unicast", "ipv6-multicast"};
  return NAMES[uint(family)];
}

class FamilySet {
 public:
  constexpr FamilySet() = default;
  constexpr FamilySet(std::initializer_list<Family> families) {
    for (auto family : families) add(family);
  }

  static constexpr FamilySet all() { return FamilySet(uint8_t((1 << FAMILIES) - 1)); }

  class Iterator {
   public:
    explicit constexpr Iterator(uint8_t left) : left(left) {}
    constexpr Family operator*() const { return Family(std::countr_zero(left)); }
    constexpr Iterator& operator++() {
      left = uint8_t(left & (left - 1));
      return *this;
    }
    constexpr bool operator==(const Iterator&) const = default;

   private:
    uint8_t left;
  };
  constexpr Iterator begin() const { return Iterator(bits); }
  constexpr Iterator end() const { return Iterator(0); }

  constexpr bool has(Family family) const { return bits >> uint(family) & 1; }
  constexpr void add(Family family) { bits = uint8_t(bits | 1u << uint(family)); }
  constexpr void remove(Family family) { bits = uint8_t(bits & ~(1u << uint(family))); }
  constexpr uint size() const { return uint(std::popcount(bits)); }
  constexpr bool empty() const { return bits == 0; }
  constexpr bool covers(FamilySet other) const { return (other.bits & ~bits) == 0; }

  constexpr FamilySet operator&(FamilySet other) const { return FamilySet(uint8_t(bits & other.bits)); }
  constexpr FamilySet operator|(FamilySet other) const { return FamilySet(uint8_t(bits | other.bits)); }
  constexpr bool operator==(const FamilySet&) const = default;

 private:
  explicit constexpr FamilySet(uint8_t bits) : bits(bits) {}
  uint8_t bits = 0;
};

template <typename T> class PerFamily {
 public:
  constexpr T& operator[](Family family) { return values[uint(family)]; }
  constexpr const T& operator[](Family family) const { return values[uint(family)]; }
  constexpr bool operator==(const PerFamily& other) const { return values == other.values; }

 private:
  std::array<T, FAMILIES> values{};
};

}  // namespace xylem::bgp

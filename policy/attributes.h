#pragma once
// The path attributes of a route, as policies match and change them and BGP carries them: plain values.
//
//     Attributes attributes;
//     attributes.path.prepend(65001, 3);
//     attributes.communities.insert(Community(65001, 100));
//
// Numbers are in host byte order. Sets are ordered and hold each member once, so that equal sets of attributes are
// equal values.

#include <net/ip.h>

#include <kj/array.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <vector>

namespace xylem::policy {

using kj::uint;

enum class Origin : uint8_t { IGP = 0, EGP = 1, INCOMPLETE = 2 };
// RFC 4271 section 5.1.1; the lower is preferred.

enum class Validity : uint8_t { NOT_FOUND = 0, VALID = 1, INVALID = 2, UNKNOWN = 3 };
// Of a route's origin by RPKI (RFC 6811 section 2). UNKNOWN: nothing was asked.

class AsPath {
  // AS_PATH (RFC 4271 section 4.3, RFC 5065, RFC 6793): segments of AS numbers, nearest first. Confederation segments
  // come first if there are any.
 public:
  enum Type : uint8_t { SET = 1, SEQUENCE = 2, CONFED_SEQUENCE = 3, CONFED_SET = 4 };
  struct Segment {
    Type type;
    kj::ArrayPtr<const uint32_t> members;
    // Of a set, in ascending order.
  };

  class Iterator {
   public:
    explicit Iterator(const uint32_t* at) : at(at) {}
    Segment operator*() const { return {Type(*at >> 16), kj::arrayPtr(at + 1, *at & 0xffff)}; }
    Iterator& operator++() {
      at += 1 + (*at & 0xffff);
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const uint32_t* at;
  };
  Iterator begin() const { return Iterator(words.data()); }
  Iterator end() const { return Iterator(words.data() + words.size()); }
  bool empty() const { return words.empty(); }

  void append(Type type, kj::ArrayPtr<const uint32_t> members);
  // One more segment at the far end, of at most 65535 members. Equal neighbours of type SEQUENCE become one.
  void prepend(uint32_t as, uint count = 1, Type type = SEQUENCE);
  // `count` times in front, into a first segment of that type (a sequence) or into a new one.

  uint length() const;
  // As best-path selection counts: a set is one, confederation segments are none (RFC 4271 section 9.1.2.2, RFC 5065
  // section 5.3).
  uint32_t neighbor() const;
  // The nearest AS outside of the confederation; 0 when the path is empty or begins with a set.
  uint32_t origin() const;
  // The farthest AS: 0 when the path is empty or ends in a set (RFC 6811 section 2).
  uint count(uint32_t as) const;
  // How often it occurs, in segments of any type.
  bool contains(uint32_t as) const { return count(as) > 0; }

  template <typename F> void edit(F&& f) {
    // f(uint32_t& as) for each member, near to far.
    for (size_t i = 0; i < words.size();)
      for (size_t end = i + 1 + (words[i] & 0xffff); ++i < end;) f(words[i]);
    normalize();
  }
  void removeConfederation();
  // Drop confederation segments.
  template <typename F> void removeIf(F&& f) {
    // Drop each member, other than of confederation segments, for which f(as) is true.
    AsPath kept;
    std::vector<uint32_t> members;
    for (auto segment : *this) {
      members.clear();
      for (auto as : segment.members)
        if (segment.type >= CONFED_SEQUENCE || !f(as)) members.push_back(as);
      if (!members.empty()) kept.append(segment.type, kj::arrayPtr(members.data(), members.size()));
    }
    *this = kj::mv(kept);
  }

  static kj::Maybe<AsPath> parse(kj::StringPtr text);
  kj::String toString() const;
  // `65001 65002 {65003 65004} (65010) [65011 65012]`: a sequence, a set, confederation sequence, confederation set.

  bool operator==(const AsPath&) const = default;
  uint hashCode() const;

 private:
  void normalize();
  // Sets are ascending and hold each member once.

  std::vector<uint32_t> words;
  // For each segment: its type and number of members (type << 16 | number), then these.
};

struct Community {
  // RFC 1997.
  uint32_t bits = 0;

  constexpr Community() = default;
  explicit constexpr Community(uint32_t bits) : bits(bits) {}
  constexpr Community(uint16_t as, uint16_t value) : bits(uint32_t(as) << 16 | value) {}

  static kj::Maybe<Community> parse(kj::StringPtr text);
  kj::String toString() const;
  // `65001:100`, or the name of a well-known one: `no-export`.

  constexpr auto operator<=>(const Community&) const = default;
};

constexpr Community GRACEFUL_SHUTDOWN(0xffff0000), ACCEPT_OWN(0xffff0001), LLGR_STALE(0xffff0006), NO_LLGR(0xffff0007),
    BLACKHOLE(0xffff029a), NO_EXPORT(0xffffff01), NO_ADVERTISE(0xffffff02), NO_EXPORT_SUBCONFED(0xffffff03),
    NO_PEER(0xffffff04);
// RFC 8326, RFC 7611, RFC 9494 (twice), RFC 7999, RFC 1997 (three times), RFC 3765.

struct ExtendedCommunity {
  // RFC 4360, RFC 5668: eight bytes, as a number in network order.
  uint64_t bits = 0;

  static kj::Maybe<ExtendedCommunity> parse(kj::StringPtr text);
  kj::String toString() const;
  // `rt:65001:100`, `soo:192.0.2.1:7`, or for other types `0x0123456789abcdef`.

  constexpr auto operator<=>(const ExtendedCommunity&) const = default;
};

struct LargeCommunity {
  // RFC 8092.
  uint32_t administrator = 0, first = 0, second = 0;

  static kj::Maybe<LargeCommunity> parse(kj::StringPtr text);
  kj::String toString() const;
  // `65001:1:2`

  constexpr auto operator<=>(const LargeCommunity&) const = default;
};

template <typename T> class Set {
  // A small ordered set.
 public:
  Set() = default;
  explicit Set(std::vector<T> in) : members(kj::mv(in)) {
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
  }

  auto begin() const { return members.begin(); }
  auto end() const { return members.end(); }
  size_t size() const { return members.size(); }
  bool empty() const { return members.empty(); }
  bool has(T value) const { return std::binary_search(members.begin(), members.end(), value); }
  void insert(T value) {
    auto at = std::lower_bound(members.begin(), members.end(), value);
    if (at == members.end() || *at != value) members.insert(at, value);
  }
  void erase(T value) {
    auto at = std::lower_bound(members.begin(), members.end(), value);
    if (at != members.end() && *at == value) members.erase(at);
  }
  template <typename F> void eraseIf(F&& f) { std::erase_if(members, f); }
  void clear() { members.clear(); }

  bool operator==(const Set&) const = default;

 private:
  std::vector<T> members;
};

struct Aggregator {
  // RFC 4271 section 5.1.7.
  uint32_t as = 0;
  net::Ip4 address;

  bool operator==(const Aggregator&) const = default;
};

struct OtherAttribute {
  // One that is not understood, as it came.
  uint8_t flags = 0, type = 0;
  std::vector<uint8_t> value;

  bool operator==(const OtherAttribute&) const = default;
};

struct Attributes {
  Origin origin = Origin::INCOMPLETE;
  bool atomicAggregate = false;
  AsPath path;
  net::Ip nextHop;
  net::Ip6 linkLocal;
  // The second next hop of an IPv6 route (RFC 2545 section 3); unspecified: there is none.
  kj::Maybe<uint32_t> med, localPreference;
  kj::Maybe<Aggregator> aggregator;
  Set<Community> communities;
  Set<ExtendedCommunity> extendedCommunities;
  Set<LargeCommunity> largeCommunities;
  kj::Maybe<net::Ip4> originatorId;
  std::vector<net::Ip4> clusters;
  // Originator and cluster list (RFC 4456 section 8), nearest first.
  kj::Maybe<uint32_t> onlyToCustomer;
  // RFC 9234 section 5.
  std::vector<OtherAttribute> others;
  // In ascending order of type.

  bool operator==(const Attributes& other) const;
};

}  // namespace xylem::policy

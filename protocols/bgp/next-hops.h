#pragma once
// NextHops: the next hops of BGP routes (RFC 4271 section 5.1.3), each once, and how they can be reached.
//
// Whoever stores attributes holds their next hop (AttributePool does). Reachability comes from outside: `appeared` says
// which are to be tracked, `set` says what is known of one, and the tables then look at the destinations again that use
// it (Table::nextHopsChanged). An IPv6 next hop may have a link-local address beside the global one (RFC 2545 section
// 3).

#include <net/ip.h>

#include <unordered_map>
#include <utility>
#include <vector>

namespace xylem::bgp {

using kj::uint;

constexpr net::Ip6 scoped(net::Ip6 address, uint scope) {
  return {(address.high & 0xffff000000000000) | scope, address.low};
}
constexpr uint scopeIn(net::Ip address) { return address.is6() && address.isLinkLocal() ? uint(address.v6().high) : 0; }
constexpr net::Ip unscoped(net::Ip address) {
  return scopeIn(address) == 0 ? address : net::Ip(scoped(address.v6(), 0));
}
// The address of a link-local next hop, together with the index of its interface, and taken apart again.

struct NextHop {
  net::Ip address;
  net::Ip6 linkLocal;
  // Unspecified: there is none.
  uint32_t users = 0;
  uint32_t metric = 0;
  // Of the way there (RFC 4271 section 9.1.2.2 e).
  bool reachable = false;
  bool known = false;
  // Something has been said of it.
  bool changed = false, flipped = false;
  // Since the tables were last looked through: anything; whether it can be reached.
};

class NextHops {
 public:
  NextHops() : list(1) {}
  KJ_DISALLOW_COPY(NextHops);

  uint32_t hold(net::Ip address, net::Ip6 linkLocal = {});
  // Its index, one more user; 0 for no address.
  void hold(uint32_t index) { ++list[index].users; }
  void release(uint32_t index);

  const NextHop& operator[](uint32_t index) const { return list[index]; }
  uint32_t end() const { return uint32_t(list.size()); }
  // Behind the highest index.
  size_t size() const { return indices.size(); }
  // In use.

  bool set(uint32_t index, bool reachable, uint32_t metric);
  // Whether that is news.
  bool areKnown() const;
  // All that are in use.
  void settled();
  // The tables have been looked through: nothing is `changed` any more.

  struct Event {
    uint32_t index;
    net::Ip address;
    bool used;
  };
  std::vector<Event> events();
  // Next hops that came into use, or went out of use, since the last call, in that order. An index that went may be
  // used again for another.

 private:
  struct Key {
    net::Ip address;
    net::Ip6 linkLocal;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const { return key.address.hashCode() * 31 + key.linkLocal.hashCode(); }
  };

  std::vector<NextHop> list;
  std::vector<uint32_t> freed;
  std::unordered_map<Key, uint32_t, Hash> indices;
  std::vector<Event> news;
};

}  // namespace xylem::bgp

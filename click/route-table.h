#pragma once
// Longest-prefix match: from an address to a number, the index of a next hop.
//
//     RouteTable4 table;
//     table.insert(prefix, 7);
//     uint32_t hop = table.lookup(address);       // 7, or RouteTable4::NOTHING
//
//     for (auto each : addresses) table.prefetch(each);        // of a batch: one pass to fetch,
//     for (auto each : addresses) table.lookup(each);          // and one to look
//
// The first FIRST bits are an index into an array, each further eight bits an index into a block that belongs to a slot
// of what was before; a slot holds a number or a block. With 24 bits first this is DIR-24-8 (Gupta, Lin, McKeown 1998):
// one memory access for most IPv4 addresses, two for those with routes longer than /24. IPv6 begins with 16 bits. The
// array takes memory only where there are routes. Slots say how long their prefix is, so that a route is put in and
// taken out without a look at any other.

#include <net/trie.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace xylem::click {

struct UnmapSlots {
  size_t count = 0;
  void operator()(uint32_t* slots) const;
};
using MappedSlots = std::unique_ptr<uint32_t, UnmapSlots>;
MappedSlots mapSlots(size_t count);
// All zero, and without memory until they are written.

template <typename Address, unsigned FIRST> class RouteTable {
 public:
  using Net = net::Prefix<Address>;
  static constexpr uint32_t NOTHING = (1 << 24) - 1;
  // Numbers are less.

  RouteTable() = default;
  RouteTable(RouteTable&&) = default;
  RouteTable& operator=(RouteTable&&) = default;
  ~RouteTable() noexcept {}

  bool insert(Net net, uint32_t value);
  // Or replaces. True if it was not there.
  bool remove(Net net);
  // True if it was there.
  std::optional<uint32_t> find(Net net) const;
  // Of exactly that prefix.
  void clear();
  size_t size() const { return all.size(); }
  template <typename F> void eachRoute(F f) const {
    // f(Net, number) in the order of the addresses.
    for (auto entry = all.first(); entry != nullptr;) {
      KJ_IF_MAYBE (route, entry) {
        auto net = route->net;
        f(net, route->value);
        entry = all.after(net);
      }
    }
  }

  void prefetch(Address address) const {
    if (first) __builtin_prefetch(first.get() + address.slice(0, FIRST));
  }
  uint32_t lookup(Address address) const {
    if (!first) return shortest;
    auto slot = first.get()[address.slice(0, FIRST)];
    for (unsigned depth = FIRST; slot & BLOCK; depth += STRIDE)
      slot = blocks[size_t(slot & ~BLOCK) * FAN + address.slice(depth, STRIDE)];
    auto value = slot & VALUE;
    return value == 0 ? shortest : value - 1;
  }

 private:
  static constexpr unsigned STRIDE = 8, FAN = 1 << STRIDE;
  static constexpr uint32_t BLOCK = 0x80000000, VALUE = (1 << 24) - 1;
  // A slot: a block's number with the highest bit, or the length of the prefix less 1 and the value plus 1; or 0.
  static unsigned lengthOf(uint32_t slot) { return slot == 0 ? 0 : (slot >> 24) + 1; }
  static uint32_t slotFor(unsigned length, uint32_t value) {
    return length == 0 ? 0 : (length - 1) << 24 | (value + 1);
  }

  template <typename Change> void each(uint32_t* slots, size_t count, const Change& change);
  template <typename Change> void walk(Net net, const Change& change);
  uint32_t newBlock(uint32_t fill);
  void collapse(Net net);
  uint32_t covering(Net net) const;

  MappedSlots first;
  std::vector<uint32_t> blocks;
  std::vector<uint32_t> unused;
  // Blocks.
  uint32_t shortest = NOTHING;
  // The value of the prefix of length 0.
  net::Trie<Net, uint32_t> all;
};

using RouteTable4 = RouteTable<net::Ip4, 24>;
using RouteTable6 = RouteTable<net::Ip6, 16>;
extern template class RouteTable<net::Ip4, 24>;
extern template class RouteTable<net::Ip6, 16>;

}  // namespace xylem::click

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
// The first sixteen bits are an index into an array, each further eight bits an index into a block that belongs to a
// slot of what was before (click/xdp/tables.h); so it is DIR-24-8 (Gupta, Lin, McKeown 1998) whose first array is small
// enough to stay in the cache. Slots say how long their prefix is, so that a route is put in and taken out without a
// look at any other. Whoever reads while that happens, be it another processor, finds the former route or the new one,
// never a third.

#include <click/slots.h>
#include <net/trie.h>

#include <optional>
#include <vector>

namespace xylem::click {

template <typename Address> class RouteTable {
 public:
  using Net = net::Prefix<Address>;
  static constexpr uint32_t NOTHING = SLOT_VALUE;
  // Numbers are less.

  explicit RouteTable(std::unique_ptr<Slots> memory = ownSlots());
  RouteTable(RouteTable&&) = default;
  RouteTable& operator=(RouteTable&&) = default;
  ~RouteTable() noexcept {}

  void moveTo(std::unique_ptr<Slots> memory);
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
    auto slot = (*slots)[address.slice(0, FIRST)];
    if (slot & SLOT_IS_BLOCK) __builtin_prefetch(slots->at(placeIn(slot, address, FIRST)));
  }
  uint32_t lookup(Address address) const {
    auto slot = (*slots)[address.slice(0, FIRST)];
    for (unsigned depth = FIRST; slot & SLOT_IS_BLOCK; depth += STRIDE) slot = (*slots)[placeIn(slot, address, depth)];
    if (slot == 0) slot = (*slots)[SHORTEST_SLOT];
    // No route: all bits of the value.
    return ((slot & SLOT_VALUE) - 1) & SLOT_VALUE;
  }

 private:
  static constexpr unsigned FIRST = 16, STRIDE = 8;
  static size_t placeIn(uint32_t slot, Address address, unsigned depth) {
    return size_t(slot & ~SLOT_IS_BLOCK) * SLOTS_PER_BLOCK + address.slice(depth, STRIDE);
  }
  static unsigned lengthOf(uint32_t slot) { return slot == 0 ? 0 : ((slot & ~SLOT_IS_BLOCK) >> 24) + 1; }
  static uint32_t slotFor(unsigned length, uint32_t value) {
    return (length == 0 ? 0 : (length - 1) << 24) | (value + 1);
  }

  template <typename Change> void each(size_t place, size_t count, const Change& change);
  template <typename Change> void walk(Net net, const Change& change);
  uint32_t newBlock(uint32_t fill);
  void collapse(Net net);
  uint32_t covering(Net net) const;

  std::unique_ptr<Slots> slots;
  size_t used = FIRST_BLOCKS + 1;
  // Blocks that have been in use.
  std::vector<uint32_t> unused, resting;
  // Blocks; those that rest may still be read.
  net::Trie<Net, uint32_t> all;
};

using RouteTable4 = RouteTable<net::Ip4>;
using RouteTable6 = RouteTable<net::Ip6>;
extern template class RouteTable<net::Ip4>;
extern template class RouteTable<net::Ip6>;

}  // namespace xylem::click

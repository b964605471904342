#pragma once
// Trie<Net, Value>: a routing table, from prefixes to small values.
//
//     Trie<Ip4Net, uint32_t> table;
//     table.upsert(net, 7);
//     KJ_IF_MAYBE(match, table.longestMatch(address)) use(match->net, match->value);
//
// Everything is in address order, a shorter prefix before those it covers. Values are small and trivially copyable: a
// handle of the route, which lives elsewhere. A million IPv4 prefixes cost about 6 bytes each beyond the value; see
// bytes().
//
// What a call hands out (an Entry's `value`, a pointer from `find`) may be changed in place and is good until the next
// insertion or removal. A walk that goes on after a change is a Cursor: it holds nothing but the last key and
// seeks it again, so it misses nothing that was there all the time, and visits nothing twice.
//
// How it works: a node holds the prefixes of one stride of bits (8 for IPv4, 4 for IPv6) in a bitmap that is numbered
// like a heap (number 1 is the stride's empty prefix, 2n and 2n+1 are one bit longer than n), and which children
// exist in a second one behind it. The values of the bits that are set, and the child nodes themselves, lie in two
// dense arrays, in the order of the bits. So a lookup touches one node a stride.

#include <net/ip.h>
#include <net/pool.h>

#include <kj/debug.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace xylem::net {

template <typename Net, typename Value> class Trie {
  static_assert(std::is_trivially_copyable_v<Value> && alignof(Value) <= 8);

 public:
  using Address = typename Net::Address;

  struct Entry {
    Net net;
    Value& value;
  };
  struct ConstEntry {
    Net net;
    const Value& value;
  };

  Trie() = default;
  Trie(Trie&& other)
      : pool(kj::mv(other.pool)), root(std::exchange(other.root, Node())), count(std::exchange(other.count, 0)) {}
  Trie& operator=(Trie&& other) {
    if (this != &other) {
      this->~Trie();
      new (this) Trie(kj::mv(other));
    }
    return *this;
  }
  KJ_DISALLOW_COPY(Trie);

  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  size_t bytes() const { return sizeof(*this) + pool.bytes(); }
  // All memory it holds, spare room included.

  Value& upsert(Net net, Value value);
  // Set, whether or not it is there.
  bool insert(Net net, Value value);
  // Set if it is not there; returns whether it was not.
  Value& findOrInsert(Net net, Value otherwise);
  // The value that is there, or else `otherwise`, put there.
  bool erase(Net net);
  // Returns whether it was there.
  void clear();

  Value* find(Net net);
  const Value* find(Net net) const { return const_cast<Trie*>(this)->find(net); }
  // The value of exactly this prefix, or null.

  kj::Maybe<Entry> longestMatch(Address address) { return matchAt(address, Address::WIDTH); }
  // The most specific prefix that contains the address.
  kj::Maybe<Entry> longestMatch(Net net) { return matchAt(net.address(), net.length()); }
  // The most specific prefix that covers this one: itself, if it is there.
  kj::Maybe<Entry> lessSpecific(Net net) {
    if (net.length() == 0) return nullptr;
    return matchAt(net.address(), net.length() - 1);
  }
  // The most specific prefix that covers this one and is not itself.
  kj::Maybe<ConstEntry> longestMatch(Address address) const { return constant(mutableThis().longestMatch(address)); }
  kj::Maybe<ConstEntry> longestMatch(Net net) const { return constant(mutableThis().longestMatch(net)); }
  kj::Maybe<ConstEntry> lessSpecific(Net net) const { return constant(mutableThis().lessSpecific(net)); }

  template <typename F> void eachCovering(Net net, F&& f);
  // f(Net, Value&) for the prefix itself, if it is there, and all that cover it, from most to least specific.

  kj::Maybe<Entry> first() { return seek(Net(), true); }
  kj::Maybe<Entry> after(Net net) { return seek(net, false); }
  // The first entry, and the first one behind `net`, which need not be there.
  kj::Maybe<ConstEntry> first() const { return constant(mutableThis().first()); }
  kj::Maybe<ConstEntry> after(Net net) const { return constant(mutableThis().after(net)); }

  template <typename F> void each(F&& f) { eachWithin(Net(), kj::fwd<F>(f)); }
  // f(Net, Value&) for all, in order. `f` must neither insert nor erase.

  template <typename F> void eachWithin(Net net, F&& f);
  // f(Net, Value&) for the prefix itself, if it is there, and all that it covers, in order. `f` must neither insert nor
  // erase.

  class Cursor {
    // A walk that goes on whatever was inserted or erased between its steps. Within a prefix, or over all.
   public:
    explicit Cursor(Net within = Net()) : within(within), at(within) {}

    kj::Maybe<Entry> next(Trie& trie) {
      auto found = trie.seek(at, !started);
      KJ_IF_MAYBE (entry, found) {
        if (within.covers(entry->net)) {
          started = true;
          at = entry->net;
          return found;
        }
      }
      return nullptr;
    }
    kj::Maybe<ConstEntry> next(const Trie& trie) { return constant(next(trie.mutableThis())); }
    // The next entry, or nothing at the end. Asked again later, it tells what has come behind its place meanwhile.

    void skipTo(Net net) {
      started = true;
      at = net;
    }
    // Go on behind `net`, which lies within the walk.

   private:
    Net within;
    Net at;
    bool started = false;
  };

 private:
  static constexpr uint STRIDE = Address::WIDTH == 32 ? 8 : 4;
  static constexpr uint FANOUT = 1 << STRIDE;
  static constexpr uint CHILDREN = 2 * FANOUT;  // where the bitmap of children begins
  static constexpr uint WORDS = (CHILDREN + FANOUT + 63) / 64;
  static constexpr uint DEPTH = Address::WIDTH / STRIDE;

  struct Node {
    uint64_t bits[WORDS] = {};
    Value* values = nullptr;
    Node* children = nullptr;

    bool has(uint bit) const { return bits[bit / 64] >> bit % 64 & 1; }
    void flip(uint bit) { bits[bit / 64] ^= uint64_t(1) << bit % 64; }
    uint rank(uint from, uint bit) const {
      // How many bits are set in [from, bit).
      uint word = from / 64;
      uint64_t bitsHere = bits[word] >> from % 64 << from % 64;
      uint sum = 0;
      for (; WORDS > 1 && word < bit / 64; bitsHere = bits[++word]) sum += uint(std::popcount(bitsHere));
      return sum + uint(std::popcount(bitsHere & ((uint64_t(1) << bit % 64) - 1)));
    }
    uint nextSet(uint from, uint end) const {
      // The first bit set in [from, end), or `end`.
      if (from >= end) return end;
      uint word = from / 64;
      uint64_t bitsHere = bits[word] >> from % 64 << from % 64;
      while (bitsHere == 0) {
        if (WORDS == 1 || ++word * 64 >= end) return end;
        bitsHere = bits[word];
      }
      return kj::min(end, word * 64 + uint(std::countr_zero(bitsHere)));
    }
    uint valueCount() const { return countIn(0, CHILDREN); }
    uint childCount() const { return countIn(CHILDREN, CHILDREN + FANOUT); }
    bool isEmpty() const {
      return std::all_of(std::begin(bits), std::end(bits), [](uint64_t word) { return word == 0; });
    }
    Value& value(uint bit) const { return values[rank(0, bit)]; }
    Node& child(uint slot) const { return children[rank(CHILDREN, CHILDREN + slot)]; }

   private:
    uint countIn(uint from, uint end) const {
      uint last = end - 1;
      return rank(from, last) + has(last);
    }
  };

  struct Place {
    // Something in a node, in the order of a walk: a prefix that begins at `start` and is `length` bits long, or with
    // length STRIDE + 1 the child at `start`. Beyond all: start is FANOUT.
    uint start;
    uint length;

    uint bit() const { return (1u << length) + (length > STRIDE ? start : start >> (STRIDE - length)); }
    bool isChild() const { return length > STRIDE; }
  };

  static constexpr uint depthOf(uint length) { return length == 0 ? 0 : (length - 1) / STRIDE; }
  // The node level that holds prefixes of this length.
  static uint slotAt(Address address, uint depth) { return address.slice(depth * STRIDE, STRIDE); }
  static uint bitOf(Net net, uint depth) {
    uint length = net.length() - depth * STRIDE;
    return (1u << length) + (slotAt(net.address(), depth) >> (STRIDE - length));
  }
  static Net netAt(Address path, uint depth, uint bit) {
    // The prefix behind a bit of the node that `path` leads to.
    uint length = uint(std::bit_width(bit)) - 1;
    uint slot = (bit - (1u << length)) << (STRIDE - length);
    Net net(path, depth * STRIDE);
    return Net(net.address() | place(slot, depth), depth * STRIDE + length);
  }
  static Address place(uint slot, uint depth) {
    uint shift = Address::WIDTH - (depth + 1) * STRIDE;
    if constexpr (Address::WIDTH == 32) {
      return Address{slot << shift};
    } else {
      return shift >= 64 ? Address{uint64_t(slot) << (shift - 64), 0} : Address{0, uint64_t(slot) << shift};
    }
  }

  static Place nextPlace(const Node& node, Place behind);
  // The first thing in the node behind a place.

  Trie& mutableThis() const { return const_cast<Trie&>(*this); }
  static kj::Maybe<ConstEntry> constant(kj::Maybe<Entry> entry) {
    KJ_IF_MAYBE (e, entry) return ConstEntry{e->net, e->value};
    return nullptr;
  }

  kj::Maybe<Entry> matchAt(Address address, uint length);
  kj::Maybe<Entry> seek(Net net, bool inclusive);
  template <typename F> void walk(const Node& node, Address path, uint depth, Place behind, uint end, F& f);

  Pool pool;
  Node root;
  size_t count = 0;
};

template <typename Net, typename Value> Value& Trie<Net, Value>::findOrInsert(Net net, Value otherwise) {
  Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last; ++depth) {
    uint slot = slotAt(net.address(), depth);
    if (!node->has(CHILDREN + slot)) {
      pool.insert(node->children, node->childCount(), node->rank(CHILDREN, CHILDREN + slot), Node());
      node->flip(CHILDREN + slot);
    }
    node = &node->child(slot);
  }
  uint bit = bitOf(net, depth);
  if (!node->has(bit)) {
    pool.insert(node->values, node->valueCount(), node->rank(0, bit), otherwise);
    node->flip(bit);
    ++count;
  }
  return node->value(bit);
}

template <typename Net, typename Value> Value& Trie<Net, Value>::upsert(Net net, Value value) {
  auto& there = findOrInsert(net, value);
  there = value;
  return there;
}

template <typename Net, typename Value> bool Trie<Net, Value>::insert(Net net, Value value) {
  size_t before = count;
  findOrInsert(net, value);
  return count > before;
}

template <typename Net, typename Value> Value* Trie<Net, Value>::find(Net net) {
  Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last; ++depth) {
    uint slot = slotAt(net.address(), depth);
    if (!node->has(CHILDREN + slot)) return nullptr;
    node = &node->child(slot);
  }
  uint bit = bitOf(net, depth);
  return node->has(bit) ? &node->value(bit) : nullptr;
}

template <typename Net, typename Value> bool Trie<Net, Value>::erase(Net net) {
  Node* path[DEPTH];
  Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last; ++depth) {
    path[depth] = node;
    uint slot = slotAt(net.address(), depth);
    if (!node->has(CHILDREN + slot)) return false;
    node = &node->child(slot);
  }
  uint bit = bitOf(net, depth);
  if (!node->has(bit)) return false;
  pool.erase(node->values, node->valueCount(), node->rank(0, bit));
  node->flip(bit);
  --count;
  while (depth > 0 && node->isEmpty()) {
    node = path[--depth];
    uint slot = slotAt(net.address(), depth);
    pool.erase(node->children, node->childCount(), node->rank(CHILDREN, CHILDREN + slot));
    node->flip(CHILDREN + slot);
  }
  if (count == 0) clear();
  return true;
}

template <typename Net, typename Value> void Trie<Net, Value>::clear() {
  pool.clear();
  root = Node();
  count = 0;
}

template <typename Net, typename Value>
kj::Maybe<typename Trie<Net, Value>::Entry> Trie<Net, Value>::matchAt(Address address, uint length) {
  Node* path[DEPTH];
  uint depth = 0;
  uint last = depthOf(length);
  path[0] = &root;
  while (depth < last) {
    uint slot = slotAt(address, depth);
    if (!path[depth]->has(CHILDREN + slot)) break;
    path[depth + 1] = &path[depth]->child(slot);
    ++depth;
  }
  uint bit = depth == last ? bitOf(Net(address, length), depth) : FANOUT + slotAt(address, depth);
  for (;;) {
    for (; bit > 0; bit >>= 1) {
      if (path[depth]->has(bit)) return Entry{netAt(address, depth, bit), path[depth]->value(bit)};
    }
    if (depth == 0) return nullptr;
    --depth;
    bit = FANOUT + slotAt(address, depth);
  }
}

template <typename Net, typename Value> template <typename F> void Trie<Net, Value>::eachCovering(Net net, F&& f) {
  auto match = longestMatch(net);
  for (;;) {
    KJ_IF_MAYBE (entry, match) {
      auto at = entry->net;
      f(at, entry->value);
      match = lessSpecific(at);
    } else {
      return;
    }
  }
}

template <typename Net, typename Value>
typename Trie<Net, Value>::Place Trie<Net, Value>::nextPlace(const Node& node, Place behind) {
  Place best{FANOUT, 0};
  for (uint length = 0; length <= STRIDE + 1; ++length) {
    uint shift = length > STRIDE ? 0 : STRIDE - length;
    uint size = length > STRIDE ? FANOUT : 1u << length;
    uint base = length > STRIDE ? CHILDREN : size;
    uint start = length > behind.length ? behind.start : behind.start + 1;
    uint from = (start + (1u << shift) - 1) >> shift;
    uint bit = node.nextSet(base + from, base + size);
    if (bit == base + size) continue;
    uint found = (bit - base) << shift;
    if (found < best.start) best = {found, length};
  }
  return best;
}

template <typename Net, typename Value>
kj::Maybe<typename Trie<Net, Value>::Entry> Trie<Net, Value>::seek(Net net, bool inclusive) {
  if (inclusive) {
    auto value = find(net);
    if (value != nullptr) return Entry{net, *value};
  }
  // Down to the node that holds, or would hold, the prefix; from there on to the next place, up when a node is through.
  Node* path[DEPTH];
  Place at[DEPTH];
  uint depth = 0;
  uint last = depthOf(net.length());
  path[0] = &root;
  for (;; ++depth) {
    uint slot = slotAt(net.address(), depth);
    if (depth == last) {
      at[depth] = {slot, net.length() - depth * STRIDE};
      break;
    }
    at[depth] = {slot, STRIDE + 1};
    if (!path[depth]->has(CHILDREN + slot)) break;
    path[depth + 1] = &path[depth]->child(slot);
  }
  for (;;) {
    auto next = nextPlace(*path[depth], at[depth]);
    if (next.start == FANOUT) {
      if (depth == 0) return nullptr;
      --depth;
      continue;
    }
    at[depth] = next;
    if (!next.isChild()) break;
    path[depth + 1] = &path[depth]->child(next.start);
    ++depth;
    at[depth] = {0, 0};
  }
  Address address;
  for (uint i = 0; i <= depth; ++i) address = address | place(at[i].start, i);
  return Entry{Net(address, depth * STRIDE + at[depth].length), path[depth]->value(at[depth].bit())};
}

template <typename Net, typename Value>
template <typename F>
void Trie<Net, Value>::walk(const Node& node, Address path, uint depth, Place behind, uint end, F& f) {
  for (auto at = nextPlace(node, behind); at.start < end; at = nextPlace(node, at)) {
    Address here = path | place(at.start, depth);
    if (at.isChild()) {
      walk(node.child(at.start), here, depth + 1, {0, 0}, FANOUT, f);
    } else {
      f(Net(here, depth * STRIDE + at.length), node.value(at.bit()));
    }
  }
}

template <typename Net, typename Value> template <typename F> void Trie<Net, Value>::eachWithin(Net net, F&& f) {
  auto value = find(net);
  if (value != nullptr) f(net, *value);
  const Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last; ++depth) {
    uint slot = slotAt(net.address(), depth);
    if (!node->has(CHILDREN + slot)) return;
    node = &node->child(slot);
  }
  uint length = net.length() - depth * STRIDE;
  uint slot = slotAt(net.address(), depth);
  walk(*node, Net(net.address(), depth * STRIDE).address(), depth, {slot, length}, slot + (FANOUT >> length), f);
}

}  // namespace xylem::net

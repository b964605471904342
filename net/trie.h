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
//
// IPv6 prefixes are few in a wide space: most strides of a path have nothing but one child. A node may stand behind up
// to three of them that are not there, and says itself which bits they had; they appear when a prefix needs them.

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
  static constexpr uint SKIP = CHILDREN + FANOUT;
  // Where there is room behind the bitmaps: two bits that say how many strides are skipped, and then their bits.
  static constexpr uint MOST_SKIPPED = WORDS * 64 - SKIP >= 2 + 3 * STRIDE ? 3 : 0;

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
    uint childCount() const { return countIn(CHILDREN, SKIP); }
    bool isEmpty() const { return nextSet(0, SKIP) == SKIP; }

    uint skipped() const {
      // Strides between its parent and itself.
      if constexpr (MOST_SKIPPED == 0) return 0;
      return bits[SKIP / 64] >> SKIP % 64 & 3;
    }
    uint skippedBits() const {
      if constexpr (MOST_SKIPPED == 0) return 0;
      return uint(bits[SKIP / 64] >> (SKIP % 64 + 2));
    }
    void skip(uint strides, uint their) {
      if constexpr (MOST_SKIPPED > 0) {
        auto& word = bits[SKIP / 64];
        word = (word & ((uint64_t(1) << SKIP % 64) - 1)) | (uint64_t(their) << 2 | strides) << SKIP % 64;
      }
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
  static uint bitsAt(Address address, uint depth, uint strides) {
    return strides == 0 ? 0 : address.slice(depth * STRIDE, strides * STRIDE);
  }
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
    // The bits in the address's stride, those left of them in the ones before.
    uint shift = Address::WIDTH - (depth + 1) * STRIDE;
    if constexpr (Address::WIDTH == 32) {
      return Address{slot << shift};
    } else {
      if (shift >= 64) return Address{uint64_t(slot) << (shift - 64), 0};
      return Address{shift == 0 ? 0 : uint64_t(slot) >> (64 - shift), uint64_t(slot) << shift};
    }
  }

  static Node* childToward(const Node& node, uint& depth, Address address, uint last) {
    // The child on the way to the address, and `depth` becomes its own; null if there is none, or only below `last`.
    uint slot = slotAt(address, depth);
    if (!node.has(CHILDREN + slot)) return nullptr;
    auto& child = node.child(slot);
    uint strides = child.skipped();
    if (depth + 1 + strides > last || child.skippedBits() != bitsAt(address, depth + 1, strides)) return nullptr;
    depth += 1 + strides;
    return &child;
  }
  static Address pathTo(const Node& child, Address path, uint slot, uint& depth) {
    // From the node that `path` leads to; `depth` becomes the child's.
    uint strides = child.skipped();
    path = path | place(slot, depth);
    depth += 1 + strides;
    return strides == 0 ? path : path | place(child.skippedBits(), depth - 1);
  }
  void addChild(Node& node, uint slot, const Node& child) {
    pool.insert(node.children, node.childCount(), node.rank(CHILDREN, CHILDREN + slot), child);
    node.flip(CHILDREN + slot);
  }
  void split(Node& child, uint depth, Address address, uint last);
  // Put a node in front of it, which skips from `depth` on what it has in common with the way to the address.
  void join(Node& node);
  // If it is nothing but the way to one child, be that child.

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

template <typename Net, typename Value>
void Trie<Net, Value>::split(Node& child, uint depth, Address address, uint last) {
  uint strides = child.skipped(), their = child.skippedBits(), common = 0;
  auto slotOf = [&](uint stride) { return their >> (strides - 1 - stride) * STRIDE & (FANOUT - 1); };
  while (depth + common < last && slotOf(common) == slotAt(address, depth + common)) ++common;
  uint left = strides - 1 - common;
  Node front, back = child;
  front.skip(common, their >> (strides - common) * STRIDE);
  back.skip(left, their & ((1u << left * STRIDE) - 1));
  addChild(front, slotOf(common), back);
  child = front;
}

template <typename Net, typename Value> void Trie<Net, Value>::join(Node& node) {
  if (MOST_SKIPPED == 0 || node.valueCount() > 0 || node.childCount() > 1) return;
  Node only = node.children[0];
  uint before = node.skipped(), behind = only.skipped();
  if (before + 1 + behind > MOST_SKIPPED) return;
  uint slot = node.nextSet(CHILDREN, SKIP) - CHILDREN;
  only.skip(before + 1 + behind, (node.skippedBits() << STRIDE | slot) << behind * STRIDE | only.skippedBits());
  pool.erase(node.children, 1, 0);
  node = only;
}

template <typename Net, typename Value> Value& Trie<Net, Value>::findOrInsert(Net net, Value otherwise) {
  Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last;) {
    auto child = childToward(*node, depth, net.address(), last);
    if (child != nullptr) {
      node = child;
      continue;
    }
    uint slot = slotAt(net.address(), depth);
    if (node->has(CHILDREN + slot)) {
      split(node->child(slot), depth + 1, net.address(), last);
    } else {
      Node fresh;
      uint strides = kj::min(last - depth - 1, MOST_SKIPPED);
      fresh.skip(strides, bitsAt(net.address(), depth + 1, strides));
      addChild(*node, slot, fresh);
    }
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
  for (uint last = depthOf(net.length()); depth < last;) {
    node = childToward(*node, depth, net.address(), last);
    if (node == nullptr) return nullptr;
  }
  uint bit = bitOf(net, depth);
  return node->has(bit) ? &node->value(bit) : nullptr;
}

template <typename Net, typename Value> bool Trie<Net, Value>::erase(Net net) {
  struct Link {
    Node* node;
    uint slot;
  } path[DEPTH];
  uint level = 0;
  Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last;) {
    path[level++] = {node, slotAt(net.address(), depth)};
    node = childToward(*node, depth, net.address(), last);
    if (node == nullptr) return false;
  }
  uint bit = bitOf(net, depth);
  if (!node->has(bit)) return false;
  pool.erase(node->values, node->valueCount(), node->rank(0, bit));
  node->flip(bit);
  --count;
  while (level > 0 && node->isEmpty()) {
    uint slot = path[--level].slot;
    node = path[level].node;
    pool.erase(node->children, node->childCount(), node->rank(CHILDREN, CHILDREN + slot));
    node->flip(CHILDREN + slot);
  }
  if (level > 0) join(*node);
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
  struct Level {
    Node* node;
    uint depth;
  } path[DEPTH];
  uint level = 0, depth = 0, last = depthOf(length);
  path[0] = {&root, 0};
  while (depth < last) {
    auto child = childToward(*path[level].node, depth, address, last);
    if (child == nullptr) break;
    path[++level] = {child, depth};
  }
  uint bit = depth == last ? bitOf(Net(address, length), depth) : FANOUT + slotAt(address, depth);
  for (;;) {
    auto node = path[level].node;
    for (; bit > 0; bit >>= 1)
      if (node->has(bit)) return Entry{netAt(address, depth, bit), node->value(bit)};
    if (level == 0) return nullptr;
    depth = path[--level].depth;
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
  struct Level {
    Node* node;
    Address path;
    uint depth;
    Place at;
  } levels[DEPTH];
  auto level = levels;
  auto descend = [&](uint slot) {
    auto& from = *level++;
    level->node = &from.node->child(slot);
    level->depth = from.depth;
    level->path = pathTo(*level->node, from.path, slot, level->depth);
    level->at = {0, 0};
  };
  uint last = depthOf(net.length());
  *level = {&root, Address(), 0, {0, 0}};
  for (;;) {
    uint slot = slotAt(net.address(), level->depth);
    if (level->depth == last) {
      level->at = {slot, net.length() - last * STRIDE};
      break;
    }
    level->at = {slot, STRIDE + 1};
    if (!level->node->has(CHILDREN + slot)) break;
    descend(slot);
    Address here = Net(net.address(), level->depth * STRIDE).address();
    if (level->path == here && level->depth <= last) continue;
    // All of the child is on one side.
    if (level->path < here) --level;
    break;
  }
  for (;;) {
    level->at = nextPlace(*level->node, level->at);
    if (level->at.start == FANOUT) {
      if (level == levels) return nullptr;
      --level;
    } else if (level->at.isChild()) {
      descend(level->at.start);
    } else {
      break;
    }
  }
  return Entry{netAt(level->path, level->depth, level->at.bit()), level->node->value(level->at.bit())};
}

template <typename Net, typename Value>
template <typename F>
void Trie<Net, Value>::walk(const Node& node, Address path, uint depth, Place behind, uint end, F& f) {
  for (auto at = nextPlace(node, behind); at.start < end; at = nextPlace(node, at)) {
    if (at.isChild()) {
      auto& child = node.child(at.start);
      uint below = depth;
      Address there = pathTo(child, path, at.start, below);
      walk(child, there, below, {0, 0}, FANOUT, f);
    } else {
      f(netAt(path, depth, at.bit()), node.value(at.bit()));
    }
  }
}

template <typename Net, typename Value> template <typename F> void Trie<Net, Value>::eachWithin(Net net, F&& f) {
  auto value = find(net);
  if (value != nullptr) f(net, *value);
  const Node* node = &root;
  uint depth = 0;
  for (uint last = depthOf(net.length()); depth < last;) {
    auto child = childToward(*node, depth, net.address(), last);
    uint slot = slotAt(net.address(), depth);
    if (child == nullptr && node->has(CHILDREN + slot)) {
      // It is all within the prefix, or nothing is.
      auto& below = node->child(slot);
      Address path = pathTo(below, Net(net.address(), depth * STRIDE).address(), slot, depth);
      if (net.contains(path)) walk(below, path, depth, {0, 0}, FANOUT, f);
    }
    if (child == nullptr) return;
    node = child;
  }
  uint length = net.length() - depth * STRIDE;
  uint slot = slotAt(net.address(), depth);
  walk(*node, Net(net.address(), depth * STRIDE).address(), depth, {slot, length}, slot + (FANOUT >> length), f);
}

}  // namespace xylem::net

// A new block is filled with what its slot held, and goes when all its slots hold the same again.

#include <click/route-table.h>

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace xylem::click {

void UnmapSlots::operator()(uint32_t* slots) const { munmap(slots, count * sizeof *slots); }

MappedSlots mapSlots(size_t count) {
  auto memory = mmap(nullptr, count * sizeof(uint32_t), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return MappedSlots(static_cast<uint32_t*>(memory), UnmapSlots{count});
}

template <typename Address, unsigned FIRST> uint32_t RouteTable<Address, FIRST>::newBlock(uint32_t fill) {
  uint32_t number;
  if (unused.empty()) {
    number = uint32_t(blocks.size() / FAN);
    blocks.resize(blocks.size() + FAN);
  } else {
    number = unused.back();
    unused.pop_back();
  }
  std::fill_n(blocks.begin() + ptrdiff_t(size_t(number) * FAN), FAN, fill);
  return number;
}

template <typename Address, unsigned FIRST>
template <typename Change>
void RouteTable<Address, FIRST>::each(uint32_t* slots, size_t count, const Change& change) {
  for (size_t i = 0; i < count; ++i) {
    if (slots[i] & BLOCK)
      each(&blocks[size_t(slots[i] & ~BLOCK) * FAN], FAN, change);
    else
      change(slots[i]);
  }
}

template <typename Address, unsigned FIRST>
template <typename Change>
void RouteTable<Address, FIRST>::walk(Net net, const Change& change) {
  // All slots that the prefix covers; blocks are made on the way where it ends within a slot.
  if (!first) first = mapSlots(size_t(1) << FIRST);
  auto address = net.address();
  bool isFirst = true;
  size_t base = 0;
  for (unsigned depth = 0, width = FIRST;; depth += width, width = STRIDE) {
    auto slots = isFirst ? first.get() : blocks.data() + base;
    auto at = address.slice(depth, width);
    if (net.length() <= depth + width) return each(slots + at, size_t(1) << (depth + width - net.length()), change);
    auto slot = slots[at];
    if (!(slot & BLOCK)) {
      auto made = newBlock(slot);
      slots = isFirst ? first.get() : blocks.data() + base;
      slot = slots[at] = BLOCK | made;
    }
    base = size_t(slot & ~BLOCK) * FAN;
    isFirst = false;
  }
}

template <typename Address, unsigned FIRST> bool RouteTable<Address, FIRST>::insert(Net net, uint32_t value) {
  auto before = all.size();
  all.upsert(net, value);
  bool isNew = all.size() > before;
  if (net.length() == 0) {
    shortest = value;
    return isNew;
  }
  auto now = slotFor(net.length(), value);
  walk(net, [&](uint32_t& slot) {
    if (lengthOf(slot) <= net.length()) slot = now;
  });
  return isNew;
}

template <typename Address, unsigned FIRST> uint32_t RouteTable<Address, FIRST>::covering(Net net) const {
  KJ_IF_MAYBE (found, all.lessSpecific(net)) return slotFor(found->net.length(), found->value);
  return 0;
}

template <typename Address, unsigned FIRST> bool RouteTable<Address, FIRST>::remove(Net net) {
  if (!all.erase(net)) return false;
  if (net.length() == 0) {
    shortest = NOTHING;
    return true;
  }
  auto now = covering(net);
  walk(net, [&](uint32_t& slot) {
    if (lengthOf(slot) == net.length()) slot = now;
  });
  collapse(net);
  return true;
}

template <typename Address, unsigned FIRST> void RouteTable<Address, FIRST>::collapse(Net net) {
  // From the deepest block on the way to the prefix up.
  std::vector<size_t> path;
  // Places of slots; the first is in the array.
  auto address = net.address();
  path.push_back(address.slice(0, FIRST));
  auto slotAt = [&](size_t step) -> uint32_t& { return step == 0 ? first.get()[path[0]] : blocks[path[step]]; };
  for (unsigned depth = FIRST; depth < net.length(); depth += STRIDE) {
    auto slot = slotAt(path.size() - 1);
    if (!(slot & BLOCK)) break;
    path.push_back(size_t(slot & ~BLOCK) * FAN + address.slice(depth, STRIDE));
  }
  for (auto step = path.size() - 1; step > 0; --step) {
    auto begin = blocks.begin() + ptrdiff_t(path[step] / FAN * FAN);
    auto value = *begin;
    bool isPlain = !(value & BLOCK) && std::all_of(begin, begin + FAN, [&](uint32_t each) { return each == value; });
    if (!isPlain || lengthOf(value) > FIRST + (step - 1) * STRIDE) return;
    slotAt(step - 1) = value;
    unused.push_back(uint32_t(path[step] / FAN));
  }
}

template <typename Address, unsigned FIRST> std::optional<uint32_t> RouteTable<Address, FIRST>::find(Net net) const {
  auto found = all.find(net);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

template <typename Address, unsigned FIRST> void RouteTable<Address, FIRST>::clear() { *this = RouteTable(); }

template class RouteTable<net::Ip4, 24>;
template class RouteTable<net::Ip6, 16>;

}  // namespace xylem::click

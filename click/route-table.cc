// A new block is filled with what its slot held, and goes when all its slots hold the same again. It is used for other
// prefixes only when nobody can be reading it any more.

#include <click/route-table.h>

#include <algorithm>

namespace xylem::click {

template <typename Address> RouteTable<Address>::RouteTable(std::unique_ptr<Slots> memory) : slots(std::move(memory)) {
  slots->grow(used);
}

template <typename Address> void RouteTable<Address>::moveTo(std::unique_ptr<Slots> memory) {
  memory->grow(used);
  std::copy_n(slots->at(0), used * SLOTS_PER_BLOCK, memory->block(0));
  slots = std::move(memory);
}

template <typename Address> uint32_t RouteTable<Address>::newBlock(uint32_t fill) {
  if (unused.empty() && resting.size() > used / 4) {
    slots->settle();
    std::swap(unused, resting);
  }
  uint32_t number;
  if (unused.empty()) {
    number = uint32_t(used++);
    slots->grow(used);
  } else {
    number = unused.back();
    unused.pop_back();
  }
  std::fill_n(slots->block(number), SLOTS_PER_BLOCK, fill);
  return number;
}

template <typename Address>
template <typename Change>
void RouteTable<Address>::each(size_t place, size_t count, const Change& change) {
  for (; count > 0; ++place, --count) {
    auto slot = (*slots)[place];
    if (slot & SLOT_IS_BLOCK)
      each(size_t(slot & ~SLOT_IS_BLOCK) * SLOTS_PER_BLOCK, SLOTS_PER_BLOCK, change);
    else
      change((*slots)[place]);
  }
}

template <typename Address> template <typename Change> void RouteTable<Address>::walk(Net net, const Change& change) {
  // All slots that the prefix covers; blocks are made on the way where it ends within a slot.
  auto address = net.address();
  if (net.length() == 0) return change((*slots)[SHORTEST_SLOT]);
  size_t place = address.slice(0, FIRST);
  for (unsigned depth = FIRST;; depth += STRIDE) {
    if (net.length() <= depth) return each(place, size_t(1) << (depth - net.length()), change);
    auto slot = (*slots)[place];
    if (!(slot & SLOT_IS_BLOCK)) {
      slot = SLOT_IS_BLOCK | newBlock(slot);
      __atomic_store_n(&(*slots)[place], slot, __ATOMIC_RELEASE);
    }
    place = placeIn(slot, address, depth);
  }
}

template <typename Address> bool RouteTable<Address>::insert(Net net, uint32_t value) {
  auto before = all.size();
  all.upsert(net, value);
  auto now = slotFor(net.length(), value);
  walk(net, [&](uint32_t& slot) {
    if (lengthOf(slot) <= std::max(net.length(), 1u)) slot = now;
  });
  return all.size() > before;
}

template <typename Address> uint32_t RouteTable<Address>::covering(Net net) const {
  KJ_IF_MAYBE (found, all.lessSpecific(net))
    if (found->net.length() > 0) return slotFor(found->net.length(), found->value);
  return 0;
}

template <typename Address> bool RouteTable<Address>::remove(Net net) {
  if (!all.erase(net)) return false;
  if (net.length() == 0) {
    (*slots)[SHORTEST_SLOT] = 0;
    return true;
  }
  auto now = covering(net);
  walk(net, [&](uint32_t& slot) {
    if (lengthOf(slot) == net.length()) slot = now;
  });
  collapse(net);
  return true;
}

template <typename Address> void RouteTable<Address>::collapse(Net net) {
  // From the deepest block on the way to the prefix up.
  std::vector<size_t> path{size_t(net.address().slice(0, FIRST))};
  for (unsigned depth = FIRST; depth < net.length(); depth += STRIDE) {
    auto slot = (*slots)[path.back()];
    if (!(slot & SLOT_IS_BLOCK)) break;
    path.push_back(placeIn(slot, net.address(), depth));
  }
  for (auto step = path.size() - 1; step > 0; --step) {
    auto number = path[step] / SLOTS_PER_BLOCK;
    auto begin = slots->block(number);
    auto value = *begin;
    bool isPlain = !(value & SLOT_IS_BLOCK) &&
                   std::all_of(begin, begin + SLOTS_PER_BLOCK, [&](uint32_t each) { return each == value; });
    if (!isPlain || lengthOf(value) > FIRST + (step - 1) * STRIDE) return;
    (*slots)[path[step - 1]] = value;
    resting.push_back(uint32_t(number));
  }
}

template <typename Address> std::optional<uint32_t> RouteTable<Address>::find(Net net) const {
  auto found = all.find(net);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

template <typename Address> void RouteTable<Address>::clear() { *this = RouteTable(); }

template class RouteTable<net::Ip4>;
template class RouteTable<net::Ip6>;

}  // namespace xylem::click

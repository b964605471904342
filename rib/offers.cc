// Offers in a hash table of their numbers.
//
// Routes come in runs that say the same, so the last offer is tried before the table. Probing is linear; removal moves
// back what stood behind, so there are no tombstones.

#include <kj/debug.h>
#include <rib/offers.h>

#include <utility>

namespace xylem::rib {

uint32_t Offers::intern(const Offer& offer) {
  if (last != NONE && entries[last].offer == offer) {
    ++entries[last].users;
    return last;
  }
  if ((count + 1) * 4 > slots.size() * 3) grow();
  auto& slot = slots[find(offer)];
  if (slot != NONE) {
    ++entries[slot].users;
    return last = slot;
  }
  KJ_REQUIRE(count < MOST, "too many different offers");
  if (freed != NONE) {
    slot = freed;
    freed = entries[slot].offer.group;
  } else {
    slot = uint32_t(entries.size());
    entries.emplace_back();
  }
  entries[slot] = {offer, 1};
  ++count;
  return last = slot;
}

size_t Offers::homeOf(const Offer& offer) const {
  uint64_t who = uint64_t(offer.origin) << 32 | offer.group;
  return net::mix(uint64_t(offer.metric) << 32 | offer.tag, who) & (slots.size() - 1);
}

size_t Offers::find(const Offer& offer) const {
  // The slot that has it, or the empty one where it belongs.
  size_t at = homeOf(offer);
  while (slots[at] != NONE && !(entries[slots[at]].offer == offer)) at = (at + 1) & (slots.size() - 1);
  return at;
}

void Offers::grow() {
  auto before = std::exchange(slots, std::vector<uint32_t>(kj::max(size_t(64), slots.size() * 2), NONE));
  for (auto id : before)
    if (id != NONE) slots[find(entries[id].offer)] = id;
}

void Offers::remove(uint32_t id) {
  size_t mask = slots.size() - 1, hole = find(entries[id].offer);
  for (size_t at = (hole + 1) & mask; slots[at] != NONE; at = (at + 1) & mask) {
    // It may move back unless it is between its home and here already.
    if (((at - homeOf(entries[slots[at]].offer)) & mask) < ((at - hole) & mask)) continue;
    slots[hole] = slots[at];
    hole = at;
  }
  slots[hole] = NONE;
  entries[id].offer.group = freed;
  freed = id;
  if (last == id) last = NONE;
  --count;
}

}  // namespace xylem::rib

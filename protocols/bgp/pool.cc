// Attribute sets in a hash table.
//
// A slot has 32 bits of the hash beside the id, so that probing touches an entry only when it is almost surely the one.
// Probing is linear; removal moves back what stood behind, so there are no tombstones. Entries never move: an id is a
// place, and no table from ids to places is needed.

#include <protocols/bgp/pool.h>

#include <kj/debug.h>

#include <cstring>
#include <new>

namespace xylem::bgp {

namespace {

constexpr size_t LARGEST = 200 << 10;

uint64_t fold(uint64_t a, uint64_t b) {
  auto product = static_cast<unsigned __int128>(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

uint64_t hashOf(net::Bytes bytes, uint64_t seed) {
  constexpr uint64_t A = 0xa0761d6478bd642full, B = 0xe7037ed1a0b428dbull;
  uint64_t hash = seed ^ fold(bytes.size() ^ A, B);
  auto at = bytes.begin();
  size_t left = bytes.size();
  for (; left >= 16; at += 16, left -= 16) {
    uint64_t words[2];
    memcpy(words, at, 16);
    hash = fold(words[0] ^ A ^ hash, words[1] ^ B);
  }
  uint64_t tail[2] = {};
  if (left > 0) memcpy(tail, at, left);
  return fold(tail[0] ^ A ^ hash, tail[1] ^ B ^ seed);
}

bool same(net::Bytes a, net::Bytes b) {
  return a.size() == b.size() && (a.size() == 0 || memcmp(a.begin(), b.begin(), a.size()) == 0);
}

}  // namespace

AttributePool::~AttributePool() {
  for (auto& slot : slots)
    if (slot.id != NONE) nextHops.release(summary(slot.id).nextHop);
}

AttributeId AttributePool::intern(const policy::Attributes& attributes) {
  scratch.truncate(0);
  encode(attributes, scratch);
  auto encoded = scratch.bytes();
  KJ_REQUIRE(encoded.size() <= LARGEST, "attributes too large");
  if ((count + 1) * 4 > slots.size() * 3) grow();

  auto hash = uint32_t(hashOf(encoded, seed));
  auto& slot = slots[find(encoded, hash)];
  if (slot.id != NONE) {
    hold(slot.id);
    return slot.id;
  }
  auto id = allocate(grainsFor(encoded.size()));
  auto& fresh = *new (&entry(id)) Entry{1, uint32_t(encoded.size()), summarize(attributes)};
  memcpy(static_cast<void*>(&fresh + 1), encoded.begin(), encoded.size());
  slot = {hash, id};
  ++count;
  return id;
}

size_t AttributePool::find(net::Bytes bytes, uint32_t hash) const {
  // The slot that has it, or the empty one where it belongs.
  size_t mask = slots.size() - 1, at = hash & mask;
  while (slots[at].id != NONE && (slots[at].hash != hash || !same(this->bytes(slots[at].id), bytes)))
    at = (at + 1) & mask;
  return at;
}

void AttributePool::grow() {
  std::vector<Slot> bigger(kj::max(size_t(64), slots.size() * 2));
  size_t mask = bigger.size() - 1;
  for (auto& slot : slots) {
    if (slot.id == NONE) continue;
    size_t at = slot.hash & mask;
    while (bigger[at].id != NONE) at = (at + 1) & mask;
    bigger[at] = slot;
  }
  slots = kj::mv(bigger);
}

AttributeId AttributePool::allocate(uint32_t grains) {
  if (grains < freed.size() && freed[grains] != NONE) {
    auto id = freed[grains];
    freed[grains] = entry(id).users;
    return id;
  }
  if (GRAINS - at < grains) {
    chunks.push_back(std::unique_ptr<kj::byte[]>(new kj::byte[CHUNK]));
    at = chunks.size() == 1 ? 1 : 0;
  }
  auto id = AttributeId((chunks.size() - 1) * GRAINS + at);
  at += grains;
  return id;
}

void AttributePool::remove(AttributeId id) {
  auto& old = entry(id);
  auto encoded = bytes(id);
  size_t mask = slots.size() - 1, hole = find(encoded, uint32_t(hashOf(encoded, seed)));
  KJ_ASSERT(slots[hole].id == id);
  for (size_t at = (hole + 1) & mask; slots[at].id != NONE; at = (at + 1) & mask) {
    // It may move back unless it is between its home and here already.
    if (((at - slots[at].hash) & mask) < ((at - hole) & mask)) continue;
    slots[hole] = slots[at];
    hole = at;
  }
  slots[hole] = Slot();
  --count;
  nextHops.release(old.summary.nextHop);
  auto grains = grainsFor(old.size);
  if (freed.size() <= grains) freed.resize(grains + 1);
  old.users = freed[grains];
  freed[grains] = id;
}

Summary AttributePool::summarize(const policy::Attributes& from) {
  Summary to;
  to.flags = uint8_t(from.origin) & 3;
  KJ_IF_MAYBE (preference, from.localPreference) {
    to.localPreference = *preference;
    to.flags |= Summary::HAS_LOCAL_PREFERENCE;
  }
  KJ_IF_MAYBE (med, from.med) {
    to.med = *med;
    to.flags |= Summary::HAS_MED;
  }
  KJ_IF_MAYBE (originator, from.originatorId) {
    to.originatorId = originator->bits;
    to.flags |= Summary::HAS_ORIGINATOR;
  }
  if (from.communities.has(policy::LLGR_STALE)) to.flags |= Summary::LLGR_STALE;
  for (auto segment : from.path)
    if (segment.type >= policy::AsPath::CONFED_SEQUENCE) to.flags |= Summary::CONFEDERATED;
  to.neighborAs = from.path.neighbor();
  to.pathLength = uint16_t(kj::min(from.path.length(), 0xffffu));
  to.clusters = uint8_t(kj::min(from.clusters.size(), size_t(255)));
  to.nextHop = nextHops.hold(from.nextHop, from.linkLocal);
  return to;
}

// ---- RecentAttributes

kj::Maybe<RecentAttributes::Known> RecentAttributes::find(net::Bytes raw) {
  auto hash = hashOf(raw, 0);
  for (auto& place : places)
    if (place.hash == hash && place.known.received != AttributePool::NONE &&
        same(kj::arrayPtr(place.raw.data(), place.raw.size()), raw))
      return place.known;
  return nullptr;
}

void RecentAttributes::add(net::Bytes raw, Known known) {
  if (known.received == AttributePool::NONE) return;
  auto& place = places[at++ % kj::size(places)];
  pool.hold(known.received);
  if (known.accepted != AttributePool::NONE) pool.hold(known.accepted);
  release(place);
  place.hash = hashOf(raw, 0);
  place.raw.assign(raw.begin(), raw.end());
  place.known = known;
}

void RecentAttributes::clear() {
  for (auto& place : places) release(place);
}

void RecentAttributes::release(Place& place) {
  for (auto id : {place.known.received, place.known.accepted})
    if (id != AttributePool::NONE) pool.release(id);
  place.known = {AttributePool::NONE, AttributePool::NONE};
}

}  // namespace xylem::bgp

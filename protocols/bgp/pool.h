#pragma once
// AttributePool: sets of path attributes, each stored once however many routes have it, counted by its users.
//
//     AttributePool pool(nextHops, seed);
//     auto id = pool.intern(attributes);   // the caller now holds it
//     pool.summary(id).localPreference     // what best-path selection reads, without decoding
//     pool.get(id)                         // policy::Attributes
//     pool.release(id);
//
// An id is good as long as somebody holds it, and then may come to mean another set; 0 is none. Ids are equal exactly
// when the sets are. Sets lie packed in chunks; a freed one's room goes to the next of the same size.
//
// RecentAttributes stands in front: what a session received last, as raw bytes.

#include <protocols/bgp/encoding.h>
#include <protocols/bgp/next-hops.h>

#include <memory>

namespace xylem::bgp {

using AttributeId = uint32_t;

struct Summary {
  // What the decision process (RFC 4271 section 9.1) and the tables ask of a set.
  enum Flag : uint8_t {
    HAS_MED = 4,
    HAS_LOCAL_PREFERENCE = 8,
    HAS_ORIGINATOR = 16,
    LLGR_STALE = 32,  // The community (RFC 9494).
    CONFEDERATED = 64,
    // The path has confederation segments (RFC 5065).
  };

  uint32_t localPreference = 0, med = 0;
  uint32_t neighborAs = 0;
  // AsPath::neighbor().
  uint32_t originatorId = 0;
  uint32_t nextHop = 0;
  // NextHops.
  uint16_t pathLength = 0;
  uint8_t clusters = 0;
  uint8_t flags = 0;
  // The origin is in the lowest two bits.

  bool has(Flag flag) const { return (flags & flag) != 0; }
  uint8_t origin() const { return flags & 3; }
};

class AttributePool {
 public:
  static constexpr AttributeId NONE = 0;

  explicit AttributePool(NextHops& nextHops, uint64_t seed = 0) : nextHops(nextHops), seed(seed) {}
  // A seed that peers cannot know keeps them from choosing sets that collide.
  ~AttributePool();
  KJ_DISALLOW_COPY(AttributePool);

  AttributeId intern(const policy::Attributes& attributes);
  // Held once more by the caller. A set that takes more than 200 kB, which no message can bring, is a fault.
  void hold(AttributeId id) { ++entry(id).users; }
  void release(AttributeId id) {
    if (--entry(id).users == 0) remove(id);
  }
  // Neither is for NONE.

  policy::Attributes get(AttributeId id) const { return decode(bytes(id)); }
  net::Bytes bytes(AttributeId id) const {
    // As encoding.h says.
    auto& found = entry(id);
    return kj::arrayPtr(reinterpret_cast<const kj::byte*>(&found + 1), found.size);
  }
  const Summary& summary(AttributeId id) const { return entry(id).summary; }
  uint32_t users(AttributeId id) const { return entry(id).users; }

  size_t size() const { return count; }
  size_t memory() const { return chunks.size() * CHUNK + (slots.capacity() + freed.capacity()) * 8; }
  // Bytes taken from the system.

 private:
  static constexpr uint32_t GRAIN = 4, GRAINS = 65536;
  static constexpr size_t CHUNK = size_t(GRAIN) * GRAINS;

  struct Entry {
    uint32_t users;
    uint32_t size;
    Summary summary;
  };
  struct Slot {
    uint32_t hash = 0;
    AttributeId id = NONE;
  };

  Entry& entry(AttributeId id) const {
    // An id is the place of its entry, in grains.
    return *reinterpret_cast<Entry*>(chunks[id / GRAINS].get() + size_t(id % GRAINS) * GRAIN);
  }
  static uint32_t grainsFor(size_t size) { return uint32_t((sizeof(Entry) + size + GRAIN - 1) / GRAIN); }

  AttributeId allocate(uint32_t grains);
  size_t find(net::Bytes bytes, uint32_t hash) const;
  void grow();
  void remove(AttributeId id);
  Summary summarize(const policy::Attributes& attributes);

  NextHops& nextHops;
  uint64_t seed;
  std::vector<std::unique_ptr<kj::byte[]>> chunks;
  uint32_t at = GRAINS;
  // The first free grain of the last chunk.
  std::vector<AttributeId> freed;
  // For each number of grains, the first freed entry of that size; it holds the next.
  std::vector<Slot> slots;
  // Open addressing, as many as a power of two.
  size_t count = 0;
  net::ByteWriter scratch;
};

class RecentAttributes {
  // The sets that came last from one session, by the bytes they came as: equal attributes of consecutive UPDATEs are
  // decoded, checked and sent through policy once. What the bytes mean must depend on nothing but the session.
 public:
  explicit RecentAttributes(AttributePool& pool) : pool(pool) {}
  ~RecentAttributes() { clear(); }
  KJ_DISALLOW_COPY(RecentAttributes);

  struct Known {
    AttributeId received, accepted;
  };
  kj::Maybe<Known> find(net::Bytes raw);
  void add(net::Bytes raw, Known known);
  // In place of the one added longest ago. It holds both, if they are not NONE.
  void clear();
  // The session, or a policy, is another.

 private:
  struct Place {
    uint64_t hash = 0;
    std::vector<kj::byte> raw;
    Known known{AttributePool::NONE, AttributePool::NONE};
  };
  void release(Place& place);

  AttributePool& pool;
  Place places[4];
  uint at = 0;
};

}  // namespace xylem::bgp

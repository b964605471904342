#pragma once
// Offers: what an origin says of a prefix, each different one stored once and counted by its users. Nearly all routes
// of a protocol say the same: the group, a metric, a tag.
//
//     Offers offers;
//     auto id = offers.intern({group, metric, tag, origin, distance});   // the caller now holds it
//     offers[id].metric
//     offers.release(id);

#include <net/ip.h>

#include <vector>

namespace xylem::rib {

struct Offer {
  uint32_t group, metric, tag;
  uint16_t origin;
  uint8_t distance;
  // Of the origin.

  bool operator==(const Offer&) const = default;
  bool isBetter(const Offer& other) const {
    if (distance != other.distance) return distance < other.distance;
    if (metric != other.metric) return metric < other.metric;
    return origin < other.origin;
  }
};

class Offers {
 public:
  static constexpr uint32_t MOST = 1 << 24;
  // Different ones.

  uint32_t intern(const Offer& offer);
  // Held once more by the caller. More than MOST is a fault.
  void release(uint32_t id) {
    if (--entries[id].users == 0) remove(id);
  }
  const Offer& operator[](uint32_t id) const { return entries[id].offer; }
  // Good until the next `intern`.

  size_t size() const { return count; }
  size_t bytes() const { return entries.capacity() * sizeof(Entry) + slots.capacity() * sizeof(uint32_t); }

 private:
  static constexpr uint32_t NONE = ~uint32_t(0);

  struct Entry {
    Offer offer;
    // Of a free one, `group` is the next free one.
    uint32_t users;
  };

  size_t homeOf(const Offer& offer) const;
  size_t find(const Offer& offer) const;
  void grow();
  void remove(uint32_t id);

  std::vector<Entry> entries;
  uint32_t freed = NONE;
  uint32_t last = NONE;
  // Interned last.
  std::vector<uint32_t> slots;
  // Open addressing, as many as a power of two.
  size_t count = 0;
};

}  // namespace xylem::rib

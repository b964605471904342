#pragma once
// Advertised: what an update group has sent to its members, by destination: its Adj-RIB-Out (RFC 4271 section 3.2).
//
// A destination has one entry, or with add-path (RFC 7911) one for each path identifier. An entry is the attributes as
// they were sent, held here, and the peer that the path is from: that one is not told, so for it the entry is nothing.
// A copy holds the attributes once more.

#include <protocols/bgp/chunked.h>
#include <protocols/bgp/pool.h>

namespace xylem::bgp {

struct Advert {
  AttributeId attributes = AttributePool::NONE;
  uint16_t source = 0;

  bool isThere() const { return attributes != AttributePool::NONE; }
  bool operator==(const Advert&) const = default;
};

class Advertised {
 public:
  explicit Advertised(AttributePool& pool) : pool(pool) { entries.grow(); }
  ~Advertised() { drain(~size_t(0)); }
  KJ_DISALLOW_COPY(Advertised);

  void copy(const Advertised& from);
  // Into an empty one.

  Advert get(uint32_t destination) const {
    auto block = destination / BLOCK;
    if (block >= single.size() || !single[block]) return {};
    return {single[block]->attributes[destination % BLOCK], single[block]->sources[destination % BLOCK]};
  }
  void set(uint32_t destination, Advert advert);
  // Takes over the caller's hold of the new ones and gives up that of the old ones.

  // With add-path: `f(uint32_t pathId, Advert)` for each.
  template <typename F> void each(uint32_t destination, F&& f) const {
    if (destination >= heads.size()) return;
    for (auto at = heads[destination]; at != 0; at = entries[at].next) f(entries[at].pathId, entries[at].advert);
  }
  Advert get(uint32_t destination, uint32_t pathId) const;
  void set(uint32_t destination, uint32_t pathId, Advert advert);

  size_t size() const { return count; }
  // Entries that are there.
  size_t from(uint16_t source) const { return source < sources.size() ? sources[source] : 0; }
  // Of them, those from that peer.
  uint32_t end() const { return kj::max(uint32_t(single.size()) * BLOCK, heads.size()); }

  bool drain(size_t most);
  // Forget so many destinations, from the far end. Returns whether there is more. For what is no longer needed.
  size_t bytes() const;

 private:
  static constexpr uint32_t BLOCK = 4096;

  struct Block {
    AttributeId attributes[BLOCK];
    uint16_t sources[BLOCK];
  };
  struct Entry {
    uint32_t next, pathId;
    Advert advert;
  };
  static_assert(std::is_trivially_copyable_v<Entry>);

  void tally(Advert advert, int by);
  void hold(Advert advert) {
    if (advert.isThere()) pool.hold(advert.attributes);
  }
  void release(Advert advert) {
    if (advert.isThere()) pool.release(advert.attributes);
  }
  void forget(uint32_t destination);

  AttributePool& pool;
  std::vector<std::unique_ptr<Block>> single;
  Chunked<uint32_t> heads;
  Chunked<Entry> entries;
  uint32_t freed = 0;
  size_t count = 0;
  std::vector<size_t> sources;
  uint32_t drained = 0;
  // Destinations at the far end that are forgotten.
};

}  // namespace xylem::bgp

#pragma once
// Routes as the RIB stores them: 12 bytes each, in chunks, so that growing never moves them.

#include <kj/memory.h>
#include <kj/vector.h>
#include <rib/offers.h>

#include <memory>

namespace xylem::rib {

struct Candidate {
  // One origin's route to one prefix. Those of a prefix are linked, best first: lowest distance, then lowest metric,
  // then lowest origin.
  uint32_t next;
  uint32_t offer : 24;
  uint32_t generation : 8;
  // Of the origin when it announced this last.
  uint32_t since;
  // Seconds on the table's clock.
};
static_assert(sizeof(Candidate) == 12 && Offers::MOST <= 1 << 24);

class Candidates {
 public:
  uint32_t add(const Offer& offer, uint8_t generation, uint32_t since) {
    // A handle, never 0.
    if (free == 0) grow();
    auto handle = free;
    auto& place = (*this)[handle];
    free = place.next;
    place = {0, offers.intern(offer), generation, since};
    ++count;
    return handle;
  }
  void change(uint32_t handle, const Offer& offer) {
    auto& place = (*this)[handle];
    uint32_t before = place.offer;
    place.offer = offers.intern(offer);
    offers.release(before);
  }
  void remove(uint32_t handle) {
    offers.release((*this)[handle].offer);
    (*this)[handle].next = free;
    free = handle;
    --count;
  }
  Candidate& operator[](uint32_t handle) { return chunks[handle / CHUNK][handle % CHUNK]; }
  const Candidate& operator[](uint32_t handle) const { return chunks[handle / CHUNK][handle % CHUNK]; }
  const Offer& offerOf(const Candidate& candidate) const { return offers[candidate.offer]; }
  // Good until a candidate is added or changed.
  const Offer& offerOf(uint32_t handle) const { return offerOf((*this)[handle]); }
  size_t size() const { return count; }
  size_t different() const { return offers.size(); }
  // Offers.
  size_t bytes() const { return chunks.size() * CHUNK * sizeof(Candidate) + offers.bytes(); }

 private:
  static constexpr uint32_t CHUNK = 4096;

  void grow() {
    auto first = uint32_t(chunks.size()) * CHUNK;
    auto& chunk = chunks.add(std::make_unique<Candidate[]>(CHUNK));
    for (uint32_t i = CHUNK; i-- > (first == 0 ? 1 : 0);) {
      chunk[i].next = free;
      free = first + i;
    }
  }

  Offers offers;
  kj::Vector<std::unique_ptr<Candidate[]>> chunks;
  uint32_t free = 0;
  size_t count = 0;
};

}  // namespace xylem::rib

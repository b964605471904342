#pragma once
// Routes as the RIB stores them: 24 bytes each, in chunks, so that growing never moves them.

#include <kj/common.h>
#include <kj/memory.h>
#include <kj/vector.h>

#include <cstdint>
#include <memory>

namespace xylem::rib {

struct Candidate {
  // One origin's route to one prefix. Those of a prefix are linked, best first: lowest distance, then lowest metric,
  // then lowest origin.
  uint32_t next;
  uint32_t group;
  uint32_t metric;
  uint32_t tag;
  uint32_t since;
  // Seconds on the table's clock.
  uint16_t origin;
  uint8_t generation;
  // Of the origin when it announced this last.
  uint8_t distance;

  bool isBetter(const Candidate& other) const {
    if (distance != other.distance) return distance < other.distance;
    if (metric != other.metric) return metric < other.metric;
    return origin < other.origin;
  }
};

class Candidates {
 public:
  uint32_t add(const Candidate& candidate) {
    // A handle, never 0.
    if (free == 0) grow();
    auto handle = free;
    auto& place = (*this)[handle];
    free = place.next;
    place = candidate;
    ++count;
    return handle;
  }
  void remove(uint32_t handle) {
    (*this)[handle].next = free;
    free = handle;
    --count;
  }
  Candidate& operator[](uint32_t handle) { return chunks[handle / CHUNK][handle % CHUNK]; }
  const Candidate& operator[](uint32_t handle) const { return chunks[handle / CHUNK][handle % CHUNK]; }
  size_t size() const { return count; }
  size_t bytes() const { return chunks.size() * CHUNK * sizeof(Candidate); }

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

  kj::Vector<std::unique_ptr<Candidate[]>> chunks;
  uint32_t free = 0;
  size_t count = 0;
};

}  // namespace xylem::rib

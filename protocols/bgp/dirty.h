#pragma once
// Dirty: which destinations of a table a consumer has yet to look at.
//
//     Dirty dirty;
//     dirty.mark(7);
//     for (uint32_t at; (at = dirty.take()) != Dirty::NONE;) lookAt(at);
//
// A destination that changes a thousand times before it is looked at is marked once. Marking costs the same however
// many are marked; taking goes round in the order of the indices, so that neighbours leave together. It takes a bit for
// each destination, and a 64th of that for each of two levels of summary.

#include <kj/common.h>

#include <bit>
#include <cstdint>
#include <vector>

namespace xylem::bgp {

class Dirty {
 public:
  static constexpr uint32_t NONE = ~uint32_t(0);

  void mark(uint32_t index) {
    if (index / 64 >= levels[0].size()) makeRoom(index + 1);
    auto& word = levels[0][index / 64];
    uint64_t bit = uint64_t(1) << index % 64;
    if (word & bit) return;
    ++marked;
    if (word == 0) summarize(index / 64);
    word |= bit;
  }
  void markAll(uint32_t size);
  // All below `size`; the next lap begins at 0.

  bool has(uint32_t index) const {
    return index / 64 < levels[0].size() && (levels[0][index / 64] >> index % 64 & 1) != 0;
  }
  bool empty() const { return marked == 0; }
  size_t size() const { return marked; }

  uint32_t take();
  // The next one that is marked, which no longer is; NONE: there is none.
  uint32_t laps() const { return lap; }
  // How often `take` has come to the end. What was marked when a lap began has been taken when it is over.

  size_t bytes() const {
    size_t words = 0;
    for (auto& level : levels) words += level.capacity();
    return words * sizeof(uint64_t);
  }

 private:
  void makeRoom(uint32_t size);
  void summarize(uint32_t word);
  uint32_t seek(uint32_t from) const;

  std::vector<uint64_t> levels[3];
  // The bits; which words of the bits are not zero; which words of that are not.
  size_t marked = 0;
  uint32_t at = 0, lap = 0;
};

}  // namespace xylem::bgp

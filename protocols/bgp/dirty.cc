// Bits in three levels.
//
// The lowest has a bit for each destination. A bit of the next says that a word of the one below is not zero, so a
// search for the next mark reads one word a level and, at the top, one word for each quarter of a million destinations.

#include <protocols/bgp/dirty.h>

#include <algorithm>

namespace xylem::bgp {

namespace {

uint32_t next(const std::vector<uint64_t>& bits, uint32_t from) {
  // The first bit set at or behind `from`, in its word alone; NONE.
  if (from / 64 >= bits.size()) return Dirty::NONE;
  uint64_t word = bits[from / 64] >> from % 64;
  return word == 0 ? Dirty::NONE : from + uint32_t(std::countr_zero(word));
}

}  // namespace

void Dirty::makeRoom(uint32_t size) {
  for (auto& level : levels) {
    size = (size + 63) / 64;
    if (level.size() < size) level.resize(size);
  }
}

void Dirty::summarize(uint32_t word) {
  levels[1][word / 64] |= uint64_t(1) << word % 64;
  word /= 64;
  levels[2][word / 64] |= uint64_t(1) << word % 64;
}

void Dirty::markAll(uint32_t size) {
  makeRoom(size);
  at = 0;
  for (uint32_t word = 0; word < (size + 63) / 64; ++word) {
    uint64_t bits = word == size / 64 ? (uint64_t(1) << size % 64) - 1 : ~uint64_t(0);
    marked += size_t(std::popcount(bits & ~levels[0][word]));
    levels[0][word] |= bits;
    summarize(word);
  }
}

uint32_t Dirty::seek(uint32_t from) const {
  auto found = next(levels[0], from);
  if (found != NONE) return found;
  auto word = next(levels[1], from / 64 + 1);
  if (word == NONE) {
    auto group = next(levels[2], (from / 64 + 1 + 63) / 64);
    for (uint32_t top = (from / 64 + 1 + 63) / 64 / 64 + 1; group == NONE && top < levels[2].size(); ++top)
      group = next(levels[2], top * 64);
    if (group == NONE) return NONE;
    word = next(levels[1], group * 64);
  }
  return next(levels[0], word * 64);
}

uint32_t Dirty::take() {
  auto found = marked == 0 ? NONE : seek(at);
  if (found == NONE) {
    ++lap;
    at = 0;
    if (marked == 0) return NONE;
    found = seek(0);
  }
  at = found + 1;
  --marked;
  auto word = found / 64;
  levels[0][word] &= ~(uint64_t(1) << found % 64);
  if (levels[0][word] != 0) return found;
  levels[1][word / 64] &= ~(uint64_t(1) << word % 64);
  if (levels[1][word / 64] == 0) levels[2][word / 4096] &= ~(uint64_t(1) << word / 64 % 64);
  return found;
}

}  // namespace xylem::bgp

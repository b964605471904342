#pragma once
// Tokens that come at a rate and are kept up to a capacity. All arithmetic is exact: nothing is lost between refills,
// however short they are.

#include <click/time.h>

#include <algorithm>
#include <cstdint>

namespace xylem::click {

class TokenBucket {
 public:
  void set(uint64_t perSecond, uint64_t most) {
    // What is there stays, up to the new capacity.
    rate = perSecond;
    capacity = Level(most) * SECOND;
    level = std::min(level, capacity);
  }
  void fill() { level = capacity; }
  void fill(uint64_t tokens) { level = std::min(Level(tokens) * SECOND, capacity); }
  void refill(Nanoseconds now) {
    if (last != NEVER && now > last) level = std::min(capacity, level + Level(now - last) * rate);
    if (last == NEVER || now > last) last = now;
  }
  bool contains(uint64_t tokens) const { return level >= Level(tokens) * SECOND; }
  bool take(uint64_t tokens) {
    if (!contains(tokens)) return false;
    spend(tokens);
    return true;
  }
  void spend(uint64_t tokens) { level -= Level(tokens) * SECOND; }
  // Whether they are there or not: it may be in debt.
  Nanoseconds until(uint64_t tokens) const {
    // How long after the last refill that many will be there.
    auto missing = Level(tokens) * SECOND - level;
    if (missing <= 0) return 0;
    return rate == 0 ? FOREVER : Nanoseconds(std::min<Level>((missing + rate - 1) / rate, FOREVER));
  }

  static constexpr Nanoseconds FOREVER = 3600 * SECOND;

 private:
  using Level = __int128;
  static constexpr Nanoseconds NEVER = -1;

  Level level = 0, capacity = 0;
  // In tokens * SECOND.
  uint64_t rate = 0;
  Nanoseconds last = NEVER;
};

}  // namespace xylem::click

#pragma once
// Random numbers that are the same each time for the same seed, on every machine (xoshiro256**, Blackman and Vigna,
// 2018).

#include <cstdint>

namespace xylem::click {

class Random {
 public:
  explicit Random(uint64_t seed = 1) { this->seed(seed); }

  void seed(uint64_t value);
  uint64_t next();
  uint64_t below(uint64_t limit);
  // 0 to limit - 1, each as likely. Of limit 0: 0.
  double fraction() { return double(next() >> 11) * 0x1p-53; }
  // 0 to 1, without the 1.
  bool happens(double probability) { return probability >= 1 || (probability > 0 && fraction() < probability); }

  static Random& shared();
  // What elements without a seed of their own draw from. It starts from the time, unless RandomSeed says otherwise.

 private:
  uint64_t state[4];
};

}  // namespace xylem::click

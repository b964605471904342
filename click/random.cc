// The generator itself is four words of state; what it gives is well mixed from any seed.

#include <click/random.h>

#include <random>

namespace xylem::click {

namespace {

uint64_t rotate(uint64_t value, int bits) { return (value << bits) | (value >> (64 - bits)); }

}  // namespace

void Random::seed(uint64_t value) {
  // splitmix64 spreads the seed over the state, which must not be all zeros.
  for (auto& word : state) {
    value += 0x9e3779b97f4a7c15;
    auto mixed = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t Random::next() {
  auto result = rotate(state[1] * 5, 7) * 9;
  auto shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = rotate(state[3], 45);
  return result;
}

uint64_t Random::below(uint64_t limit) { return limit == 0 ? 0 : uint64_t((unsigned __int128)(next()) * limit >> 64); }

Random& Random::shared() {
  static Random random{std::random_device{}()};
  return random;
}

}  // namespace xylem::click

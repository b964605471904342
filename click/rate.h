#pragma once
// A rate per second: an exponentially weighted moving average over samples of a tenth of a second.

#include <click/time.h>

namespace xylem::click {

class Rate {
 public:
  void add(Nanoseconds now, uint64_t amount) {
    if (now >= end) settle(now);
    sum += amount;
  }
  double perSecond(Nanoseconds now) {
    settle(now);
    return average;
  }

 private:
  static constexpr Nanoseconds SAMPLE = SECOND / 10;
  static constexpr double WEIGHT = 1.0 / 16;

  void settle(Nanoseconds now) {
    // Takes the samples that are over into the average.
    if (end == 0) end = now + SAMPLE;
    if (now - end > 200 * SAMPLE) {
      // All that was is forgotten.
      average = 0;
      sum = 0;
      end = now + SAMPLE;
    }
    for (; now >= end; end += SAMPLE) {
      average += (double(sum) * (SECOND / SAMPLE) - average) * WEIGHT;
      sum = 0;
    }
  }

  Nanoseconds end = 0;
  // Of the sample at hand.
  uint64_t sum = 0;
  double average = 0;
};

}  // namespace xylem::click

#pragma once
// AverageCounter([IGNORE 0])
//
// Counts packets and bytes, and their mean rates from the first packet to the last; those of the first IGNORE seconds
// do not count.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: count, byte_count, rate, byte_rate, bit_rate (r). reset (w).
//
// RandomSeed([SEED])
//
// Elements that draw random numbers begin anew from this seed, or from one that is itself random.
//
// Handlers: seed (w).

#include <click/element.h>

namespace xylem::click {

class AverageCounter final : public Simple<AverageCounter> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  double rate(uint64_t amount) const;

  uint32_t ignored = 0;
  uint64_t count = 0, bytes = 0;
  Nanoseconds first = 0, last = 0;
};

class RandomSeed final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_INFO; }
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
};

}  // namespace xylem::click

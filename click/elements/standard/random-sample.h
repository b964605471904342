#pragma once
// RandomSample([P, SAMPLE p, DROP p, ACTIVE true])
//
// Passes each packet on with probability P (SAMPLE), or drops it with probability DROP; the others go to output 1.
//
// Ports: 1 input, 1 or 2 outputs; agnostic, the second pushes.
// Handlers: drops (r), sampling_prob, drop_prob, active (rw).
//
// RandomBitErrors(P, [KIND FLIP, ACTIVE true])
//
// Flips, sets or clears each bit of a packet with probability P.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: p_bit_error, error_kind, active (rw).

#include <click/element.h>

namespace xylem::click {

class RandomSample final : public Simple<RandomSample> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  double probability = 1;
  // Of being passed on.
  bool isActive = true;
  uint64_t drops = 0;
};

class RandomBitErrors final : public Simple<RandomBitErrors> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  static bool isKind(const std::string& kind) { return kind == "flip" || kind == "set" || kind == "clear"; }

  double probability = 0;
  std::string errorKind = "flip";
  bool isActive = true;
};

}  // namespace xylem::click

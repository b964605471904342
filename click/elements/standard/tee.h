#pragma once
// Tee([N]), PullTee([N])
//
// Sends a copy of each packet to each output, in the order of the outputs. N, when given, is the number of outputs.
//
// Ports: 1 input, any number of outputs; push. PullTee: input and output 0 pull, the others push.
// Example: ... -> t :: Tee -> Queue -> ...; t [1] -> Print -> Discard;

#include <click/element.h>

namespace xylem::click {

class Tee final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void push(int, PacketPtr packet) override;
};

class PullTee final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  PacketPtr pull(int) override;
};

}  // namespace xylem::click

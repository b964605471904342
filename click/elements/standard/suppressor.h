#pragma once
// Suppressor
//
// Passes packets from each input to the output of the same number, but for inputs that have been suppressed: what is
// pushed there is dropped, and nothing is pulled.
//
// Ports: any number of inputs, as many outputs, agnostic.
// Handlers: activeN (rw): whether input N passes. reset (w): all pass. allow, suppress (w): the input with this number.
// Example: s :: Suppressor; ... -> s -> ...; ... -> [1] s [1] -> ...;

#include <click/element.h>

namespace xylem::click {

class Suppressor final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override {
    if (args.complete()) passes.assign(size_t(inputs()), true);
  }
  void addHandlers(Handlers& handlers) override;
  void push(int port, PacketPtr packet) override;
  PacketPtr pull(int port) override { return passes[size_t(port)] ? input(port).pull() : nullptr; }

  void set(int port, bool isPassing) {
    if (size_t(port) < passes.size()) passes[size_t(port)] = isPassing;
  }

 private:
  std::vector<bool> passes;
};

}  // namespace xylem::click

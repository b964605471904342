#pragma once
// Bypass([ACTIVE false, INLINE false])
//
// Passes packets on from input 0 to output 0. While ACTIVE they take the way round: pushed packets leave by output 1,
// pulled ones come from input 1. What comes back, into input 1 or asked at output 1, joins the main way.
//
// Ports: 1 or 2 inputs, 1 or 2 outputs, agnostic.
// Handlers: active (rw).
// Example: ... -> b :: Bypass -> sink; b [1] -> Print -> [1] b;

#include <click/element.h>

namespace xylem::click {

class Bypass final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.dataRw("active", isActive); }
  void push(int port, PacketPtr packet) override { pushTo(port == 0 && isActive ? 1 : 0, std::move(packet)); }
  PacketPtr pull(int port) override {
    int from = port == 0 && isActive ? 1 : 0;
    return from < inputs() ? input(from).pull() : nullptr;
  }

 private:
  bool isActive = false;
};

}  // namespace xylem::click

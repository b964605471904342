#pragma once
// EtherSpanTree(ADDR, INPUT_SUPPRESSOR, OUTPUT_SUPPRESSOR, SWITCH)
//
// The spanning tree protocol of IEEE 802.1D for an EtherSwitch: bridges that are connected in circles agree on a tree,
// and ports that are not on it are suppressed, in both directions. It takes bridge messages (802.3 frames to
// 01-80-C2-00-00-00, from the address on), one input for each port of the switch, and sends its own by the outputs of
// the same numbers. ADDR is this bridge's address.
//
// A port that is to forward is shut for 15 seconds (listening), then learns for as long.
//
// Ports: any number of inputs, as many outputs, push.
// Handlers: msgs (r): the best message seen on each port, then the bridge's own view; states (r): of each port.
// Example: EtherSpanTree(00-00-C0-AE-67-01, in, out, switch)

#include <click/element.h>
#include <click/elements/ethernet/switch.h>
#include <click/elements/standard/suppressor.h>
#include <click/scheduler.h>

#include <tuple>

namespace xylem::click {

struct BridgeMessage {
  // A configuration message (802.1D section 9.3.1). A lower one is better.
  static constexpr unsigned LENGTH = 52;
  // With the headers of 802.3 and 802.2.

  uint64_t root = ~uint64_t(0);
  uint32_t cost = ~uint32_t(0);
  uint64_t bridge = ~uint64_t(0);
  uint16_t port = 0xffff;
  Nanoseconds expires = INT64_MAX;
  // On the scheduler's clock.
  bool isChange = false, isChangeAck = false;
  uint16_t messageAge = 0, maxAge = 20, helloTime = 2, forwardDelay = 15;
  // In seconds.

  auto rank() const { return std::tuple(root, cost, bridge, port); }
  bool decode(const Packet& packet);
  PacketPtr encode(Mac from) const;
  std::string text() const;
};

class EtherSpanTree final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void push(int port, PacketPtr packet) override;
  void runTimer(Timer&) override;

 private:
  enum State { BLOCK, LISTEN, LEARN, FORWARD };
  struct Port {
    State state = BLOCK;
    Nanoseconds since = 0;
    BridgeMessage best;
    bool owesAck = false;
  };
  Nanoseconds now() const;
  uint64_t id() const;
  void findTree();
  void setState(size_t port, State state);
  void advance();
  void expire();
  PacketPtr message(size_t port);
  PacketPtr changeNotice() const;

  Mac address;
  Suppressor *inputSuppressor = nullptr, *outputSuppressor = nullptr;
  std::vector<Port> all;
  BridgeMessage best;
  // What this bridge knows of the root.
  bool tellsChange = false;
  Nanoseconds changeUntil = 0;
  Timer hello;
};

}  // namespace xylem::click

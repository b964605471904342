#pragma once
// EtherSwitch([TIMEOUT 300]), ListenEtherSwitch([TIMEOUT 300]), Hub
//
// EtherSwitch is a learning Ethernet bridge: it remembers behind which input each source address is, and sends a frame
// to the output of that number if it knows the destination, else to all outputs but the one of the input it came by.
// What has not been seen for TIMEOUT seconds is forgotten; with TIMEOUT 0 nothing is learnt. ListenEtherSwitch has one
// more output, that gets a copy of all. A Hub learns nothing, and sends all to all others. Frames shorter than a header
// are dropped. At most 65536 addresses are remembered.
//
// Ports: inputs push, as many outputs push (ListenEtherSwitch: one more).
// Handlers: EtherSwitch, ListenEtherSwitch: table (r), timeout (rw).
// Example: s :: EtherSwitch; FromDevice(eth0) -> s -> q0 :: Queue -> ToDevice(eth0); FromDevice(eth1) -> [1] s [1] ->
// ...;

#include <click/element.h>

#include <map>

namespace xylem::click {

class Hub final : public Element {
 public:
  static const Kind KIND;
  void push(int port, PacketPtr packet) override;
};

class EtherSwitch : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors& errors) override;
  void push(int port, PacketPtr packet) override;

 protected:
  static constexpr int EVERYBODY = -1;
  int whereTo(int port, const Packet& packet);
  // The output that the destination is behind; learns the source.

 private:
  static constexpr size_t MOST = 65536;
  struct Place {
    int port;
    Nanoseconds seen;
  };
  void learn(Mac address, int port, Nanoseconds now);

  std::map<Mac, Place> table;
  Nanoseconds timeout = 300 * SECOND, cleaned = 0;
  // When the old ones were last looked for.
};

class ListenEtherSwitch final : public EtherSwitch {
 public:
  static const Kind KIND;
  void push(int port, PacketPtr packet) override;
};

}  // namespace xylem::click

#pragma once
// ARPResponder(ADDR[/MASK] ... ETHER, ...)
//
// Answers ARP queries: for an address in one of the prefixes, with the Ethernet address that stands behind them; the
// longest prefix wins. A NAME of AddressInfo stands for its address and its Ethernet address.
//
// Ports: 1 input of Ethernet frames, output 0 sends answers; what it has no answer for is pushed to output 1, or
// dropped. Handlers: table (r): lines `ADDR/MASK ETHER`. lookup ADDR (r). add (w) ADDR/MASK ... ETHER. remove (w)
// ADDR/MASK. Example: ARPResponder(10.0.0.1 10.0.1.0/24 02:00:00:00:00:01)

#include <click/element.h>

#include <map>

namespace xylem::click {

class ARPResponder final : public Changing<ARPResponder> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  using Entries = std::map<Ip4Net, Mac>;
  bool parse(const std::string& text, Entries& entries, Errors& errors);
  const Mac* lookup(Ip4 address) const;

  Entries entries;
};

}  // namespace xylem::click

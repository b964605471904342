#pragma once
// ARPPrint([LABEL, TIMESTAMP true, ETHER false, ACTIVE true])
//
// Prints a line for each ARP packet, "arp who-has 10.0.0.2 tell 10.0.0.1"; with ETHER, the addresses of the frame too.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: active (rw).

#include <click/element.h>

namespace xylem::click {

class ARPPrint final : public Simple<ARPPrint> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.dataRw("active", isActive); }
  int step(Packet& packet);

 private:
  std::string label;
  bool hasTimestamp = true, hasEther = false, isActive = true;
};

}  // namespace xylem::click

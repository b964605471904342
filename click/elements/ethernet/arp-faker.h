#pragma once
// ARPFaker(DSTIP, DSTETHER, IP, ETHER)
//
// Tells DSTIP every ten seconds, by an ARP reply that it did not ask for, that IP has the Ethernet address ETHER.
//
// Ports: no input, 1 output; push.

#include <click/element.h>
#include <click/scheduler.h>

namespace xylem::click {

class ARPFaker final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void runTimer(Timer&) override;

 private:
  static constexpr Nanoseconds INTERVAL = 10 * SECOND;
  Ip4 to, ip;
  Mac toMac, mac;
  Timer timer;
};

}  // namespace xylem::click

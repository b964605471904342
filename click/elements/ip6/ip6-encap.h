#pragma once
// IP6Encap(PROTO, SRC, DST [, HLIM 64, CLASS 0]), IP6Print([LABEL, NBYTES 1500, CONTENTS false])
//
// IP6Encap puts an IPv6 header in front of each packet and annotates the destination. IP6Print prints a line about each
// IPv6 packet, with CONTENTS its first NBYTES bytes too.
//
// Ports: 1 input, 1 output, agnostic.
// Example: IP6Print(x) prints "x: 2001:db8::1 -> 2001:db8::2 plen 8, next 17, hlim 64".

#include <click/element.h>

namespace xylem::click {

class IP6Encap final : public Changing<IP6Encap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  PacketPtr change(PacketPtr packet);

 private:
  uint8_t protocol = 0, hops = 64, trafficClass = 0;
  Ip6 src, dst;
};

class IP6Print final : public Simple<IP6Print> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  std::string label;
  uint32_t most = 1500;
  bool hasContents = false;
};

}  // namespace xylem::click

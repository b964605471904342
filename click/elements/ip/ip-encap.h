#pragma once
// IPEncap(PROTO, SRC, DST [, TOS 0, TTL 250, DF false, DSCP, ECT, CE])
//
// Puts an IP header in front of each packet. DST may be DST_ANNO: the annotated destination. The destination is
// annotated.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: src, dst (rw).
// Example: IPEncap(ipip, 192.0.2.1, 198.51.100.1)

#include <click/element.h>

namespace xylem::click {

class IPEncap final : public Changing<IPEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  PacketPtr change(PacketPtr packet);

 private:
  bool setDestination(const std::string& text, Errors& errors);

  uint8_t protocol = 0, tos = 0, ttl = 250;
  Ip4 src, dst;
  bool isAnnotated = false, isWhole = false;
  uint16_t id = 0;
};

}  // namespace xylem::click

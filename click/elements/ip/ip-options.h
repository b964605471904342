#pragma once
// IPGWOptions(MYADDR [, OTHERADDRS])
//
// Does what a router does with the options of an IP header: Record Route and Timestamp get MYADDR and the time of day.
// A timestamp that is meant for one of several addresses is written if that is MYADDR or one of OTHERADDRS, a list of
// addresses.
//
// Ports: 1 input, 1 or 2 outputs. Packets with bad options are pushed to output 1, with the place of the fault in the
// annotation that ICMPError(parameterproblem) uses; without output 1 they are dropped. Handlers: drops (r).

#include <click/element.h>

namespace xylem::click {

class IPGWOptions final : public Simple<IPGWOptions> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  int process(uint8_t* ip, unsigned header);
  // The offset of the fault, or 0.
  int recordRoute(uint8_t* option, unsigned length) const;
  int timestamp(uint8_t* option, unsigned length) const;

  Ip4 own;
  std::vector<Ip4> others;
  uint64_t drops = 0;
};

}  // namespace xylem::click

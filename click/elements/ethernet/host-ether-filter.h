#pragma once
// HostEtherFilter(ETHER [, DROP_OWN false, DROP_OTHER true, OFFSET 0])
//
// Lets pass the frames that are for the host with address ETHER: those to it, broadcasts and multicasts; with
// DROP_OTHER false, all. With DROP_OWN, frames from that address are dropped. How a frame came (host, broadcast,
// multicast, other host) is noted on it.
//
// Ports: 1 input, 1 or 2 outputs; what is dropped is pushed to output 1.
// Handlers: drops (r).

#include <click/element.h>

namespace xylem::click {

class HostEtherFilter final : public Simple<HostEtherFilter> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  Mac own;
  bool dropsOwn = false, dropsOther = true;
  uint32_t offset = 0;
  uint64_t drops = 0;
};

}  // namespace xylem::click

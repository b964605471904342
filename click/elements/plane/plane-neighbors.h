#pragma once
// PlaneNeighbors(DEVNAME)
//
// Puts an Ethernet header before IP packets, IPv4 or IPv6, for the neighbor that the destination annotation names. Who
// has which address is what the FEA has learnt from the kernel. Packets for an unknown neighbor leave by output 1 as
// they are, best to PlaneHost: the kernel then asks for it, and the next packet finds it known.
//
// Ports: 1 input, 1 or 2 outputs, agnostic (output 1 pushes).
// Handlers: misses (r).

#include <click/element.h>
#include <click/plane-tables.h>

namespace xylem::click {

class PlaneNeighbors final : public Simple<PlaneNeighbors> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.data("misses", misses); }
  int step(Packet& packet);

 private:
  std::string deviceName;
  uint32_t interface = 0;
  uint8_t own[6] = {};
  uint64_t misses = 0;
};

}  // namespace xylem::click

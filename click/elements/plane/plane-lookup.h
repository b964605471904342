#pragma once
// PlaneLookup4(DEVNAME...), PlaneLookup6(DEVNAME...)
//
// Look up an IP packet's destination in the routes of the router that this plane belongs to: PlaneLookup4 the
// destination annotation, PlaneLookup6 the header's. A packet leaves by output N when its route leads over the N-th
// device, with the gateway, if there is one, in the destination annotation; by output 0 when it is for this host.
// Several next hops share the flows by their weights. Packets without a route leave by the output after the last
// device's, if there is one; those whose route is a blackhole are dropped.
//
// Ports: 1 input, as many outputs as are used, push.
// Handlers: drops (r), lookup ADDRESS (r).
// Example: rt :: PlaneLookup4(eth0, eth1); rt[0] -> PlaneHost; rt[1] -> ...; rt[2] -> ...;

#include <click/element.h>
#include <click/plane-tables.h>

namespace xylem::click {

class PlaneDevices {
  // Which output leads to which interface.
 public:
  void configure(Args& args);
  int outputFor(const NextHopGroup& group, uint32_t flowHash, net::Ip& gateway) const;
  std::string describe(const NextHopGroup& group) const;
  template <typename Address> void addHandlers(Handlers& handlers, Element& element, const char* expected) const;

 private:
  std::vector<std::string> names;
  std::vector<uint32_t> indices;
};

class PlaneLookup4 final : public Sorting<PlaneLookup4> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { devices.configure(args); }
  void addHandlers(Handlers& handlers) override;
  void pushBatch(int port, Batch& batch) override;
  int step(Packet& packet);

 private:
  PlaneDevices devices;
  uint64_t drops = 0;
};

class PlaneLookup6 final : public Sorting<PlaneLookup6> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { devices.configure(args); }
  void addHandlers(Handlers& handlers) override;
  void pushBatch(int port, Batch& batch) override;
  int step(Packet& packet);

 private:
  PlaneDevices devices;
  uint64_t drops = 0;
};

}  // namespace xylem::click

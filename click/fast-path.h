#pragma once
// The fast path: the plane's tables once more, where a program in the kernel sees them (xdp/forward.bpf.c), which
// forwards the plain case from driver to driver. The route tables are the same memory; groups, hops, neighbors and
// ports are written here as they are written there.
//
// It is there if the kernel lets this process load such a program. A device takes part when it is told to
// (Device::setFast).

#include <click/bpf-object.h>
#include <click/plane-types.h>
#include <click/slots.h>
#include <net/mac.h>

#include <map>
#include <string>
#include <vector>

namespace xylem::click {

class FastPath {
 public:
  static std::unique_ptr<FastPath> open(std::string& problem);
  // Null if there can be none; then `problem` says why.

  // ---- tables

  std::unique_ptr<Slots> slots(unsigned set, unsigned table);
  // Memory of one of the three tables of a set; it is in the set as long as it lives.
  void use(uint32_t set);
  // The program looks into that set from now on, and into the other one no more.

  class Neighborhood {
   public:
    virtual ~Neighborhood() = default;
    virtual const net::Mac* neighbor(uint32_t interface, net::Ip address) const = 0;
  };
  uint32_t code(const NextHopGroup& group, const Neighborhood& known);
  // What the slot of a group has to hold. A group has one until it is released.
  void release(uint32_t code);
  void setPorts(const std::vector<Port>& ports, const Neighborhood& known);
  void setNeighbor(uint32_t interface, net::Ip address, const Neighborhood& known);
  // It has become known or unknown, or is another one.

  // ---- devices

  static const BpfObject::Code PROGRAM;
  int map(const char* name) const { return object->map(name); }
  // The descriptor of what all devices' programs share.
  uint32_t portOf(uint32_t interface) const;
  // 0 if it is none.
  void setTakesFrames(uint32_t interface, bool does);
  struct Traffic {
    uint64_t received = 0, sent = 0;
  };
  Traffic traffic(uint32_t interface) const;

 private:
  class SharedSlots;
  using HopKey = std::pair<uint32_t, net::Ip>;

  struct KnownPort {
    uint32_t interface = 0;
    net::Mac mac;
    uint16_t mtu = 0;
    bool takesFrames = false;
  };

  FastPath() = default;
  void write(const char* map, uint32_t place, const void* value);
  uint32_t hop(const NextHop& next, const Neighborhood& known);
  void writeHop(const HopKey& key, uint32_t number, const Neighborhood& known);
  uint32_t newPort(uint32_t interface);
  void writePort(uint32_t number);

  std::unique_ptr<BpfObject> object;
  std::map<HopKey, uint32_t> hops;
  // Their numbers. They are not forgotten: they are as many as gateways there have ever been.
  std::vector<uint32_t> freeRows;
  std::map<uint32_t, uint32_t> numbers;
  // Of interfaces as ports.
  std::map<uint32_t, KnownPort> ports;
  // By number.
  uint32_t lastPort = 0;
};

}  // namespace xylem::click

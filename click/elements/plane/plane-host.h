#pragma once
// PlaneHost
//
// Gives IP packets, IPv4 or IPv6, to the kernel of the network namespace as if this host had sent them: those for the
// host itself arrive there, others leave by the kernel's own routes, which are the same as the plane's.
//
// Ports: 1 input, push.
// Handlers: count, drops (r).

#include <click/element.h>

namespace xylem::click {

class PlaneHost final : public Element {
 public:
  static const Kind KIND;
  ~PlaneHost() override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void push(int, PacketPtr packet) override;

 private:
  int socket4 = -1, socket6 = -1;
  uint64_t count = 0, drops = 0;
};

}  // namespace xylem::click

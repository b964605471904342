#pragma once
// GetIPAddress(OFFSET [, ANNO DST_IP]) or GetIPAddress(IP src|dst), SetIPAddress(ADDR [, ANNO DST_IP]),
// StoreIPAddress(OFFSET|src|dst) or StoreIPAddress(ADDR, OFFSET|src|dst)
//
// GetIPAddress copies an address from the packet, OFFSET bytes from its beginning or out of its IP header, to the
// annotation of the destination; SetIPAddress sets the annotation. StoreIPAddress writes the annotation, or ADDR, into
// the packet; with `src` and `dst`, into the IP header, and the checksums of IP, TCP and UDP stay right.
//
// Ports: 1 input, 1 output, agnostic. Packets that are too short are dropped by StoreIPAddress, and else pass.
// Handlers: SetIPAddress: addr (rw).
// Example: GetIPAddress(16) behind Strip(14)

#include <click/element.h>

namespace xylem::click {

class GetIPAddress final : public Simple<GetIPAddress> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint32_t offset = 0;
  bool isInHeader = false;
  unsigned anno = 0;
};

class SetIPAddress final : public Simple<SetIPAddress> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  Ip4 address;
  unsigned anno = 0;
};

class StoreIPAddress final : public Simple<StoreIPAddress> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  int storeInHeader(Packet& packet, uint32_t now);

  std::optional<Ip4> address;
  uint32_t offset = 0;
  bool isInHeader = false;
};

}  // namespace xylem::click

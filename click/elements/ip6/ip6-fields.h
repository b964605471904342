#pragma once
// GetIP6Address([OFFSET 24]), SetIP6Address(ADDR), DecIP6HLIM, IP6Mirror, IP6Fragmenter(MTU)
//
// GetIP6Address copies an address, OFFSET bytes into the data, to the annotation of the destination, SetIP6Address sets
// that. DecIP6HLIM takes one off the hop limit; packets whose hops are used up (at most 1) go to output 1. IP6Mirror
// exchanges source and destination, also the ports of TCP and UDP. IP6Fragmenter lets pass packets of at most MTU
// bytes; longer ones go to output 1, since IPv6 routers do not fragment (RFC 8200 section 5).
//
// Ports: 1 input, 1 output, agnostic; DecIP6HLIM and IP6Fragmenter have 1 or 2 outputs.
// Handlers: DecIP6HLIM, IP6Fragmenter: drops (r).
// Example: f :: IP6Fragmenter(1280) -> ...; f[1] -> ICMP6Error(2001:db8::1, 2, 0, PMTU 1280)

#include <click/element.h>

namespace xylem::click {

class GetIP6Address final : public Simple<GetIP6Address> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("OFFSET", offset).complete(); }
  int step(Packet& packet);

 private:
  uint32_t offset = 24;
};

class SetIP6Address final : public Simple<SetIP6Address> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.mandatory("ADDR", address).complete(); }
  int step(Packet& packet);

 private:
  Ip6 address;
};

class DecIP6HLIM final : public Simple<DecIP6HLIM> {
 public:
  static const Kind KIND;
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  uint64_t drops = 0;
};

class IP6Mirror final : public Simple<IP6Mirror> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class IP6Fragmenter final : public Simple<IP6Fragmenter> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.mandatory("MTU", mtu).complete(); }
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  uint32_t mtu = 0;
  uint64_t drops = 0;
};

}  // namespace xylem::click

#pragma once
// ICMP6Error(SRC, TYPE, CODE [, BADADDRS, PMTU 1280])
//
// Turns an IPv6 packet into an ICMPv6 error message about it, from SRC to the packet's source, of at most 1280 bytes.
// TYPE is a number (1 unreachable, 2 packet too big, which tells PMTU, 3 time exceeded, 4 parameter problem), CODE too.
// There is no message about an ICMPv6 error, nor to or about (but for packet too big) a multicast address, nor to an
// unspecified one or one of BADADDRS (RFC 4443 section 2.4).
//
// Ports: 1 input, 1 output, agnostic.
// Example: DecIP6HLIM [1] -> ICMP6Error(2001:db8::1, 3, 0) -> rt

#include <click/element.h>

namespace xylem::click {

class ICMP6Error final : public Changing<ICMP6Error> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  PacketPtr change(PacketPtr packet);

 private:
  bool deserves(const Packet& packet, const uint8_t* ip) const;

  Ip6 src;
  uint8_t type = 0, code = 0;
  std::vector<Ip6> bad;
  uint32_t pmtu = 1280;
};

}  // namespace xylem::click

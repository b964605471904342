#pragma once
// ICMPError(SRC, TYPE [, CODE 0, BADADDRS, MTU 576, PMTU 0, SET_FIX_ANNO true])
//
// Turns an IP packet into an ICMP error message about it, from SRC to the packet's source, of at most MTU bytes. TYPE
// and CODE are numbers or names (unreachable, redirect, timeexceeded, parameterproblem, sourcequench; net, host,
// protocol, port, needfrag, transit, ...). PMTU is told in `unreachable needfrag`, the annotated gateway in redirects,
// the annotated place in `parameterproblem`. If the packet was source-routed, so is the message, backwards.
//
// There is no message about an ICMP error, a fragment that is not the first, a packet that came to or was for a
// broadcast or multicast address or one of BADADDRS (a list), or whose source is none to answer to; nor a redirect for
// a source-routed packet (RFC 1812 section 4.3.2.7).
//
// The message's destination is annotated, and, with SET_FIX_ANNO, that FixIPSrc shall set its source.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: src, mtu, pmtu (rw).
// Example: DecIPTTL [1] -> ICMPError(10.0.0.1, timeexceeded) -> rt

#include <click/element.h>

namespace xylem::click {

class ICMPError final : public Changing<ICMPError> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  bool deserves(const Packet& packet, const uint8_t* ip) const;
  bool isUnicast(uint32_t address) const;
  bool isSource(uint32_t address) const;
  void writeIcmp(uint8_t* icmp, const Packet& about) const;

  Ip4 src;
  uint8_t type = 0, code = 0;
  std::vector<Ip4> bad;
  uint32_t mtu = 576, pmtu = 0;
  bool setsFix = true;
  uint16_t id = 1;
};

}  // namespace xylem::click

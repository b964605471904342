#pragma once
// ProtocolTranslator46, ProtocolTranslator64
//
// Translates packets between IPv4 and IPv6 (RFC 7915). The IPv6 form of an IPv4 address is the mapped one,
// ::ffff:192.0.2.1. The checksums of TCP, UDP and ICMP are put right; of ICMP, echo requests and replies are
// translated. Fragments, packets with extension headers or IPv4-options that matter, and IPv6 addresses that are not
// mapped cannot be translated, and are dropped.
//
// Ports: 1 input, 1 output, agnostic.

#include <click/element.h>

namespace xylem::click {

class ProtocolTranslator46 final : public Changing<ProtocolTranslator46> {
 public:
  static const Kind KIND;
  PacketPtr change(PacketPtr packet);
};

class ProtocolTranslator64 final : public Changing<ProtocolTranslator64> {
 public:
  static const Kind KIND;
  PacketPtr change(PacketPtr packet);
};

}  // namespace xylem::click

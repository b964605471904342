#pragma once
// Which OSPF a core speaks. One link-state core has three faces: what differs between them is how packets, LSAs and
// their bodies look, how neighbours are known, and of which family destinations are. A face is a value of one byte that
// is asked at run time; LSAs carry it beside their header.

#include <net/ip.h>

namespace xylem::ospf {

enum class Face : uint8_t {
  V2,
  // OSPFv2 (RFC 2328).
  V3_IP4,
  // OSPFv3 for IPv4 (RFC 5838): spoken over IPv6, with IPv4 destinations and gateways.
  V3,
  // OSPFv3 for IPv6 (RFC 5340).
};

constexpr bool isV3(Face face) { return face != Face::V2; }
constexpr uint8_t familyOf(Face face) { return face == Face::V3 ? 6 : 4; }
// Of destinations and gateways.

constexpr size_t IP4_HEADER = 20, IP6_HEADER = 40;
constexpr size_t PACKET_HEADER = 24, PACKET_HEADER3 = 16;
constexpr size_t headerSize(Face face) { return isV3(face) ? PACKET_HEADER3 : PACKET_HEADER; }
// Of a packet of OSPF.

}  // namespace xylem::ospf

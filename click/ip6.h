#pragma once
// IPv6 headers as they lie in a packet.

#include <click/ip4.h>
#include <net/ip.h>

#include <string>

namespace xylem::click::ip6 {

constexpr unsigned HEADER = 40;
constexpr unsigned LENGTH = 4, NEXT = 6, HOPS = 7, SRC = 8, DST = 24;
// Offsets of fields; LENGTH is what follows the header.

uint8_t* header(Packet& packet);
// The network header, if all of it is there and it is IPv6.
inline void mark(Packet& packet, uint8_t* ip) { packet.setNetworkHeader(ip, HEADER); }
unsigned payloadLength(const Packet& packet, const uint8_t* ip);
void write(uint8_t* at, net::Ip6 src, net::Ip6 dst, uint8_t next, uint8_t hops, size_t length);
uint16_t checksum(const uint8_t* ip, uint8_t protocol, const uint8_t* body, size_t length);
// With the pseudo-header; 0 if the body's own checksum was included and is right.
inline net::Ip6 src(const uint8_t* ip) { return net::Ip6::fromBytes(ip + SRC); }
inline net::Ip6 dst(const uint8_t* ip) { return net::Ip6::fromBytes(ip + DST); }
std::string print(net::Ip6 address);

net::Ip6 annotated(const Packet& packet);
// The destination.
void annotate(Packet& packet, net::Ip6 address);

}  // namespace xylem::click::ip6

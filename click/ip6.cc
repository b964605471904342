// RFC 8200. Extension headers are not walked: whoever needs what lies behind them does that.

#include <click/ip6.h>

#include <algorithm>

namespace xylem::click::ip6 {

uint8_t* header(Packet& packet) {
  auto ip = packet.networkHeader;
  return roomAt(packet, ip) >= HEADER && ip[0] >> 4 == 6 ? ip : nullptr;
}

unsigned payloadLength(const Packet& packet, const uint8_t* ip) {
  auto room = roomAt(packet, ip);
  return room < HEADER ? 0 : std::min<unsigned>(room - HEADER, get16(ip + LENGTH));
}

void write(uint8_t* at, net::Ip6 src, net::Ip6 dst, uint8_t next, uint8_t hops, size_t length) {
  put32(at, 0x60000000);
  put16(at + LENGTH, uint32_t(length));
  at[NEXT] = next;
  at[HOPS] = hops;
  src.toBytes(at + SRC);
  dst.toBytes(at + DST);
}

uint16_t checksum(const uint8_t* ip, uint8_t protocol, const uint8_t* body, size_t length) {
  return Checksum::pseudo6(ip, unsigned(length), protocol).add(body, length).value();
}

std::string print(net::Ip6 address) { return address.toString().cStr(); }

net::Ip6 annotated(const Packet& packet) { return net::Ip6::fromBytes(packet.annotations() + anno::DST_IP6); }

void annotate(Packet& packet, net::Ip6 address) { address.toBytes(packet.annotations() + anno::DST_IP6); }

}  // namespace xylem::click::ip6

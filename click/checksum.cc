// What a sender leaves to its hardware is told by the field alone: it then holds the sum of the pseudo header (RFC
// 1071).

#include <click/ip4.h>

namespace xylem::click {

namespace {

Checksum pseudoTail(unsigned transportLength, uint8_t protocol) {
  uint8_t tail[8] = {};
  put32(tail, transportLength);
  tail[7] = protocol;
  return Checksum().add(tail, sizeof tail);
}

void complete(uint8_t* transport, size_t length, uint8_t protocol, const Checksum& pseudo) {
  bool isTcp = protocol == ip4::TCP;
  if ((!isTcp && protocol != ip4::UDP) || length < (isTcp ? 20 : 8)) return;
  auto field = transport + (isTcp ? 16 : 6);
  auto given = get16(field);
  if (given == 0 || given != pseudo.sum()) return;
  // The field holds the pseudo header's sum already.
  auto checksum = internetChecksum(transport, length);
  put16(field, checksum == 0 ? 0xffff : checksum);
}

}  // namespace

Checksum Checksum::pseudo4(const uint8_t* ip, unsigned transportLength, uint8_t protocol) {
  return pseudoTail(transportLength, protocol).add(ip + ip4::SRC, 8);
}

Checksum Checksum::pseudo6(const uint8_t* ip, unsigned transportLength, uint8_t protocol) {
  return pseudoTail(transportLength, protocol).add(ip + 8, 32);
}

void completeChecksum(Packet& frame) {
  constexpr unsigned ETHERNET = 14, IP6_HEADER = 40;
  if (frame.length() < ETHERNET + ip4::LEAST) return;
  auto at = frame.data() + ETHERNET;
  unsigned room = frame.length() - ETHERNET;
  auto type = get16(at - 2);
  if (type == 0x0800) {
    auto ip = Ip4View::of(at, room);
    if (!ip || ip.totalLength() > ip.length() || ip.totalLength() < ip.headerLength() || ip.isFragment()) return;
    auto length = ip.payloadLength();
    complete(ip.payload(), length, ip.protocol(), Checksum::pseudo4(ip, length, ip.protocol()));
  } else if (type == 0x86dd && room >= IP6_HEADER) {
    auto length = get16(at + 4);
    if (IP6_HEADER + length > room) return;
    complete(at + IP6_HEADER, length, at[6], Checksum::pseudo6(at, length, at[6]));
  }
}

}  // namespace xylem::click

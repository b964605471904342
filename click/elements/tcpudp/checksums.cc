// Checksums over the pseudo header, from what the headers say, as far as it is there.

#include <click/elements/tcpudp/checksums.h>
#include <click/ip4.h>

namespace xylem::click {

const Kind SetUDPChecksum::KIND = kindOf<SetUDPChecksum>("SetUDPChecksum", "1/1", "a/a");
const Kind SetTCPChecksum::KIND = kindOf<SetTCPChecksum>("SetTCPChecksum", "1/1", "a/a");

int SetUDPChecksum::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip || ip.payloadLength() < 8) return DROP;
  auto udp = ip.payload();
  unsigned length = get16(udp + 4);
  if (length < 8 || length > ip.payloadLength()) return DROP;
  put16(udp + 6, 0);
  put16(udp + 6, udpChecksum(ip.transportChecksum(length)));
  return 0;
}

int SetTCPChecksum::step(Packet& packet) {
  constexpr unsigned SHORTEST = 20;
  auto ip = Ip4View::of(packet);
  if (!ip || ip.totalLength() > ip.length() || ip.payloadLength() < SHORTEST) {
    chatter("SetTCPChecksum: bad lengths");
    return DROP;
  }
  auto tcp = ip.payload();
  auto length = ip.payloadLength();
  unsigned offset = unsigned(tcp[12] >> 4) * 4;
  if (mendsOffset && (offset < SHORTEST || offset > length)) tcp[12] = uint8_t((tcp[12] & 15) | (length / 4 << 4));
  put16(tcp + 16, 0);
  put16(tcp + 16, ip.transportChecksum(length));
  return 0;
}

}  // namespace xylem::click

// No checksum changes when two words change places.

#include <click/elements/ip/ip-mirror.h>
#include <click/ip4.h>

#include <algorithm>

namespace xylem::click {

const Kind IPMirror::KIND = kindOf<IPMirror>("IPMirror", "1/1", "a/a");

int IPMirror::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  std::swap_ranges(ip + ip4::SRC, ip + ip4::DST, ip + ip4::DST);
  if (hasAnno) packet.setDstIp(get32(ip + ip4::DST));
  auto protocol = ip[ip4::PROTOCOL];
  bool hasPorts = (protocol == ip4::TCP || protocol == ip4::UDP) && ip.isFirst();
  if (hasPorts && ip.payloadLength() >= 4) {
    auto ports = ip.payload();
    std::swap_ranges(ports, ports + 2, ports + 2);
  }
  return 0;
}

}  // namespace xylem::click

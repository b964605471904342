// IPv6 has no checksum in its header, and no fragments on the way (RFC 8200, 5): the fragmenter only sorts out what is
// too big, for an ICMP6Error behind its second output.

#include <click/elements/ip6/ip6-fields.h>
#include <click/ip6.h>

#include <algorithm>

namespace xylem::click {

const Kind GetIP6Address::KIND = kindOf<GetIP6Address>("GetIP6Address", "1/1", "a/a");
const Kind SetIP6Address::KIND = kindOf<SetIP6Address>("SetIP6Address", "1/1", "a/a");
const Kind DecIP6HLIM::KIND = kindOf<DecIP6HLIM>("DecIP6HLIM", "1/1-2", "a/ah");
const Kind IP6Mirror::KIND = kindOf<IP6Mirror>("IP6Mirror", "1/1", "a/a");
const Kind IP6Fragmenter::KIND = kindOf<IP6Fragmenter>("IP6Fragmenter", "1/1-2", "a/ah");

int GetIP6Address::step(Packet& packet) {
  constexpr unsigned SIZE = 16;
  if (packet.length() >= SIZE && offset <= packet.length() - SIZE)
    memcpy(packet.annotations() + anno::DST_IP6, packet.data() + offset, SIZE);
  return 0;
}

int SetIP6Address::step(Packet& packet) {
  ip6::annotate(packet, address);
  return 0;
}

int DecIP6HLIM::step(Packet& packet) {
  auto ip = ip6::header(packet);
  if (ip == nullptr) return DROP;
  if (ip[ip6::HOPS] <= 1) {
    ++drops;
    return 1;
  }
  --ip[ip6::HOPS];
  return 0;
}

int IP6Mirror::step(Packet& packet) {
  auto ip = ip6::header(packet);
  if (ip == nullptr) return DROP;
  std::swap_ranges(ip + ip6::SRC, ip + ip6::DST, ip + ip6::DST);
  ip6::annotate(packet, ip6::dst(ip));
  auto ports = ip + ip6::HEADER;
  bool hasPorts = ip[ip6::NEXT] == ip4::TCP || ip[ip6::NEXT] == ip4::UDP;
  if (hasPorts && ip6::payloadLength(packet, ip) >= 4) std::swap_ranges(ports, ports + 2, ports + 2);
  return 0;
}

int IP6Fragmenter::step(Packet& packet) {
  bool isLong = packet.length() > mtu;
  drops += isLong;
  return isLong;
}

}  // namespace xylem::click

// RFC 8200, 3. There is no checksum to check. As for IPv4, what lies behind the length is cut off.

#include <click/elements/ip6/check-ip6-header.h>
#include <click/ip6.h>

#include <algorithm>

namespace xylem::click {

const Kind CheckIP6Header::KIND = kindOf<CheckIP6Header>("CheckIP6Header", "1/1-2", "a/ah");
const Kind MarkIP6Header::KIND = kindOf<MarkIP6Header>("MarkIP6Header", "1/1", "a/a");

void CheckIP6Header::configure(Args& args) {
  std::string list;
  bad.clear();
  if (!args.positional("BADADDRS", list).positional("OFFSET", offset).complete()) return;
  for (auto& word : splitWords(list)) {
    Ip6 address;
    if (!read(word, address, Reading{this, args.errors})) return args.error("BADADDRS: type mismatch");
    bad.push_back(address);
  }
}

bool CheckIP6Header::isGood(Packet& packet) {
  if (packet.length() < offset || packet.length() - offset < ip6::HEADER) return false;
  auto ip = packet.data() + offset;
  unsigned there = packet.length() - offset, length = get16(ip + ip6::LENGTH) + ip6::HEADER;
  if (ip[0] >> 4 != 6 || length > there || std::ranges::find(bad, ip6::src(ip)) != bad.end()) return false;
  packet.take(there - length);
  ip6::mark(packet, ip);
  ip6::annotate(packet, ip6::dst(ip));
  return true;
}

int CheckIP6Header::step(Packet& packet) {
  if (isGood(packet)) return 0;
  if (drops++ == 0) chatter("IP6 header check failed");
  return 1;
}

int MarkIP6Header::step(Packet& packet) {
  if (packet.length() < offset || packet.length() - offset < ip6::HEADER)
    packet.networkHeader = packet.transportHeader = nullptr;
  else
    ip6::mark(packet, packet.data() + offset);
  return 0;
}

}  // namespace xylem::click

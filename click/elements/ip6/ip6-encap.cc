// The header has no checksum and a fixed length, so that all of it is written in one go (RFC 8200).

#include <click/elements/ip6/ip6-encap.h>
#include <click/ip6.h>

#include <algorithm>

namespace xylem::click {

const Kind IP6Encap::KIND = kindOf<IP6Encap>("IP6Encap", "1/1", "a/a");
const Kind IP6Print::KIND = kindOf<IP6Print>("IP6Print", "1/1", "a/a");

void IP6Encap::configure(Args& args) {
  args.mandatory("PROTO", protocol, as::ipProtocol)
      .mandatory("SRC", src)
      .mandatory("DST", dst)
      .keyword("HLIM", hops)
      .keyword("CLASS", trafficClass)
      .complete();
}

PacketPtr IP6Encap::change(PacketPtr packet) {
  auto length = packet->length();
  if (length > 65535) return nullptr;
  packet->push(ip6::HEADER);
  auto ip = packet->data();
  ip6::write(ip, src, dst, protocol, hops, length);
  put32(ip, 0x60000000 | uint32_t(trafficClass) << 20);
  ip6::mark(*packet, ip);
  ip6::annotate(*packet, dst);
  return packet;
}

void IP6Print::configure(Args& args) {
  args.positional("LABEL", label).keyword("NBYTES", most).keyword("CONTENTS", hasContents).complete();
}

int IP6Print::step(Packet& packet) {
  auto line = label.empty() ? "" : label + ": ";
  auto ip = ip6::header(packet);
  if (ip == nullptr) {
    chatter(line + "(Not an IP6 packet)");
    return 0;
  }
  line += ip6::print(ip6::src(ip)) + " -> " + ip6::print(ip6::dst(ip)) +
          format(" plen %u, next %u, hlim %u", get16(ip + ip6::LENGTH), ip[ip6::NEXT], ip[ip6::HOPS]);
  if (hasContents)
    for (uint32_t i = 0; i < std::min(most, packet.length()); ++i)
      line += (i % 24 == 0 ? "\n  " : i % 4 == 0 ? " " : "") + format("%02x", packet.data()[i]);
  chatter(line);
  return 0;
}

}  // namespace xylem::click

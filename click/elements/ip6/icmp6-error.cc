// RFC 4443, 2.4: an error about a packet to many hosts is sent only if the packet was too big, and none is longer than
// the least MTU of IPv6.

#include <click/elements/ip6/icmp6-error.h>
#include <click/ip6.h>

#include <algorithm>

namespace xylem::click {

const Kind ICMP6Error::KIND = kindOf<ICMP6Error>("ICMP6Error", "1/1", "a/a");

namespace {

constexpr uint8_t TOO_BIG = 2, FIRST_INFORMATIONAL = 128;
constexpr unsigned LONGEST = 1280, ICMP_HEADER = 8;

}  // namespace

void ICMP6Error::configure(Args& args) {
  std::string list;
  bad.clear();
  args.mandatory("SRC", src)
      .mandatory("TYPE", type)
      .mandatory("CODE", code)
      .positional("BADADDRS", list)
      .keyword("PMTU", pmtu);
  if (!args.complete()) return;
  if (type == 0 || type >= FIRST_INFORMATIONAL) return args.error(format("ICMP6 type %d is not an error type", type));
  for (auto& word : splitWords(list)) {
    Ip6 address;
    if (!read(word, address, Reading{this, args.errors})) return args.error("BADADDRS: type mismatch");
    bad.push_back(address);
  }
}

bool ICMP6Error::deserves(const Packet& packet, const uint8_t* ip) const {
  constexpr uint8_t REDIRECT = 137;
  if (ip[ip6::NEXT] == ip4::ICMP6) {
    if (ip6::payloadLength(packet, ip) == 0) return false;
    auto about = ip[ip6::HEADER];
    if (about < FIRST_INFORMATIONAL || about == REDIRECT) return false;
  }
  auto from = ip6::src(ip), to = ip6::dst(ip);
  bool isForAll = to.isMulticast() || packet.type == Packet::Type::BROADCAST || packet.type == Packet::Type::MULTICAST;
  if (isForAll && type != TOO_BIG) return false;
  return !from.isMulticast() && !from.isUnspecified() && !from.isLoopback() &&
         std::ranges::find(bad, from) == bad.end();
}

PacketPtr ICMP6Error::change(PacketPtr packet) {
  auto ip = ip6::header(*packet);
  if (ip == nullptr || !deserves(*packet, ip)) return nullptr;
  auto cited = std::min(roomAt(*packet, ip), LONGEST - ip6::HEADER - ICMP_HEADER);
  auto message = Packet::make(ip6::HEADER + ICMP_HEADER + cited);
  auto out = message->data(), body = out + ip6::HEADER;
  ip6::write(out, src, ip6::src(ip), ip4::ICMP6, 255, ICMP_HEADER + cited);
  memset(body, 0, ICMP_HEADER);
  body[0] = type;
  body[1] = code;
  if (type == TOO_BIG) put32(body + 4, pmtu);
  memcpy(body + ICMP_HEADER, ip, cited);
  put16(body + 2, ip6::checksum(out, ip4::ICMP6, body, ICMP_HEADER + cited));
  ip6::mark(*message, out);
  ip6::annotate(*message, ip6::dst(out));
  return message;
}

}  // namespace xylem::click

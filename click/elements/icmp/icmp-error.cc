// Who gets an error, and about what, is RFC 1122, 3.2.2, and RFC 1812, 4.3.2: none about errors, about later fragments,
// about broadcasts, or to who is not one host. A source route is followed backwards (RFC 1122, 3.2.1.8), if it is sound
// and is not itself the problem.

#include <click/elements/ethernet/handlers.h>
#include <click/elements/icmp/icmp-error.h>
#include <click/elements/ip/formats.h>
#include <click/elements/ip/icmp-names.h>
#include <click/ip4.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind ICMPError::KIND = kindOf<ICMPError>("ICMPError", "1/1", "a/a");

namespace {

constexpr unsigned HEADER = 8;

const uint8_t* sourceRoute(const uint8_t* ip) {
  // The option, if its pointer is sound.
  constexpr uint8_t END = 0, NOTHING = 1, LOOSE = 131, STRICT = 137;
  auto header = ip4::headerLength(ip);
  for (unsigned at = ip4::LEAST; at < header && ip[at] != END;) {
    if (ip[at] == NOTHING) {
      ++at;
      continue;
    }
    unsigned length = at + 1 < header ? ip[at + 1] : 0;
    if (length < 2 || at + length > header) return nullptr;
    bool isRoute = (ip[at] == LOOSE || ip[at] == STRICT) && length >= 3;
    if (isRoute && ip[at + 2] >= 4 && ip[at + 2] % 4 == 0 && ip[at + 2] <= length + 1) return ip + at;
    at += length;
  }
  return nullptr;
}

unsigned reverseRoute(const uint8_t* route, uint8_t* out) {
  // The addresses it has come by, the last first; how many bytes, padded.
  unsigned length = route[2] - 1u;
  out[0] = route[0];
  out[1] = uint8_t(length);
  out[2] = 4;
  auto to = out + 3;
  for (auto from = int(length) - 4; from >= 3; from -= 4, to += 4) memcpy(to, route + from, 4);
  unsigned padded = (length + 3) & ~3u;
  memset(out + length, 0, padded - length);
  return padded;
}

}  // namespace

void ICMPError::configure(Args& args) {
  std::string codeText = "0";
  bad.clear();
  args.mandatory("SRC", src)
      .mandatory("TYPE", type, as::icmpType)
      .positional("CODE", codeText, as::word)
      .positional("BADADDRS", bad, as::addresses)
      .keyword("MTU", mtu)
      .keyword("PMTU", pmtu)
      .keyword("SET_FIX_ANNO", setsFix);
  if (!args.complete()) return;
  if (!icmp::isError(type)) return args.error(format("ICMP type %d is not an error type", type));
  __int128 number;
  if (auto named = icmp::codeNamed(type, codeText))
    code = *named;
  else if (parseInteger(codeText, number) && number >= 0 && number <= 255)
    code = uint8_t(number);
  else
    return args.error("argument 2 takes ICMP code (integer between 0 and 255)");
}

void ICMPError::addHandlers(Handlers& handlers) {
  ipHandler(handlers, *this, "src", src);
  handlers.dataRw("mtu", mtu);
  handlers.dataRw("pmtu", pmtu);
}

bool ICMPError::isUnicast(uint32_t address) const {
  return address != ~0u && !Ip4{address}.isMulticast() && std::ranges::find(bad, Ip4{address}) == bad.end();
}

bool ICMPError::isSource(uint32_t address) const {
  Ip4 ip{address};
  return isUnicast(address) && !ip.isThisNetwork() && !ip.isLoopback() && !ip.isReserved();
}

bool ICMPError::deserves(const Packet& packet, const uint8_t* ip) const {
  if (ip[ip4::PROTOCOL] == ip4::ICMP) {
    bool isShort = roomAt(packet, ip) < ip4::headerLength(ip) + 4;
    if (isShort || icmp::isError(ip[ip4::headerLength(ip)])) return false;
  }
  if (packet.type == Packet::Type::BROADCAST || packet.type == Packet::Type::MULTICAST) return false;
  return isUnicast(get32(ip + ip4::DST)) && isSource(get32(ip + ip4::SRC)) && ip4::isFirstFragment(ip);
}

void ICMPError::writeIcmp(uint8_t* out, const Packet& about) const {
  memset(out, 0, HEADER);
  out[0] = type;
  out[1] = code;
  if (type == icmp::PARAMETER_PROBLEM && code == 0) out[4] = about.anno8(anno::ICMP_PARAMPROB);
  if (type == icmp::REDIRECT) put32(out + 4, about.dstIp());
  if (type == icmp::UNREACHABLE && code == icmp::NEED_FRAGMENTATION) put16(out + 6, pmtu);
}

PacketPtr ICMPError::change(PacketPtr packet) {
  auto ip = Ip4View::of(*packet);
  if (!ip || !deserves(*packet, ip)) return nullptr;
  auto route = sourceRoute(ip);
  if (route != nullptr) {
    if (type == icmp::REDIRECT) return nullptr;
    // A route that is the problem is not used.
    auto fault = ip + packet->anno8(anno::ICMP_PARAMPROB);
    if (type == icmp::PARAMETER_PROBLEM && code == 0 && route <= fault && fault < route + route[1]) route = nullptr;
  }
  uint8_t options[ip4::MOST - ip4::LEAST];
  auto header = ip4::LEAST + (route != nullptr ? reverseRoute(route, options) : 0);
  auto room = std::max(mtu, header + HEADER) - header - HEADER;
  auto copied = std::min(room, roomAt(*packet, ip));
  auto message = Packet::make(header + HEADER + copied);
  auto out = message->data(), body = out + header;
  memset(out, 0, ip4::LEAST);
  out[0] = uint8_t(0x40 | header / 4);
  put16(out + ip4::LENGTH, message->length());
  put16(out + ip4::ID, id++);
  out[ip4::TTL] = 200;
  out[ip4::PROTOCOL] = ip4::ICMP;
  put32(out + ip4::SRC, src.bits);
  put32(out + ip4::DST, get32(ip + ip4::SRC));
  memcpy(out + ip4::LEAST, options, header - ip4::LEAST);
  ip4::setChecksum(out);
  writeIcmp(body, *packet);
  memcpy(body + HEADER, ip, copied);
  put16(body + 2, internetChecksum(body, HEADER + copied));
  ip4::mark(*message, out);
  message->setDstIp(get32(out + ip4::DST));
  message->setAnno8(anno::FIX_IP_SRC, setsFix);
  message->timestamp = router().scheduler.clock.now();
  return message;
}

}  // namespace xylem::click

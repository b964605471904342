// The transport checksum changes by what the pseudo-header does: addresses, for ICMP also its presence.

#include <click/elements/ip/icmp-names.h>
#include <click/elements/ip6/protocol-translator.h>
#include <click/ip6.h>

namespace xylem::click {

const Kind ProtocolTranslator46::KIND = kindOf<ProtocolTranslator46>("ProtocolTranslator46", "1/1", "a/a");
const Kind ProtocolTranslator64::KIND = kindOf<ProtocolTranslator64>("ProtocolTranslator64", "1/1", "a/a");

namespace {

constexpr uint8_t ECHO6 = 128, ECHO_REPLY6 = 129;

Ip6 mapped(uint32_t address) { return {0, uint64_t(0xffff) << 32 | address}; }

unsigned checksumAt(uint8_t protocol) { return protocol == ip4::TCP ? 16 : protocol == ip4::UDP ? 6 : 2; }

bool isTranslated(uint8_t protocol, const uint8_t* body, unsigned length) {
  bool isKnown = protocol == ip4::TCP || protocol == ip4::UDP || protocol == ip4::ICMP || protocol == ip4::ICMP6;
  if (!isKnown || length < checksumAt(protocol) + 2) return false;
  if (protocol == ip4::ICMP) return body[0] == icmp::ECHO || body[0] == icmp::ECHO_REPLY;
  return protocol != ip4::ICMP6 || body[0] == ECHO6 || body[0] == ECHO_REPLY6;
}

}  // namespace

PacketPtr ProtocolTranslator46::change(PacketPtr packet) {
  auto ip = Ip4View::of(*packet);
  if (!ip || ip.isFragment()) return nullptr;
  auto header = ip.headerLength(), length = ip.payloadLength();
  auto protocol = ip[ip4::PROTOCOL], hops = ip[ip4::TTL];
  if (!isTranslated(protocol, ip + header, length)) return nullptr;
  auto src = mapped(get32(ip + ip4::SRC)), dst = mapped(get32(ip + ip4::DST));
  auto out = Packet::make(ip6::HEADER + length);
  out->copyAnnotations(*packet);
  auto to = out->data(), body = to + ip6::HEADER;
  memcpy(body, ip + header, length);
  if (protocol == ip4::ICMP) {
    body[0] = body[0] == icmp::ECHO ? ECHO6 : ECHO_REPLY6;
    protocol = ip4::ICMP6;
  }
  ip6::write(to, src, dst, protocol, hops, length);
  auto field = body + checksumAt(protocol);
  put16(field, 0);
  auto sum = ip6::checksum(to, protocol, body, length);
  put16(field, protocol == ip4::UDP ? udpChecksum(sum) : sum);
  ip6::mark(*out, to);
  ip6::annotate(*out, dst);
  return out;
}

PacketPtr ProtocolTranslator64::change(PacketPtr packet) {
  auto ip = ip6::header(*packet);
  if (ip == nullptr) return nullptr;
  auto src = ip6::src(ip), dst = ip6::dst(ip);
  auto length = ip6::payloadLength(*packet, ip);
  auto protocol = ip[ip6::NEXT];
  bool isFit = src.isV4Mapped() && dst.isV4Mapped() && protocol != ip4::ICMP && length <= 65535 - ip4::LEAST;
  if (!isFit || !isTranslated(protocol, ip + ip6::HEADER, length)) return nullptr;
  auto out = Packet::make(ip4::LEAST + length);
  out->copyAnnotations(*packet);
  auto to = out->data(), body = to + ip4::LEAST;
  memcpy(body, ip + ip6::HEADER, length);
  bool isIcmp = protocol == ip4::ICMP6;
  if (isIcmp) body[0] = body[0] == ECHO6 ? icmp::ECHO : icmp::ECHO_REPLY;
  memset(to, 0, ip4::LEAST);
  to[0] = 0x45;
  put16(to + ip4::LENGTH, out->length());
  put16(to + ip4::FRAGMENT, ip4::DONT_FRAGMENT);
  to[ip4::TTL] = ip[ip6::HOPS];
  to[ip4::PROTOCOL] = isIcmp ? ip4::ICMP : protocol;
  put32(to + ip4::SRC, uint32_t(src.low));
  put32(to + ip4::DST, uint32_t(dst.low));
  ip4::setChecksum(to);
  auto field = body + checksumAt(protocol);
  put16(field, 0);
  auto start = isIcmp ? Checksum() : Checksum::pseudo4(to, length, protocol);
  auto sum = start.add(body, length).value();
  put16(field, protocol == ip4::UDP ? udpChecksum(sum) : sum);
  memset(out->annotations() + anno::DST_IP6, 0, 16);
  out->setDstIp(uint32_t(dst.low));
  ip4::mark(*out, to);
  return out;
}

}  // namespace xylem::click

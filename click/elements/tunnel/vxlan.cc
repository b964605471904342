// RFC 7348 section 5: flags (bit 3: there is a VNI), three bytes reserved, the VNI, one byte reserved.

#include <click/elements/tunnel/vxlan.h>

namespace xylem::click {

const Kind VXLANEncap::KIND = kindOf<VXLANEncap>("VXLANEncap", "1/1", "a/a");
const Kind StripVXLAN::KIND = kindOf<StripVXLAN>("StripVXLAN", "1/1-2", "a/ah");

namespace {

constexpr unsigned UDP = 8, VXLAN = 8, LONGEST = 0xffff;
constexpr uint16_t ETHERNET = 0x6558;
constexpr uint8_t HAS_VNI = 0x08;

bool isVni(const std::string& text, uint32_t& out, const Reading& reading) {
  if (!read(text, out, reading)) return false;
  if (out > 0xffffff) reading.errors.error("out of range, bound 16777215");
  return true;
}

uint16_t portFor(const Packet& frame) {
  // FNV-1a over addresses and type.
  uint32_t hash = 2166136261;
  for (unsigned i = 0; i < std::min(frame.length(), 14u); ++i) hash = (hash ^ frame.data()[i]) * 16777619;
  return uint16_t(49152 | ((hash ^ hash >> 16) & 0x3fff));
}

}  // namespace

void VXLANEncap::configure(Args& args) {
  std::string to;
  args.mandatory("SRC", ip.source).mandatory("DST", to, readDestination).mandatory("VNI", vni, isVni);
  args.keyword("SPORT", sourcePort, as::udpPort).keyword("DPORT", destinationPort, as::udpPort);
  args.keyword("CHECKSUM", hasChecksum);
  if (ip.readOptions(args).complete()) setDestination(ip, to, *this, args.errors);
}

void VXLANEncap::addHandlers(Handlers& handlers) {
  ip.addHandlers(handlers, *this);
  handlers.data("vni", vni);
  addSetting(handlers, *this, "vni", vni, isVni);
}

PacketPtr VXLANEncap::change(PacketPtr packet) {
  if (packet->length() > LONGEST - OuterIp::LENGTH - UDP - VXLAN) return nullptr;
  auto from = sourcePort ? *sourcePort : portFor(*packet);
  packet->push(OuterIp::LENGTH + UDP + VXLAN);
  ip.write(*packet, ip4::UDP);
  auto udp = packet->data() + OuterIp::LENGTH;
  put32(udp + UDP, uint32_t(HAS_VNI) << 24);
  put32(udp + UDP + 4, vni << 8);
  putUdp(*packet, from, destinationPort, hasChecksum);
  return packet;
}

void StripVXLAN::configure(Args& args) {
  args.positional("VNI", vni, isVni).keyword("DPORT", destinationPort, as::udpPort).complete();
}

void StripVXLAN::addHandlers(Handlers& handlers) {
  drops.addHandlers(handlers);
  handlers.read(
      "vni", [this]() { return vni ? std::to_string(*vni) : ""; }, Handler::CALM);
  addSetting(handlers, *this, "vni", vni, isVni);
}

std::optional<StripVXLAN::Reason> StripVXLAN::check(Ip4View ip) const {
  if (ip.protocol() != ip4::UDP) return NOT_VXLAN;
  if (ip.isFragment()) return FRAGMENT;
  if (ip.payloadLength() < UDP + VXLAN) return TRUNCATED;
  auto udp = ip.payload();
  if (get16(udp + 2) != destinationPort || !(udp[UDP] & HAS_VNI)) return NOT_VXLAN;
  auto length = get16(udp + 4);
  if (length < UDP + VXLAN || length > ip.payloadLength()) return TRUNCATED;
  if (get16(udp + 6) != 0 && ip.transportChecksum(length) != 0) return BAD_CHECKSUM;
  if (vni && get32(udp + UDP + 4) >> 8 != *vni) return WRONG_VNI;
  return std::nullopt;
}

int StripVXLAN::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  auto reason = ip ? check(ip) : NOT_VXLAN;
  if (reason) {
    drops.add(*reason);
    return 1;
  }
  auto udp = ip.payload();
  stripTo(packet, udp + UDP + VXLAN, get16(udp + 4) - (UDP + VXLAN), ETHERNET);
  return 0;
}

}  // namespace xylem::click

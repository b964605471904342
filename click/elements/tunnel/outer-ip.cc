// A tunnel writes its headers from the outside in: lengths are those of the packet as it then is.

#include <click/elements/tunnel/outer-ip.h>

namespace xylem::click {

void putUdp(Packet& packet, uint16_t source, uint16_t destination, bool hasChecksum) {
  auto ip = packet.data(), udp = ip + OuterIp::LENGTH;
  auto length = packet.length() - OuterIp::LENGTH;
  put16(udp, source);
  put16(udp + 2, destination);
  put16(udp + 4, uint16_t(length));
  put16(udp + 6, 0);
  if (!hasChecksum) return;
  put16(udp + 6, udpChecksum(Checksum::pseudo4(ip, length, ip4::UDP).add(udp, length).value()));
}

void stripTo(Packet& packet, uint8_t* at, unsigned length, uint16_t etherType) {
  constexpr uint16_t IP4 = 0x0800, IP6 = 0x86dd, ETHERNET = 0x6558;
  constexpr unsigned IP6_HEADER = 40, ETHERNET_HEADER = 14;
  if (at < packet.data())
    packet.push(unsigned(packet.data() - at));
  else
    packet.pull(unsigned(at - packet.data()));
  packet.take(packet.length() - length);
  packet.clearHeaders();
  if (etherType == IP4 && Ip4View::of(at, length)) ip4::mark(packet, at);
  if (etherType == IP6 && length >= IP6_HEADER) packet.setNetworkHeader(at, IP6_HEADER);
  if (etherType != ETHERNET || length < ETHERNET_HEADER) return;
  packet.macHeader = at;
  packet.setNetworkHeader(at + ETHERNET_HEADER, 0);
}

void setDestination(OuterIp& ip, const std::string& text, Element& element, Errors& errors) {
  bool isToAnnotation = text == "DST_ANNO";
  Ip4 destination;
  SilentErrors silent;
  if (!isToAnnotation && !read(text, destination, Reading{&element, silent})) return errors.error("bad DST");
  ip.isToAnnotation = isToAnnotation;
  ip.destination = destination;
}

bool readDestination(const std::string& text, std::string& out, const Reading&) {
  out = text;
  return true;
}

void OuterIp::addHandlers(Handlers& handlers, Element& element) {
  handlers.read(
      "src", [this]() { return ip4::print(source); }, Handler::CALM);
  handlers.read(
      "dst", [this]() { return isToAnnotation ? "DST_ANNO" : ip4::print(destination); }, Handler::CALM);
  addSetting(handlers, element, "src", source);
  handlers.write("dst", [this, &element](const std::string& text, Errors& errors) {
    setDestination(*this, trim(text), element, errors);
  });
}

Ip4 OuterIp::write(Packet& packet, uint8_t protocol) {
  auto to = isToAnnotation ? Ip4{packet.dstIp()} : destination;
  auto at = packet.data();
  at[0] = 0x45;
  at[ip4::TOS] = tos;
  put16(at + ip4::LENGTH, uint16_t(packet.length()));
  put16(at + ip4::ID, identification++);
  put16(at + ip4::FRAGMENT, isUnfragmentable ? ip4::DONT_FRAGMENT : 0);
  at[ip4::TTL] = ttl;
  at[ip4::PROTOCOL] = protocol;
  put32(at + ip4::SRC, source.bits);
  put32(at + ip4::DST, to.bits);
  ip4::setChecksum(at);
  packet.setNetworkHeader(at, LENGTH);
  packet.setDstIp(to.bits);
  return to;
}

}  // namespace xylem::click

// A tunnel writes its headers from the outside in: lengths are those of the packet as it then is.

#include <click/elements/tunnel/outer-ip.h>

namespace xylem::click {

void putUdp(Packet& packet, uint16_t source, uint16_t destination, bool hasChecksum) {
  auto ip = packet.data(), udp = ip + OuterIp::LENGTH;
  auto length = packet.length() - OuterIp::LENGTH;
  wire::put16(udp, source);
  wire::put16(udp + 2, destination);
  wire::put16(udp + 4, uint16_t(length));
  wire::put16(udp + 6, 0);
  if (!hasChecksum) return;
  auto sum = wire::Checksum().add(ip + 12, 8).add(uint32_t(IPPROTO_UDP)).add(length).add(udp, length).value();
  // 0 stands for none.
  wire::put16(udp + 6, sum == 0 ? 0xffff : sum);
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
  if (auto ip = etherType == IP4 ? Ip4View::of(at, length) : std::nullopt)
    packet.setNetworkHeader(at, ip->headerLength());
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
      "src", [this]() { return print(source); }, Handler::CALM);
  handlers.read(
      "dst", [this]() { return isToAnnotation ? "DST_ANNO" : print(destination); }, Handler::CALM);
  addSetting(handlers, element, "src", source);
  handlers.write("dst", [this, &element](const std::string& text, Errors& errors) {
    setDestination(*this, trim(text), element, errors);
  });
}

Ip4 OuterIp::write(Packet& packet, uint8_t protocol) {
  auto to = isToAnnotation ? Ip4{packet.dstIp()} : destination;
  auto at = packet.data();
  at[0] = 0x45;
  at[1] = tos;
  wire::put16(at + 2, uint16_t(packet.length()));
  wire::put16(at + 4, identification++);
  wire::put16(at + 6, isUnfragmentable ? 0x4000 : 0);
  at[8] = ttl;
  at[9] = protocol;
  wire::put16(at + 10, 0);
  wire::put32(at + 12, source.bits);
  wire::put32(at + 16, to.bits);
  wire::put16(at + 10, wire::Checksum().add(at, LENGTH).value());
  packet.setNetworkHeader(at, LENGTH);
  packet.setDstIp(to.bits);
  return to;
}

}  // namespace xylem::click

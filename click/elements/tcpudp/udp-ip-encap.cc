// The outer IP header is that of tunnels; UDP sums up what it carries.

#include <click/elements/tcpudp/udp-ip-encap.h>

namespace xylem::click {

const Kind UDPIPEncap::KIND = kindOf<UDPIPEncap>("UDPIPEncap", "1/1", "a/a");
const Kind DynamicUDPIPEncap::KIND = kindOf<DynamicUDPIPEncap>("DynamicUDPIPEncap", "1/1", "a/a");

namespace {

constexpr unsigned HEADERS = OuterIp::LENGTH + 8, LONGEST = 0xffff;

bool encapsulate(Packet& packet, OuterIp& ip, uint16_t source, uint16_t destination, bool hasChecksum) {
  if (packet.length() > LONGEST - HEADERS) return false;
  packet.push(HEADERS);
  ip.write(packet, ip4::UDP);
  putUdp(packet, source, destination, hasChecksum);
  return true;
}

}  // namespace

void UDPIPEncap::configure(Args& args) {
  std::string to;
  args.mandatory("SRC", ip.source)
      .mandatory("SPORT", sourcePort, as::udpPort)
      .mandatory("DST", to, readDestination)
      .mandatory("DPORT", destinationPort, as::udpPort)
      .positional("CHECKSUM", hasChecksum);
  if (args.complete()) setDestination(ip, to, *this, args.errors);
}

void UDPIPEncap::addHandlers(Handlers& handlers) {
  ip.addHandlers(handlers, *this);
  handlers.data("sport", sourcePort);
  handlers.data("dport", destinationPort);
  addSetting(handlers, *this, "sport", sourcePort, as::udpPort);
  addSetting(handlers, *this, "dport", destinationPort, as::udpPort);
}

PacketPtr UDPIPEncap::change(PacketPtr packet) {
  return encapsulate(*packet, ip, sourcePort, destinationPort, hasChecksum) ? std::move(packet) : nullptr;
}

void DynamicUDPIPEncap::configure(Args& args) {
  args.mandatory("SRC", ip.source)
      .mandatory("SPORT", sourcePort, as::udpPort)
      .mandatory("DST", ip.destination)
      .mandatory("DPORT", destinationPort, as::udpPort)
      .positional("CHECKSUM", hasChecksum)
      .positional("INTERVAL", interval)
      .complete();
}

PacketPtr DynamicUDPIPEncap::change(PacketPtr packet) {
  if (!encapsulate(*packet, ip, sourcePort, destinationPort, hasChecksum)) return nullptr;
  if (interval > 0 && ++count == interval) {
    ++sourcePort;
    ++destinationPort;
    count = 0;
  }
  return packet;
}

}  // namespace xylem::click

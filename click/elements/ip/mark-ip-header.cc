// A header that is noted need not be whole or sound: who reads it checks (click/ip4.h).

#include <click/elements/ip/mark-ip-header.h>
#include <click/ip4.h>

#include <algorithm>

namespace xylem::click {

const Kind MarkIPHeader::KIND = kindOf<MarkIPHeader>("MarkIPHeader", "1/1", "a/a");
const Kind StripIPHeader::KIND = kindOf<StripIPHeader>("StripIPHeader", "1/1", "a/a");
const Kind UnstripIPHeader::KIND = kindOf<UnstripIPHeader>("UnstripIPHeader", "1/1", "a/a");

int MarkIPHeader::step(Packet& packet) {
  if (packet.length() <= offset) {
    packet.networkHeader = packet.transportHeader = nullptr;
    return 0;
  }
  auto ip = packet.data() + offset;
  packet.setNetworkHeader(ip, std::min(ip4::headerLength(ip), packet.length() - offset));
  return 0;
}

int StripIPHeader::step(Packet& packet) {
  auto transport = packet.transportHeader;
  if (transport < packet.data() || transport > packet.end()) return DROP;
  packet.pull(unsigned(packet.transportOffset()));
  return 0;
}

int UnstripIPHeader::step(Packet& packet) {
  if (!Ip4View::of(packet)) return DROP;
  if (packet.networkOffset() < 0) packet.push(unsigned(-packet.networkOffset()));
  return 0;
}

}  // namespace xylem::click

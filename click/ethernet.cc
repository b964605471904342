// RFC 894 and RFC 826. Only ARP about IPv4 on Ethernet is read: nothing else is spoken nowadays.

#include <click/ethernet.h>
#include <click/text.h>

namespace xylem::click {

using net::Mac;

std::string ether::print(Mac mac) {
  uint8_t b[6];
  mac.toBytes(b);
  return format("%02X-%02X-%02X-%02X-%02X-%02X", b[0], b[1], b[2], b[3], b[4], b[5]);
}

namespace arp {

namespace {

constexpr uint8_t FIXED[] = {0, 1, 8, 0, 6, 4};
// Ethernet, IPv4, and the lengths of their addresses.

}  // namespace

bool parse(const uint8_t* at, size_t length, Message& out) {
  if (length < LENGTH || memcmp(at, FIXED, sizeof FIXED) != 0) return false;
  out = {get16(at + OPERATION), Mac::fromBytes(at + SENDER_MAC), get32(at + SENDER_IP), Mac::fromBytes(at + TARGET_MAC),
         get32(at + TARGET_IP)};
  return true;
}

bool parseFrame(const Packet& packet, Message& out) {
  return packet.length() >= ether::HEADER + LENGTH && get16(packet.data() + ether::TYPE) == ether::ARP &&
         parse(packet.data() + ether::HEADER, packet.length() - ether::HEADER, out);
}

PacketPtr make(Mac dst, Mac src, const Message& message) {
  auto packet = Packet::make(ether::HEADER + LENGTH);
  auto frame = packet->data(), at = frame + ether::HEADER;
  ether::write(frame, dst, src, ether::ARP);
  memcpy(at, FIXED, sizeof FIXED);
  put16(at + OPERATION, message.operation);
  message.senderMac.toBytes(at + SENDER_MAC);
  put32(at + SENDER_IP, message.senderIp);
  message.targetMac.toBytes(at + TARGET_MAC);
  put32(at + TARGET_IP, message.targetIp);
  packet->macHeader = frame;
  packet->setNetworkHeader(at, LENGTH);
  return packet;
}

}  // namespace arp
}  // namespace xylem::click

#pragma once
// Ethernet and ARP headers as they lie in a packet.

#include <click/ip4.h>
#include <net/mac.h>

#include <string>

namespace xylem::click {

namespace ether {
constexpr unsigned HEADER = 14, DST = 0, SRC = 6, TYPE = 12;
constexpr uint16_t IP4 = 0x0800, ARP = 0x0806, IP6 = 0x86dd;
std::string print(net::Mac mac);
// "02-00-00-00-00-01"
inline void write(uint8_t* at, net::Mac dst, net::Mac src, uint16_t type) {
  dst.toBytes(at + DST);
  src.toBytes(at + SRC);
  put16(at + TYPE, type);
}
}  // namespace ether

namespace arp {
constexpr unsigned LENGTH = 28;
constexpr unsigned OPERATION = 6, SENDER_MAC = 8, SENDER_IP = 14, TARGET_MAC = 18, TARGET_IP = 24;
constexpr uint16_t REQUEST = 1, REPLY = 2, REVERSE_REQUEST = 3, REVERSE_REPLY = 4;

struct Message {
  uint16_t operation;
  net::Mac senderMac;
  uint32_t senderIp;
  net::Mac targetMac;
  uint32_t targetIp;
};
bool parse(const uint8_t* at, size_t length, Message& out);
// The part behind the Ethernet header; true if it is about IPv4 on Ethernet.
bool parseFrame(const Packet& packet, Message& out);
PacketPtr make(net::Mac dst, net::Mac src, const Message& message);
// A whole frame, marked.
}  // namespace arp

}  // namespace xylem::click

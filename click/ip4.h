#pragma once
// IPv4 headers as they lie in packets.
//
//     auto ip = Ip4View::of(packet);           // null unless there is a whole one
//     if (!ip || ip.protocol() != ip4::UDP || ip.payloadLength() < 8) return DROP;
//     auto port = get16(ip.payload());
//     ip[ip4::TOS] = 0;                        // a view is a pointer to the header's bytes, too

#include <click/args.h>
#include <click/checksum.h>
#include <click/packet.h>

#include <algorithm>
#include <string>

namespace xylem::click {

namespace ip4 {

constexpr unsigned LEAST = 20, MOST = 60;
// Bytes of a header.
constexpr unsigned TOS = 1, LENGTH = 2, ID = 4, FRAGMENT = 6, TTL = 8, PROTOCOL = 9, CHECKSUM = 10, SRC = 12, DST = 16;
// Offsets of fields.
constexpr uint16_t DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET_MASK = 0x1fff;
constexpr uint8_t ICMP = 1, IPIP = 4, TCP = 6, UDP = 17, IP6 = 41, DCCP = 33, GRE = 47, ICMP6 = 58;

// ---- of bytes that need not be a header, or are to become one
inline unsigned headerLength(const uint8_t* ip) { return (ip[0] & 15u) * 4; }
inline uint16_t length(const uint8_t* ip) { return get16(ip + LENGTH); }
inline bool isFragment(const uint8_t* ip) { return get16(ip + FRAGMENT) & (OFFSET_MASK | MORE_FRAGMENTS); }
inline bool isFirstFragment(const uint8_t* ip) { return (get16(ip + FRAGMENT) & OFFSET_MASK) == 0; }
void setChecksum(uint8_t* ip);
inline void mark(Packet& packet, uint8_t* ip) { packet.setNetworkHeader(ip, headerLength(ip)); }
// As network header, which is whole, and what follows as transport header.

std::string print(Ip4 address);

}  // namespace ip4

inline unsigned roomAt(const Packet& packet, const uint8_t* at) {
  // How many bytes may be used from there to the packet's end; 0 if that is not within the packet or its headroom.
  auto begin = packet.data() - packet.headroom(), end = packet.data() + packet.length();
  return at != nullptr && at >= begin && at < end ? unsigned(end - at) : 0;
}

class Ip4View {
 public:
  static Ip4View of(Packet& packet) { return of(packet.networkHeader, roomAt(packet, packet.networkHeader)); }
  // Null unless a whole header, options and all, lies where the packet's network header is said to be.
  static Ip4View of(uint8_t* at, size_t available) {
    if (available < ip4::LEAST || at[0] >> 4 != 4) return {nullptr, 0};
    Ip4View view(at, 0);
    if (view.headerLength() < ip4::LEAST || view.headerLength() > available) return {nullptr, 0};
    view.size = unsigned(std::min<size_t>(available, std::max<unsigned>(view.totalLength(), view.headerLength())));
    return view;
  }

  operator uint8_t*() const { return at; }
  unsigned headerLength() const { return ip4::headerLength(at); }
  unsigned totalLength() const { return ip4::length(at); }
  // As the header says.
  unsigned length() const { return size; }
  // That much of it is there.
  uint8_t protocol() const { return at[ip4::PROTOCOL]; }
  bool isFirst() const { return ip4::isFirstFragment(at); }
  // Not a later fragment: the payload begins with the transport header.
  bool isFragment() const { return ip4::isFragment(at); }
  Ip4 source() const { return {get32(at + ip4::SRC)}; }
  Ip4 destination() const { return {get32(at + ip4::DST)}; }
  uint8_t* payload() const { return at + headerLength(); }
  unsigned payloadLength() const { return size - headerLength(); }
  uint16_t transportChecksum(unsigned length) const {
    // Of so many bytes of payload and the pseudo header.
    return Checksum::pseudo4(at, length, protocol()).add(payload(), length).value();
  }

 private:
  Ip4View(uint8_t* at, unsigned size) : at(at), size(size) {}

  uint8_t* at;
  unsigned size;
};

}  // namespace xylem::click

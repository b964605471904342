#pragma once
// IPv4 headers as they lie in a packet.
//
//     uint8_t* ip = ip4::header(packet);       // null unless there is a whole one
//     if (ip == nullptr) return DROP;
//     if (ip[ip4::TTL] <= 1) ...

#include <click/packet.h>
#include <string>

namespace xylem::click {

inline uint16_t get16(const uint8_t* at) { return uint16_t(at[0] << 8 | at[1]); }
inline uint32_t get32(const uint8_t* at) { return uint32_t(get16(at)) << 16 | get16(at + 2); }
inline void put16(uint8_t* at, uint32_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}
inline void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

uint32_t addBytes(const uint8_t* bytes, size_t count, uint32_t sum = 0);
// The sum of 16-bit words, carries kept; odd bytes count as if a zero followed.
uint16_t internetChecksum(const uint8_t* bytes, size_t count, uint32_t sum = 0);
// As it goes into the field; 0 if the field was included and is right.
void updateChecksum(uint8_t* field, uint16_t before, uint16_t after);
// For one changed word (RFC 1624).

namespace ip4 {

constexpr unsigned LEAST = 20, MOST = 60;
// Bytes of a header.
constexpr unsigned TOS = 1, LENGTH = 2, ID = 4, FRAGMENT = 6, TTL = 8, PROTOCOL = 9, CHECKSUM = 10, SRC = 12, DST = 16;
// Offsets of fields.
constexpr uint16_t DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET_MASK = 0x1fff;
constexpr uint8_t ICMP = 1, IPIP = 4, TCP = 6, UDP = 17, IP6 = 41, DCCP = 33, ICMP6 = 58;

inline unsigned headerLength(const uint8_t* ip) { return (ip[0] & 15u) * 4; }
inline uint16_t length(const uint8_t* ip) { return get16(ip + LENGTH); }
inline bool isFragment(const uint8_t* ip) { return get16(ip + FRAGMENT) & (OFFSET_MASK | MORE_FRAGMENTS); }
inline bool isFirstFragment(const uint8_t* ip) { return (get16(ip + FRAGMENT) & OFFSET_MASK) == 0; }

unsigned roomAt(const Packet& packet, const uint8_t* at);
// How many bytes may be used from there to the packet's end; 0 if that is not within the packet or its headroom.
uint8_t* header(Packet& packet);
// The network header, if all of it is there, options too.
unsigned payloadLength(const Packet& packet, const uint8_t* ip);
// Of what follows the header, as far as it is there and belongs to the packet.
void setChecksum(uint8_t* ip);
void mark(Packet& packet, uint8_t* ip);
// As network header, which is whole, and what follows as transport header.
std::string print(uint32_t address);

}  // namespace ip4
}  // namespace xylem::click

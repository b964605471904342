#include <click/ip4.h>
#include <click/text.h>

#include <algorithm>

namespace xylem::click {

namespace {

uint16_t fold(uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}

}  // namespace

uint32_t addBytes(const uint8_t* bytes, size_t count, uint32_t sum) {
  // In the machine's byte order, eight bytes at a time: the sum of swapped words is the swapped sum.
  uint64_t wide = 0;
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide += (word & 0xffffffff) + (word >> 32);
  }
  for (; count >= 2; count -= 2, bytes += 2) {
    uint16_t word;
    memcpy(&word, bytes, 2);
    wide += word;
  }
  if (count > 0) wide += *bytes;
  return uint32_t(fold(uint64_t(sum) + __builtin_bswap16(fold(wide))));
}

uint16_t internetChecksum(const uint8_t* bytes, size_t count, uint32_t sum) {
  return uint16_t(~addBytes(bytes, count, sum));
}

void updateChecksum(uint8_t* field, uint16_t before, uint16_t after) {
  put16(field, uint16_t(~fold(uint64_t(uint16_t(~get16(field))) + uint16_t(~before) + after)));
}

namespace ip4 {

unsigned roomAt(const Packet& packet, const uint8_t* at) {
  auto begin = packet.data() - packet.headroom(), end = packet.data() + packet.length();
  return at != nullptr && at >= begin && at < end ? unsigned(end - at) : 0;
}

uint8_t* header(Packet& packet) {
  auto ip = packet.networkHeader;
  auto room = roomAt(packet, ip);
  return room >= LEAST && headerLength(ip) >= LEAST && headerLength(ip) <= room ? ip : nullptr;
}

unsigned payloadLength(const Packet& packet, const uint8_t* ip) {
  auto there = std::min<unsigned>(roomAt(packet, ip), length(ip)), own = headerLength(ip);
  return there > own ? there - own : 0;
}

void setChecksum(uint8_t* ip) {
  put16(ip + CHECKSUM, 0);
  put16(ip + CHECKSUM, internetChecksum(ip, headerLength(ip)));
}

void mark(Packet& packet, uint8_t* ip) { packet.setNetworkHeader(ip, headerLength(ip)); }

std::string print(uint32_t address) {
  return format("%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

}  // namespace ip4
}  // namespace xylem::click

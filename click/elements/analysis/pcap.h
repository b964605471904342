#pragma once
// What pcap files are made of: headers, link types, and where the IP header is behind each of these.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace xylem::click::pcap {

constexpr uint32_t MICRO_MAGIC = 0xa1b2c3d4, NANO_MAGIC = 0xa1b23c4d;
constexpr uint32_t LARGEST = 256 * 1024;
// Of a record; longer ones are taken for garbage.

struct FileHeader {
  uint32_t magic;
  uint16_t major, minor;
  int32_t zone;
  uint32_t figures, snapLength, linkType;
};
struct RecordHeader {
  uint32_t seconds, fraction, captured, length;
};
static_assert(sizeof(FileHeader) == 24 && sizeof(RecordHeader) == 16);

std::optional<uint32_t> linkTypeNamed(const std::string& name);
// "ETHER", "IP", "SLL", "802_11", ..., or a number.
std::string linkTypeName(uint32_t type);
bool findIp(uint32_t linkType, const uint8_t* data, size_t length, size_t& offset);
// Where an IPv4 or IPv6 header begins; false if none does.

}  // namespace xylem::click::pcap

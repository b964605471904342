// Each link type is known by its number in files, and by how many bytes are before the IP header.

#include <click/args.h>
#include <click/elements/analysis/pcap.h>

namespace xylem::click::pcap {

namespace {

struct LinkType {
  const char* name;
  uint32_t number;
};

// The first name of a number is the one that is printed. Raw IP has had several numbers.
constexpr LinkType TYPES[] = {
    {"IP", 12},         {"RAW", 12},           {"IP", 14},
    {"IP", 101},        {"ETHER", 1},          {"ETHERNET", 1},
    {"EN10MB", 1},      {"NULL", 0},           {"LOOP", 108},
    {"FDDI", 10},       {"ATM", 11},           {"ATM_RFC1483", 11},
    {"PPP", 9},         {"PPP_HDLC", 50},      {"C_HDLC", 104},
    {"HDLC", 104},      {"802_11", 105},       {"80211", 105},
    {"LINUX_SLL", 113}, {"SLL", 113},          {"PRISM", 119},
    {"AIRONET", 120},   {"802_11_RADIO", 127}, {"802_11_RADIOTAP", 127},
    {"RADIOTAP", 127},  {"IPV4", 228},         {"IPV6", 229},
};

uint16_t word(const uint8_t* data) { return uint16_t(data[0] << 8 | data[1]); }
bool isIpType(uint16_t type) { return type == 0x0800 || type == 0x86dd; }

bool skipEther(const uint8_t* data, size_t length, size_t& offset) {
  // VLAN tags, too.
  for (offset = 12; offset + 2 <= length; offset += 4) {
    auto type = word(data + offset);
    if (type == 0x8100 || type == 0x88a8) continue;
    offset += 2;
    return isIpType(type);
  }
  return false;
}

bool skipSnap(const uint8_t* data, size_t length, size_t& offset) {
  // An 802.2 header.
  if (offset + 8 > length || data[offset] != 0xaa || data[offset + 1] != 0xaa) return false;
  offset += 8;
  return isIpType(word(data + offset - 2));
}

bool skipWireless(const uint8_t* data, size_t length, size_t& offset) {
  if (offset + 24 > length) return false;
  auto control = data[offset], flags = data[offset + 1];
  if ((control & 0x0c) != 0x08 || (control & 0x40) != 0) return false;
  offset += 24 + ((flags & 3) == 3 ? 6 : 0) + ((control & 0x80) ? 2 : 0);
  return skipSnap(data, length, offset);
}

bool skipLink(uint32_t type, const uint8_t* data, size_t length, size_t& offset) {
  offset = 0;
  auto behind = [&](size_t header, size_t at) {
    offset = header;
    return length >= header && isIpType(word(data + at));
  };
  switch (type) {
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return true;
    case 1:
      return skipEther(data, length, offset);
    case 0:
    case 108:
      offset = 4;
      return true;
    case 9:
      offset = length >= 2 && data[0] == 0xff && data[1] == 3 ? 4 : 2;
      return length >= offset && (word(data + offset - 2) == 0x21 || word(data + offset - 2) == 0x57);
    case 50:
    case 104:
      offset = 4;
      return length >= 4 && (type == 104 ? isIpType(word(data + 2)) : word(data + 2) == 0x21);
    case 10:
      offset = 13;
      return skipSnap(data, length, offset);
    case 11:
      return skipSnap(data, length, offset);
    case 105:
      return skipWireless(data, length, offset);
    case 113:
      return behind(16, 14);
    case 119:
      offset = 144;
      return skipWireless(data, length, offset);
    case 127:
      if (length < 4) return false;
      offset = size_t(data[2] | data[3] << 8);
      return skipWireless(data, length, offset);
    default:
      return false;
  }
}

}  // namespace

std::optional<uint32_t> linkTypeNamed(const std::string& name) {
  std::string upper = name;
  for (auto& c : upper) c = c == '-' ? '_' : char(std::toupper(static_cast<unsigned char>(c)));
  for (auto& type : TYPES)
    if (upper == type.name) return type.number;
  __int128 number;
  if (!parseInteger(name, number) || number < 0 || number > INT32_MAX) return std::nullopt;
  return uint32_t(number);
}

std::string linkTypeName(uint32_t number) {
  for (auto& type : TYPES)
    if (type.number == number) return type.name;
  return std::to_string(number);
}

bool findIp(uint32_t linkType, const uint8_t* data, size_t length, size_t& offset) {
  if (!skipLink(linkType, data, length, offset) || offset >= length) return false;
  auto version = data[offset] >> 4;
  if (version == 6) return length - offset >= 40;
  size_t header = size_t(data[offset] & 15) * 4;
  return version == 4 && header >= 20 && length - offset >= header;
}

}  // namespace xylem::click::pcap

// The checksum is that of Ethernet without its reflections and its last complement: most significant bit first, begun
// with all ones, in the byte order of the machine.

#include <click/elements/standard/store-data.h>

#include <algorithm>
#include <array>

namespace xylem::click {

const Kind StoreData::KIND = kindOf<StoreData>("StoreData", "1/1", "a/a");
const Kind SetAnnoByte::KIND = kindOf<SetAnnoByte>("SetAnnoByte", "1/1", "a/a");
const Kind SetPacketType::KIND = kindOf<SetPacketType>("SetPacketType", "1/1", "a/a");
const Kind SetCRC32::KIND = kindOf<SetCRC32>("SetCRC32", "1/1", "a/a");
const Kind CheckCRC32::KIND = kindOf<CheckCRC32>("CheckCRC32", "1/1-2", "a/ah");

void StoreData::configure(Args& args) {
  if (!args.mandatory("OFFSET", offset).mandatory("DATA", data).keyword("MASK", mask).keyword("GROW", grows).complete())
    return;
  if (offset > 65535) args.error("OFFSET: out of range, bound 65535");
  if (mask.size() > data.size()) args.error("MASK must be no longer than DATA");
}

int StoreData::step(Packet& packet) {
  auto end = size_t(offset) + data.size();
  if (grows && packet.length() < end) {
    auto before = packet.length();
    packet.put(unsigned(end) - before);
    memset(packet.data() + before, 0, end - before);
  }
  for (size_t i = 0; i < data.size() && offset + i < packet.length(); ++i) {
    auto& byte = packet.data()[offset + i];
    uint8_t bits = mask.empty() ? 0xff : i < mask.size() ? uint8_t(mask[i]) : 0;
    byte = uint8_t((byte & ~bits) | (uint8_t(data[i]) & bits));
  }
  return 0;
}

void SetAnnoByte::configure(Args& args) {
  args.mandatory("ANNO", at, as::annotation).mandatory("VALUE", value).complete();
}

void SetPacketType::configure(Args& args) {
  using Type = Packet::Type;
  static const std::pair<const char*, Type> TYPES[] = {{"host", Type::HOST},           {"broadcast", Type::BROADCAST},
                                                       {"multicast", Type::MULTICAST}, {"otherhost", Type::OTHERHOST},
                                                       {"outgoing", Type::OUTGOING},   {"loopback", Type::LOOPBACK}};
  std::string word;
  if (!args.mandatory("TYPE", word, as::word).complete()) return;
  auto name = toLower(word);
  for (auto& [known, value] : TYPES)
    if (name == known) {
      type = value;
      return;
    }
  args.error("unrecognized packet type " + quoted(word));
}

namespace {

constexpr std::array<uint32_t, 256> TABLE = []() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ (value & 0x80000000 ? 0x04c11db7 : 0);
    table[i] = value;
  }
  return table;
}();

uint32_t checksum(const uint8_t* bytes, size_t length) {
  uint32_t sum = 0xffffffff;
  for (size_t i = 0; i < length; ++i) sum = sum << 8 ^ TABLE[(sum >> 24 ^ bytes[i]) & 0xff];
  return sum;
}

}  // namespace

int SetCRC32::step(Packet& packet) {
  auto sum = checksum(packet.data(), packet.length());
  packet.put(sizeof sum);
  memcpy(packet.end() - sizeof sum, &sum, sizeof sum);
  return 0;
}

int CheckCRC32::step(Packet& packet) {
  uint32_t sum;
  bool isRight = packet.length() > sizeof sum;
  if (isRight) {
    memcpy(&sum, packet.end() - sizeof sum, sizeof sum);
    isRight = sum == checksum(packet.data(), packet.length() - sizeof sum);
  }
  if (!isRight) {
    ++drops;
    return 1;
  }
  packet.take(sizeof sum);
  return 0;
}

}  // namespace xylem::click

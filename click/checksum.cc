// Checksums. Eight bytes are added at a time; the carries are folded in at the end.

#include <click/checksum.h>

namespace xylem::click {

uint64_t sumBytes(const uint8_t* bytes, size_t length, uint64_t sum) {
  auto add = [&sum](uint64_t value) {
    sum += value;
    sum += sum < value;
  };
  for (; length >= 8; bytes += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    add(word);
  }
  uint64_t rest = 0;
  memcpy(&rest, bytes, length);
  add(rest);
  return sum;
}

namespace {

uint64_t pseudoTail(unsigned transportLength, uint8_t protocol) {
  uint8_t tail[8] = {0, 0, uint8_t(transportLength >> 8), uint8_t(transportLength), 0, 0, 0, protocol};
  return sumBytes(tail, sizeof tail);
}

void complete(uint8_t* transport, size_t length, uint8_t protocol, uint64_t pseudo) {
  bool isTcp = protocol == 6;
  if ((!isTcp && protocol != 17) || length < (isTcp ? 20 : 8)) return;
  auto field = transport + (isTcp ? 16 : 6);
  uint16_t given;
  memcpy(&given, field, 2);
  if (given == 0 || given != fold(pseudo)) return;
  // The field holds the pseudo header's sum already.
  uint16_t checksum = internetChecksum(transport, length);
  if (checksum == 0) checksum = 0xffff;
  memcpy(field, &checksum, 2);
}

}  // namespace

uint64_t pseudoSum4(const uint8_t* ip, unsigned transportLength, uint8_t protocol) {
  return sumBytes(ip + 12, 8, pseudoTail(transportLength, protocol));
}

uint64_t pseudoSum6(const uint8_t* ip, unsigned transportLength, uint8_t protocol) {
  return sumBytes(ip + 8, 32, pseudoTail(transportLength, protocol));
}

void completeChecksum(Packet& frame) {
  auto bytes = frame.data();
  auto ip = bytes + 14;
  if (frame.length() < 14 + 20) return;
  unsigned room = frame.length() - 14;
  if (bytes[12] == 0x08 && bytes[13] == 0x00) {
    unsigned header = (ip[0] & 15) * 4u, length = unsigned(ip[2]) << 8 | ip[3];
    bool isFragment = (ip[6] & 0x3f) != 0 || ip[7] != 0;
    if (ip[0] >> 4 != 4 || header < 20 || length < header || length > room || isFragment) return;
    complete(ip + header, length - header, ip[9], pseudoSum4(ip, length - header, ip[9]));
  } else if (bytes[12] == 0x86 && bytes[13] == 0xdd && room >= 40) {
    unsigned length = unsigned(ip[4]) << 8 | ip[5];
    if (40 + length > room) return;
    complete(ip + 40, length, ip[6], pseudoSum6(ip, length, ip[6]));
  }
}

}  // namespace xylem::click

#pragma once
// Checksums of packets in place: the Internet checksum (RFC 1071) a word at a time, its incremental update (RFC 1624),
// and those of TCP and UDP that their sender has left to hardware that is not there.

#include <click/packet.h>

#include <cstdint>

namespace xylem::click {

uint64_t sumBytes(const uint8_t* bytes, size_t length, uint64_t sum = 0);
// Not folded, in the machine's own byte order, which the folded sum of 16-bit words does not mind. A piece before the
// last one must have an even length.
inline uint16_t fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}
inline uint16_t internetChecksum(const uint8_t* bytes, size_t length, uint64_t sum = 0) {
  // As it goes into the field, byte order and all; 0 if the field was included and right.
  return uint16_t(~fold(sumBytes(bytes, length, sum)));
}
inline uint16_t updateChecksum(uint16_t checksum, uint16_t was, uint16_t now) {
  // All three as they lie in memory.
  return uint16_t(~fold(uint64_t(uint16_t(~checksum)) + uint16_t(~was) + now));
}

uint64_t pseudoSum4(const uint8_t* ip, unsigned transportLength, uint8_t protocol);
uint64_t pseudoSum6(const uint8_t* ip, unsigned transportLength, uint8_t protocol);
// Of the pseudo header of the IP header there.

void completeChecksum(Packet& frame);
// Of an Ethernet frame with TCP or UDP: if the checksum is only that of the pseudo header, which is what a sender
// leaves to its hardware, the rest is added. A checksum that is right stays as it is, also one that happens to look
// like that.

}  // namespace xylem::click

#pragma once
// The Internet checksum (RFC 1071), as IP, ICMP, TCP, UDP and OSPF use it.
//
//     packet.patch16(at, InternetChecksum().add(pseudoHeader).add(packet.bytes()).value());   // the field was zero
//     bool good = InternetChecksum().add(bytes).value() == 0;                                  // the field included

#include <net/bytes.h>

namespace xylem::net {

class InternetChecksum {
 public:
  InternetChecksum& add(Bytes bytes) {
    // Pieces join as if they were one: an odd piece is continued within its last 16-bit word.
    for (auto byte : bytes) {
      sum += odd ? byte : uint(byte) << 8;
      odd = !odd;
    }
    return *this;
  }

  uint16_t value() const {
    uint64_t folded = sum;
    while (folded >> 16 != 0) folded = (folded & 0xffff) + (folded >> 16);
    return uint16_t(~folded);
  }
  // What goes into the field, in host byte order.

 private:
  uint64_t sum = 0;
  bool odd = false;
};

}  // namespace xylem::net

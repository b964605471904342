// RFC 791. A header is whole when its own length is; what it says of the packet's length is not believed: there may be
// less (a truncated packet, one cited by an error) or more (the padding of a short frame).

#include <click/ip4.h>
#include <click/text.h>

namespace xylem::click::ip4 {

void setChecksum(uint8_t* ip) {
  put16(ip + CHECKSUM, 0);
  put16(ip + CHECKSUM, internetChecksum(ip, headerLength(ip)));
}

std::string print(Ip4 address) {
  auto bits = address.bits;
  return format("%u.%u.%u.%u", bits >> 24, bits >> 16 & 255, bits >> 8 & 255, bits & 255);
}

}  // namespace xylem::click::ip4

#pragma once
// Integers in network order at any alignment, and the Internet checksum: of bytes, of what has changed in them, and
// that of TCP and UDP which a sender has left to its hardware.
//
//     put16(udp + 6, Checksum::pseudo4(ip, length, ip4::UDP).add(udp, length).value());
//     updateChecksum(ip + ip4::CHECKSUM, before, after);                       // one word is another
//
// A checksum is a number as get16 and put16 have it.

#include <click/packet.h>

#include <cstdint>
#include <cstring>

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

class Checksum {
  // Of one piece after another (RFC 1071); all but the last have an even length.
 public:
  static Checksum pseudo4(const uint8_t* ip, unsigned transportLength, uint8_t protocol);
  static Checksum pseudo6(const uint8_t* ip, unsigned transportLength, uint8_t protocol);
  // Of the pseudo header of the IP header there.

  Checksum& add(const uint8_t* bytes, size_t length) {
    for (; length >= 8; bytes += 8, length -= 8) {
      uint64_t word;
      memcpy(&word, bytes, 8);
      addWord(word);
    }
    if (length == 4) {
      uint32_t half;
      memcpy(&half, bytes, 4);
      addWord(half);
    } else if (length > 0) {
      uint64_t rest = 0;
      memcpy(&rest, bytes, length);
      addWord(rest);
    }
    return *this;
  }
  uint16_t sum() const {
    // Of all words, carries folded in.
    auto all = (wide & 0xffffffff) + (wide >> 32);
    all = (all & 0xffff) + (all >> 16);
    all = (all & 0xffff) + (all >> 16);
    return __builtin_bswap16(uint16_t((all & 0xffff) + (all >> 16)));
  }
  uint16_t value() const { return uint16_t(~sum()); }
  // What goes into the field; 0 if the field was included and is right.

 private:
  // Eight bytes at a time, in the machine's own byte order: the sum of swapped words is the swapped sum.
  void addWord(uint64_t word) {
    wide += word;
    wide += wide < word;
  }

  uint64_t wide = 0;
};

inline uint16_t internetChecksum(const uint8_t* bytes, size_t length) { return Checksum().add(bytes, length).value(); }

class Change {
  // What has become different under a checksum (RFC 1624), in any number of places. It can be kept, and applied to many
  // packets.
 public:
  void add16(uint16_t before, uint16_t after) {
    if (before != after) fold(uint32_t(sum) + uint16_t(~before) + after);
  }
  void add32(uint32_t before, uint32_t after) {
    add16(uint16_t(before >> 16), uint16_t(after >> 16));
    add16(uint16_t(before), uint16_t(after));
  }
  void apply(uint8_t* field) const {
    Change whole = *this;
    whole.fold(uint32_t(sum) + uint16_t(~get16(field)));
    put16(field, uint16_t(~whole.sum));
  }

 private:
  void fold(uint32_t wide) {
    wide = (wide & 0xffff) + (wide >> 16);
    sum = uint16_t((wide & 0xffff) + (wide >> 16));
  }

  uint16_t sum = 0;
};

inline void updateChecksum(uint8_t* field, uint16_t before, uint16_t after) {
  Change change;
  change.add16(before, after);
  change.apply(field);
}

void completeChecksum(Packet& frame);
// Of an Ethernet frame with TCP or UDP: if the checksum is only that of the pseudo header, which is what a sender
// leaves to its hardware, the rest is added. A checksum that is right stays as it is, also one that happens to look
// like that.

}  // namespace xylem::click

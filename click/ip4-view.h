#pragma once
// Headers as they lie in packets: integers in network order at any alignment, the Internet checksum (RFC 1071) and its
// update (RFC 1624), and an IPv4 header that is known to lie within its packet.
//
//     auto ip = Ip4View::of(packet);
//     if (!ip || ip->protocol() != IPPROTO_UDP || ip->payloadLength() < 8) return DROP;
//     auto port = wire::get16(ip->payload());

#include <click/args.h>
#include <click/packet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>

namespace xylem::click {

namespace wire {

inline uint16_t get16(const uint8_t* at) { return uint16_t(at[0] << 8 | at[1]); }
inline uint32_t get32(const uint8_t* at) { return uint32_t(get16(at)) << 16 | get16(at + 2); }
inline void put16(uint8_t* at, uint16_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}
inline void put32(uint8_t* at, uint32_t value) {
  put16(at, uint16_t(value >> 16));
  put16(at + 2, uint16_t(value));
}

class Checksum {
 public:
  Checksum& add(const uint8_t* bytes, size_t length) {
    // All pieces but the last one have an even length.
    uint64_t native = 0;
    for (; length >= 4; bytes += 4, length -= 4) {
      uint32_t word;
      memcpy(&word, bytes, 4);
      native += word;
    }
    if (length > 0) {
      uint32_t word = 0;
      memcpy(&word, bytes, length);
      native += word;
    }
    sum += __builtin_bswap16(fold(native));
    return *this;
  }
  Checksum& add(uint32_t value) {
    sum += (value >> 16) + (value & 0xffff);
    return *this;
  }
  uint16_t value() const { return uint16_t(~fold(sum)); }
  // What goes into the field; 0 when the field was included, and right.

 private:
  static uint16_t fold(uint64_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return uint16_t(sum);
  }

  uint64_t sum = 0;
};

class Change {
  // What has become different under a checksum, in any number of places. It can be kept, and applied to many packets.
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

}  // namespace wire

class Ip4View {
 public:
  static constexpr unsigned SHORTEST = 20;

  static std::optional<Ip4View> of(Packet& packet) {
    // None unless a whole header lies where the packet's network header is said to be.
    auto at = packet.networkHeader;
    if (at == nullptr || at < packet.data() - packet.headroom() || at > packet.end()) return std::nullopt;
    return of(at, size_t(packet.end() - at));
  }
  static std::optional<Ip4View> of(uint8_t* at, size_t available) {
    Ip4View view(at, 0);
    if (available < SHORTEST || at[0] >> 4 != 4) return std::nullopt;
    if (view.headerLength() < SHORTEST || view.headerLength() > available) return std::nullopt;
    view.size = unsigned(std::min<size_t>(available, std::max<unsigned>(wire::get16(at + 2), view.headerLength())));
    return view;
  }

  uint8_t* begin() const { return at; }
  unsigned headerLength() const { return unsigned(at[0] & 15) * 4; }
  unsigned totalLength() const { return wire::get16(at + 2); }
  // As the header says.
  unsigned length() const { return size; }
  // That much of it is there.
  uint8_t protocol() const { return at[9]; }
  bool isFirst() const { return (wire::get16(at + 6) & 0x1fff) == 0; }
  // Not a later fragment: the payload begins with the transport header.
  bool isFragment() const { return (wire::get16(at + 6) & 0x3fff) != 0; }
  Ip4 source() const { return {wire::get32(at + 12)}; }
  Ip4 destination() const { return {wire::get32(at + 16)}; }
  uint8_t* payload() const { return at + headerLength(); }
  unsigned payloadLength() const { return size - headerLength(); }

  uint16_t transportChecksum(unsigned length) const {
    // Of so many bytes of payload and the pseudo header.
    wire::Checksum sum;
    return sum.add(at + 12, 8).add(protocol()).add(length).add(payload(), length).value();
  }

 private:
  Ip4View(uint8_t* at, unsigned size) : at(at), size(size) {}

  uint8_t* at;
  unsigned size;
};

inline std::string print(Ip4 address) {
  return format("%u.%u.%u.%u", address.bits >> 24, address.bits >> 16 & 255, address.bits >> 8 & 255,
                address.bits & 255);
}

inline std::string print(Mac address) {
  // In capitals with hyphens, as the Click language has it.
  uint8_t bytes[6];
  address.toBytes(bytes);
  return format("%02X-%02X-%02X-%02X-%02X-%02X", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
}

}  // namespace xylem::click

#pragma once
// A packet: bytes with room before and behind them, and what elements have noted about it.
//
// There is one owner of a packet at any time, so that whoever has it may write to it; who needs a second one copies it
// (`clone`). Packets come from a pool of blocks of 2 KiB and go back there, without a call of the allocator; the bytes
// of a longer one lie elsewhere.

#include <click/time.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace xylem::click {

class Packet;

struct Recycle {
  void operator()(Packet* packet) const;
};
using PacketPtr = std::unique_ptr<Packet, Recycle>;

namespace anno {
// Offsets of the annotations that have names, in bytes. The area has 48.
constexpr unsigned DST_IP = 0, DST_IP6 = 0, PAINT = 16, ICMP_PARAMPROB = 17, FIX_IP_SRC = 19, VLAN_TCI = 20,
                   AGGREGATE = 20, FWD_RATE = 20, MISC_IP = 20, EXTRA_PACKETS = 24, REV_RATE = 24, EXTRA_LENGTH = 28,
                   IPREASSEMBLER = 28, FIRST_TIMESTAMP = 32, PACKET_NUMBER = 32, IPSEC_SPI = 32, SEQUENCE_NUMBER = 36,
                   PERFCTR = 40, SIZE = 48;
}  // namespace anno

class Packet {
 public:
  enum class Type : uint8_t { HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING, LOOPBACK };
  // How it came, as the link sees it; values as the PACKET_* of Linux.

  static constexpr unsigned HEADROOM = 128;
  static constexpr unsigned BLOCK = 2304;
  // Of the pool, this object included.

  static PacketPtr make(std::string_view bytes, unsigned headroom = HEADROOM, unsigned tailroom = 0);
  static PacketPtr make(unsigned length, unsigned headroom = HEADROOM, unsigned tailroom = 0);
  // The bytes are not set.
  PacketPtr clone() const;
  // A copy, annotations and all.

  uint8_t* data() { return begin; }
  const uint8_t* data() const { return begin; }
  uint8_t* end() { return begin + size; }
  unsigned length() const { return size; }
  unsigned headroom() const { return unsigned(begin - buffer); }
  unsigned tailroom() const { return capacity - headroom() - size; }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(begin), size}; }

  void push(unsigned count);
  // Adds that many bytes in front; they are not set.
  void pull(unsigned count) {
    // Takes bytes, at most all, off the front.
    begin += count;
    size -= count;
  }
  void put(unsigned count);
  // Adds bytes behind.
  void take(unsigned count) { size -= count; }
  // Takes bytes, at most all, off the end.
  void reserve(unsigned front, unsigned behind);
  // Makes sure of that much room.
  void shift(int offset);
  // Moves the bytes within the buffer, for alignment.

  // ---- headers: where they begin, null while nobody has said
  uint8_t* macHeader = nullptr;
  uint8_t* networkHeader = nullptr;
  uint8_t* transportHeader = nullptr;
  void setNetworkHeader(uint8_t* at, unsigned headerLength) {
    networkHeader = at;
    transportHeader = at + headerLength;
  }
  int networkOffset() const { return int(networkHeader - begin); }
  unsigned networkLength() const { return unsigned(begin + size - networkHeader); }
  unsigned networkHeaderLength() const { return unsigned(transportHeader - networkHeader); }
  int transportOffset() const { return int(transportHeader - begin); }
  unsigned transportLength() const { return unsigned(begin + size - transportHeader); }
  void clearHeaders() { macHeader = networkHeader = transportHeader = nullptr; }

  // ---- annotations
  uint8_t* annotations() { return area; }
  const uint8_t* annotations() const { return area; }
  uint8_t anno8(unsigned at) const { return area[at]; }
  void setAnno8(unsigned at, uint8_t value) { area[at] = value; }
  uint16_t anno16(unsigned at) const { return load<uint16_t>(at); }
  void setAnno16(unsigned at, uint16_t value) { memcpy(area + at, &value, sizeof value); }
  uint32_t anno32(unsigned at) const { return load<uint32_t>(at); }
  void setAnno32(unsigned at, uint32_t value) { memcpy(area + at, &value, sizeof value); }
  uint32_t dstIp() const { return __builtin_bswap32(anno32(anno::DST_IP)); }
  void setDstIp(uint32_t address) { setAnno32(anno::DST_IP, __builtin_bswap32(address)); }
  // In host byte order.
  void copyAnnotations(const Packet& from);
  // All of them: the area, type, timestamp and device.
  void clearAnnotations();

  Nanoseconds timestamp = 0;
  // Since 1970; 0 is none.
  uint32_t device = 0;
  // Index of the interface it came by; 0 is none.
  Type type = Type::HOST;

  Packet* next = nullptr;
  // For whoever owns it to make lists.

 private:
  friend struct Recycle;
  Packet() = default;
  ~Packet() = default;
  static Packet* obtain(unsigned room);
  template <typename T> T load(unsigned at) const {
    T value;
    memcpy(&value, area + at, sizeof value);
    return value;
  }
  void move(uint8_t* to, unsigned headroom, unsigned room);

  uint8_t* begin = nullptr;
  uint32_t size = 0;
  uint32_t capacity = 0;
  // Of the buffer.
  uint8_t* buffer = nullptr;
  bool isApart = false;
  // The buffer is not the rest of this block.
  alignas(8) uint8_t area[anno::SIZE] = {};
};

struct PacketPool {
  // How many packets there are, for tests that look for leaks.
  static size_t inUse();
};

}  // namespace xylem::click

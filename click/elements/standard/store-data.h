#pragma once
// StoreData(OFFSET, DATA, [MASK, GROW false]) overwrites the bytes there, as far as the packet reaches, or farther with
// GROW; where a bit of MASK is 0 the packet's stays. SetAnnoByte(ANNO, VALUE) sets a byte of the annotation area.
// SetPacketType(TYPE) sets how the packet came: HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING or LOOPBACK.
// SetCRC32 puts a checksum of four bytes behind the packet; CheckCRC32 takes it off, and drops packets where it is
// wrong.
//
// Ports: 1 input, 1 output, agnostic; CheckCRC32: 1 or 2 outputs, of which the second pushes.
// Handlers: CheckCRC32: drops (r).

#include <click/element.h>

namespace xylem::click {

class StoreData final : public Simple<StoreData> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint32_t offset = 0;
  std::string data, mask;
  bool grows = false;
};

class SetAnnoByte final : public Simple<SetAnnoByte> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet) {
    packet.setAnno8(at, value);
    return 0;
  }

 private:
  unsigned at = 0;
  uint8_t value = 0;
};

class SetPacketType final : public Simple<SetPacketType> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet) {
    packet.type = type;
    return 0;
  }

 private:
  Packet::Type type = Packet::Type::HOST;
};

class SetCRC32 final : public Simple<SetCRC32> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class CheckCRC32 final : public Simple<CheckCRC32> {
 public:
  static const Kind KIND;
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  uint64_t drops = 0;
};

}  // namespace xylem::click

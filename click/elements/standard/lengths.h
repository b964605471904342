#pragma once
// Elements that look at the length of packets, or change it.
//
// CheckLength(LENGTH, [EXTRA_LENGTH false]) sends longer ones to output 1, or drops them.
// Truncate(LENGTH, [EXTRA_LENGTH true]) cuts them to that length, and notes in the extra length annotation how much was
// cut. Pad([LENGTH, ZERO true, EXTRA_LENGTH true]) makes them at least that long, or as long as the extra length
// annotation says. Resize([HEAD 0, TAIL 0]) adds so many zeros in front and behind, or, where a number is negative,
// takes so many bytes off. Align(MODULUS,
// OFFSET) moves packets in memory, so that their address is OFFSET modulo MODULUS.
//
// Ports: 1 input, 1 output, agnostic; CheckLength: 1 or 2 outputs, of which the second pushes.
// Handlers: CheckLength: length (rw). Truncate: nbytes (rw). Resize: head, tail (rw).

#include <click/element.h>

namespace xylem::click {

class CheckLength final : public Simple<CheckLength> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.setting("length", most); }
  int step(Packet& packet) {
    uint64_t length = uint64_t(packet.length()) + (countsExtra ? packet.anno32(anno::EXTRA_LENGTH) : 0);
    return length > most ? 1 : 0;
  }

 private:
  uint32_t most = 0;
  bool countsExtra = false;
};

class Truncate final : public Simple<Truncate> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.setting("nbytes", most); }
  int step(Packet& packet);

 private:
  uint32_t most = 0;
  bool notesExtra = true;
};

class Pad final : public Simple<Pad> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint32_t least = 0;
  bool zeroes = true, usesExtra = true;
};

class Resize final : public Simple<Resize> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  int32_t head = 0, tail = 0;
};

class Align final : public Simple<Align> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint32_t modulus = 4, offset = 0;
};

}  // namespace xylem::click

#pragma once
// Paint(COLOR [, ANNO PAINT]), CheckPaint(COLOR [, ANNO]), PaintTee(COLOR [, ANNO]), PaintSwitch([ANNO])
//
// A packet's paint is a number from 0 to 255 that stays with it. Paint sets it. CheckPaint lets packets of that color
// pass, others go to output 1. PaintTee sends all packets on, and copies of those of that color to output 1.
// PaintSwitch sends a packet to the output of its color; color 255 goes to all outputs.
//
// Ports: 1 input, 1 output, agnostic; CheckPaint has 1 or 2 outputs, PaintTee 2, of which the second pushes;
// PaintSwitch any number, push. Handlers: color (rw), of all but PaintSwitch. Example: Paint(1) -> ... -> pt ::
// PaintTee(1) -> ...; pt[1] -> ICMPError(10.0.0.1, redirect, host)

#include <click/element.h>

namespace xylem::click {

class Paint final : public Simple<Paint> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet) {
    packet.setAnno8(anno, color);
    return 0;
  }

 private:
  uint8_t color = 0;
  unsigned anno = anno::PAINT;
};

class CheckPaint final : public Simple<CheckPaint> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet) { return packet.anno8(anno) != color; }

 private:
  uint8_t color = 0;
  unsigned anno = anno::PAINT;
};

class PaintTee final : public Simple<PaintTee> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet) {
    if (packet.anno8(anno) == color) pushTo(1, packet.clone());
    return 0;
  }

 private:
  uint8_t color = 0;
  unsigned anno = anno::PAINT;
};

class PaintSwitch final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("ANNO", anno, as::annotation).complete(); }
  void push(int, PacketPtr packet) override;

 private:
  static constexpr uint8_t ALL = 255;
  unsigned anno = anno::PAINT;
};

}  // namespace xylem::click

#pragma once
// Clipboard(OFFSET/LENGTH, ...)
//
// Copies bytes from one packet to others: of each packet on input 0 it keeps the bytes of these ranges, and writes them
// to the same places of each packet on input 1. Packets on input 1 that end before the last range does pass unchanged,
// and so do all before the first packet on input 0. Where that one was too short, zeros are kept. It can be configured
// anew while it runs; what was kept is forgotten then.
//
// Ports: 2 inputs, 2 outputs, agnostic; input 0 leads to output 0, input 1 to output 1.
// Example: c :: Clipboard(12/4); requests -> c -> ...; answers -> [1] c [1] -> ...;

#include <click/element.h>

namespace xylem::click {

class Clipboard final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void push(int port, PacketPtr packet) override;
  PacketPtr pull(int port) override;

 private:
  struct Range {
    unsigned offset = 0, length = 0;
    unsigned end() const { return offset + length; }
  };
  void pass(int port, Packet& packet);
  void copy(const Packet& packet);
  void paste(Packet& packet) const;

  std::vector<Range> ranges;
  std::vector<uint8_t> kept;
  // Of all ranges, one behind the other; empty before there was a packet.
};

}  // namespace xylem::click

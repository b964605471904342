#pragma once
// IPFragmenter(MTU [, HONOR_DF true, VERBOSE false, HEADROOM])
//
// Breaks IP packets that are longer than MTU into fragments, with annotations copied to each. Options go into the
// fragments in which they belong. A packet that must not be broken (DF) and is too long goes to output 1; with HONOR_DF
// false it is broken all the same.
//
// Ports: 1 input, 1 or 2 outputs; push.
// Handlers: drops, fragments (r).
// Example: f :: IPFragmenter(1500) -> ...; f[1] -> ICMPError(10.0.0.1, unreachable, needfrag) -> ...

#include <click/element.h>
#include <click/ip4.h>

namespace xylem::click {

class IPFragmenter final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void push(int, PacketPtr packet) override;
  void pushBatch(int, Batch& batch) override;

 private:
  bool fits(Packet& packet) const;
  void refuse(PacketPtr packet);
  void sendFirst(const Packet& packet, unsigned size);
  void fragment(const Packet& packet, Ip4View ip);

  uint32_t mtu = 0;
  bool honorsDf = true, isVerbose = false;
  uint32_t headroom = Packet::HEADROOM;
  uint64_t drops = 0, fragments = 0;
};

}  // namespace xylem::click

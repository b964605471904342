#pragma once
// Strip(LENGTH), Unstrip(LENGTH)
//
// Strip takes the first LENGTH bytes off; Unstrip puts as many in front again, which are those that were stripped if
// nobody has written there since. A shorter packet is dropped.
//
// Ports: 1 input, 1 output, agnostic.
// Example: FromDevice(eth0) -> Strip(14) -> CheckIPHeader -> ...;

#include <click/element.h>

namespace xylem::click {

class Strip final : public Simple<Strip> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.mandatory("LENGTH", length).complete(); }
  int step(Packet& packet) {
    if (packet.length() < length) return DROP;
    packet.pull(length);
    return 0;
  }

 private:
  uint32_t length = 0;
};

class Unstrip final : public Simple<Unstrip> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.mandatory("LENGTH", length).complete(); }
  int step(Packet& packet) {
    packet.push(length);
    return 0;
  }

 private:
  uint32_t length = 0;
};

}  // namespace xylem::click

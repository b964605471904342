#pragma once
// MarkMACHeader([OFFSET 0, LENGTH 0]), StripToNetworkHeader
//
// MarkMACHeader notes that a link header begins OFFSET bytes into the data, and, if LENGTH is not 0, that the network
// header begins LENGTH bytes behind. StripToNetworkHeader takes off what is in front of the network header.
//
// Ports: 1 input, 1 output, agnostic.
// Example: MarkMACHeader(0, 14) -> StripToNetworkHeader

#include <click/element.h>

namespace xylem::click {

class MarkMACHeader final : public Simple<MarkMACHeader> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("OFFSET", offset).positional("LENGTH", length).complete(); }
  int step(Packet& packet) {
    if (packet.length() < offset || packet.length() - offset < length) return DROP;
    packet.macHeader = packet.data() + offset;
    if (length > 0) packet.setNetworkHeader(packet.macHeader + length, 0);
    return 0;
  }

 private:
  uint32_t offset = 0, length = 0;
};

class StripToNetworkHeader final : public Simple<StripToNetworkHeader> {
 public:
  static const Kind KIND;
  int step(Packet& packet) {
    auto network = packet.networkHeader;
    if (network == nullptr || network > packet.end() || network < packet.data() - packet.headroom()) return DROP;
    auto offset = packet.networkOffset();
    offset >= 0 ? packet.pull(unsigned(offset)) : packet.push(unsigned(-offset));
    return 0;
  }
};

}  // namespace xylem::click

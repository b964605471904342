#pragma once
// SetUDPChecksum, SetTCPChecksum([FIXOFF false])
//
// Write the checksum of a UDP or TCP packet whose IPv4 header has been noted (CheckIPHeader, MarkIPHeader). Packets
// whose lengths do not fit are dropped; SetTCPChecksum says so. With FIXOFF it mends a header length that does not fit,
// so that all is header.
//
// Ports: 1 input, 1 output, agnostic.
// Example: ... -> IPMirror -> SetUDPChecksum -> ...;

#include <click/element.h>

namespace xylem::click {

class SetUDPChecksum final : public Simple<SetUDPChecksum> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class SetTCPChecksum final : public Simple<SetTCPChecksum> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("FIXOFF", mendsOffset).complete(); }
  int step(Packet& packet);

 private:
  bool mendsOffset = false;
};

}  // namespace xylem::click

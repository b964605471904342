#pragma once
// UDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM true]), DynamicUDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM true,
// INTERVAL 0])
//
// Put a UDP and an IPv4 header in front of each packet, and note where they are. DST may be DST_ANNO: the packet's
// destination annotation; otherwise that is set to DST. DynamicUDPIPEncap adds one to both ports after every INTERVAL
// packets (0: never). Packets that would become longer than 65535 bytes are dropped.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: UDPIPEncap: src, sport, dst, dport (rw).
// Example: ... -> UDPIPEncap(10.0.0.1, 1234, 10.0.0.2, 53) -> ...;

#include <click/element.h>
#include <click/elements/tunnel/outer-ip.h>

namespace xylem::click {

class UDPIPEncap final : public Changing<UDPIPEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  OuterIp ip;
  uint16_t sourcePort = 0, destinationPort = 0;
  bool hasChecksum = true;
};

class DynamicUDPIPEncap final : public Changing<DynamicUDPIPEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  PacketPtr change(PacketPtr packet);

 private:
  OuterIp ip;
  uint16_t sourcePort = 0, destinationPort = 0;
  bool hasChecksum = true;
  uint32_t interval = 0, count = 0;
};

}  // namespace xylem::click

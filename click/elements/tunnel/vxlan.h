#pragma once
// VXLANEncap(SRC, DST, VNI [, SPORT p, DPORT 4789, CHECKSUM false, TOS 0, TTL 250, DF false]), StripVXLAN([VNI n,
// DPORT 4789])
//
// Ethernet frames in UDP over IPv4 (RFC 7348): each tunnel is a wire, told from others by its VNI (0 to 16777215).
//
// VXLANEncap puts a VXLAN, a UDP and an IPv4 header in front of a frame. Without SPORT the source port (49152 to 65535)
// is made from the frame's addresses and type, so that routers on the way can spread the flows. DST may be DST_ANNO:
// the packet's destination annotation. The network header and the destination annotation are set to the outer header's.
//
// StripVXLAN takes the outer headers off, whose place must have been noted (CheckIPHeader), and all that is before and
// behind; it notes the MAC header. It refuses packets that are not UDP to DPORT, fragments, those without a VNI, and
// with VNI those with another one. They go to output 1, or are dropped.
//
// Ports: 1 input, 1 output, agnostic; StripVXLAN may have a second output for refused packets.
// Handlers: VXLANEncap: src, dst, vni (rw). StripVXLAN: drops, drop_details (r), vni (rw).
// Example: FromDevice(vm0) -> VXLANEncap(192.0.2.1, 192.0.2.2, 42) -> ... -> CheckIPHeader -> StripVXLAN(42) -> ...;

#include <click/drops.h>
#include <click/element.h>
#include <click/elements/tunnel/outer-ip.h>

#include <optional>

namespace xylem::click {

class VXLANEncap final : public Changing<VXLANEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  OuterIp ip;
  uint32_t vni = 0;
  std::optional<uint16_t> sourcePort;
  uint16_t destinationPort = 4789;
  bool hasChecksum = false;
};

class StripVXLAN final : public Simple<StripVXLAN> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  enum Reason { NOT_VXLAN, FRAGMENT, TRUNCATED, BAD_CHECKSUM, WRONG_VNI };
  static constexpr const char* REASONS[] = {"not VXLAN", "fragment", "truncated", "bad checksum", "wrong VNI"};
  std::optional<Reason> check(Ip4View ip) const;

  std::optional<uint32_t> vni;
  uint16_t destinationPort = 4789;
  Drops drops{REASONS};
};

}  // namespace xylem::click

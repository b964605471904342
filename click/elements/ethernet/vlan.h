#pragma once
// VLANEncap(VLAN_TCI | ANNO [, VLAN_PCP p, VLAN_ID n, ETHERTYPE 0x8100, NATIVE_VLAN 0]), VLANDecap([ANNO true,
// ETHERTYPE 0x8100]), SetVLANAnno(VLAN | VLAN_ID n [, VLAN_PCP 0, VLAN_TCI t]), EtherVLANEncap(ETHERTYPE, SRC, DST [,
// VLAN_TCI | ANNO, VLAN_PCP p, VLAN_ID n, NATIVE_VLAN 0]), StripEtherVLANHeader([NATIVE_VLAN 0])
//
// The tags of IEEE 802.1Q. A tag's sixteen bits (TCI) are the priority (PCP, 0 to 7) and the number of the VLAN (0 to
// 4095); instead of all, these two can be given. With ANNO, the tag is the packet's VLAN annotation. Frames of the
// NATIVE_VLAN carry no tag; it may be -1, for none.
//
// VLANEncap puts a tag into an Ethernet frame; VLANDecap takes one out, if there is one, and notes it (ANNO).
// SetVLANAnno notes one. EtherVLANEncap puts a whole header with a tag in front of a packet. StripEtherVLANHeader takes
// an Ethernet header off, and notes its tag, or without one the NATIVE_VLAN; with NATIVE_VLAN -1, frames without a tag
// go to output 1, or are dropped. So are frames that are too short.
//
// Ports: 1 input, 1 output, agnostic; StripEtherVLANHeader may have a second output.
// Handlers: VLANEncap, EtherVLANEncap: vlan_tci, vlan_id, vlan_pcp, native_vlan (rw). VLANEncap: ethertype (rw).
//   EtherVLANEncap: src, dst, ethertype (rw). SetVLANAnno: vlan, vlan_id (the
//   same), vlan_pcp, vlan_tci (rw).
// Example: FromDevice(eth0) -> VLANDecap -> ... -> VLANEncap(VLAN_ID 100) -> ToDevice(eth1);

#include <click/element.h>

#include <optional>

namespace xylem::click {

struct VlanTag {
  bool isAnnotation = false;
  uint16_t tci = 0;
  int32_t native = 0;

  void read(Args& args);
  // VLAN_TCI or ANNO, VLAN_PCP, VLAN_ID, NATIVE_VLAN. Completes.
  void addHandlers(Handlers& handlers, Element& element);
  uint16_t of(const Packet& packet) const;
  bool isNative(uint16_t tag) const { return native >= 0 && (tag & 0xfff) == native; }
};

class VLANEncap final : public Changing<VLANEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  VlanTag tag;
  uint16_t etherType = 0x8100;
};

class VLANDecap final : public Simple<VLANDecap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("ANNO", notes).keyword("ETHERTYPE", etherType).complete(); }
  int step(Packet& packet);

 private:
  bool notes = true;
  uint16_t etherType = 0x8100;
};

class SetVLANAnno final : public Simple<SetVLANAnno> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  uint16_t tci = 0;
};

class EtherVLANEncap final : public Changing<EtherVLANEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  VlanTag tag;
  uint16_t etherType = 0;
  Mac source, destination;
};

class StripEtherVLANHeader final : public Simple<StripEtherVLANHeader> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  int32_t native = 0;
};

}  // namespace xylem::click

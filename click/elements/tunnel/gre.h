#pragma once
// GREEncap(SRC, DST [, KEY k, CHECKSUM false, SEQUENCE false, PROTOCOL p, TOS 0, TTL 250, DF false]), StripGRE([KEY k,
// SEQUENCE false, PROTOCOL p]), EtherGRE(SRC, DST [, KEY k, CHECKSUM false, SEQUENCE false, TOS 0, TTL 250, DF false]),
// StripEtherGRE([KEY k, SEQUENCE false])
//
// Generic Routing Encapsulation over IPv4 (RFC 2784), with key and sequence number (RFC 2890).
//
// GREEncap puts a GRE and an IPv4 header in front of a packet. PROTOCOL is the Ethernet type of what is carried;
// without it, the packet's first four bits tell IPv4 from IPv6. EtherGRE does the same for Ethernet frames (type
// 0x6558), so that a tunnel is a wire. DST may be DST_ANNO: the packet's destination annotation. The network header and
// the destination annotation are set to the outer header's. With SEQUENCE, packets are numbered from 0.
//
// StripGRE takes the IPv4 header, whose place must have been noted (CheckIPHeader), all before it, and the GRE header
// off, and what lies behind the IP packet, too. It refuses packets that are no GRE, fragments, reserved flags, wrong
// checksums; with KEY those with another key or none; with PROTOCOL those that carry something else; with SEQUENCE
// those without a number, or with one that is not higher than all before. They go to output 1, or are dropped. The
// network header is noted when IP is carried, the MAC header for StripEtherGRE, which takes Ethernet frames alone.
//
// Ports: 1 input, 1 output, agnostic; StripGRE and StripEtherGRE may have a second output for refused packets.
// Handlers: GREEncap, EtherGRE: src, dst, key (rw). StripGRE, StripEtherGRE: drops, drop_details (r), key (rw).
// Example: FromDevice(vm0) -> EtherGRE(192.0.2.1, 192.0.2.2, KEY 7) -> ... -> CheckIPHeader -> StripEtherGRE(KEY 7) ->
// ...;

#include <click/drops.h>
#include <click/element.h>
#include <click/elements/tunnel/outer-ip.h>

#include <optional>

namespace xylem::click {

class GREEncap : public Changing<GREEncap> {
 public:
  static const Kind KIND;
  GREEncap() = default;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 protected:
  std::optional<uint16_t> protocol;

 private:
  OuterIp ip;
  std::optional<uint32_t> key;
  bool hasChecksum = false, hasSequence = false;
  uint32_t sequence = 0;
};

class EtherGRE final : public GREEncap {
 public:
  static const Kind KIND;
  EtherGRE();
};

class StripGRE : public Simple<StripGRE> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 protected:
  std::optional<uint16_t> protocol;

 private:
  enum Reason { NOT_GRE, FRAGMENT, TRUNCATED, BAD_FLAGS, BAD_CHECKSUM, WRONG_KEY, OLD_NUMBER, WRONG_PROTOCOL };
  static constexpr const char* REASONS[] = {"not GRE",      "fragment",  "truncated",           "bad flags",
                                            "bad checksum", "wrong key", "old sequence number", "wrong protocol"};
  struct Header {
    uint16_t protocol;
    std::optional<uint32_t> key, sequence;
    unsigned length;
  };
  std::optional<Reason> parse(Ip4View ip, Header& header) const;
  std::optional<Reason> check(const Header& header) const;
  int refuse(Reason reason);

  std::optional<uint32_t> key, last;
  bool hasSequence = false;
  Drops drops{REASONS};
};

class StripEtherGRE final : public StripGRE {
 public:
  static const Kind KIND;
  StripEtherGRE();
};

}  // namespace xylem::click

#pragma once
// DecIPTTL([ACTIVE true, MULTICAST true]), FixIPSrc(ADDR), SetIPChecksum, SetIPDSCP(DSCP), SetIPECN(ECN),
// MarkIPCE([FORCE false]), DropBroadcasts
//
// Elements that change one field of the IP header; the header's checksum stays right.
//
// DecIPTTL takes one off the time to live. A packet whose time is over (TTL at most 1) goes to output 1. With MULTICAST
// false, multicast packets pass as they are. FixIPSrc writes ADDR as the source of packets that have the annotation for
// it, as those of ICMPError, and clears that. SetIPChecksum computes the checksum anew. SetIPDSCP sets the six bits of
// the differentiated services code point. SetIPECN sets the ECN bits to `no`, `ect0`, `ect1` or `ce`. MarkIPCE sets
// them to `ce` where the packet is capable of ECN, or always with FORCE, and drops others. DropBroadcasts drops packets
// that came as broadcast or multicast of the link.
//
// Ports: 1 input, 1 output, agnostic; DecIPTTL, DropBroadcasts and MarkIPCE push what they would drop to an output 1,
// if there is one. Handlers: DecIPTTL: drops (r), active (rw). SetIPDSCP: dscp (rw). DropBroadcasts, MarkIPCE: drops
// (r). FixIPSrc: src (rw).

#include <click/element.h>

namespace xylem::click {

class DecIPTTL final : public Simple<DecIPTTL> {
 public:
  static const Kind KIND;
  void configure(Args& args) override {
    args.positional("ACTIVE", isActive).keyword("MULTICAST", hasMulticast).complete();
  }
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  bool isActive = true, hasMulticast = true;
  uint64_t drops = 0;
};

class FixIPSrc final : public Simple<FixIPSrc> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.mandatory("IPADDR", address).complete(); }
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet);

 private:
  Ip4 address;
};

class SetIPChecksum final : public Simple<SetIPChecksum> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class SetIPDSCP final : public Simple<SetIPDSCP> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet);

 private:
  uint32_t dscp = 0;
};

class SetIPECN final : public Simple<SetIPECN> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint8_t ecn = 0;
};

class MarkIPCE final : public Simple<MarkIPCE> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("FORCE", isForced).complete(); }
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  bool isForced = false;
  uint64_t drops = 0;
};

class DropBroadcasts final : public Simple<DropBroadcasts> {
 public:
  static const Kind KIND;
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet) {
    bool isOne = packet.type == Packet::Type::BROADCAST || packet.type == Packet::Type::MULTICAST;
    drops += isOne;
    return isOne;
  }

 private:
  uint64_t drops = 0;
};

}  // namespace xylem::click

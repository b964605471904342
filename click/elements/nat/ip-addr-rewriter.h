#pragma once
// IPAddrRewriter(INPUTSPEC, ... [, TIMEOUT 2h, GUARANTEE 5s, REAP_INTERVAL 15m, CAPACITY n, DST_ANNO true, REPLY_ANNO
// a]), IPAddrPairRewriter(INPUTSPEC, ... [, ...])
//
// Network address translation without ports, for IPv4 packets of all protocols whose header has been noted.
// IPAddrRewriter remembers source addresses: what comes from one is given another source, and what goes to that one is
// given the first as destination. IPAddrPairRewriter remembers pairs of source and destination, and can change both.
// Checksums of IP, TCP and UDP are updated.
//
// INPUTSPECs are as those of IPRewriter, with patterns `SADDR DADDR FORWARD REPLY`; SADDR can be a range,
// "1.0.0.1-1.0.0.9" or a prefix, "10.0.0.0/24", of which an address is used that nobody has. For IPAddrRewriter, DADDR
// must be `-`.
//
// Ports: any number of inputs (push), any number of outputs (push).
// Handlers: table, mappings, table_size, nmappings, size, mapping_failures, patterns (r), patternN, capacity (rw),
// clear (w). Example: IPAddrRewriter(pattern 192.0.2.1-192.0.2.9 - 0 1, drop)

#include <click/elements/nat/rewriter.h>

namespace xylem::click {

class AddressRewriter : public Rewriter {
 public:
  void addHandlers(Handlers& handlers) override;

 protected:
  AddressRewriter();
  void readTimeouts(Args& args) override;
  static void updateTransport(Ip4View ip, const Change& change);
};

class IPAddrRewriter final : public AddressRewriter {
 public:
  static const Kind KIND;
  std::optional<Translation> translation(uint8_t protocol, const FlowId& flow) const override;

 private:
  std::optional<Key> keyOf(Ip4View ip) const override { return Key{{ip.source(), 0, {}, 0}}; }
  std::optional<Key> otherKeyOf(Ip4View ip) const override { return Key{{{}, 0, ip.destination(), 0}}; }
  void apply(Packet& packet, Ip4View ip, Flow& flow, Way way) override;
  bool accepts(const RewriterPattern& pattern, Errors& errors) const override;
  std::string describe(const FlowId& before, const FlowId& after, Way way) const override;
};

class IPAddrPairRewriter final : public AddressRewriter {
 public:
  static const Kind KIND;
  std::optional<Translation> translation(uint8_t protocol, const FlowId& flow) const override;

 private:
  std::optional<Key> keyOf(Ip4View ip) const override { return Key{{ip.source(), 0, ip.destination(), 0}}; }
  void apply(Packet& packet, Ip4View ip, Flow& flow, Way way) override;
  std::string describe(const FlowId& before, const FlowId& after, Way way) const override;
};

}  // namespace xylem::click

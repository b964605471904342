#pragma once
// ICMPPingRewriter(INPUTSPEC, ... [, TIMEOUT 5m, GUARANTEE 5s, REAP_INTERVAL 15m, CAPACITY n, DST_ANNO true, REPLY_ANNO
// a])
//
// Network address translation for ICMP echo requests and replies, whose identifier stands for the ports. INPUTSPECs are
// as those of IPRewriter, with patterns `SADDR DADDR FORWARD REPLY` or `SADDR DADDR ID FORWARD REPLY`, where ID can be
// a range, "1024-65535#". A flow begins with a request; replies that nobody asked for, and other packets, are dropped,
// or passed by `pass`.
//
// Ports: any number of inputs (push), any number of outputs (push).
// Handlers: table, mappings, table_size, nmappings, size, mapping_failures, patterns (r), patternN, capacity (rw),
// clear (w). Example: ICMPPingRewriter(pattern 192.0.2.1 - 1024-65535# 0 1, drop)

#include <click/elements/nat/rewriter.h>

namespace xylem::click {

class ICMPPingRewriter final : public Rewriter {
 public:
  static const Kind KIND;
  static constexpr uint8_t ECHO = 8, ECHO_REPLY = 0;
  void addHandlers(Handlers& handlers) override;

  static FlowId echoId(Ip4 source, Ip4 destination, uint16_t identifier, bool isRequest);
  // The identifier is the port of who sent the request; the other one is 0.
  std::optional<Translation> translation(uint8_t protocol, const FlowId& flow) const override;

 private:
  void readTimeouts(Args& args) override;
  std::optional<Key> keyOf(Ip4View ip) const override;
  bool mayBegin(Ip4View ip) const override { return ip.payload()[0] == ECHO; }
  void apply(Packet& packet, Ip4View ip, Flow& flow, Way way) override;
  std::string describe(const FlowId& before, const FlowId& after, Way way) const override;
};

}  // namespace xylem::click

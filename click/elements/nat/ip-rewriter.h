#pragma once
// IPRewriter(INPUTSPEC, ... [, TCP_TIMEOUT 24h, TCP_DONE_TIMEOUT 4m, TCP_NODATA_TIMEOUT 5m, TCP_GUARANTEE 5s,
// UDP_TIMEOUT 5m, UDP_STREAMING_TIMEOUT t, UDP_GUARANTEE 5s, REAP_INTERVAL 15m, CAPACITY n, DST_ANNO true, REPLY_ANNO
// a]), TCPRewriter(INPUTSPEC, ... [, TCP_TIMEOUT ...]), UDPRewriter(INPUTSPEC, ... [, TIMEOUT 5m, GUARANTEE 5s, ...])
//
// Network address and port translation for TCP and UDP (UDPRewriter: TCP, UDP, DCCP, without regard to TCP's states).
// The IPv4 header must have been noted. One INPUTSPEC for each input says what becomes of a new flow:
//
//     drop                                   drop its packets (also: discard)
//     pass [OUTPUT]                          pass them on unchanged (also: nochange)
//     keep FORWARD REPLY                     remember the flow, change nothing
//     pattern SADDR SPORT DADDR DPORT FORWARD REPLY   give it these; `-` keeps one, `L-H` is a range of ports,
//                                            `L-H#` used in order, `L-H?` at random, else the same port if it is free
//     pattern NAME FORWARD REPLY             a pattern of IPRewriterPatterns
//     MAPPER                                 as an element such as RoundRobinIPMapper says
//
// Packets of known flows go to the output FORWARD, their replies, whatever input they come by, are changed back and go
// to REPLY. Checksums are updated. Other protocols, later fragments and packets that are too short are dropped, or
// passed by `pass`.
//
// A flow is forgotten that long after its last packet: TCP_TIMEOUT when data has gone both ways, TCP_DONE_TIMEOUT when
// both sides have ended, else TCP_NODATA_TIMEOUT; UDP_STREAMING_TIMEOUT when there were replies (default: UDP_TIMEOUT).
// CAPACITY bounds the number of flows; it may be the name of another rewriter, to share its room. Within its guarantee
// a flow is not forgotten in favour of a new one. DST_ANNO: the destination annotation is set. REPLY_ANNO: replies get
// the annotation that the flow's first packet had.
//
// Ports: any number of inputs (push), any number of outputs (push).
// Handlers: table, mappings, tcp_table, tcp_mappings, udp_table, udp_mappings, table_size, nmappings, size,
// mapping_failures,
//   patterns (r), lookup, tcp_lookup, udp_lookup "SADDR SPORT DADDR DPORT" (r), patternN, capacity (rw), clear (w).
// Example: rw :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 1, drop); inside -> rw -> outside; outside -> [1] rw [1]
// -> ...;

#include <click/elements/nat/rewriter.h>

namespace xylem::click {

class TransportRewriter : public Rewriter {
  // What has ports.
 protected:
  enum Table : uint8_t { TCP, UDP, DCCP };
  explicit TransportRewriter(unsigned protocols) : protocols(protocols) {}

  std::optional<Key> keyOf(Ip4View ip) const override;
  void apply(Packet& packet, Ip4View ip, Flow& flow, Way way) override;
  Nanoseconds timeoutOf(const Flow& flow) const override;
  void readTcpTimeouts(Args& args);
  void addTable(Handlers& handlers, const std::string& prefix, Table table);

  bool tracksTcp = true;
  Nanoseconds dataTimeout = 24 * 3600 * SECOND, doneTimeout = 240 * SECOND;
  std::optional<Nanoseconds> streamingTimeout;

 private:
  void track(Ip4View ip, Flow& flow, Way way) const;

  unsigned protocols;
  // Bits by table.
};

class IPRewriter final : public TransportRewriter {
 public:
  static const Kind KIND;
  IPRewriter() : TransportRewriter(1 << TCP | 1 << UDP) {}
  void addHandlers(Handlers& handlers) override;

 private:
  void readTimeouts(Args& args) override;
};

class TCPRewriter final : public TransportRewriter {
 public:
  static const Kind KIND;
  TCPRewriter() : TransportRewriter(1 << TCP) {}
  void addHandlers(Handlers& handlers) override;

 private:
  void readTimeouts(Args& args) override;
};

class UDPRewriter final : public TransportRewriter {
 public:
  static const Kind KIND;
  UDPRewriter() : TransportRewriter(1 << TCP | 1 << UDP | 1 << DCCP) { tracksTcp = false; }
  void addHandlers(Handlers& handlers) override;

 private:
  const Timeouts& timesOf(uint8_t) const override { return timeouts[UDP]; }
  void readTimeouts(Args& args) override;
};

}  // namespace xylem::click

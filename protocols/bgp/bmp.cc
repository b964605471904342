// Messages of BMP.
//
// All but the first and the last carry a header for the peer they are about; an Adj-RIB-Out is marked by a flag there,
// a Loc-RIB by a peer type of its own, whose flags mean other things.

#include <protocols/bgp/bmp.h>

namespace xylem::bgp::bmp {

namespace {

using net::ByteWriter;

constexpr uint8_t VERSION = 3;
enum Kind : uint8_t {
  ROUTE_MONITORING = 0,
  STATISTICS = 1,
  PEER_DOWN = 2,
  PEER_UP = 3,
  INITIATION = 4,
  TERMINATION = 5
};
constexpr uint8_t GLOBAL_INSTANCE = 0, LOCAL_RIB = 3;
constexpr uint8_t IPV6 = 0x80, POST_POLICY = 0x40, AS2 = 0x20, ADJ_RIB_OUT = 0x10, FILTERED = 0x80;
constexpr uint16_t DESCRIPTION = 1, NAME = 2, REASON = 1, TABLE_NAME = 3;

template <typename Body> void message(ByteWriter& out, Kind kind, Body&& body) {
  auto at = out.size();
  out.u8(VERSION);
  out.u32(0);
  out.u8(kind);
  body();
  auto size = uint32_t(out.size() - at);
  out.patch16(at + 1, uint16_t(size >> 16));
  out.patch16(at + 3, uint16_t(size));
}

void text(ByteWriter& out, uint16_t type, kj::StringPtr value) {
  auto size = kj::min(value.size(), size_t(0xffff));
  out.u16(type);
  out.u16(uint16_t(size));
  out.bytes(value.asBytes().slice(0, size));
}

void address(ByteWriter& out, net::Ip value) {
  // IPv4 stands in the last four of sixteen bytes.
  if (value.is6()) {
    out.ip(value.v6());
  } else {
    out.zeros(12);
    out.ip(value.v4());
  }
}

void header(ByteWriter& out, const Peer& peer) {
  bool isLocal = peer.rib == Rib::LOCAL;
  uint flags = 0;
  if (isLocal) {
    flags = peer.isFiltered ? FILTERED : 0;
  } else {
    bool isOut = peer.rib == Rib::ADJ_OUT_PRE_POLICY || peer.rib == Rib::ADJ_OUT_POST_POLICY;
    bool isPost = peer.rib == Rib::ADJ_IN_POST_POLICY || peer.rib == Rib::ADJ_OUT_POST_POLICY;
    flags =
        (peer.address.is6() ? IPV6 : 0) | (isPost ? POST_POLICY : 0) | (peer.as2 ? AS2 : 0) | (isOut ? ADJ_RIB_OUT : 0);
  }
  out.u8(isLocal ? LOCAL_RIB : GLOBAL_INSTANCE);
  out.u8(uint8_t(flags));
  out.u64(peer.distinguisher);
  address(out, isLocal ? net::Ip() : peer.address);
  out.u32(peer.as);
  out.ip(peer.identifier);
  auto microseconds = uint64_t((peer.at - kj::UNIX_EPOCH) / kj::MICROSECONDS);
  out.u32(uint32_t(microseconds / 1000000));
  out.u32(uint32_t(microseconds % 1000000));
}

}  // namespace

void initiation(const System& system, ByteWriter& out) {
  message(out, INITIATION, [&] {
    text(out, DESCRIPTION, system.description);
    text(out, NAME, system.name);
  });
}

void termination(Termination reason, ByteWriter& out) {
  message(out, TERMINATION, [&] {
    out.u16(REASON);
    out.u16(2);
    out.u16(uint16_t(reason));
  });
}

void peerUp(const Peer& peer, const PeerUp& session, ByteWriter& out) {
  message(out, PEER_UP, [&] {
    header(out, peer);
    address(out, session.localAddress);
    out.u16(session.localPort);
    out.u16(session.remotePort);
    out.bytes(session.sent);
    out.bytes(session.received);
    if (peer.rib == Rib::LOCAL) text(out, TABLE_NAME, peer.table);
  });
}

void peerDown(const Peer& peer, DownReason reason, const Notification& notification, ByteWriter& out) {
  message(out, PEER_DOWN, [&] {
    header(out, peer);
    out.u8(uint8_t(reason));
    if (reason == DownReason::LOCAL_NOTIFICATION || reason == DownReason::REMOTE_NOTIFICATION)
      out.bytes(encodeNotification(notification));
    if (reason == DownReason::LOCAL) out.u16(0);
    if (reason == DownReason::LOCAL_TABLE) text(out, TABLE_NAME, peer.table);
  });
}

void routeMonitoring(const Peer& peer, Bytes update, ByteWriter& out) {
  message(out, ROUTE_MONITORING, [&] {
    header(out, peer);
    out.bytes(update);
  });
}

void statistics(const Peer& peer, const Statistics& values, ByteWriter& out) {
  struct Counter {
    uint16_t type;
    uint32_t value;
  };
  struct Gauge {
    uint16_t type;
    uint64_t value;
  };
  const Counter counters[] = {{0, values.rejectedPrefixes},
                              {3, values.clusterLoops},
                              {4, values.asPathLoops},
                              {11, values.withdrawnUpdates},
                              {12, values.withdrawnPrefixes}};
  const Gauge gauges[] = {{7, values.adjRibIn}, {8, values.localRib}, {14, values.adjRibOut}};
  message(out, STATISTICS, [&] {
    header(out, peer);
    out.u32(uint32_t(kj::size(counters) + kj::size(gauges)));
    for (auto& counter : counters) {
      out.u16(counter.type);
      out.u16(4);
      out.u32(counter.value);
    }
    for (auto& gauge : gauges) {
      out.u16(gauge.type);
      out.u16(8);
      out.u64(gauge.value);
    }
  });
}

}  // namespace xylem::bgp::bmp

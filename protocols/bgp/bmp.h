#pragma once
// BMP: what a monitoring station is told (RFC 7854; Adj-RIB-Out: RFC 8671; Loc-RIB: RFC 9069). Encoders only, for a
// station says nothing.
//
//     ByteWriter out;
//     bmp::initiation({.name = "r1", .description = "Xylem"}, out);
//     bmp::peerUp(peer, session, out);
//     bmp::routeMonitoring(peer, update, out);     an UPDATE message, whole, as Composer makes it or as it came
//
// Each call appends one message.

#include <protocols/bgp/message.h>

#include <kj/time.h>

namespace xylem::bgp::bmp {

enum class Rib : uint8_t { ADJ_IN_PRE_POLICY, ADJ_IN_POST_POLICY, ADJ_OUT_PRE_POLICY, ADJ_OUT_POST_POLICY, LOCAL };

struct Peer {
  Rib rib = Rib::ADJ_IN_PRE_POLICY;
  uint64_t distinguisher = 0;
  net::Ip address;
  // None for LOCAL.
  uint32_t as = 0;
  net::Ip4 identifier;
  bool as2 = false;
  // AS_PATH in what follows has two-octet numbers.
  bool isFiltered = false;
  // LOCAL: not all of it is told.
  kj::StringPtr table;
  // LOCAL: its name.
  kj::Date at = kj::UNIX_EPOCH;
  // When it happened; the epoch says that it is not known.
};

struct System {
  kj::StringPtr name, description;
};
void initiation(const System& system, net::ByteWriter& out);

enum class Termination : uint16_t {
  CLOSED = 0,
  UNSPECIFIED = 1,
  OUT_OF_RESOURCES = 2,
  REDUNDANT = 3,
  CLOSED_FOR_EVER = 4
};
void termination(Termination reason, net::ByteWriter& out);

struct PeerUp {
  net::Ip localAddress;
  uint16_t localPort = 0, remotePort = 0;
  Bytes sent, received;
  // The OPEN messages, whole.
};
void peerUp(const Peer& peer, const PeerUp& session, net::ByteWriter& out);

enum class DownReason : uint8_t {
  LOCAL_NOTIFICATION = 1,
  LOCAL = 2,
  REMOTE_NOTIFICATION = 3,
  REMOTE = 4,
  DECONFIGURED = 5,
  LOCAL_TABLE = 6
};
void peerDown(const Peer& peer, DownReason reason, const Notification& notification, net::ByteWriter& out);
// `notification` counts for the reasons that say so. LOCAL: without a state machine event.

void routeMonitoring(const Peer& peer, Bytes update, net::ByteWriter& out);

struct Statistics {
  // RFC 7854 section 4.8, RFC 8671 section 6.2.
  uint32_t rejectedPrefixes = 0, withdrawnUpdates = 0, withdrawnPrefixes = 0, clusterLoops = 0, asPathLoops = 0;
  uint64_t adjRibIn = 0, localRib = 0, adjRibOut = 0;
};
void statistics(const Peer& peer, const Statistics& values, net::ByteWriter& out);

}  // namespace xylem::bgp::bmp

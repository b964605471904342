#pragma once
// MRT: BGP messages and tables in files (RFC 6396, RFC 8050). A writer, and a reader that takes what the writer makes
// and what others do alike.
//
//     mrt::write(out, mrt::PeerTable{...}, now);
//     for (...) mrt::write(out, mrt::Rib{...}, now);           their entries point into the table of peers
//     mrt::write(out, mrt::Message{...}, now);                 one BGP message, with microseconds
//
//     ByteReader in(file);
//     mrt::Record record;
//     while (mrt::next(in, record)) KJ_IF_MAYBE (rib, mrt::readRib(record)) ...
//
// Numbers of AS have four octets in all that is written.

#include <protocols/bgp/message.h>

#include <policy/attributes.h>

#include <kj/time.h>

namespace xylem::bgp::mrt {

struct Record {
  kj::Date at = kj::UNIX_EPOCH;
  uint16_t type = 0, subtype = 0;
  Bytes body;
};
bool next(net::ByteReader& in, Record& record);
// False at the end of the file, or where it is cut off: the reader has failed then.

struct PeerTable {
  struct Peer {
    net::Ip4 identifier;
    net::Ip address;
    uint32_t as = 0;
  };
  net::Ip4 collector;
  kj::String view;
  std::vector<Peer> peers;
  // At most 65535.
};

struct Rib {
  struct Entry {
    uint16_t peer = 0;
    // Its place in the PeerTable.
    kj::Date at = kj::UNIX_EPOCH;
    uint32_t path = 0;
    Bytes attributes;
    // As `encodeRibAttributes` makes them; MP_REACH_NLRI holds no more than the next hop.
  };
  uint32_t sequence = 0;
  Family family = Family::IPV4_UNICAST;
  bool addPath = false;
  net::IpNet net;
  std::vector<Entry> entries;
};
void encodeRibAttributes(const policy::Attributes& attributes, Family family, net::ByteWriter& out);

struct Session {
  uint32_t peerAs = 0, localAs = 0;
  uint16_t interface = 0;
  net::Ip peer, local;
  // Of one version.
};

struct Message {
  Session session;
  bool addPath = false;
  bool isLocal = false;
  // It was sent from here.
  bool as4 = true;
  Bytes message;
  // Whole.
};

struct StateChange {
  Session session;
  uint16_t before = 0, after = 0;
  // 1 Idle, 2 Connect, 3 Active, 4 OpenSent, 5 OpenConfirm, 6 Established.
};

void write(net::ByteWriter& out, const PeerTable& table, kj::Date at);
void write(net::ByteWriter& out, const Rib& rib, kj::Date at);
void write(net::ByteWriter& out, const Message& message, kj::Date at);
void write(net::ByteWriter& out, const StateChange& change, kj::Date at);

kj::Maybe<PeerTable> readPeerTable(const Record& record);
kj::Maybe<Rib> readRib(const Record& record);
kj::Maybe<Message> readMessage(const Record& record);
kj::Maybe<StateChange> readStateChange(const Record& record);
// Nothing when the record is of another kind, or is malformed.

}  // namespace xylem::bgp::mrt

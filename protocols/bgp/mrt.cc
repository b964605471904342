// MRT records.
//
// TABLE_DUMP_V2 has a table of peers first and then a record for each prefix; BGP4MP has a record for each message. The
// kind with microseconds (BGP4MP_ET) has them in front of its body, and counts them in its length.

#include <protocols/bgp/attribute.h>
#include <protocols/bgp/compose.h>
#include <protocols/bgp/mrt.h>

namespace xylem::bgp::mrt {

namespace {

using net::ByteReader;
using net::ByteWriter;

constexpr uint16_t TABLE_DUMP_V2 = 13, BGP4MP = 16, BGP4MP_ET = 17;
constexpr uint16_t PEER_INDEX_TABLE = 1, RIB = 2, RIB_ADD_PATH = 8;
// The RIBs of the four families are in order from there.
constexpr uint16_t STATE_CHANGE = 0, STATE_CHANGE_AS4 = 5;
constexpr uint8_t PEER_IPV6 = 1, PEER_AS4 = 2;

struct MessageKind {
  uint16_t subtype;
  bool as4, isLocal, addPath;
};
const MessageKind MESSAGES[] = {{1, false, false, false}, {4, true, false, false}, {6, false, true, false},
                                {7, true, true, false},   {8, false, false, true}, {9, true, false, true},
                                {10, false, true, true},  {11, true, true, true}};

template <typename Body> void record(ByteWriter& out, uint16_t type, uint16_t subtype, kj::Date at, Body&& body) {
  auto since = at - kj::UNIX_EPOCH;
  out.u32(uint32_t(since / kj::SECONDS));
  out.u16(type);
  out.u16(subtype);
  auto length = out.size();
  out.u32(0);
  if (type == BGP4MP_ET) out.u32(uint32_t(since % kj::SECONDS / kj::MICROSECONDS));
  body();
  auto size = uint32_t(out.size() - length - 4);
  out.patch16(length, uint16_t(size >> 16));
  out.patch16(length + 2, uint16_t(size));
}

void writeAddress(ByteWriter& out, net::Ip address, bool isWide) {
  if (isWide)
    out.ip(address.v6());
  else
    out.ip(address.v4());
}

net::Ip readAddress(ByteReader& in, bool isWide) {
  if (isWide) return in.ip6();
  return in.ip4();
}

void writeSession(ByteWriter& out, const Session& session, bool as4) {
  for (auto as : {session.peerAs, session.localAs})
    if (as4)
      out.u32(as);
    else
      out.u16(uint16_t(as > 0xffff ? AS_TRANS : as));
  out.u16(session.interface);
  bool isWide = session.peer.is6();
  out.u16(isWide ? 2 : 1);
  writeAddress(out, session.peer, isWide);
  writeAddress(out, session.local, isWide);
}

kj::Maybe<Session> readSession(ByteReader& in, bool as4) {
  Session session;
  for (auto as : {&session.peerAs, &session.localAs}) *as = as4 ? in.u32() : in.u16();
  session.interface = in.u16();
  auto afi = in.u16();
  if (afi != 1 && afi != 2) return nullptr;
  session.peer = readAddress(in, afi == 2);
  session.local = readAddress(in, afi == 2);
  if (!in.ok()) return nullptr;
  return session;
}

template <typename Address> kj::Maybe<net::IpNet> readNet(ByteReader& in) {
  uint length = in.u8();
  uint8_t bytes[Address::WIDTH / 8] = {};
  auto given = in.bytes((length + 7) / 8);
  if (!in.ok() || length > Address::WIDTH) return nullptr;
  std::copy(given.begin(), given.end(), bytes);
  return net::IpNet(net::Prefix<Address>(Address::fromBytes(bytes), length));
}

bool isMessages(const Record& record) { return record.type == BGP4MP || record.type == BGP4MP_ET; }

}  // namespace

bool next(ByteReader& in, Record& record) {
  if (in.done()) return false;
  record.at = kj::UNIX_EPOCH + in.u32() * kj::SECONDS;
  record.type = in.u16();
  record.subtype = in.u16();
  auto body = in.sub(in.u32());
  if (record.type == BGP4MP_ET) record.at = record.at + body.u32() * kj::MICROSECONDS;
  if (!body.ok()) in.fail();
  record.body = body.rest();
  return in.ok();
}

void encodeRibAttributes(const policy::Attributes& attributes, Family family, ByteWriter& out) {
  if (usesMultiprotocol(family, attributes.nextHop)) {
    bool both = !attributes.linkLocal.isUnspecified();
    uint8_t size = attributes.nextHop.is4() ? 4 : both ? 32 : 16;
    out.u8(attribute::OPTIONAL);
    out.u8(attribute::MP_REACH_NLRI);
    out.u8(uint8_t(size + 1));
    out.u8(size);
    writeAddress(out, attributes.nextHop, attributes.nextHop.is6());
    if (both) out.ip(attributes.linkLocal);
  }
  encodeAttributes(attributes, {true, family}, out);
}

void write(ByteWriter& out, const PeerTable& table, kj::Date at) {
  KJ_REQUIRE(table.peers.size() <= 0xffff && table.view.size() <= 0xffff);
  record(out, TABLE_DUMP_V2, PEER_INDEX_TABLE, at, [&] {
    out.ip(table.collector);
    out.u16(uint16_t(table.view.size()));
    out.bytes(table.view.asBytes());
    out.u16(uint16_t(table.peers.size()));
    for (auto& peer : table.peers) {
      out.u8(uint8_t(PEER_AS4 | (peer.address.is6() ? PEER_IPV6 : 0)));
      out.ip(peer.identifier);
      writeAddress(out, peer.address, peer.address.is6());
      out.u32(peer.as);
    }
  });
}

void write(ByteWriter& out, const Rib& rib, kj::Date at) {
  KJ_REQUIRE(rib.entries.size() <= 0xffff);
  auto subtype = uint16_t((rib.addPath ? RIB_ADD_PATH : RIB) + uint(rib.family));
  record(out, TABLE_DUMP_V2, subtype, at, [&] {
    out.u32(rib.sequence);
    out.u8(uint8_t(rib.net.length()));
    kj::byte bytes[16] = {};
    if (rib.net.is4())
      rib.net.v4().address().toBytes(bytes);
    else
      rib.net.v6().address().toBytes(bytes);
    out.bytes(kj::arrayPtr(bytes, (rib.net.length() + 7) / 8));
    out.u16(uint16_t(rib.entries.size()));
    for (auto& entry : rib.entries) {
      out.u16(entry.peer);
      out.u32(uint32_t((entry.at - kj::UNIX_EPOCH) / kj::SECONDS));
      if (rib.addPath) out.u32(entry.path);
      out.u16(uint16_t(entry.attributes.size()));
      out.bytes(entry.attributes);
    }
  });
}

void write(ByteWriter& out, const Message& message, kj::Date at) {
  for (auto& kind : MESSAGES) {
    if (kind.as4 != message.as4 || kind.isLocal != message.isLocal || kind.addPath != message.addPath) continue;
    record(out, BGP4MP_ET, kind.subtype, at, [&] {
      writeSession(out, message.session, message.as4);
      out.bytes(message.message);
    });
  }
}

void write(ByteWriter& out, const StateChange& change, kj::Date at) {
  record(out, BGP4MP_ET, STATE_CHANGE_AS4, at, [&] {
    writeSession(out, change.session, true);
    out.u16(change.before);
    out.u16(change.after);
  });
}

kj::Maybe<PeerTable> readPeerTable(const Record& record) {
  if (record.type != TABLE_DUMP_V2 || record.subtype != PEER_INDEX_TABLE) return nullptr;
  ByteReader in(record.body);
  PeerTable table;
  table.collector = in.ip4();
  table.view = kj::heapString(in.bytes(in.u16()).asChars());
  for (uint left = in.u16(); left > 0 && in.ok(); --left) {
    auto type = in.u8();
    PeerTable::Peer peer{in.ip4()};
    peer.address = readAddress(in, type & PEER_IPV6);
    peer.as = type & PEER_AS4 ? in.u32() : in.u16();
    table.peers.push_back(peer);
  }
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(table);
}

kj::Maybe<Rib> readRib(const Record& record) {
  Rib rib;
  rib.addPath = record.subtype >= RIB_ADD_PATH;
  uint family = uint(record.subtype) - (rib.addPath ? RIB_ADD_PATH : RIB);
  if (record.type != TABLE_DUMP_V2 || family >= FAMILIES) return nullptr;
  rib.family = Family(family);
  ByteReader in(record.body);
  rib.sequence = in.u32();
  auto net = isIp4(rib.family) ? readNet<net::Ip4>(in) : readNet<net::Ip6>(in);
  KJ_IF_MAYBE (given, net)
    rib.net = *given;
  else
    return nullptr;
  for (uint left = in.u16(); left > 0 && in.ok(); --left) {
    Rib::Entry entry;
    entry.peer = in.u16();
    entry.at = kj::UNIX_EPOCH + in.u32() * kj::SECONDS;
    if (rib.addPath) entry.path = in.u32();
    entry.attributes = in.bytes(in.u16());
    rib.entries.push_back(entry);
  }
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(rib);
}

kj::Maybe<Message> readMessage(const Record& record) {
  if (!isMessages(record)) return nullptr;
  for (auto& kind : MESSAGES) {
    if (kind.subtype != record.subtype) continue;
    ByteReader in(record.body);
    KJ_IF_MAYBE (session, readSession(in, kind.as4))
      return Message{*session, kind.addPath, kind.isLocal, kind.as4, in.rest()};
  }
  return nullptr;
}

kj::Maybe<StateChange> readStateChange(const Record& record) {
  bool as4 = record.subtype == STATE_CHANGE_AS4;
  if (!isMessages(record) || (!as4 && record.subtype != STATE_CHANGE)) return nullptr;
  ByteReader in(record.body);
  KJ_IF_MAYBE (session, readSession(in, as4)) {
    StateChange change{*session};
    change.before = in.u16();
    change.after = in.u16();
    if (in.ok() && in.done()) return change;
  }
  return nullptr;
}

}  // namespace xylem::bgp::mrt

// Packets to structures and back.
//
// A packet may be longer than its own length says: what follows is a digest (auth.cc) or a block of link-local
// signalling (RFC 5613), and is no part of the body that is decoded here.

#include <protocols/ospf/packet.h>

namespace xylem::ospf {

namespace {

constexpr uint8_t VERSION = 2;

kj::Maybe<std::vector<LsaHeader>> readHeaders(net::ByteReader& in) {
  std::vector<LsaHeader> list;
  list.reserve(in.remaining() / LSA_HEADER);
  while (in.has(LSA_HEADER)) list.push_back(LsaHeader::read(in));
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(list);
}

}  // namespace

kj::Maybe<Header> Header::read(Bytes packet) {
  net::ByteReader in(packet);
  uint8_t version = in.u8();
  Header header;
  header.type = PacketType(in.u8());
  size_t length = in.u16();
  header.router = in.ip4();
  header.area = in.ip4();
  bool known = header.type >= PacketType::HELLO && header.type <= PacketType::ACKNOWLEDGMENT;
  bool whole = packet.size() >= PACKET_HEADER && length >= PACKET_HEADER && length <= packet.size();
  if (!in.ok() || version != VERSION || !known || !whole) return nullptr;
  return header;
}

PacketWriter::PacketWriter(PacketType type, RouterId router, AreaId area) : body(256) {
  body.u8(VERSION);
  body.u8(uint8_t(type));
  body.u16(0);
  body.ip(router);
  body.ip(area);
  body.zeros(PACKET_HEADER - body.size());
}

kj::Maybe<Hello> Hello::decode(Bytes body) {
  net::ByteReader in(body);
  Hello hello;
  hello.mask = in.ip4();
  hello.interval = in.u16();
  hello.options = in.u8();
  hello.priority = in.u8();
  hello.deadInterval = in.u32();
  hello.designated = in.ip4();
  hello.backup = in.ip4();
  while (in.has(4)) hello.neighbors.push_back(in.ip4());
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(hello);
}

void Hello::encode(net::ByteWriter& out) const {
  out.ip(mask);
  out.u16(interval);
  out.u8(uint8_t(options));
  out.u8(priority);
  out.u32(deadInterval);
  out.ip(designated);
  out.ip(backup);
  for (auto neighbor : neighbors) out.ip(neighbor);
}

kj::Maybe<Description> Description::decode(Bytes body) {
  net::ByteReader in(body);
  Description description;
  description.mtu = in.u16();
  description.options = in.u8();
  description.flags = in.u8() & (INIT | MORE | MASTER);
  description.sequence = in.u32();
  auto list = readHeaders(in);
  KJ_IF_MAYBE (found, list) {
    description.headers = kj::mv(*found);
    return kj::mv(description);
  }
  return nullptr;
}

void Description::encode(net::ByteWriter& out) const {
  out.u16(mtu);
  out.u8(uint8_t(options));
  out.u8(flags);
  out.u32(sequence);
  for (auto& header : headers) header.write(out);
}

kj::Maybe<std::vector<Key>> decodeRequest(Bytes body) {
  net::ByteReader in(body);
  std::vector<Key> list;
  while (in.has(REQUEST_ENTRY)) {
    Key wanted;
    uint32_t number = in.u32();
    wanted.type = typeOf(uint8_t(kj::min(number, 0xffu)));
    wanted.id = in.ip4();
    wanted.router = in.ip4();
    list.push_back(wanted);
  }
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(list);
}

void encodeRequest(const Key& key, net::ByteWriter& out) {
  out.u32(uint8_t(key.type));
  out.ip(key.id);
  out.ip(key.router);
}

kj::Maybe<std::vector<Bytes>> decodeUpdate(Bytes body) {
  net::ByteReader in(body);
  uint32_t count = in.u32();
  std::vector<Bytes> list;
  for (uint32_t i = 0; i < count && in.has(LSA_HEADER); ++i) {
    auto ahead = in;
    auto header = LsaHeader::read(ahead);
    if (header.length < LSA_HEADER) return nullptr;
    list.push_back(in.bytes(header.length));
  }
  if (!in.ok() || !in.done() || list.size() != count) return nullptr;
  return kj::mv(list);
}

kj::Maybe<std::vector<LsaHeader>> decodeAcknowledgment(Bytes body) {
  net::ByteReader in(body);
  return readHeaders(in);
}

}  // namespace xylem::ospf

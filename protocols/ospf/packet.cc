// Packets to structures and back.
//
// A packet may be longer than its own length says: what follows is a digest (auth.cc) or a block of link-local
// signalling (RFC 5613), and is no part of the body that is decoded here.

#include <protocols/ospf/packet.h>

namespace xylem::ospf {

namespace {

constexpr uint8_t versionOf(Face face) { return isV3(face) ? 3 : 2; }

kj::Maybe<std::vector<LsaHeader>> readHeaders(net::ByteReader& in, Face face) {
  std::vector<LsaHeader> list;
  list.reserve(in.remaining() / LSA_HEADER);
  while (in.has(LSA_HEADER)) list.push_back(LsaHeader::read(in, face));
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(list);
}

}  // namespace

kj::Maybe<Header> Header::read(Bytes packet, Face face) {
  net::ByteReader in(packet);
  uint8_t version = in.u8();
  Header header;
  header.type = PacketType(in.u8());
  size_t length = in.u16();
  header.router = in.ip4();
  header.area = in.ip4();
  if (isV3(face)) {
    in.skip(2);
    header.instance = in.u8();
  }
  bool known = header.type >= PacketType::HELLO && header.type <= PacketType::ACKNOWLEDGMENT;
  size_t least = headerSize(face);
  bool whole = packet.size() >= least && length >= least && length <= packet.size();
  if (!in.ok() || version != versionOf(face) || !known || !whole) return nullptr;
  return header;
}

PacketWriter::PacketWriter(PacketType type, RouterId router, AreaId area, Face face, uint8_t instance) : body(256) {
  body.u8(versionOf(face));
  body.u8(uint8_t(type));
  body.u16(0);
  body.ip(router);
  body.ip(area);
  body.zeros(headerSize(face) - body.size());
  if (isV3(face)) body.patch8(CHECKSUM_AT + 2, instance);
}

kj::Maybe<Hello> Hello::decode(Bytes body, Face face) {
  net::ByteReader in(body);
  Hello hello;
  if (isV3(face)) {
    hello.interface = in.u32();
    hello.priority = in.u8();
    hello.options = in.u24();
    hello.interval = in.u16();
    hello.deadInterval = in.u16();
  } else {
    hello.mask = in.ip4();
    hello.interval = in.u16();
    hello.options = in.u8();
    hello.priority = in.u8();
    hello.deadInterval = in.u32();
  }
  hello.designated = in.ip4();
  hello.backup = in.ip4();
  while (in.has(4)) hello.neighbors.push_back(in.ip4());
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(hello);
}

void Hello::encode(net::ByteWriter& out, Face face) const {
  if (isV3(face)) {
    out.u32(interface);
    out.u8(priority);
    out.u24(options);
    out.u16(interval);
    out.u16(uint16_t(deadInterval));
  } else {
    out.ip(mask);
    out.u16(interval);
    out.u8(uint8_t(options));
    out.u8(priority);
    out.u32(deadInterval);
  }
  out.ip(designated);
  out.ip(backup);
  for (auto neighbor : neighbors) out.ip(neighbor);
}

kj::Maybe<Description> Description::decode(Bytes body, Face face) {
  net::ByteReader in(body);
  Description description;
  if (isV3(face)) {
    in.skip(1);
    description.options = in.u24();
    description.mtu = in.u16();
    in.skip(1);
  } else {
    description.mtu = in.u16();
    description.options = in.u8();
  }
  description.flags = in.u8() & (INIT | MORE | MASTER);
  description.sequence = in.u32();
  auto list = readHeaders(in, face);
  KJ_IF_MAYBE (found, list) {
    description.headers = kj::mv(*found);
    return kj::mv(description);
  }
  return nullptr;
}

void Description::encode(net::ByteWriter& out, Face face) const {
  if (isV3(face)) {
    out.u32(options);
    out.u16(mtu);
    out.u8(0);
  } else {
    out.u16(mtu);
    out.u8(uint8_t(options));
  }
  out.u8(flags);
  out.u32(sequence);
  for (auto& header : headers) header.write(out);
}

kj::Maybe<std::vector<Key>> decodeRequest(Bytes body, Face face) {
  net::ByteReader in(body);
  std::vector<Key> list;
  while (in.has(REQUEST_ENTRY)) {
    Key wanted;
    uint32_t number = in.u32();
    wanted.type = isV3(face) ? Type(uint16_t(number)) : typeOf(uint8_t(kj::min(number, 0xffu)));
    wanted.id = in.ip4();
    wanted.router = in.ip4();
    list.push_back(wanted);
  }
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(list);
}

void encodeRequest(const Key& key, net::ByteWriter& out, Face face) {
  out.u32(isV3(face) ? uint16_t(key.type) : uint8_t(key.type));
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

kj::Maybe<std::vector<LsaHeader>> decodeAcknowledgment(Bytes body, Face face) {
  net::ByteReader in(body);
  return readHeaders(in, face);
}

}  // namespace xylem::ospf

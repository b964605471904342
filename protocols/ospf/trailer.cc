// The trailer stands behind the packet, and behind its block of link-local signalling if it has one. What is signed is
// all of that with the trailer's own fields, and in place of the digest the source address and a pattern (RFC 7166
// section 4.5). The key is followed by a number that stands for OSPFv3, so that no other protocol's digests will do.

#include <protocols/ospf/trailer.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr size_t LENGTH_AT = 2, FIXED = 16;
constexpr uint16_t HMAC = 1;

kit::Digest digestOf(const SecretKey& key, Bytes packet, net::Ip6 source) {
  constexpr uint16_t OSPFV3 = 1;
  kj::byte address[16];
  source.toBytes(address);
  return kit::sign(key, packet, {address, OSPFV3});
}

size_t signallingSize(Bytes packet, PacketType type, size_t length) {
  // Of the block that the options of a hello or a description tell of (RFC 5613 section 2).
  net::ByteReader in(packet.slice(PACKET_HEADER3, length));
  if (type == PacketType::HELLO) in.skip(4);
  bool has = type <= PacketType::DESCRIPTION && (in.u32() & options::L3);
  if (!has || !in.ok()) return 0;
  net::ByteReader block(packet.slice(length, packet.size()));
  block.skip(2);
  return size_t(block.u16()) * 4;
}

}  // namespace

size_t Trailer::size() const {
  auto key = kit::signer(keys);
  return key == nullptr ? 0 : FIXED + kit::digestSize(key->algorithm);
}

kj::Array<kj::byte> Trailer::seal(net::ByteWriter packet, uint64_t sequence, net::Ip6 source, Bytes block) const {
  packet.patch16(LENGTH_AT, uint16_t(packet.size()));
  packet.bytes(block);
  if (keys.size() == 0) return packet.finish();
  auto key = kit::signer(keys);
  KJ_REQUIRE(key != nullptr, "no key may sign");
  packet.u16(HMAC);
  packet.u16(uint16_t(size()));
  packet.u16(0);
  packet.u16(key->id);
  packet.u64(sequence);
  auto digest = digestOf(*key, packet.bytes(), source);
  packet.bytes(digest.bytes());
  return packet.finish();
}

kj::OneOf<Bytes, Bad> Trailer::check(Bytes packet, PacketType type, Sequences& last, net::Ip6 source) const {
  net::ByteReader in(packet);
  in.skip(LENGTH_AT);
  size_t length = in.u16();
  if (!in.ok() || length < PACKET_HEADER3 || length > packet.size()) return Bad{"wrong length"};
  auto body = packet.slice(PACKET_HEADER3, length);
  if (keys.size() == 0) return body;
  size_t at = length + signallingSize(packet, type, length);
  if (at + FIXED > packet.size()) return Bad{"no authentication, but some is configured here"};
  net::ByteReader trailer(packet.slice(at, packet.size()));
  uint16_t kind = trailer.u16();
  size_t size = trailer.u16();
  trailer.skip(2);
  uint16_t id = trailer.u16();
  uint64_t sequence = trailer.u64();
  if (kind != HMAC) return Bad{"another kind of authentication than is configured here"};
  auto key = kit::find(keys, id);
  if (key == nullptr) return Bad{"a key that is not configured here"};
  auto digest = trailer.bytes(kit::digestSize(key->algorithm));
  if (!trailer.ok() || size != FIXED + digest.size())
    return Bad{"a digest of another length than the key's algorithm makes"};
  if (!kit::same(digest, digestOf(*key, packet.slice(0, at + FIXED), source).bytes())) return Bad{"wrong signature"};
  auto& before = last[uint(type)];
  if (sequence <= before) return Bad{"a sequence number that was used before"};
  before = sequence;
  return body;
}

}  // namespace xylem::ospf

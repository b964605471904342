// The block is a checksum, its length in words of 32 bits, and TLVs. Where packets are signed, the checksum is none
// (section 2.2). In OSPFv2 the block then ends with a TLV that has the sequence number of the packet, and a digest, by
// the same key, of all that stands before it (section 2.5); in OSPFv3 the trailer vouches for the block.
//
// How a block goes with a sequence number of 64 bits (RFC 7474) nobody has said: with extended keys none is sent, and
// none believed. Nor is one sent with OSPFv3's packets that are not signed: many kernels take the checksum of a packet
// for that of all that came, the block included, and drop what is made as RFC 5340 says.

#include <protocols/ospf/signalling.h>

#include <kj/debug.h>
#include <net/checksum.h>
#include <protocols/ospf/tlv.h>

namespace xylem::ospf {

namespace {

constexpr size_t LENGTH_AT = 2, TYPE_AT = 14, KEY_AT = 18, DIGEST_SIZE_AT = 19, SEQUENCE_AT = 20;
// In the header of OSPFv2.
constexpr uint16_t SIGNED = 2, EXTENDED = 3;
constexpr uint16_t TLV_EXTENDED = 1, TLV_DIGEST = 2;
constexpr size_t BLOCK_HEADER = 4, TLV_HEADER = 4, NUMBER = 4, LEAST = BLOCK_HEADER + TLV_HEADER + 4;

uint16_t u16At(Bytes bytes, size_t at) { return net::ByteReader(bytes.slice(at, at + 2)).u16(); }
uint32_t u32At(Bytes bytes, size_t at) { return net::ByteReader(bytes.slice(at, at + 4)).u32(); }

uint32_t optionsIn(PacketType type, Bytes body, Face face) {
  net::ByteReader in(body);
  if (isV3(face)) {
    in.skip(type == PacketType::HELLO ? 5 : 1);
    return in.u24();
  }
  in.skip(type == PacketType::HELLO ? 6 : 2);
  return in.u8();
}

size_t beginOf(Bytes packet, Face face) {
  size_t length = u16At(packet, LENGTH_AT);
  if (isV3(face)) return length;
  auto type = u16At(packet, TYPE_AT);
  return type == SIGNED || type == EXTENDED ? length + packet[DIGEST_SIZE_AT] + (type == EXTENDED ? 8 : 0) : length;
}

bool isVouchedFor(Bytes packet, Bytes block, const Authentication& authentication) {
  // By a digest at the end of the block, of an OSPFv2 packet that is signed.
  auto key = kit::find(authentication.signers(), packet[KEY_AT]);
  if (key == nullptr) return false;
  size_t digest = kit::digestSize(key->algorithm), last = TLV_HEADER + NUMBER + digest;
  if (block.size() < BLOCK_HEADER + last) return false;
  auto tlv = block.slice(block.size() - last, block.size());
  bool itself = u16At(tlv, 0) == TLV_DIGEST && u16At(tlv, 2) == NUMBER + digest;
  if (!itself || u32At(tlv, TLV_HEADER) != u32At(packet, SEQUENCE_AT)) return false;
  auto made = kit::sign(*key, block.slice(0, block.size() - digest));
  return kit::same(made.bytes(), block.slice(block.size() - digest, block.size()));
}

kj::Maybe<kj::StringPtr> whyNot(Bytes packet, Bytes block, Face face, const Authentication& authentication) {
  auto checksum = [&]() -> kj::Maybe<kj::StringPtr> {
    if (net::InternetChecksum().add(block).value() == 0) return nullptr;
    return "a wrong checksum"_kj;
  };
  if (isV3(face)) {
    bool trailed = optionsIn(PacketType(packet[1]), packet.slice(PACKET_HEADER3, packet.size()), face) & options::AT;
    if (trailed) return nullptr;
    return checksum();
  }
  auto type = u16At(packet, TYPE_AT);
  if (type == EXTENDED) return "nothing that vouches for it, since the key is an extended one"_kj;
  if (type != SIGNED) return checksum();
  if (!isVouchedFor(packet, block, authentication)) return "a wrong signature"_kj;
  return nullptr;
}

void writeHeader(net::ByteWriter& out, size_t size) {
  out.u16(0);
  out.u16(uint16_t(size / 4));
}

void writeExtended(net::ByteWriter& out, uint32_t bits) {
  out.u16(TLV_EXTENDED);
  out.u16(4);
  out.u32(bits);
}

}  // namespace

bool Signalling::isTold(PacketType type, Bytes body, Face face) {
  if (type > PacketType::DESCRIPTION) return false;
  return optionsIn(type, body, face) & (isV3(face) ? options::L3 : options::L);
}

kj::OneOf<Signalling, Bad> Signalling::read(Bytes packet, Face face, const Authentication& authentication) {
  size_t begin = beginOf(packet, face);
  if (begin + BLOCK_HEADER > packet.size()) return Bad{"no bytes, although the options promise them"};
  size_t size = size_t(u16At(packet, begin + 2)) * 4;
  if (size < BLOCK_HEADER || size > packet.size() - begin) return Bad{"another length than it says"};
  auto block = packet.slice(begin, begin + size);
  KJ_IF_MAYBE (why, whyNot(packet, block, face, authentication)) return Bad{*why};
  Signalling found;
  bool fits = true;
  bool whole = eachTlv(block.slice(BLOCK_HEADER, size), [&](uint16_t type, Bytes value) {
    if (type != TLV_EXTENDED) return;
    fits = fits && value.size() == 4;
    if (fits) found.extended = u32At(value, 0);
  });
  if (!whole || !fits) return Bad{"malformed contents"};
  return found;
}

size_t Signalling::size(Face face, const Authentication& authentication) {
  auto key = kit::signer(authentication.signers());
  if (key == nullptr) return isV3(face) ? 0 : LEAST;
  if (isV3(face)) return LEAST;
  return key->extended ? 0 : LEAST + TLV_HEADER + NUMBER + kit::digestSize(key->algorithm);
}

kj::Array<kj::byte> Signalling::behind(Bytes sealed, const Authentication& authentication) const {
  net::ByteWriter out;
  writeHeader(out, size(Face::V2, authentication));
  writeExtended(out, extended);
  auto key = kit::signer(authentication.signers());
  if (key == nullptr) {
    out.patch16(0, net::InternetChecksum().add(out.bytes()).value());
  } else {
    out.u16(TLV_DIGEST);
    out.u16(uint16_t(NUMBER + kit::digestSize(key->algorithm)));
    out.u32(u32At(sealed, SEQUENCE_AT));
    auto digest = kit::sign(*key, out.bytes());
    out.bytes(digest.bytes());
  }
  net::ByteWriter all;
  all.bytes(sealed);
  all.bytes(out.bytes());
  return all.finish();
}

kj::Array<kj::byte> Signalling::block3() const {
  net::ByteWriter out;
  writeHeader(out, LEAST);
  writeExtended(out, extended);
  return out.finish();
}

kj::String Signalling::text() const {
  kj::Vector<kj::StringPtr> parts;
  if (extended & RESYNCHRONIZES) parts.add("exchanges databases anew without losing the adjacency"_kj);
  if (extended & RESTARTS) parts.add("restarts"_kj);
  if (parts.empty()) parts.add("no abilities"_kj);
  return kj::strArray(parts, ", ");
}

}  // namespace xylem::ospf

// Authentication of OSPFv2.
//
// The header of a signed packet has, in place of the password, a key's number, the digest's length and the sequence
// number; its checksum is zero. The digest (protocols/kit/signing.h) is that of the packet, behind which it stands (RFC
// 2328 section D.4.3, RFC 5709 section 3.3). With an extended key, the key's number stands where the sequence number
// else does, and that one, of 64 bits, between the packet and the digest, which is of both (RFC 7474 section 4).

#include <protocols/ospf/auth.h>

#include <kj/debug.h>
#include <net/checksum.h>

namespace xylem::ospf {

namespace {

constexpr size_t HEADER = 24, LENGTH_AT = 2, CHECKSUM_AT = 12, TYPE_AT = 14, AUTH_AT = 16, AUTH_SIZE = 8;
constexpr size_t NUMBER = 8;
// Size of an extended number.
constexpr uint16_t NONE = 0, PASSWORD = 1, SIGNED = 2, EXTENDED = 3;
constexpr uint16_t OSPFV2 = 3;
// IANA's number of it, for keys.

net::InternetChecksum checksumOf(Bytes packet) {
  // The field of the password is left out.
  net::InternetChecksum sum;
  sum.add(packet.slice(0, AUTH_AT)).add(packet.slice(HEADER, packet.size()));
  return sum;
}

kit::Digest sign(const SecretKey& key, Bytes text, Ip source) {
  if (!key.extended) return kit::sign(key, text);
  kj::byte address[4] = {};
  if (source.is4()) source.v4().toBytes(address);
  return kit::sign(key, text, {address, OSPFV2});
}

}  // namespace

bool Authentication::operator==(const Authentication& other) const {
  return password == other.password && keys.asPtr() == other.keys.asPtr();
}

Authentication Authentication::clone() const {
  Authentication copy(kj::str(password));
  for (auto& key : keys) copy.keys.add(key.clone());
  return copy;
}

size_t Authentication::trailer() const {
  auto key = kit::signer(keys);
  return key == nullptr ? 0 : kit::digestSize(key->algorithm) + (key->extended ? NUMBER : 0);
}

kj::Array<kj::byte> Authentication::seal(net::ByteWriter packet, Ip source, uint64_t sequence) const {
  packet.patch16(LENGTH_AT, uint16_t(packet.size()));
  if (keys.empty()) {
    packet.patch16(TYPE_AT, password.size() > 0 ? PASSWORD : NONE);
    packet.patch16(CHECKSUM_AT, checksumOf(packet.bytes()).value());
    packet.patchBytes(AUTH_AT, kit::PaddedSecret(password).first(AUTH_SIZE));
    return packet.finish();
  }
  auto key = kit::signer(keys);
  KJ_REQUIRE(key != nullptr, "no key may sign");
  packet.patch16(TYPE_AT, key->extended ? EXTENDED : SIGNED);
  packet.patch8(AUTH_AT + 3, uint8_t(kit::digestSize(key->algorithm)));
  if (key->extended) {
    packet.patch32(AUTH_AT + 4, key->id);
    packet.u64(sequence);
  } else {
    packet.patch8(AUTH_AT + 2, uint8_t(key->id));
    packet.patch32(AUTH_AT + 4, uint32_t(sequence >> 32));
  }
  auto digest = sign(*key, packet.bytes(), source);
  packet.bytes(digest.bytes());
  return packet.finish();
}

kj::OneOf<Bytes, Bad> Authentication::check(Bytes packet, Ip source, Numbers& last) const {
  net::ByteReader in(packet);
  in.skip(LENGTH_AT);
  size_t length = in.u16();
  in.skip(TYPE_AT - LENGTH_AT - 2);
  uint16_t type = in.u16();
  auto secret = in.bytes(AUTH_SIZE);
  if (!in.ok() || length < HEADER || length > packet.size()) return Bad{"wrong length"};
  bool isSigned = type == SIGNED || type == EXTENDED;
  if (isSigned && !keys.empty()) return checkSigned(packet, length, source, last);
  uint16_t wanted = !keys.empty() ? SIGNED : password.size() > 0 ? PASSWORD : NONE;
  if (type != wanted) {
    if (type == NONE) return Bad{"no authentication, but some is configured here"};
    if (wanted == NONE) return Bad{"authentication, but none is configured here"};
    return Bad{"another kind of authentication than is configured here"};
  }
  auto whole = packet.slice(0, length);
  if (checksumOf(whole).value() != 0) return Bad{"wrong checksum"};
  if (type == PASSWORD && !kit::same(secret, kit::PaddedSecret(password).first(AUTH_SIZE)))
    return Bad{"wrong password"};
  return whole.slice(HEADER, length);
}

kj::OneOf<Bytes, Bad> Authentication::checkSigned(Bytes packet, size_t length, Ip source, Numbers& last) const {
  net::ByteReader in(packet);
  in.skip(1);
  uint8_t kind = in.u8();
  in.skip(TYPE_AT - 2);
  bool extended = in.u16() == EXTENDED;
  in.skip(2);
  uint8_t shortId = in.u8();
  size_t size = in.u8();
  uint32_t word = in.u32();
  auto digestAt = length + (extended ? NUMBER : 0);
  uint32_t id = extended ? word : shortId;
  auto key = id > 0xff ? nullptr : kit::find(keys, uint16_t(id));
  if (key == nullptr) return Bad{"a key that is not configured here"};
  if (key->extended != extended) return Bad{"another kind of authentication than its key has here"};
  if (size != kit::digestSize(key->algorithm) || packet.size() < digestAt + size)
    return Bad{"a digest of another length than the key's algorithm makes"};
  auto digest = packet.slice(digestAt, digestAt + size);
  if (!kit::same(digest, sign(*key, packet.slice(0, digestAt), source).bytes())) return Bad{"wrong signature"};
  if (extended) {
    if (kind >= last.byType.size()) return Bad{"a type that is not known"};
    uint64_t number = net::ByteReader(packet.slice(length, digestAt)).u64();
    if (number <= last.byType[kind]) return Bad{"a sequence number that was used before"};
    last.byType[kind] = number;
  } else {
    if (word < last.last.orDefault(0)) return Bad{"a sequence number that was used before"};
    last.last = word;
  }
  return packet.slice(HEADER, length);
}

}  // namespace xylem::ospf

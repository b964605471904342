// Authentication of OSPFv2.
//
// The header of a signed packet has, in place of the password, a key's number, the digest's length and the sequence
// number; its checksum is zero. The digest (kit/digest.h) follows the packet (RFC 2328 section D.4.3, RFC 5709 section
// 3.3).

#include <protocols/ospf/auth.h>

#include <kj/debug.h>
#include <net/checksum.h>

namespace xylem::ospf {

namespace {

constexpr size_t HEADER = 24, LENGTH_AT = 2, CHECKSUM_AT = 12, TYPE_AT = 14, AUTH_AT = 16, AUTH_SIZE = 8;
constexpr uint16_t NONE = 0, PASSWORD = 1, SIGNED = 2;

net::InternetChecksum checksumOf(Bytes packet) {
  // The field of the password is left out.
  net::InternetChecksum sum;
  sum.add(packet.slice(0, AUTH_AT)).add(packet.slice(HEADER, packet.size()));
  return sum;
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

const SecretKey* Authentication::signer() const {
  const SecretKey* best = nullptr;
  for (auto& key : keys) {
    if (!key.acceptOnly && (best == nullptr || key.id < best->id)) best = &key;
  }
  return best;
}

size_t Authentication::trailer() const {
  auto key = signer();
  return key == nullptr ? 0 : kit::digestSize(key->algorithm);
}

kj::Array<kj::byte> Authentication::seal(net::ByteWriter packet, uint32_t sequence) const {
  packet.patch16(LENGTH_AT, uint16_t(packet.size()));
  if (keys.empty()) {
    packet.patch16(TYPE_AT, password.size() > 0 ? PASSWORD : NONE);
    packet.patch16(CHECKSUM_AT, checksumOf(packet.bytes()).value());
    packet.patchBytes(AUTH_AT, kit::Secret16(password).bytes().slice(0, AUTH_SIZE));
    return packet.finish();
  }
  auto key = signer();
  KJ_REQUIRE(key != nullptr, "no key may sign");
  packet.patch16(TYPE_AT, SIGNED);
  packet.patch8(AUTH_AT + 2, key->id);
  packet.patch8(AUTH_AT + 3, uint8_t(kit::digestSize(key->algorithm)));
  packet.patch32(AUTH_AT + 4, sequence);
  auto digest = kit::digestOf(key->algorithm, key->secret, packet.bytes());
  packet.bytes(digest.bytes());
  return packet.finish();
}

kj::OneOf<Bytes, Bad> Authentication::check(Bytes packet, kj::Maybe<uint32_t>& last) const {
  net::ByteReader in(packet);
  in.skip(LENGTH_AT);
  size_t length = in.u16();
  in.skip(TYPE_AT - LENGTH_AT - 2);
  uint16_t type = in.u16();
  auto secret = in.bytes(AUTH_SIZE);
  if (!in.ok() || length < HEADER || length > packet.size()) return Bad{"wrong length"};
  uint16_t wanted = !keys.empty() ? SIGNED : password.size() > 0 ? PASSWORD : NONE;
  if (type != wanted) {
    if (type == NONE) return Bad{"no authentication, but some is configured here"};
    if (wanted == NONE) return Bad{"authentication, but none is configured here"};
    return Bad{"another kind of authentication than is configured here"};
  }
  if (type == SIGNED) return checkSigned(packet, length, last);
  auto whole = packet.slice(0, length);
  if (checksumOf(whole).value() != 0) return Bad{"wrong checksum"};
  if (type == PASSWORD && !kit::same(secret, kit::Secret16(password).bytes().slice(0, AUTH_SIZE)))
    return Bad{"wrong password"};
  return whole.slice(HEADER, length);
}

kj::OneOf<Bytes, Bad> Authentication::checkSigned(Bytes packet, size_t length, kj::Maybe<uint32_t>& last) const {
  net::ByteReader in(packet);
  in.skip(AUTH_AT + 2);
  uint8_t id = in.u8();
  size_t size = in.u8();
  uint32_t sequence = in.u32();
  const SecretKey* key = nullptr;
  for (auto& each : keys)
    if (each.id == id) key = &each;
  if (key == nullptr) return Bad{"a key that is not configured here"};
  if (size != kit::digestSize(key->algorithm) || packet.size() - length < size)
    return Bad{"a digest of another length than the key's algorithm makes"};
  auto digest = packet.slice(length, length + size);
  if (!kit::same(digest, kit::digestOf(key->algorithm, key->secret, packet.slice(0, length)).bytes()))
    return Bad{"wrong signature"};
  KJ_IF_MAYBE (before, last) {
    if (sequence < *before) return Bad{"a sequence number that was used before"};
  }
  last = sequence;
  return packet.slice(HEADER, length);
}

}  // namespace xylem::ospf

// Authentication of OSPFv2.
//
// The header of a signed packet has, in place of the password, a key's number, the digest's length and the sequence
// number; its checksum is zero. Keyed MD5 is the digest of the packet and the secret, padded with zeros to 16 bytes, in
// the digest's place (RFC 2328 section D.4.3). HMAC is over the packet and the constant Apad, as long as the digest, in
// its place (RFC 5709 section 3.3); unlike in plain HMAC, a secret longer than the *digest*, not only one longer than
// the hash's block, is hashed first. (BIRD 2 does not: with it, secrets are no longer than the digest.)

#include <protocols/ospf/auth.h>

#include <kj/debug.h>
#include <net/checksum.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace xylem::ospf {

namespace {

constexpr size_t HEADER = 24, LENGTH_AT = 2, CHECKSUM_AT = 12, TYPE_AT = 14, AUTH_AT = 16, AUTH_SIZE = 8;
constexpr uint16_t NONE = 0, PASSWORD = 1, SIGNED = 2;
constexpr size_t SECRET16 = 16, MAX_DIGEST = 64;
constexpr uint32_t APAD = 0x878fe1f3;

const EVP_MD* hashOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::MD5:
      return EVP_md5();
    case Algorithm::HMAC_SHA1:
      return EVP_sha1();
    case Algorithm::HMAC_SHA256:
      return EVP_sha256();
    case Algorithm::HMAC_SHA384:
      return EVP_sha384();
    case Algorithm::HMAC_SHA512:
      return EVP_sha512();
  }
  KJ_UNREACHABLE;
}

size_t digestSize(Algorithm algorithm) { return size_t(EVP_MD_get_size(hashOf(algorithm))); }

struct Padded {
  // A secret, cut or filled with zeros to a fixed size.
  kj::byte data[SECRET16] = {};

  explicit Padded(kj::StringPtr secret) { memcpy(data, secret.begin(), kj::min(secret.size(), SECRET16)); }
  Bytes first(size_t size) const { return kj::arrayPtr(data, size); }
};

bool same(Bytes a, Bytes b) { return a.size() == b.size() && CRYPTO_memcmp(a.begin(), b.begin(), a.size()) == 0; }

struct Digest {
  kj::byte data[MAX_DIGEST];
  uint size = 0;

  Bytes bytes() const { return kj::arrayPtr(data, size); }
};

Digest digestOf(const SecretKey& key, Bytes packet) {
  net::ByteWriter text(packet.size() + MAX_DIGEST);
  text.bytes(packet);
  Digest digest;
  auto hash = hashOf(key.algorithm);
  if (key.algorithm == Algorithm::MD5) {
    text.bytes(Padded(key.secret).first(SECRET16));
    KJ_REQUIRE(EVP_Digest(text.bytes().begin(), text.size(), digest.data, &digest.size, hash, nullptr) == 1);
    return digest;
  }
  size_t length = digestSize(key.algorithm);
  for (size_t i = 0; i < length; i += 4) text.u32(APAD);
  Bytes secret = key.secret.asBytes();
  Digest hashed;
  if (secret.size() > length) {
    KJ_REQUIRE(EVP_Digest(secret.begin(), secret.size(), hashed.data, &hashed.size, hash, nullptr) == 1);
    secret = hashed.bytes();
  }
  KJ_REQUIRE(HMAC(hash, secret.begin(), int(secret.size()), text.bytes().begin(), text.size(), digest.data,
                  &digest.size) != nullptr);
  return digest;
}

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
  return key == nullptr ? 0 : digestSize(key->algorithm);
}

kj::Array<kj::byte> Authentication::seal(net::ByteWriter packet, uint32_t sequence) const {
  packet.patch16(LENGTH_AT, uint16_t(packet.size()));
  if (keys.empty()) {
    packet.patch16(TYPE_AT, password.size() > 0 ? PASSWORD : NONE);
    packet.patch16(CHECKSUM_AT, checksumOf(packet.bytes()).value());
    packet.patchBytes(AUTH_AT, Padded(password).first(AUTH_SIZE));
    return packet.finish();
  }
  auto key = signer();
  KJ_REQUIRE(key != nullptr, "no key may sign");
  packet.patch16(TYPE_AT, SIGNED);
  packet.patch8(AUTH_AT + 2, key->id);
  packet.patch8(AUTH_AT + 3, uint8_t(digestSize(key->algorithm)));
  packet.patch32(AUTH_AT + 4, sequence);
  auto digest = digestOf(*key, packet.bytes());
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
  if (type == PASSWORD && !same(secret, Padded(password).first(AUTH_SIZE))) return Bad{"wrong password"};
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
  if (size != digestSize(key->algorithm) || packet.size() - length < size)
    return Bad{"a digest of another length than the key's algorithm makes"};
  auto digest = packet.slice(length, length + size);
  if (!same(digest, digestOf(*key, packet.slice(0, length)).bytes())) return Bad{"wrong signature"};
  KJ_IF_MAYBE (before, last) {
    if (sequence < *before) return Bad{"a sequence number that was used before"};
  }
  last = sequence;
  return packet.slice(HEADER, length);
}

}  // namespace xylem::ospf

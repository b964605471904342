// Authentication of RIPv2.
//
// A signed packet:
//
//     header | 0xffff 3 length key-id data-length sequence 0 0 | entries ... | 0xffff 1 data
//
// `length` is where the trailer begins. The sequence number may not fall; it may stay, as the packets of one update
// share it.
//
// Keyed MD5 is the digest of all bytes up to the data, and the secret, padded with zeros to 16 bytes, in its place (RFC
// 2082 section 3.2.1). Implementations differ in whether `data-length` counts the four bytes that the trailer begins
// with: 16 is sent, 16 and 20 are taken. HMAC is over all bytes with the data set to the constant Apad (RFC 4822
// section 3.3); unlike in plain HMAC, a secret longer than the *digest*, not only one longer than the hash's block, is
// hashed first.

#include <protocols/rip/auth.h>

#include <kj/debug.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace xylem::rip {

namespace {

constexpr size_t HEADER = 4, ENTRY = 20, TRAILER = 4;
constexpr uint16_t FAMILY_AUTH = 0xffff, TYPE_PASSWORD = 2, TYPE_SIGNED = 3, TRAILER_TAG = 1;
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

class Secret16 {
  // A secret in the 16 bytes that passwords and keyed MD5 have for it.
 public:
  explicit Secret16(kj::StringPtr secret) {
    size_t size = kj::min(secret.size(), SECRET16);
    memcpy(data, secret.begin(), size);
  }
  Bytes bytes() const { return data; }

 private:
  kj::byte data[SECRET16] = {};
};

bool same(Bytes a, Bytes b) { return a.size() == b.size() && CRYPTO_memcmp(a.begin(), b.begin(), a.size()) == 0; }

struct Digest {
  kj::byte data[MAX_DIGEST];
  uint size = 0;

  Bytes bytes() const { return kj::arrayPtr(data, size); }
};

Digest digestOf(const Key& key, Bytes signedPart) {
  // `signedPart`: the packet up to and with the first four bytes of its trailer.
  net::ByteWriter text(signedPart.size() + MAX_DIGEST);
  text.bytes(signedPart);
  Digest digest;
  auto hash = hashOf(key.algorithm);
  if (key.algorithm == Algorithm::MD5) {
    text.bytes(Secret16(key.secret).bytes());
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

}  // namespace

bool Authentication::operator==(const Authentication& other) const {
  return password == other.password && keys.asPtr() == other.keys.asPtr();
}

const Key* Authentication::signer() const {
  const Key* best = nullptr;
  for (auto& key : keys) {
    if (!key.acceptOnly && (best == nullptr || key.id < best->id)) best = &key;
  }
  return best;
}

void Authentication::begin(net::ByteWriter& packet) const {
  if (password.size() > 0) {
    packet.u16(FAMILY_AUTH);
    packet.u16(TYPE_PASSWORD);
    packet.bytes(Secret16(password).bytes());
  } else if (!keys.empty()) {
    packet.u16(FAMILY_AUTH);
    packet.u16(TYPE_SIGNED);
    packet.zeros(ENTRY - 4);
  }
}

void Authentication::seal(net::ByteWriter& packet, uint32_t sequence) const {
  if (keys.empty()) return;
  auto key = signer();
  KJ_REQUIRE(key != nullptr, "no key may sign");
  packet.patch16(HEADER + 4, uint16_t(packet.size()));
  packet.patch8(HEADER + 6, key->id);
  packet.patch8(HEADER + 7, uint8_t(digestSize(key->algorithm)));
  packet.patch32(HEADER + 8, sequence);
  packet.u16(FAMILY_AUTH);
  packet.u16(TRAILER_TAG);
  packet.bytes(digestOf(*key, packet.bytes()).bytes());
}

kj::OneOf<Bytes, Bad> Authentication::check(Bytes packet, kj::Maybe<uint32_t>& last) const {
  net::ByteReader in(packet);
  in.skip(HEADER);
  bool has = in.has(ENTRY) && packet[HEADER] == 0xff && packet[HEADER + 1] == 0xff;
  if (password.size() == 0 && keys.empty()) {
    if (has) return Bad{"authentication that is not configured"};
    return in.rest();
  }
  if (!has) return Bad{"no authentication"};
  in.skip(2);
  uint16_t type = in.u16();
  if (type != (keys.empty() ? TYPE_PASSWORD : TYPE_SIGNED)) return Bad{"another kind of authentication"};
  if (!keys.empty()) return checkSigned(packet, last);
  if (!same(in.bytes(SECRET16), Secret16(password).bytes())) return Bad{"wrong password"};
  return in.rest();
}

kj::OneOf<Bytes, Bad> Authentication::checkSigned(Bytes packet, kj::Maybe<uint32_t>& last) const {
  net::ByteReader in(packet);
  in.skip(HEADER + 4);
  size_t trailer = in.u16();
  uint8_t id = in.u8();
  size_t dataLength = in.u8();
  uint32_t sequence = in.u32();
  if (trailer < HEADER + ENTRY || trailer > packet.size()) return Bad{"malformed authentication"};

  const Key* key = nullptr;
  for (auto& each : keys)
    if (each.id == id) key = &each;
  if (key == nullptr) return Bad{"unknown key"};
  size_t length = digestSize(key->algorithm);
  bool countsTag = key->algorithm == Algorithm::MD5 && dataLength == length + TRAILER;
  if (dataLength != length && !countsTag) return Bad{"malformed authentication"};

  net::ByteReader end(packet.slice(trailer, packet.size()));
  uint16_t family = end.u16();
  uint16_t tag = end.u16();
  auto data = end.bytes(length);
  if (!end.ok() || !end.done() || family != FAMILY_AUTH || tag != TRAILER_TAG) return Bad{"malformed authentication"};
  if (!same(data, digestOf(*key, packet.slice(0, trailer + TRAILER)).bytes())) return Bad{"wrong signature"};
  KJ_IF_MAYBE (before, last) {
    if (sequence < *before) return Bad{"replayed sequence number"};
  }
  last = sequence;
  return packet.slice(HEADER + ENTRY, trailer);
}

}  // namespace xylem::rip

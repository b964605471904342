// Keyed MD5 is the digest of the text and the secret in the digest's place. HMAC is over the text and the constant Apad
// in its place, as long as the digest; unlike in plain HMAC, a secret longer than the *digest*, not only one longer
// than the hash's block, is hashed first. (BIRD 2 does not: with it, secrets are no longer than the digest.)

#include <protocols/kit/digest.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace xylem::kit {

namespace {

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

Digest hashed(const EVP_MD* hash, net::Bytes text) {
  Digest digest;
  KJ_REQUIRE(EVP_Digest(text.begin(), text.size(), digest.data, &digest.size, hash, nullptr) == 1);
  return digest;
}

}  // namespace

Secret16::Secret16(kj::StringPtr secret) { memcpy(data, secret.begin(), kj::min(secret.size(), sizeof data)); }

size_t digestSize(Algorithm algorithm) { return size_t(EVP_MD_get_size(hashOf(algorithm))); }

Digest digestOf(Algorithm algorithm, kj::StringPtr secret, net::Bytes packet) {
  size_t length = digestSize(algorithm);
  net::ByteWriter text(packet.size() + length);
  text.bytes(packet);
  auto hash = hashOf(algorithm);
  if (algorithm == Algorithm::MD5) {
    text.bytes(Secret16(secret).bytes());
    return hashed(hash, text.bytes());
  }
  for (size_t i = 0; i < length; i += 4) text.u32(APAD);
  net::Bytes key = secret.asBytes();
  Digest shorter;
  if (key.size() > length) {
    shorter = hashed(hash, key);
    key = shorter.bytes();
  }
  Digest digest;
  KJ_REQUIRE(HMAC(hash, key.begin(), int(key.size()), text.bytes().begin(), text.size(), digest.data, &digest.size) !=
             nullptr);
  return digest;
}

bool same(net::Bytes a, net::Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.begin(), b.begin(), a.size()) == 0;
}

}  // namespace xylem::kit

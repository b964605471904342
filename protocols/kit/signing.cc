// Keyed MD5 is the digest of the packet and the secret, padded with zeros to 16 bytes, in the digest's place. HMAC is
// over the packet and the constant Apad, as long as the digest, in its place (RFC 4822 section 3.3, RFC 5709
// section 3.3); unlike in plain HMAC, a secret longer than the *digest*, not only one longer than the hash's block, is
// hashed first. (BIRD 2 does not: with it, secrets are no longer than the digest.) What a digest is bound to is part of
// Apad and of the secret (RFC 7474 sections 5 and 6).

#include <protocols/kit/signing.h>

#include <kj/debug.h>
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

}  // namespace

size_t digestSize(Algorithm algorithm) { return size_t(EVP_MD_get_size(hashOf(algorithm))); }

Digest sign(const SecretKey& key, net::Bytes packet, const Binding& binding) {
  net::ByteWriter text(packet.size() + Digest::MOST);
  text.bytes(packet);
  Digest digest;
  auto hash = hashOf(key.algorithm);
  if (key.algorithm == Algorithm::MD5) {
    text.bytes(PaddedSecret(key.secret).first(PaddedSecret::SIZE));
    KJ_REQUIRE(EVP_Digest(text.bytes().begin(), text.size(), digest.data, &digest.size, hash, nullptr) == 1);
    return digest;
  }
  size_t length = digestSize(key.algorithm);
  text.bytes(binding.source);
  for (size_t i = binding.source.size(); i < length; i += 4) text.u32(APAD);
  net::ByteWriter whole(key.secret.size() + 2);
  whole.bytes(key.secret.asBytes());
  if (binding.protocol != 0) whole.u16(binding.protocol);
  net::Bytes secret = whole.bytes();
  Digest hashed;
  if (secret.size() > length) {
    KJ_REQUIRE(EVP_Digest(secret.begin(), secret.size(), hashed.data, &hashed.size, hash, nullptr) == 1);
    secret = hashed.bytes();
  }
  KJ_REQUIRE(HMAC(hash, secret.begin(), int(secret.size()), text.bytes().begin(), text.size(), digest.data,
                  &digest.size) != nullptr);
  return digest;
}

const SecretKey* signer(kj::ArrayPtr<const SecretKey> keys) {
  const SecretKey* best = nullptr;
  for (auto& key : keys)
    if (!key.acceptOnly && (best == nullptr || key.id < best->id)) best = &key;
  return best;
}

const SecretKey* find(kj::ArrayPtr<const SecretKey> keys, uint16_t id) {
  const SecretKey* found = nullptr;
  for (auto& key : keys)
    if (key.id == id) found = &key;
  return found;
}

PaddedSecret::PaddedSecret(kj::StringPtr secret) { memcpy(data, secret.begin(), kj::min(secret.size(), SIZE)); }

bool same(net::Bytes a, net::Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.begin(), b.begin(), a.size()) == 0;
}

}  // namespace xylem::kit

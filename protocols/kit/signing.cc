// Keyed MD5 is the digest of the packet and the secret, padded with zeros to 16 bytes, in the digest's place. HMAC is
// over the packet and the constant Apad, as long as the digest, in its place (RFC 4822 section 3.3, RFC 5709
// section 3.3); unlike in plain HMAC, a secret longer than the *digest*, not only one longer than the hash's block, is
// hashed first. (BIRD 2 does not: with it, secrets are no longer than the digest.) What a digest is bound to is part of
// Apad and of the secret (RFC 7474 sections 5 and 6).

#include <protocols/kit/signing.h>

#include <kj/debug.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>

namespace xylem::kit {

namespace {

constexpr uint32_t APAD = 0x878fe1f3;

struct Functions {
  // Of Nettle; no code for keyed MD5.
  const nettle_hash& hash;
  const nettle_mac* code;
};

Functions functionsOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::MD5:
      return {nettle_md5, nullptr};
    case Algorithm::HMAC_SHA1:
      return {nettle_sha1, &nettle_hmac_sha1};
    case Algorithm::HMAC_SHA256:
      return {nettle_sha256, &nettle_hmac_sha256};
    case Algorithm::HMAC_SHA384:
      return {nettle_sha384, &nettle_hmac_sha384};
    case Algorithm::HMAC_SHA512:
      return {nettle_sha512, &nettle_hmac_sha512};
  }
  KJ_UNREACHABLE;
}

Digest digestOf(const nettle_hash& hash, net::Bytes text) {
  sha512_ctx context;
  KJ_ASSERT(hash.context_size <= sizeof context && hash.digest_size <= Digest::MOST);
  Digest digest;
  digest.size = hash.digest_size;
  hash.init(&context);
  hash.update(&context, text.size(), text.begin());
  hash.digest(&context, digest.size, digest.data);
  return digest;
}

Digest codeOf(const nettle_mac& code, net::Bytes secret, net::Bytes text) {
  hmac_sha512_ctx context;
  KJ_ASSERT(code.context_size <= sizeof context && code.digest_size <= Digest::MOST);
  // A key of HMAC means what it means with zeros behind it (RFC 2104 section 2); Nettle's are as long as the digest.
  kj::byte key[Digest::MOST] = {};
  KJ_ASSERT(secret.size() <= code.key_size && code.key_size <= sizeof key);
  memcpy(key, secret.begin(), secret.size());
  Digest digest;
  digest.size = code.digest_size;
  code.set_key(&context, key);
  code.update(&context, text.size(), text.begin());
  code.digest(&context, digest.size, digest.data);
  return digest;
}

}  // namespace

size_t digestSize(Algorithm algorithm) { return functionsOf(algorithm).hash.digest_size; }

Digest sign(const SecretKey& key, net::Bytes packet, const Binding& binding) {
  net::ByteWriter text(packet.size() + Digest::MOST);
  text.bytes(packet);
  auto [hash, code] = functionsOf(key.algorithm);
  if (code == nullptr) {
    text.bytes(PaddedSecret(key.secret).first(PaddedSecret::SIZE));
    return digestOf(hash, text.bytes());
  }
  size_t length = hash.digest_size;
  text.bytes(binding.source);
  for (size_t i = binding.source.size(); i < length; i += 4) text.u32(APAD);
  net::ByteWriter whole(key.secret.size() + 2);
  whole.bytes(key.secret.asBytes());
  if (binding.protocol != 0) whole.u16(binding.protocol);
  if (whole.size() <= length) return codeOf(*code, whole.bytes(), text.bytes());
  return codeOf(*code, digestOf(hash, whole.bytes()).bytes(), text.bytes());
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

bool same(net::Bytes a, net::Bytes b) { return a.size() == b.size() && memeql_sec(a.begin(), b.begin(), a.size()); }

}  // namespace xylem::kit

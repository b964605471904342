#pragma once
// Keys that sign the packets of routing protocols: keyed MD5 (RFC 2082, RFC 2328 section D.4.3) and HMAC with a hash of
// the SHA family (RFC 4822, RFC 5709).
//
//     auto digest = kit::sign(key, packet.bytes());                     of all that stands before the digest
//     auto digest = kit::sign(key, packet.bytes(), {source, protocol});  which vouches for these as well
//     packet.bytes(digest.bytes());

#include <net/bytes.h>

#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::kit {

enum class Algorithm { MD5, HMAC_SHA1, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 };

struct SecretKey {
  uint16_t id = 0;
  // As wide as the protocol has it.
  Algorithm algorithm = Algorithm::MD5;
  kj::String secret;
  // Of any length; keyed MD5 uses its first 16 bytes.
  bool acceptOnly = false;
  bool extended = false;
  // Packets have numbers of 64 bits, and their sender's address is signed: for protocols that have both.

  bool operator==(const SecretKey& other) const {
    return id == other.id && algorithm == other.algorithm && secret == other.secret && acceptOnly == other.acceptOnly &&
           extended == other.extended;
  }
  SecretKey clone() const { return {id, algorithm, kj::str(secret), acceptOnly, extended}; }
};

struct Digest {
  static constexpr size_t MOST = 64;

  kj::byte data[MOST];
  uint size = 0;

  net::Bytes bytes() const { return kj::arrayPtr(data, size); }
};

struct Binding {
  // What a digest vouches for beside the packet, so that this is good for no other sender and in no other protocol
  // (RFC 7166, RFC 7474).
  net::Bytes source;
  // The sender's address, as long as a digest at most: the beginning of Apad.
  uint16_t protocol = 0;
  // IANA's number of the protocol, the end of the key; zero: none.
};

size_t digestSize(Algorithm algorithm);
Digest sign(const SecretKey& key, net::Bytes packet, const Binding& binding = {});
// Of the packet up to where the digest stands. Keyed MD5 takes no binding.

const SecretKey* signer(kj::ArrayPtr<const SecretKey> keys);
// The key with the lowest id that is not accept-only; null if there is none.
const SecretKey* find(kj::ArrayPtr<const SecretKey> keys, uint16_t id);

struct PaddedSecret {
  // Cut or filled with zeros to the size that a protocol has for it.
  static constexpr size_t SIZE = 16;

  explicit PaddedSecret(kj::StringPtr secret);
  net::Bytes first(size_t size) const { return kj::arrayPtr(data, size); }

  kj::byte data[SIZE] = {};
};

bool same(net::Bytes a, net::Bytes b);
// In a time that does not tell where they differ.

}  // namespace xylem::kit

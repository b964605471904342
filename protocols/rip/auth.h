#pragma once
// Authentication of RIPv2 packets: a password in clear (RFC 2453 section 4.1), keyed MD5 (RFC 2082), HMAC with a hash
// of the SHA family (RFC 4822).
//
// It takes the place of the first entry (family 0xffff); the two signing kinds also append a trailer behind the last
// entry.

#include <protocols/kit/digest.h>

#include <kj/one-of.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::rip {

using net::Bytes;

struct Bad {
  // Why a packet is dropped.
  kj::StringPtr reason;
};

using kit::Algorithm;

struct Key {
  uint8_t id = 0;
  Algorithm algorithm = Algorithm::MD5;
  kj::String secret;
  // Of any length; keyed MD5 uses its first 16 bytes.
  bool acceptOnly = false;

  bool operator==(const Key& other) const {
    return id == other.id && algorithm == other.algorithm && secret == other.secret && acceptOnly == other.acceptOnly;
  }
};

class Authentication {
 public:
  Authentication() = default;
  // None: unsigned packets only.
  explicit Authentication(kj::String password) : password(kj::mv(password)) {}
  // At most 16 bytes, at least one.
  explicit Authentication(kj::Vector<Key> keys) : keys(kj::mv(keys)) {}
  // Signed packets only. The key with the lowest id that is not accept-only signs; there is one, or nothing can be
  // sent.

  bool operator==(const Authentication& other) const;

  bool maySend() const { return keys.empty() || signer() != nullptr; }

  void begin(net::ByteWriter& packet) const;
  // Behind the header: add the entry that is needed, if any.
  void seal(net::ByteWriter& packet, uint32_t sequence) const;
  // Behind the last entry: complete that entry, and add the trailer. maySend().

  kj::OneOf<Bytes, Bad> check(Bytes packet, kj::Maybe<uint32_t>& last) const;
  // The bytes of the entries of a packet that is what it should be. Its header is whole. `last` is the sequence number
  // of the sender's last packet: a lower one is refused; a good packet renews it.

 private:
  const Key* signer() const;
  kj::OneOf<Bytes, Bad> checkSigned(Bytes packet, kj::Maybe<uint32_t>& last) const;

  kj::String password;
  kj::Vector<Key> keys;
};

}  // namespace xylem::rip

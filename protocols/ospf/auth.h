#pragma once
// Authentication of OSPFv2 packets (RFC 2328 appendix D, RFC 5709, RFC 7474): a password in clear, keyed MD5, or HMAC
// with a hash of the SHA family.
//
// The header says which kind is used; the signing kinds append a digest behind the packet that its length does not
// count. Every packet carries a number that never falls, so that an old one cannot be sent again. With an extended key
// the number has 64 bits and rises with each packet, and the digest vouches for the address that the packet comes from.

#include <net/bytes.h>
#include <protocols/kit/signing.h>

#include <kj/one-of.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <array>

namespace xylem::ospf {

using net::Bytes;
using net::Ip;

struct Bad {
  // Why a packet is dropped.
  kj::StringPtr reason;
};

using Sequences = std::array<uint64_t, 6>;
// The last numbers of 64 bits from a neighbour, by type of packet; zero: none has come.

struct Numbers {
  // Of a neighbour's last signed packets.
  kj::Maybe<uint32_t> last;
  Sequences byType{};
  // Of an extended key, and in OSPFv3.
};

using kit::Algorithm;
using kit::SecretKey;

class Authentication {
 public:
  Authentication() = default;
  // None.
  explicit Authentication(kj::String password) : password(kj::mv(password)) {}
  // At most 8 bytes, at least one.
  explicit Authentication(kj::Vector<SecretKey> keys) : keys(kj::mv(keys)) {}
  // The key with the lowest id that is not accept-only signs; there is one, or nothing can be sent. All are accepted,
  // so keys are changed by adding the new one everywhere as accept-only, then turning them over one by one.

  bool operator==(const Authentication& other) const;
  Authentication clone() const;

  kj::ArrayPtr<const SecretKey> signers() const { return keys; }
  bool maySend() const { return keys.empty() || kit::signer(keys) != nullptr; }
  size_t trailer() const;
  // Bytes that it adds behind a packet.

  kj::Array<kj::byte> seal(net::ByteWriter packet, Ip source, uint64_t sequence) const;
  // A packet with its header's length, checksum and authentication filled in. maySend(). `source`: where it is sent
  // from. `sequence` is higher for each packet; where there is room for 32 bits, they are its upper ones.

  kj::OneOf<Bytes, Bad> check(Bytes packet, Ip source, Numbers& last) const;
  // What is behind the header of a packet that is what it should be. Its header is whole. A number is refused that is
  // lower than one before or, of an extended key, not higher; a good packet renews `last`.

 private:
  kj::OneOf<Bytes, Bad> checkSigned(Bytes packet, size_t length, Ip source, Numbers& last) const;

  kj::String password;
  kj::Vector<SecretKey> keys;
};

}  // namespace xylem::ospf

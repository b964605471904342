#pragma once
// Digests by which routers sign packets with a shared secret: keyed MD5 (RFC 2082, RFC 2328 appendix D.4.3) and HMAC
// with a hash of the SHA family as routing protocols use it (RFC 4822, RFC 5709).
//
//     auto digest = kit::digestOf(Algorithm::HMAC_SHA256, secret, packet);
//     if (!kit::same(digest.bytes(), received)) drop();

#include <net/bytes.h>

#include <kj/string.h>

namespace xylem::kit {

enum class Algorithm { MD5, HMAC_SHA1, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 };

struct Digest {
  kj::byte data[64];
  uint size = 0;

  net::Bytes bytes() const { return kj::arrayPtr(data, size); }
};

struct Secret16 {
  // A secret, cut or filled with zeros to the 16 bytes that passwords and keyed MD5 have for it.
  kj::byte data[16] = {};

  explicit Secret16(kj::StringPtr secret);
  net::Bytes bytes() const { return data; }
};

size_t digestSize(Algorithm algorithm);
Digest digestOf(Algorithm algorithm, kj::StringPtr secret, net::Bytes text);
// `text`: the packet, up to where its digest stands.

bool same(net::Bytes a, net::Bytes b);
// In a time that does not tell where they differ.

}  // namespace xylem::kit

#pragma once
// The authentication trailer of OSPFv3 packets (RFC 7166): HMAC with a hash of the SHA family over the packet and the
// address it is sent from.
//
// Whether a packet has one, hellos and database descriptions say by their option AT; what comes between them has one if
// they had. Each packet has a number of 64 bits that is higher than that of the last one of its type, so that none can
// be sent again.

#include <protocols/ospf/auth.h>
#include <protocols/ospf/packet.h>

namespace xylem::ospf {

struct Trailer {
  kj::ArrayPtr<const SecretKey> keys;
  // Of HMACs. None: no authentication, and a trailer that is there all the same is not looked at.

  size_t size() const;
  // Bytes behind a packet.
  kj::Array<kj::byte> seal(net::ByteWriter packet, uint64_t sequence, net::Ip6 source, Bytes block = nullptr) const;
  // A packet, and behind it its block of link-local signalling, with its header's length filled in; its checksum, which
  // has to do with addresses, is left to the socket, and is none on authenticated packets. A key may sign.
  kj::OneOf<Bytes, Bad> check(Bytes packet, PacketType type, Sequences& last, net::Ip6 source) const;
  // What is behind the header of a packet that is what it should be. Its header is whole. A good packet renews `last`.
};

}  // namespace xylem::ospf

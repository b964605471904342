#pragma once
// Bodies of OSPFv3's LSAs that OSPFv2 does not have, and the prefixes in them (RFC 5340 appendix A.4). Those that it
// has, in another form, are in lsa.h.
//
//     KJ_IF_MAYBE (link, LinkBody::decode(lsa->body(), face)) ...
//     KJ_IF_MAYBE (prefixes, PrefixesBody::decode(lsa->body(), face)) ...

#include <protocols/ospf/lsa.h>

namespace xylem::ospf {

namespace prefixOptions {
// RFC 5340 section A.4.1.1.
constexpr uint8_t NU = 0x01, LA = 0x02, P = 0x08;
// Not for unicast; an address of the router itself; to be translated by an NSSA's border router.
}  // namespace prefixOptions

struct LinkPrefix {
  IpNet net;
  uint8_t options = 0;
  uint16_t metric = 0;
  // In some LSAs, another number.

  bool operator==(const LinkPrefix&) const = default;

  static kj::Maybe<LinkPrefix> read(net::ByteReader& in, Face face);
  // None: longer than an address of the family, or the reader has failed. Host bits are left out.
  void write(net::ByteWriter& out) const;
};

Ip readAddress(net::ByteReader& in, Face face);
void writeAddress(Ip address, net::ByteWriter& out);
// In sixteen bytes; an IPv4 address is in the first four, none is zeros (RFC 5838 section 2.5).

struct LinkBody {
  // What a router tells the others on a link.
  uint8_t priority = 1;
  uint32_t options = 0;
  Ip address;
  // By which it is reached on the link: its link-local address, or its IPv4 address. None: it has none.
  std::vector<LinkPrefix> prefixes;

  static kj::Maybe<LinkBody> decode(Bytes body, Face face);
  void encode(net::ByteWriter& out) const;
};

struct PrefixesBody {
  // Prefixes that hang off a router or a network.
  bool network = false;
  Ip4 id;
  RouterId router;
  // Of its LSA.
  std::vector<LinkPrefix> prefixes;

  static kj::Maybe<PrefixesBody> decode(Bytes body, Face face);
  void encode(net::ByteWriter& out) const;
};

bool isWellFormed3(const Lsa& lsa);
// As isWellFormed, of OSPFv3's.

}  // namespace xylem::ospf

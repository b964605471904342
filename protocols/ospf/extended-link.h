#pragma once
// What a router adds to a link of its router LSA (RFC 7684 section 3): an opaque LSA of area scope for each link, with
// one TLV that names the link, and in it what is said of it. Of that, the network-to-router metric is read (RFC 8042
// section 3.2): what it costs to go from a network with a designated router to the router that says so.
//
//     KJ_IF_MAYBE (link, ExtendedLink::decode(lsa->body())) ... link->inputCost ...

#include <protocols/ospf/lsa.h>

namespace xylem::ospf {

struct ExtendedLink {
  LinkType type = LinkType::TRANSIT;
  // Any number.
  Ip4 id, data;
  // As in the router LSA.
  kj::Maybe<uint16_t> inputCost;
  // Of a transit link alone. None: nothing is said of it, which means zero.

  static kj::Maybe<ExtendedLink> decode(Bytes body);
  void encode(net::ByteWriter& out) const;
};

constexpr uint32_t MAX_OPAQUE_ID = 0xffffff;

Key extendedLinkKey(RouterId router, uint32_t number);
// `number`: which of its links, at most MAX_OPAQUE_ID.
bool isExtendedLink(const Key& key, Face face);

}  // namespace xylem::ospf

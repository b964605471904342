// What is said depends on the type, and on the version of the protocol where that says the same in other words.

#include <protocols/ospf/content.h>

#include <kj/encoding.h>
#include <protocols/ospf/extended-link.h>
#include <protocols/ospf/lsa3.h>
#include <protocols/ospf/router-information.h>

namespace xylem::ospf {

namespace {

kj::StringPtr nameOf(LinkType type) {
  constexpr kj::StringPtr NAMES[] = {"none"_kj, "point-to-point"_kj, "transit"_kj, "stub"_kj, "virtual"_kj};
  return uint(type) < std::size(NAMES) ? NAMES[uint(type)] : "unknown"_kj;
}

kj::String contentOf(const ExtendedLink& link) {
  auto cost = link.inputCost.map([](uint16_t metric) { return kj::str(", input cost ", metric); });
  return kj::str("extended link ", nameOf(link.type), ' ', link.id, ' ', link.data, kj::mv(cost).orDefault(kj::str()));
}

kj::String contentOf(const Announcement& said) {
  auto forwarding = said.forwarding.isNone() ? kj::str() : kj::str(" forwarding ", said.forwarding);
  return kj::str(said.net, " type-", said.type2 ? 2 : 1, " metric ", said.metric, forwarding, " tag ", said.tag);
}

void addPrefixes(const std::vector<LinkPrefix>& prefixes, bool metrics, kj::Vector<kj::String>& parts) {
  for (auto& prefix : prefixes) parts.add(metrics ? kj::str(prefix.net, " cost ", prefix.metric) : kj::str(prefix.net));
}

}  // namespace

kj::String contentOf(const Lsa& lsa) {
  auto& key = lsa.header.key;
  kj::Vector<kj::String> parts;
  switch (key.type) {
    case Type::ROUTER:
      KJ_IF_MAYBE (body, RouterBody::of(lsa)) {
        if (body->flags & flags::B) parts.add(kj::str("border"));
        if (body->flags & flags::E) parts.add(kj::str("boundary"));
        if (body->flags & flags::V) parts.add(kj::str("virtual-link-end"));
        for (auto& link : body->links)
          parts.add(kj::str(nameOf(link.type), ' ', link.id, ' ', link.data, " cost ", link.metric));
      }
      break;
    case Type::NETWORK:
      KJ_IF_MAYBE (body, NetworkBody::of(lsa)) {
        if (!isV3(lsa.header.face)) parts.add(kj::str(netOf(key.id, body->mask).orDefault(Ip4Net())));
        for (auto router : body->routers) parts.add(kj::str(router));
      }
      break;
    case Type::SUMMARY:
      KJ_IF_MAYBE (said, Announcement::of(lsa)) parts.add(kj::str(said->net, " cost ", said->metric));
      break;
    case Type::ASBR_SUMMARY:
      KJ_IF_MAYBE (body, BoundaryBody::of(lsa)) parts.add(kj::str(body->router, " cost ", body->metric));
      break;
    case Type::EXTERNAL:
    case Type::NSSA:
      KJ_IF_MAYBE (said, Announcement::of(lsa)) parts.add(contentOf(*said));
      break;
    case Type::LINK:
      KJ_IF_MAYBE (body, LinkBody::decode(lsa.body(), lsa.header.face)) {
        parts.add(kj::str(body->address));
        addPrefixes(body->prefixes, false, parts);
      }
      break;
    case Type::PREFIXES:
      KJ_IF_MAYBE (body, PrefixesBody::decode(lsa.body(), lsa.header.face)) {
        parts.add(kj::str(body->network ? "of network "_kj : "of router "_kj, body->id));
        addPrefixes(body->prefixes, true, parts);
      }
      break;
    case Type::OPAQUE_LINK:
    case Type::OPAQUE_AREA:
    case Type::OPAQUE_AS:
    case Type::INFORMATION:
      if (isExtendedLink(key, lsa.header.face))
        KJ_IF_MAYBE (link, ExtendedLink::decode(lsa.body())) return contentOf(*link);
      parts.add(opaqueContentOf(lsa));
      break;
    default:
      parts.add(kj::encodeHex(lsa.body()));
      break;
  }
  return kj::strArray(parts, ", ");
}

}  // namespace xylem::ospf

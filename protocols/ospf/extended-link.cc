// An LSA has one TLV of a link, and of several the first one counts; of metrics, the first one of the topology that all
// routers have. What is not known is skipped, but an LSA in which a TLV is not whole, or has a length that it cannot
// have, says nothing at all (RFC 7684 section 5).

#include <protocols/ospf/extended-link.h>

#include <protocols/ospf/tlv.h>

#include <utility>

namespace xylem::ospf {

namespace {

constexpr uint32_t OPAQUE_TYPE = 8, OPAQUE_TYPE_AT = 24;
constexpr uint16_t TLV_LINK = 1, TLV_NETWORK_TO_ROUTER = 4;
constexpr uint8_t DEFAULT_TOPOLOGY = 0;

bool takeMetric(Bytes value, ExtendedLink& link) {
  // RFC 8042 section 3.2. False: malformed.
  if (value.size() != 4) return false;
  net::ByteReader in(value);
  uint8_t topology = in.u8();
  in.skip(1);
  uint16_t metric = in.u16();
  bool counts = link.type == LinkType::TRANSIT && topology == DEFAULT_TOPOLOGY && link.inputCost == nullptr;
  if (counts) link.inputCost = metric;
  return true;
}

bool takeLink(Bytes value, ExtendedLink& link) {
  net::ByteReader in(value);
  link.type = LinkType(in.u8());
  in.skip(3);
  link.id = in.ip4();
  link.data = in.ip4();
  bool good = in.ok();
  return eachTlv(in.rest(),
                 [&](uint16_t type, Bytes each) {
                   if (type == TLV_NETWORK_TO_ROUTER) good = takeMetric(each, link) && good;
                 }) &&
         good;
}

}  // namespace

kj::Maybe<ExtendedLink> ExtendedLink::decode(Bytes body) {
  ExtendedLink link;
  bool found = false, good = true;
  bool whole = eachTlv(body, [&](uint16_t type, Bytes value) {
    if (type == TLV_LINK && !std::exchange(found, true)) good = takeLink(value, link);
  });
  if (!whole || !found || !good) return nullptr;
  return link;
}

void ExtendedLink::encode(net::ByteWriter& out) const {
  net::ByteWriter value;
  value.u32(uint32_t(type) << 24);
  value.ip(id);
  value.ip(data);
  KJ_IF_MAYBE (metric, inputCost) {
    net::ByteWriter cost;
    cost.u8(DEFAULT_TOPOLOGY);
    cost.u8(0);
    cost.u16(*metric);
    writeTlv(value, TLV_NETWORK_TO_ROUTER, cost.bytes());
  }
  writeTlv(out, TLV_LINK, value.bytes());
}

Key extendedLinkKey(RouterId router, uint32_t number) {
  return {Type::OPAQUE_AREA, Ip4{OPAQUE_TYPE << OPAQUE_TYPE_AT | (number & MAX_OPAQUE_ID)}, router};
}

bool isExtendedLink(const Key& key, Face face) {
  return !isV3(face) && key.type == Type::OPAQUE_AREA && key.id.bits >> OPAQUE_TYPE_AT == OPAQUE_TYPE;
}

}  // namespace xylem::ospf

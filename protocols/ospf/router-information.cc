// Of each TLV the first one counts (RFC 7770 section 2.3); those that are not known are skipped. A name comes from
// anybody in the area and goes to an operator's terminal: one with other characters than printable ones is none.

#include <protocols/ospf/router-information.h>

#include <kj/encoding.h>
#include <protocols/ospf/tlv.h>

#include <algorithm>
#include <utility>

namespace xylem::ospf {

namespace {

constexpr uint16_t TLV_CAPABILITIES = 1, TLV_FUNCTIONS = 2, TLV_HOSTNAME = 7;
constexpr Ip4 OPAQUE_ID = Ip4::of(4, 0, 0, 0);

bool isPrintable(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](auto each) { return each > ' ' && each < 0x7f; });
}

}  // namespace

kj::Maybe<RouterInformation> RouterInformation::decode(Bytes body) {
  RouterInformation found;
  bool capable = false, functional = false, named = false;
  bool whole = eachTlv(body, [&](uint16_t type, Bytes value) {
    if (type == TLV_CAPABILITIES && value.size() >= 4 && !std::exchange(capable, true))
      found.capabilities = net::ByteReader(value).u32();
    if (type == TLV_FUNCTIONS && value.size() >= 4 && !std::exchange(functional, true))
      found.functions = net::ByteReader(value).u32();
    if (type == TLV_HOSTNAME && !std::exchange(named, true) && isPrintable(value))
      found.hostname.assign(value.asChars().begin(), value.size());
  });
  if (!whole) return nullptr;
  return kj::mv(found);
}

void RouterInformation::encode(net::ByteWriter& out) const {
  auto write = [&](uint16_t type, uint32_t bits) {
    net::ByteWriter value;
    value.u32(bits);
    writeTlv(out, type, value.bytes());
  };
  write(TLV_CAPABILITIES, capabilities);
  if (functions != 0) write(TLV_FUNCTIONS, functions);
  if (!hostname.empty()) writeTlv(out, TLV_HOSTNAME, kj::StringPtr(hostname.c_str()).asBytes());
}

kj::String RouterInformation::text() const {
  kj::Vector<kj::String> parts;
  if (!hostname.empty()) parts.add(kj::str("hostname ", hostname.c_str()));
  if (capabilities & RESTARTS) parts.add(kj::str("restarts"));
  if (capabilities & HELPS) parts.add(kj::str("helps restarts"));
  if (capabilities & STUB) parts.add(kj::str("knows stub routers"));
  if (capabilities & TRAFFIC_ENGINEERING) parts.add(kj::str("traffic engineering"));
  if (functions & TWO_PART) parts.add(kj::str("two-part metric"));
  return kj::strArray(parts, ", ");
}

Key informationKey(RouterId router, Face face) {
  if (isV3(face)) return {Type::INFORMATION, Ip4(), router};
  return {Type::OPAQUE_AREA, OPAQUE_ID, router};
}

kj::String opaqueContentOf(const Lsa& lsa) {
  auto& key = lsa.header.key;
  if (key == informationKey(key.router, lsa.header.face))
    KJ_IF_MAYBE (said, RouterInformation::decode(lsa.body())) return kj::str("router information ", said->text());
  if (isV3(lsa.header.face)) return kj::encodeHex(lsa.body());
  return kj::str("opaque type ", key.id.bits >> 24, ' ', kj::encodeHex(lsa.body()));
}

}  // namespace xylem::ospf

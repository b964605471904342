// OSPFv3's bodies to bytes and back.
//
// A prefix takes as many words as its length needs. In the address family for IPv4 it is the same, with the 32 bits of
// an IPv4 prefix, and whole addresses are still of sixteen bytes.

#include <protocols/ospf/lsa3.h>

namespace xylem::ospf {

namespace {

constexpr uint8_t LINK_SIZE = 16;
constexpr uint8_t TYPE2 = 0x04, FORWARDING = 0x02, TAG = 0x01;
// Of an external LSA.

template <typename Item, typename Read>
bool readAll(net::ByteReader& in, size_t count, std::vector<Item>& list, Read read) {
  for (size_t i = 0; i < count; ++i) {
    auto item = read(in);
    KJ_IF_MAYBE (each, item)
      list.push_back(kj::mv(*each));
    else
      return false;
  }
  return in.ok() && in.done();
}

kj::Maybe<Announcement> summaryOf(Bytes body, Face face) {
  net::ByteReader in(body);
  Announcement found;
  in.skip(1);
  found.metric = in.u24();
  KJ_IF_MAYBE (prefix, LinkPrefix::read(in, face)) {
    found.net = prefix->net;
    found.unicast = !(prefix->options & prefixOptions::NU);
    return found;
  }
  return nullptr;
}

kj::Maybe<Announcement> externalOf(Bytes body, Face face, bool nssa) {
  net::ByteReader in(body);
  Announcement found;
  uint8_t bits = in.u8();
  found.metric = in.u24();
  found.type2 = bits & TYPE2;
  KJ_IF_MAYBE (prefix, LinkPrefix::read(in, face)) {
    found.net = prefix->net;
    found.unicast = !(prefix->options & prefixOptions::NU);
    found.propagate = nssa && (prefix->options & prefixOptions::P);
    if (bits & FORWARDING) found.forwarding = readAddress(in, face);
    if (bits & TAG) found.tag = in.u32();
    if (prefix->metric != 0) in.skip(4);  // The ID of another LSA, which nothing uses.
    if (in.ok()) return found;
  }
  return nullptr;
}

}  // namespace

// ---- prefixes, addresses

kj::Maybe<LinkPrefix> LinkPrefix::read(net::ByteReader& in, Face face) {
  uint length = in.u8();
  LinkPrefix prefix;
  prefix.options = in.u8();
  prefix.metric = in.u16();
  if (length > (familyOf(face) == 6 ? 128u : 32u)) return nullptr;
  uint8_t address[16] = {};
  auto bytes = in.bytes((length + 31) / 32 * 4);
  if (!in.ok()) return nullptr;
  std::copy(bytes.begin(), bytes.end(), address);
  prefix.net =
      familyOf(face) == 6 ? IpNet(net::Ip6::fromBytes(address), length) : IpNet(Ip4::fromBytes(address), length);
  return prefix;
}

void LinkPrefix::write(net::ByteWriter& out) const {
  uint8_t address[16] = {};
  if (net.is6())
    net.v6().address().toBytes(address);
  else
    net.v4().address().toBytes(address);
  out.u8(uint8_t(net.length()));
  out.u8(options);
  out.u16(metric);
  out.bytes(kj::arrayPtr(address, (net.length() + 31) / 32 * 4));
}

Ip readAddress(net::ByteReader& in, Face face) {
  auto whole = in.ip6();
  if (familyOf(face) == 6) return whole.isUnspecified() ? Ip() : Ip(whole);
  Ip4 first{uint32_t(whole.high >> 32)};
  return first.isUnspecified() ? Ip() : Ip(first);
}

void writeAddress(Ip address, net::ByteWriter& out) {
  net::Ip6 whole;
  if (address.is6()) whole = address.v6();
  if (address.is4()) whole.high = uint64_t(address.v4().bits) << 32;
  out.ip(whole);
}

// ---- links, prefixes

kj::Maybe<LinkBody> LinkBody::decode(Bytes body, Face face) {
  net::ByteReader in(body);
  LinkBody link;
  link.priority = in.u8();
  link.options = in.u24();
  link.address = readAddress(in, face);
  size_t count = in.u32();
  if (!in.ok() || !readAll(in, count, link.prefixes, [&](auto& from) { return LinkPrefix::read(from, face); }))
    return nullptr;
  return kj::mv(link);
}

void LinkBody::encode(net::ByteWriter& out) const {
  out.u8(priority);
  out.u24(options);
  writeAddress(address, out);
  out.u32(uint32_t(prefixes.size()));
  for (auto& prefix : prefixes) prefix.write(out);
}

kj::Maybe<PrefixesBody> PrefixesBody::decode(Bytes body, Face face) {
  net::ByteReader in(body);
  PrefixesBody list;
  size_t count = in.u16();
  auto type = Type(in.u16());
  list.network = type == Type::NETWORK;
  list.id = in.ip4();
  list.router = in.ip4();
  bool known = list.network || type == Type::ROUTER;
  if (!in.ok() || !known ||
      !readAll(in, count, list.prefixes, [&](auto& from) { return LinkPrefix::read(from, face); }))
    return nullptr;
  return kj::mv(list);
}

void PrefixesBody::encode(net::ByteWriter& out) const {
  out.u16(uint16_t(prefixes.size()));
  out.u16(uint16_t(network ? Type::NETWORK : Type::ROUTER));
  out.ip(id);
  out.ip(router);
  for (auto& prefix : prefixes) prefix.write(out);
}

// ---- what OSPFv2 has too

kj::Maybe<RouterBody> RouterBody::decode3(Bytes body) {
  net::ByteReader in(body);
  RouterBody router;
  router.flags = in.u8();
  router.options = in.u24();
  while (in.has(LINK_SIZE)) {
    RouterLink link;
    link.type = LinkType(in.u8());
    in.skip(1);
    link.metric = in.u16();
    link.data = in.ip4();
    link.there = in.u32();
    link.id = in.ip4();
    bool known =
        link.type == LinkType::POINT_TO_POINT || link.type == LinkType::TRANSIT || link.type == LinkType::VIRTUAL;
    if (known) router.links.push_back(link);
  }
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(router);
}

void RouterBody::encode3(net::ByteWriter& out) const {
  out.u8(flags);
  out.u24(options);
  for (auto& link : links) {
    out.u8(uint8_t(link.type));
    out.u8(0);
    out.u16(link.metric);
    out.ip(link.data);
    out.u32(link.there);
    out.ip(link.id);
  }
}

kj::Maybe<NetworkBody> NetworkBody::decode3(Bytes body) {
  net::ByteReader in(body);
  NetworkBody network;
  in.skip(1);
  network.options = in.u24();
  while (in.has(4)) network.routers.push_back(in.ip4());
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(network);
}

void NetworkBody::encode3(net::ByteWriter& out) const {
  out.u32(options);
  for (auto router : routers) out.ip(router);
}

kj::Maybe<Announcement> Announcement::decode3(Bytes body, Face face, Type type) {
  return type == Type::SUMMARY ? summaryOf(body, face) : externalOf(body, face, type == Type::NSSA);
}

void Announcement::encode3(Type type, net::ByteWriter& out) const {
  LinkPrefix prefix{net, uint8_t(propagate ? prefixOptions::P : 0)};
  if (type == Type::SUMMARY) {
    out.u32(metric);
    return prefix.write(out);
  }
  out.u8(uint8_t((type2 ? TYPE2 : 0) | (forwarding.isNone() ? 0 : FORWARDING) | (tag == 0 ? 0 : TAG)));
  out.u24(metric);
  prefix.write(out);
  if (!forwarding.isNone()) writeAddress(forwarding, out);
  if (tag != 0) out.u32(tag);
}

kj::Maybe<BoundaryBody> BoundaryBody::decode3(Bytes body) {
  net::ByteReader in(body);
  BoundaryBody boundary;
  in.skip(1);
  boundary.options = in.u24();
  in.skip(1);
  boundary.metric = in.u24();
  boundary.router = in.ip4();
  if (!in.ok()) return nullptr;
  return boundary;
}

void BoundaryBody::encode3(net::ByteWriter& out) const {
  out.u32(options);
  out.u32(metric);
  out.ip(router);
}

bool isWellFormed3(const Lsa& lsa) {
  auto face = lsa.header.face;
  switch (lsa.header.key.type) {
    case Type::ROUTER:
      return RouterBody::decode3(lsa.body()) != nullptr;
    case Type::NETWORK:
      return NetworkBody::decode3(lsa.body()) != nullptr;
    case Type::SUMMARY:
    case Type::EXTERNAL:
    case Type::NSSA:
      return Announcement::of(lsa) != nullptr;
    case Type::ASBR_SUMMARY:
      return BoundaryBody::decode3(lsa.body()) != nullptr;
    case Type::LINK:
      return LinkBody::decode(lsa.body(), face) != nullptr;
    case Type::PREFIXES:
      return PrefixesBody::decode(lsa.body(), face) != nullptr;
    default:
      return true;
  }
}

}  // namespace xylem::ospf

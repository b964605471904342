// Attributes to bytes, prefixes to messages.
//
// MP_REACH_NLRI is the first attribute of a message (RFC 7606 section 5.1), so what stands behind its prefixes, the
// other attributes, is written when the message is full. Announcements and withdrawals have messages of their own (RFC
// 7606 section 5.1), and so have IPv4 prefixes in fields and those in attributes.

#include <protocols/bgp/attribute.h>
#include <protocols/bgp/compose.h>

namespace xylem::bgp {

namespace {

using net::ByteWriter;
using policy::AsPath;

constexpr uint8_t WELL_KNOWN = attribute::TRANSITIVE, OPTIONAL_TRANSITIVE = attribute::OPTIONAL | attribute::TRANSITIVE;
constexpr size_t SEGMENT = 255;
// Its most members.

bool isWide(uint32_t as) { return as > 0xffff; }

class Block {
 public:
  Block(const policy::Attributes& from, const Encoding& encoding, ByteWriter& out)
      : from(from), encoding(encoding), out(out), other(from.others.begin()) {}

  void write() {
    put(attribute::ORIGIN, WELL_KNOWN, 1, [&] { out.u8(uint8_t(from.origin)); });
    path(attribute::AS_PATH, WELL_KNOWN, from.path, encoding.as4);
    if (!usesMultiprotocol(encoding.family, from.nextHop))
      put(attribute::NEXT_HOP, WELL_KNOWN, 4, [&] { out.ip(from.nextHop.v4()); });
    number(attribute::MULTI_EXIT_DISC, attribute::OPTIONAL, from.med);
    number(attribute::LOCAL_PREF, WELL_KNOWN, from.localPreference);
    if (from.atomicAggregate) put(attribute::ATOMIC_AGGREGATE, WELL_KNOWN, 0, [] {});
    aggregator();
    list(attribute::COMMUNITIES, from.communities, 4, [&](auto& member) { out.u32(member.bits); });
    KJ_IF_MAYBE (id, from.originatorId) put(attribute::ORIGINATOR_ID, attribute::OPTIONAL, 4, [&] { out.ip(*id); });
    if (!from.clusters.empty())
      put(attribute::CLUSTER_LIST, attribute::OPTIONAL, from.clusters.size() * 4, [&] {
        for (auto cluster : from.clusters) out.ip(cluster);
      });
    list(attribute::EXTENDED_COMMUNITIES, from.extendedCommunities, 8, [&](auto& member) { out.u64(member.bits); });
    as4();
    list(attribute::LARGE_COMMUNITIES, from.largeCommunities, 12, [&](auto& member) {
      out.u32(member.administrator);
      out.u32(member.first);
      out.u32(member.second);
    });
    number(attribute::ONLY_TO_CUSTOMER, OPTIONAL_TRANSITIVE, from.onlyToCustomer);
    othersBefore(0x100);
  }

 private:
  void header(uint8_t type, uint8_t flags, size_t size) {
    out.u8(uint8_t(size > 255 ? flags | attribute::EXTENDED_LENGTH : flags));
    out.u8(type);
    if (size > 255)
      out.u16(uint16_t(size));
    else
      out.u8(uint8_t(size));
  }

  void othersBefore(uint type) {
    for (; other != from.others.end() && other->type < type; ++other) {
      header(other->type, other->flags, other->value.size());
      out.bytes(kj::arrayPtr(other->value.data(), other->value.size()));
    }
  }

  template <typename Body> void put(uint8_t type, uint8_t flags, size_t size, Body&& body) {
    othersBefore(type);
    header(type, flags, size);
    body();
  }

  void number(uint8_t type, uint8_t flags, const kj::Maybe<uint32_t>& value) {
    KJ_IF_MAYBE (some, value) put(type, flags, 4, [&] { out.u32(*some); });
  }

  template <typename T, typename One> void list(uint8_t type, const policy::Set<T>& members, size_t size, One&& one) {
    if (members.empty()) return;
    put(type, OPTIONAL_TRANSITIVE, members.size() * size, [&] {
      for (auto& member : members) one(member);
    });
  }

  void path(uint8_t type, uint8_t flags, const AsPath& path, bool wide) {
    size_t size = 0;
    for (auto segment : path)
      size += segment.members.size() * (wide ? 4 : 2) + (segment.members.size() + SEGMENT - 1) / SEGMENT * 2;
    put(type, flags, size, [&] {
      for (auto segment : path)
        for (auto members = segment.members; members.size() > 0;) {
          auto part = members.slice(0, kj::min(members.size(), SEGMENT));
          members = members.slice(part.size(), members.size());
          out.u8(segment.type);
          out.u8(uint8_t(part.size()));
          for (auto as : part) as2or4(as, wide);
        }
    });
  }

  void as2or4(uint32_t as, bool wide) {
    if (wide)
      out.u32(as);
    else
      out.u16(uint16_t(isWide(as) ? AS_TRANS : as));
  }

  void aggregator() {
    KJ_IF_MAYBE (value, from.aggregator)
      put(attribute::AGGREGATOR, OPTIONAL_TRANSITIVE, encoding.as4 ? 8 : 6, [&] {
        as2or4(value->as, encoding.as4);
        out.ip(value->address);
      });
  }

  void as4() {
    if (encoding.as4) return;
    AsPath outside = from.path;
    outside.removeConfederation();
    bool wide = false;
    for (auto segment : outside)
      for (auto as : segment.members) wide = wide || isWide(as);
    if (wide) path(attribute::AS4_PATH, OPTIONAL_TRANSITIVE, outside, true);
    KJ_IF_MAYBE (value, from.aggregator)
      if (isWide(value->as))
        put(attribute::AS4_AGGREGATOR, OPTIONAL_TRANSITIVE, 8, [&] {
          out.u32(value->as);
          out.ip(value->address);
        });
  }

  const policy::Attributes& from;
  const Encoding& encoding;
  ByteWriter& out;
  std::vector<policy::OtherAttribute>::const_iterator other;
};

void multiprotocolHeader(ByteWriter& out, uint8_t type, Family family) {
  out.u8(attribute::OPTIONAL | attribute::EXTENDED_LENGTH);
  out.u8(type);
  out.u16(0);
  out.u16(afiOf(family));
  out.u8(safiOf(family));
}

}  // namespace

bool usesMultiprotocol(Family family, net::Ip nextHop) { return family != Family::IPV4_UNICAST || nextHop.is6(); }

void encodeAttributes(const policy::Attributes& attributes, const Encoding& encoding, ByteWriter& out) {
  Block(attributes, encoding, out).write();
}

kj::Array<kj::byte> encodeEndOfRib(Family family) {
  ByteWriter out(HEADER_SIZE + 11);
  auto at = beginMessage(out, Type::UPDATE);
  out.u16(0);
  if (family == Family::IPV4_UNICAST) {
    out.u16(0);
  } else {
    out.u16(6);
    out.u8(attribute::OPTIONAL);
    out.u8(attribute::MP_UNREACH_NLRI);
    out.u8(3);
    out.u16(afiOf(family));
    out.u8(safiOf(family));
  }
  endMessage(out, at);
  return out.finish();
}

bool Composer::begin(net::Ip hop, net::Ip6 local, Bytes block) {
  if (kind == REACH) close();
  nextHop = hop;
  linkLocal = local;
  attributes = block;
  multiprotocol = usesMultiprotocol(family, nextHop);
  size_t reach = multiprotocol ? 4 + 3 + 1 + 32 + 1 : 0;
  return HEADER_SIZE + 4 + reach + attributes.size() + LARGEST <= max;
}

void Composer::put(Kind kind, uint32_t path, net::Ip4 address, uint length) {
  kj::byte prefix[4];
  address.toBytes(prefix);
  add(kind, prefix, path, length);
}

void Composer::put(Kind kind, uint32_t path, net::Ip6 address, uint length) {
  kj::byte prefix[16];
  address.toBytes(prefix);
  add(kind, prefix, path, length);
}

void Composer::add(Kind wanted, kj::byte* prefix, uint32_t path, uint length) {
  size_t bytes = (length + 7) / 8, size = (addPath ? 4 : 0) + 1 + bytes;
  if (kind != wanted || out.size() - start + size + behind() > max) {
    close();
    open(wanted);
  }
  kj::byte whole[LARGEST], *at = whole;
  if (addPath) {
    net::Ip4{path}.toBytes(at);
    at += 4;
  }
  *at++ = kj::byte(length);
  memcpy(at, prefix, bytes);
  out.bytes(kj::arrayPtr(whole, size));
}

void Composer::open(Kind wanted) {
  kind = wanted;
  start = beginMessage(out, Type::UPDATE);
  bool classic = kind == REACH ? !multiprotocol : family == Family::IPV4_UNICAST;
  if (kind == REACH || !classic) out.u16(0);
  list = out.size();
  out.u16(0);
  if (kind == REACH && classic) {
    out.bytes(attributes);
  } else if (kind == REACH) {
    multiprotocolHeader(out, attribute::MP_REACH_NLRI, family);
    if (nextHop.is4()) {
      out.u8(4);
      out.ip(nextHop.v4());
    } else {
      bool both = !linkLocal.isUnspecified();
      out.u8(both ? 32 : 16);
      out.ip(nextHop.v6());
      if (both) out.ip(linkLocal);
    }
    out.u8(0);
  } else if (!classic) {
    multiprotocolHeader(out, attribute::MP_UNREACH_NLRI, family);
  }
}

void Composer::close() {
  if (kind == NONE) return;
  bool classic = kind == REACH ? !multiprotocol : family == Family::IPV4_UNICAST;
  if (!classic) out.patch16(list + 4, uint16_t(out.size() - list - 6));
  if (kind == REACH && !classic) out.bytes(attributes);
  size_t size = kind == REACH && classic ? attributes.size() : out.size() - list - 2;
  out.patch16(list, uint16_t(size));
  if (kind == UNREACH && classic) out.u16(0);
  endMessage(out, start);
  kind = NONE;
  ++count;
}

void Composer::finish() { close(); }

}  // namespace xylem::bgp

// Attributes to bytes and back.
//
// Segments of an AS path are cut at 255 members, which is what fits; a sequence is put together again by decoding,
// since equal neighbours join.

#include <protocols/bgp/encoding.h>

namespace xylem::bgp {

using policy::AsPath;
using namespace encoded;

namespace {

constexpr uint8_t TRANSITIVE = 0x40, OPTIONAL = 0x80, EXTENDED_LENGTH = 0x10;
constexpr size_t MOST_MEMBERS = 255;

void header(net::ByteWriter& out, uint8_t flags, uint8_t type, size_t size) {
  bool extended = size > 255;
  out.u8(extended ? flags | EXTENDED_LENGTH : flags);
  out.u8(type);
  if (!extended) {
    out.u8(uint8_t(size));
  } else {
    // Longer than 65535 is possible only inside: the path of an extended message with two-octet AS numbers.
    out.u16(uint16_t(kj::min(size, size_t(0xffff))));
    if (size >= 0xffff) out.u32(uint32_t(size));
  }
}

void number(net::ByteWriter& out, uint8_t flags, uint8_t type, uint32_t value) {
  header(out, flags, type, 4);
  out.u32(value);
}

size_t sizeOf(const AsPath& path) {
  size_t size = 0;
  for (auto segment : path) {
    auto count = segment.members.size();
    size += 4 * count + 2 * ((count + MOST_MEMBERS - 1) / MOST_MEMBERS);
  }
  return size;
}

void encodePath(const AsPath& path, net::ByteWriter& out) {
  header(out, TRANSITIVE, AS_PATH, sizeOf(path));
  for (auto segment : path) {
    for (size_t at = 0; at < segment.members.size(); at += MOST_MEMBERS) {
      auto part = segment.members.slice(at, kj::min(at + MOST_MEMBERS, segment.members.size()));
      out.u8(segment.type);
      out.u8(uint8_t(part.size()));
      for (auto as : part) out.u32(as);
    }
  }
}

void encodeNextHop(const policy::Attributes& attributes, net::ByteWriter& out) {
  auto& hop = attributes.nextHop;
  if (hop.is4()) {
    header(out, TRANSITIVE, NEXT_HOP, 4);
    out.ip(hop.v4());
  }
}

void encodeNextHop6(const policy::Attributes& attributes, net::ByteWriter& out) {
  if (!attributes.nextHop.is6()) return;
  bool two = !attributes.linkLocal.isUnspecified();
  header(out, OPTIONAL, MP_NEXT_HOP, two ? 32 : 16);
  out.ip(attributes.nextHop.v6());
  if (two) out.ip(attributes.linkLocal);
}

template <typename List, typename F>
void list(net::ByteWriter& out, uint8_t flags, uint8_t type, size_t each, const List& members, F&& f) {
  if (members.size() == 0) return;
  header(out, flags, type, each * members.size());
  for (auto& member : members) f(member);
}

class Others {
  // Those that are not understood, each in its turn.
 public:
  Others(const std::vector<policy::OtherAttribute>& list, net::ByteWriter& out)
      : at(list.begin()), end(list.end()), out(out) {}

  void below(uint type) {
    for (; at != end && at->type < type; ++at) {
      header(out, at->flags & uint8_t(~EXTENDED_LENGTH), at->type, at->value.size());
      out.bytes(kj::arrayPtr(at->value.data(), at->value.size()));
    }
  }

 private:
  std::vector<policy::OtherAttribute>::const_iterator at, end;
  net::ByteWriter& out;
};

AsPath decodePath(net::Bytes bytes) {
  AsPath path;
  std::vector<uint32_t> members;
  for (net::ByteReader in(bytes); in.has(2);) {
    auto type = AsPath::Type(in.u8());
    members.resize(in.u8());
    for (auto& as : members) as = in.u32();
    path.append(type, kj::arrayPtr(members.data(), members.size()));
  }
  return path;
}

template <typename T, typename F> std::vector<T> decodeList(net::ByteReader& in, size_t each, F&& f) {
  std::vector<T> members;
  members.reserve(in.remaining() / each);
  while (in.has(each)) members.push_back(f());
  return members;
}

struct Item {
  uint8_t flags, type;
  net::Bytes value;
};

Item nextItem(net::ByteReader& in) {
  uint8_t flags = in.u8(), type = in.u8();
  size_t size = flags & EXTENDED_LENGTH ? in.u16() : in.u8();
  if (size == 0xffff) size = in.u32();
  return {uint8_t(flags & ~EXTENDED_LENGTH), type, in.bytes(size)};
}

void decodeItem(const Item& item, policy::Attributes& to) {
  net::ByteReader in(item.value);
  switch (item.type) {
    case ORIGIN:
      to.origin = policy::Origin(in.u8());
      break;
    case AS_PATH:
      to.path = decodePath(item.value);
      break;
    case NEXT_HOP:
      to.nextHop = in.ip4();
      break;
    case MED:
      to.med = in.u32();
      break;
    case LOCAL_PREFERENCE:
      to.localPreference = in.u32();
      break;
    case ATOMIC_AGGREGATE:
      to.atomicAggregate = true;
      break;
    case AGGREGATOR: {
      uint32_t as = in.u32();
      to.aggregator = policy::Aggregator{as, in.ip4()};
      break;
    }
    case COMMUNITIES:
      to.communities = policy::Set<policy::Community>(
          decodeList<policy::Community>(in, 4, [&]() { return policy::Community(in.u32()); }));
      break;
    case ORIGINATOR_ID:
      to.originatorId = in.ip4();
      break;
    case CLUSTER_LIST:
      to.clusters = decodeList<net::Ip4>(in, 4, [&]() { return in.ip4(); });
      break;
    case MP_NEXT_HOP:
      to.nextHop = in.ip6();
      if (in.has(16)) to.linkLocal = in.ip6();
      break;
    case EXTENDED_COMMUNITIES:
      to.extendedCommunities = policy::Set<policy::ExtendedCommunity>(
          decodeList<policy::ExtendedCommunity>(in, 8, [&]() { return policy::ExtendedCommunity{in.u64()}; }));
      break;
    case LARGE_COMMUNITIES:
      to.largeCommunities = policy::Set<policy::LargeCommunity>(decodeList<policy::LargeCommunity>(in, 12, [&]() {
        uint32_t administrator = in.u32(), first = in.u32();
        return policy::LargeCommunity{administrator, first, in.u32()};
      }));
      break;
    case ONLY_TO_CUSTOMER:
      to.onlyToCustomer = in.u32();
      break;
    default:
      to.others.push_back({item.flags, item.type, {item.value.begin(), item.value.end()}});
  }
}

}  // namespace

void encode(const policy::Attributes& from, net::ByteWriter& out) {
  Others others(from.others, out);
  header(out, TRANSITIVE, ORIGIN, 1);
  out.u8(uint8_t(from.origin));
  encodePath(from.path, out);
  encodeNextHop(from, out);
  KJ_IF_MAYBE (med, from.med) number(out, OPTIONAL, MED, *med);
  KJ_IF_MAYBE (preference, from.localPreference) number(out, TRANSITIVE, LOCAL_PREFERENCE, *preference);
  if (from.atomicAggregate) header(out, TRANSITIVE, ATOMIC_AGGREGATE, 0);
  KJ_IF_MAYBE (aggregator, from.aggregator) {
    header(out, OPTIONAL | TRANSITIVE, AGGREGATOR, 8);
    out.u32(aggregator->as);
    out.ip(aggregator->address);
  }
  list(out, OPTIONAL | TRANSITIVE, COMMUNITIES, 4, from.communities, [&](auto& member) { out.u32(member.bits); });
  KJ_IF_MAYBE (originator, from.originatorId) number(out, OPTIONAL, ORIGINATOR_ID, originator->bits);
  list(out, OPTIONAL, CLUSTER_LIST, 4, from.clusters, [&](auto& member) { out.ip(member); });
  others.below(MP_NEXT_HOP);
  encodeNextHop6(from, out);
  others.below(EXTENDED_COMMUNITIES);
  list(out, OPTIONAL | TRANSITIVE, EXTENDED_COMMUNITIES, 8, from.extendedCommunities,
       [&](auto& member) { out.u64(member.bits); });
  others.below(LARGE_COMMUNITIES);
  list(out, OPTIONAL | TRANSITIVE, LARGE_COMMUNITIES, 12, from.largeCommunities, [&](auto& member) {
    out.u32(member.administrator);
    out.u32(member.first);
    out.u32(member.second);
  });
  others.below(ONLY_TO_CUSTOMER);
  KJ_IF_MAYBE (as, from.onlyToCustomer) number(out, OPTIONAL | TRANSITIVE, ONLY_TO_CUSTOMER, *as);
  others.below(256);
}

policy::Attributes decode(net::Bytes bytes) {
  policy::Attributes attributes;
  for (net::ByteReader in(bytes); in.has(3);) decodeItem(nextItem(in), attributes);
  return attributes;
}

kj::Maybe<net::Bytes> findAttribute(net::Bytes bytes, uint8_t type) {
  for (net::ByteReader in(bytes); in.has(3);) {
    auto item = nextItem(in);
    if (item.type == type) return item.value;
  }
  return nullptr;
}

}  // namespace xylem::bgp

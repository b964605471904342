// LSAs to bytes and back, with the bodies of OSPFv2; those of OSPFv3 are in lsa3.cc.
//
// The checksum covers all but the age, so that an LSA can grow old on its way. It is Fletcher's: two sums modulo 255 of
// which the two check bytes make zeros. Sums are reduced every 4096 bytes, before 32 bits overflow.
//
// Nothing is trusted about a router LSA but its length: it may claim any number of links, and links may carry metrics
// by type of service, which nobody uses and which are skipped.

#include <protocols/ospf/lsa3.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr size_t CHECKSUM_AT = 16;
// Within an LSA.
constexpr size_t AGE = 2;
// Its bytes, which the checksum leaves out.
constexpr uint SCOPE_BITS = 0x6000, SCOPE_AT = 13, FLOOD_UNKNOWN = 0x8000;

bool isKnown3(Type type) {
  switch (type) {
    case Type::ROUTER:
    case Type::NETWORK:
    case Type::SUMMARY:
    case Type::ASBR_SUMMARY:
    case Type::EXTERNAL:
    case Type::NSSA:
    case Type::LINK:
    case Type::PREFIXES:
    case Type::GRACE:
      return true;
    default:
      return false;
  }
}

struct Sums {
  uint32_t c0 = 0, c1 = 0;

  void add(Bytes bytes) {
    constexpr size_t CHUNK = 4096;
    for (size_t from = 0; from < bytes.size(); from += CHUNK) {
      for (auto byte : bytes.slice(from, kj::min(bytes.size(), from + CHUNK))) {
        c0 += byte;
        c1 += c0;
      }
      c0 %= 255;
      c1 %= 255;
    }
  }
};

}  // namespace

Type typeOf(uint8_t number) {
  for (auto type : {Type::ROUTER, Type::NETWORK, Type::SUMMARY, Type::ASBR_SUMMARY, Type::EXTERNAL, Type::NSSA,
                    Type::OPAQUE_LINK, Type::OPAQUE_AREA, Type::OPAQUE_AS})
    if (uint8_t(type) == number) return type;
  return Type(SCOPE_BITS | number);
}

kj::Maybe<Scope> scopeOf(Type type, Face face) {
  bool unknown = isV3(face) && !isKnown3(type) && !(uint(type) & FLOOD_UNKNOWN);
  uint scope = (uint(type) & SCOPE_BITS) >> SCOPE_AT;
  if (scope > uint(Scope::AS)) return nullptr;
  return unknown ? Scope::LINK : Scope(scope);
}

bool isOpaque(Type type) {
  return type == Type::OPAQUE_LINK || type == Type::OPAQUE_AREA || type == Type::OPAQUE_AS || type == Type::INFORMATION;
}

kj::StringPtr nameOf(Type type, Face face) {
  switch (type) {
    case Type::ROUTER:
      return "router"_kj;
    case Type::NETWORK:
      return "network"_kj;
    case Type::SUMMARY:
      return isV3(face) ? "inter-area-prefix"_kj : "summary"_kj;
    case Type::ASBR_SUMMARY:
      return isV3(face) ? "inter-area-router"_kj : "asbr-summary"_kj;
    case Type::EXTERNAL:
      return "external"_kj;
    case Type::NSSA:
      return "nssa"_kj;
    case Type::OPAQUE_LINK:
      return "opaque-link"_kj;
    case Type::OPAQUE_AREA:
      return "opaque-area"_kj;
    case Type::OPAQUE_AS:
      return "opaque-as"_kj;
    case Type::LINK:
      return "link"_kj;
    case Type::PREFIXES:
      return "intra-area-prefix"_kj;
    case Type::GRACE:
      return "grace"_kj;
    case Type::INFORMATION:
      return "router-information"_kj;
  }
  return "unknown"_kj;
}

kj::String KJ_STRINGIFY(const Key& key) { return kj::str(nameOf(key.type), ' ', key.id, " by ", key.router); }

// ---- header, age, checksum

LsaHeader LsaHeader::read(net::ByteReader& in, Face face) {
  LsaHeader header;
  header.face = face;
  header.age = in.u16();
  if (isV3(face)) {
    header.key.type = Type(in.u16());
  } else {
    header.options = in.u8();
    header.key.type = typeOf(in.u8());
  }
  header.key.id = in.ip4();
  header.key.router = in.ip4();
  header.sequence = int32_t(in.u32());
  header.checksum = in.u16();
  header.length = in.u16();
  return header;
}

void LsaHeader::write(net::ByteWriter& out) const {
  out.u16(age);
  out.u16(isV3(face) ? uint16_t(key.type) : uint16_t(options << 8 | uint8_t(key.type)));
  out.ip(key.id);
  out.ip(key.router);
  out.u32(uint32_t(sequence));
  out.u16(checksum);
  out.u16(length);
}

int compareAge(const LsaHeader& a, const LsaHeader& b) {
  if (a.sequence != b.sequence) return a.sequence > b.sequence ? 1 : -1;
  if (a.checksum != b.checksum) return a.checksum > b.checksum ? 1 : -1;
  bool oldA = a.age >= MAX_AGE, oldB = b.age >= MAX_AGE;
  if (oldA != oldB) return oldA ? 1 : -1;
  int younger = int(b.age) - int(a.age);
  if (younger > MAX_AGE_DIFF || younger < -MAX_AGE_DIFF) return younger > 0 ? 1 : -1;
  return 0;
}

uint16_t fletcher(Bytes bytes, size_t checksumAt) {
  const kj::byte zeros[2] = {};
  Sums sums;
  sums.add(bytes.slice(0, checksumAt));
  sums.add(zeros);
  sums.add(bytes.slice(checksumAt + 2, bytes.size()));
  int64_t behind = int64_t(bytes.size() - checksumAt) - 1;
  int64_t x = (behind * sums.c0 - sums.c1) % 255;
  if (x <= 0) x += 255;
  int64_t y = 510 - int64_t(sums.c0) - x;
  if (y > 255) y -= 255;
  return uint16_t(x << 8 | y);
}

bool fletcherHolds(Bytes bytes) {
  Sums sums;
  sums.add(bytes);
  return sums.c0 == 0 && sums.c1 == 0;
}

kj::Maybe<Lsa> Lsa::parse(Bytes bytes, Time now, Face face) {
  net::ByteReader in(bytes);
  auto header = LsaHeader::read(in, face);
  if (!in.ok() || header.length != bytes.size() || header.checksum == 0) return nullptr;
  if (!fletcherHolds(bytes.slice(AGE, bytes.size()))) return nullptr;
  header.age = kj::min(header.age, MAX_AGE);
  return Lsa(header, kj::heapArray<const kj::byte>(bytes), now);
}

Lsa Lsa::make(Key key, uint8_t options, int32_t sequence, Bytes body, Time now, Face face) {
  LsaHeader header{0, options, key, sequence, 0, uint16_t(LSA_HEADER + body.size()), face};
  net::ByteWriter out(header.length);
  header.write(out);
  out.bytes(body);
  header.checksum = fletcher(out.bytes().slice(AGE, out.size()), CHECKSUM_AT - AGE);
  out.patch16(CHECKSUM_AT, header.checksum);
  return Lsa(header, out.finish(), now);
}

uint16_t Lsa::age(Time now) const {
  uint64_t seconds = uint64_t((now - since) / kj::SECONDS) + header.age;
  return uint16_t(kj::min(seconds, uint64_t(MAX_AGE)));
}

LsaHeader Lsa::headerAt(Time now) const {
  auto copy = header;
  copy.age = age(now);
  return copy;
}

Lsa Lsa::aged(Time now) const {
  auto copy = header;
  copy.age = MAX_AGE;
  return Lsa(copy, kj::heapArray<const kj::byte>(bytes), now);
}

void Lsa::write(net::ByteWriter& out, Time now, uint16_t delay) const {
  out.u16(uint16_t(kj::min(age(now) + delay, int(MAX_AGE))));
  out.bytes(bytes.slice(AGE, bytes.size()));
}

// ---- bodies

kj::Maybe<RouterBody> RouterBody::decode(Bytes body) {
  net::ByteReader in(body);
  RouterBody router;
  router.flags = in.u8();
  in.skip(1);
  uint count = in.u16();
  for (uint i = 0; i < count && in.has(12); ++i) {
    RouterLink link;
    link.id = in.ip4();
    link.data = in.ip4();
    link.type = LinkType(in.u8());
    uint services = in.u8();
    link.metric = in.u16();
    in.skip(services * 4);
    if (link.type < LinkType::POINT_TO_POINT || link.type > LinkType::VIRTUAL) continue;
    router.links.push_back(link);
  }
  if (!in.ok() || !in.done()) return nullptr;
  return kj::mv(router);
}

void RouterBody::encode(net::ByteWriter& out) const {
  out.u8(flags);
  out.u8(0);
  out.u16(uint16_t(links.size()));
  for (auto& link : links) {
    out.ip(link.id);
    out.ip(link.data);
    out.u8(uint8_t(link.type));
    out.u8(0);
    out.u16(link.metric);
  }
}

kj::Maybe<NetworkBody> NetworkBody::decode(Bytes body) {
  net::ByteReader in(body);
  NetworkBody network;
  network.mask = in.ip4();
  while (in.has(4)) network.routers.push_back(in.ip4());
  if (!in.ok() || !in.done() || network.mask.maskLength() == nullptr) return nullptr;
  return kj::mv(network);
}

void NetworkBody::encode(net::ByteWriter& out) const {
  out.ip(mask);
  for (auto router : routers) out.ip(router);
}

kj::Maybe<SummaryBody> SummaryBody::decode(Bytes body) {
  net::ByteReader in(body);
  SummaryBody summary;
  summary.mask = in.ip4();
  in.skip(1);
  summary.metric = in.u24();
  if (!in.ok() || summary.mask.maskLength() == nullptr) return nullptr;
  return summary;
}

void SummaryBody::encode(net::ByteWriter& out) const {
  out.ip(mask);
  out.u32(metric);
}

kj::Maybe<ExternalBody> ExternalBody::decode(Bytes body) {
  net::ByteReader in(body);
  ExternalBody external;
  external.mask = in.ip4();
  external.type2 = in.u8() & 0x80;
  external.metric = in.u24();
  external.forwarding = in.ip4();
  external.tag = in.u32();
  if (!in.ok() || external.mask.maskLength() == nullptr) return nullptr;
  return external;
}

void ExternalBody::encode(net::ByteWriter& out) const {
  out.ip(mask);
  out.u32((type2 ? 0x80000000 : 0) | metric);
  out.ip(forwarding);
  out.u32(tag);
}

kj::Maybe<Ip4Net> netOf(Ip4 id, Ip4 mask) {
  KJ_IF_MAYBE (length, mask.maskLength()) return Ip4Net(id, *length);
  return nullptr;
}

kj::Maybe<RouterBody> RouterBody::of(const Lsa& lsa) {
  return isV3(lsa.header.face) ? decode3(lsa.body()) : decode(lsa.body());
}

kj::Maybe<NetworkBody> NetworkBody::of(const Lsa& lsa) {
  return isV3(lsa.header.face) ? decode3(lsa.body()) : decode(lsa.body());
}

kj::Maybe<BoundaryBody> BoundaryBody::of(const Lsa& lsa) {
  if (isV3(lsa.header.face)) return decode3(lsa.body());
  KJ_IF_MAYBE (body, SummaryBody::decode(lsa.body())) return BoundaryBody{lsa.header.key.id, body->metric};
  return nullptr;
}

void BoundaryBody::encode(Face face, net::ByteWriter& out) const {
  if (isV3(face)) return encode3(out);
  SummaryBody{Ip4(), metric}.encode(out);
}

kj::Maybe<Announcement> Announcement::of(const Lsa& lsa) {
  auto& key = lsa.header.key;
  bool fits = key.type == Type::SUMMARY || key.type == Type::EXTERNAL || key.type == Type::NSSA;
  if (fits && isV3(lsa.header.face)) return decode3(lsa.body(), lsa.header.face, key.type);
  Announcement found;
  Ip4 mask;
  if (key.type == Type::SUMMARY) {
    KJ_IF_MAYBE (body, SummaryBody::decode(lsa.body())) {
      mask = body->mask;
      found.metric = body->metric;
    } else {
      return nullptr;
    }
  } else if (key.type == Type::EXTERNAL || key.type == Type::NSSA) {
    KJ_IF_MAYBE (body, ExternalBody::decode(lsa.body())) {
      mask = body->mask;
      found.metric = body->metric;
      found.type2 = body->type2;
      if (!body->forwarding.isUnspecified()) found.forwarding = body->forwarding;
      found.tag = body->tag;
      found.propagate = key.type == Type::NSSA && (lsa.header.options & options::P);
    } else {
      return nullptr;
    }
  } else {
    return nullptr;
  }
  found.net = KJ_ASSERT_NONNULL(netOf(key.id, mask));
  return found;
}

void Announcement::encode(Type type, Face face, net::ByteWriter& out) const {
  if (isV3(face)) return encode3(type, out);
  if (type == Type::SUMMARY) return SummaryBody{net.v4().mask(), metric}.encode(out);
  auto gateway = forwarding.isNone() ? Ip4() : forwarding.v4();
  ExternalBody{net.v4().mask(), type2, metric, gateway, tag}.encode(out);
}

bool isWellFormed(const Lsa& lsa) {
  if (isV3(lsa.header.face)) return isWellFormed3(lsa);
  switch (lsa.header.key.type) {
    case Type::ROUTER:
      return RouterBody::decode(lsa.body()) != nullptr;
    case Type::NETWORK:
      return NetworkBody::decode(lsa.body()) != nullptr;
    case Type::SUMMARY:
    case Type::ASBR_SUMMARY:
      return SummaryBody::decode(lsa.body()) != nullptr;
    case Type::EXTERNAL:
    case Type::NSSA:
      return ExternalBody::decode(lsa.body()) != nullptr;
    case Type::OPAQUE_LINK:
    case Type::OPAQUE_AREA:
    case Type::OPAQUE_AS:
      return true;
    default:
      return false;
  }
}

}  // namespace xylem::ospf

#pragma once
// Link-state advertisements (RFC 2328 appendix A.4, RFC 3101, RFC 5250; RFC 5340 appendix A.4): headers, bodies, and
// which of two instances is newer.
//
//     KJ_IF_MAYBE (lsa, Lsa::parse(bytes, now)) ... lsa->header.key
//     KJ_IF_MAYBE (router, RouterBody::of(*lsa)) ...
//     auto lsa = Lsa::make(key, options, sequence, body.bytes(), now);
//
// Bodies that both versions have are one structure, with a form for each: `decode` and `encode` are OSPFv2's, `decode3`
// and `encode3` OSPFv3's, `of` is that of the LSA's face. Who names no face means OSPFv2.
//
// Decoders take any bytes and give nothing when these are malformed. An Lsa's bytes never change; its age is what it
// had when it arrived, and the time since.

#include <net/bytes.h>
#include <protocols/ospf/face.h>

#include <kj/time.h>
#include <kj/vector.h>

#include <memory>
#include <vector>

namespace xylem::ospf {

using kj::uint;
using net::Bytes;
using net::Ip;
using net::Ip4;
using net::Ip4Net;
using net::IpNet;

using Time = kj::TimePoint;
// Monotonic; whoever drives the core says what time it is.
using RouterId = net::Ip4;
using AreaId = net::Ip4;
constexpr AreaId BACKBONE;

enum class Type : uint16_t {
  // The number of a type, and above it the bits that say its scope, as OSPFv3 has them (RFC 5340 section A.4.2.1). The
  // types of OSPFv2, a byte each on the wire, are given these bits when they are read.
  ROUTER = 0x2001,
  NETWORK = 0x2002,
  SUMMARY = 0x2003,
  ASBR_SUMMARY = 0x2004,
  EXTERNAL = 0x4005,
  NSSA = 0x2007,
  OPAQUE_LINK = 0x0009,
  OPAQUE_AREA = 0x200a,
  OPAQUE_AS = 0x400b,
  // OSPFv2's alone.
  LINK = 0x0008,
  PREFIXES = 0x2009,
  GRACE = 0x000b,
  INFORMATION = 0xa00c,
  // OSPFv3's alone: RFC 5340 sections A.4.9 and A.4.10, RFC 5187, RFC 7770, the last one flooded by those who do not
  // know it.
};

enum class Scope : uint8_t { LINK, AREA, AS };
// How far it is flooded.

Type typeOf(uint8_t number);
// Of OSPFv2's types. One that is not known has no scope.
kj::Maybe<Scope> scopeOf(Type type, Face face = Face::V2);
// None: its LSAs are neither kept nor flooded (RFC 2328 section 13, step 2). An OSPFv3 type that is not known is
// flooded as it says, or kept on its link (RFC 5340 section 4.5.1).
bool isOpaque(Type type);
// It says nothing of the topology.

kj::StringPtr nameOf(Type type, Face face = Face::V2);

constexpr uint16_t MAX_AGE = 3600, MAX_AGE_DIFF = 900, REFRESH_AGE = 1800;
// Seconds.
constexpr int32_t INITIAL_SEQUENCE = int32_t(0x80000001), MAX_SEQUENCE = 0x7fffffff;
constexpr uint32_t LS_INFINITY = 0xffffff;
// Metric of what a summary or an external LSA calls unreachable.
constexpr uint16_t MAX_LINK_METRIC = 0xffff;
// Of a stub router's links (RFC 6987).
constexpr size_t LSA_HEADER = 20;

namespace options {
// Bits of the options field (RFC 2328 section A.2, RFC 3101, RFC 5250, RFC 5613).
constexpr uint32_t E = 0x02, N = 0x08, L = 0x10, O = 0x40;
constexpr uint8_t P = 0x08;
// In an NSSA-LSA, the place of N.
constexpr uint32_t V6 = 0x01, R = 0x10, AF = 0x100, L3 = 0x200, AT = 0x400;
// OSPFv3's, beside E and N (RFC 5340 section A.2, RFC 5838, RFC 7166).
}  // namespace options

struct Key {
  // What identifies an LSA within its scope.
  Type type = Type::ROUTER;
  Ip4 id;
  RouterId router;

  constexpr auto operator<=>(const Key&) const = default;
  uint hashCode() const { return net::mix(uint64_t(id.bits) << 32 | router.bits, uint8_t(type)); }
};

kj::String KJ_STRINGIFY(const Key& key);
// `router 10.0.0.1 by 10.0.0.1`

struct KeyHash {
  size_t operator()(const Key& key) const { return key.hashCode(); }
};

struct LsaHeader {
  uint16_t age = 0;
  uint8_t options = 0;
  Key key;
  int32_t sequence = INITIAL_SEQUENCE;
  uint16_t checksum = 0;
  uint16_t length = 0;
  Face face = Face::V2;

  static LsaHeader read(net::ByteReader& in, Face face = Face::V2);
  // Of any type, known or not.
  void write(net::ByteWriter& out) const;
};

int compareAge(const LsaHeader& a, const LsaHeader& b);
// Which instance is more recent (RFC 2328 section 13.1): above zero if `a` is, zero if they are the same.

uint16_t fletcher(Bytes bytes, size_t checksumAt);
// The checksum (RFC 905 annex B) for these bytes, with the two at `checksumAt` taken for zero.
bool fletcherHolds(Bytes bytes);

class Lsa {
 public:
  LsaHeader header;
  Time since;
  // When it had the age in the header.
  kj::Array<const kj::byte> bytes;
  // All of it, the header included.
  mutable uint retransmitted = 0;
  // Neighbours that have not acknowledged it.
  mutable bool requested = false;
  // It came because it was asked for.
  mutable bool changed = false;
  // It says something else than the instance before it.

  Lsa(LsaHeader header, kj::Array<const kj::byte> bytes, Time since)
      : header(header), since(since), bytes(kj::mv(bytes)) {}

  static kj::Maybe<Lsa> parse(Bytes bytes, Time now, Face face = Face::V2);
  // Exactly one whole LSA with a good checksum.
  static Lsa make(Key key, uint8_t options, int32_t sequence, Bytes body, Time now, Face face = Face::V2);

  Bytes body() const { return bytes.slice(LSA_HEADER, bytes.size()); }
  uint16_t age(Time now) const;
  // At most MAX_AGE.
  bool isMaxAge(Time now) const { return age(now) >= MAX_AGE; }
  LsaHeader headerAt(Time now) const;
  // With the age that it has now.
  Lsa aged(Time now) const;
  // The same with age MAX_AGE, to be flushed.
  void write(net::ByteWriter& out, Time now, uint16_t delay) const;
  // As it is sent: `delay` seconds older.
};

using LsaPtr = std::shared_ptr<const Lsa>;

// ---- bodies

namespace flags {
// Of a router (RFC 2328 section A.4.2, RFC 3101 appendix C).
constexpr uint8_t B = 0x01, E = 0x02, V = 0x04, NT = 0x10;
constexpr uint8_t NO_TRANSIT = 0x80;
// Of a router in the graph: nothing leads through it (RFC 5340 section 4.8.1).
}  // namespace flags

enum class LinkType : uint8_t { POINT_TO_POINT = 1, TRANSIT = 2, STUB = 3, VIRTUAL = 4 };

struct RouterLink {
  LinkType type = LinkType::STUB;
  Ip4 id;
  // The neighbour's router ID; of a transit network, its designated router's address, or, in OSPFv3, its ID; of a stub
  // network, its address.
  Ip4 data;
  // This router's address, or the number of its interface, if that is unnumbered or this is OSPFv3; of a stub network,
  // its mask.
  uint16_t metric = 1;
  uint32_t there = 0;
  // In OSPFv3, the number of the interface of the neighbour or of the designated router.

  bool operator==(const RouterLink&) const = default;
};

struct RouterBody {
  uint8_t flags = 0;
  std::vector<RouterLink> links;
  uint32_t options = 0;
  // In OSPFv3.

  static kj::Maybe<RouterBody> decode(Bytes body);
  static kj::Maybe<RouterBody> decode3(Bytes body);
  static kj::Maybe<RouterBody> of(const Lsa& lsa);
  void encode(net::ByteWriter& out) const;
  void encode3(net::ByteWriter& out) const;
};

struct NetworkBody {
  Ip4 mask;
  // In OSPFv2.
  std::vector<RouterId> routers;
  uint32_t options = 0;
  // In OSPFv3.

  static kj::Maybe<NetworkBody> decode(Bytes body);
  static kj::Maybe<NetworkBody> decode3(Bytes body);
  static kj::Maybe<NetworkBody> of(const Lsa& lsa);
  void encode(net::ByteWriter& out) const;
  void encode3(net::ByteWriter& out) const;
};

struct SummaryBody {
  // Of OSPFv2's types 3 and 4.
  Ip4 mask;
  uint32_t metric = 0;

  static kj::Maybe<SummaryBody> decode(Bytes body);
  void encode(net::ByteWriter& out) const;
};

struct ExternalBody {
  // Of OSPFv2's types 5 and 7.
  Ip4 mask;
  bool type2 = true;
  uint32_t metric = 0;
  Ip4 forwarding;
  // Unspecified: the router that announces it.
  uint32_t tag = 0;

  static kj::Maybe<ExternalBody> decode(Bytes body);
  void encode(net::ByteWriter& out) const;
};

kj::Maybe<Ip4Net> netOf(Ip4 id, Ip4 mask);
// The destination of a network, summary or external LSA. Host bits of the ID say nothing (RFC 2328 appendix E).

struct Announcement {
  // What an LSA of type 3, 5 or 7 says of one destination.
  IpNet net;
  uint32_t metric = 0;
  bool type2 = false;
  Ip forwarding;
  // None: the router that announces it.
  uint32_t tag = 0;
  bool propagate = false;
  // An NSSA's border router is to translate it.
  bool unicast = true;
  // OSPFv3 may tell of destinations that no unicast route leads to.

  static kj::Maybe<Announcement> of(const Lsa& lsa);
  // None: of another type, or malformed.
  static kj::Maybe<Announcement> decode3(Bytes body, Face face, Type type);
  void encode(Type type, Face face, net::ByteWriter& out) const;
  void encode3(Type type, net::ByteWriter& out) const;
};

struct BoundaryBody {
  // What an LSA of type 4 says of an AS boundary router.
  RouterId router;
  uint32_t metric = 0;
  uint32_t options = 0;
  // In OSPFv3.

  static kj::Maybe<BoundaryBody> of(const Lsa& lsa);
  static kj::Maybe<BoundaryBody> decode3(Bytes body);
  void encode(Face face, net::ByteWriter& out) const;
  void encode3(net::ByteWriter& out) const;
};

bool isWellFormed(const Lsa& lsa);
// Its body can be decoded, if its type is one that is decoded.

}  // namespace xylem::ospf

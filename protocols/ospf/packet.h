#pragma once
// The packets of OSPF (RFC 2328 appendix A.3, RFC 5340 appendix A.3). Who names no face means OSPFv2.
//
//     KJ_IF_MAYBE (header, Header::read(packet)) ...                     who sends, in which area
//     auto checked = authentication.check(packet, from, numbers);         the body, or why not
//     KJ_IF_MAYBE (hello, Hello::decode(body)) ...
//
//     PacketWriter out(PacketType::HELLO, router, area);
//     hello.encode(out.body);
//     auto bytes = authentication.seal(kj::mv(out.body), source, sequence);
//
// Decoders take any bytes and give nothing when these are malformed.

#include <protocols/ospf/lsa.h>

namespace xylem::ospf {

constexpr Ip4 ALL_ROUTERS = Ip4::of(224, 0, 0, 5), ALL_DESIGNATED = Ip4::of(224, 0, 0, 6);
constexpr net::Ip6 ALL_ROUTERS6{0xff02000000000000, 5}, ALL_DESIGNATED6{0xff02000000000000, 6};
constexpr uint8_t PROTOCOL = 89;
constexpr size_t CHECKSUM_AT = 12;
// In the header of OSPFv3 too.

enum class PacketType : uint8_t { HELLO = 1, DESCRIPTION = 2, REQUEST = 3, UPDATE = 4, ACKNOWLEDGMENT = 5 };

struct Header {
  PacketType type = PacketType::HELLO;
  RouterId router;
  AreaId area;
  uint8_t instance = 0;
  // In OSPFv3: which of those on the link.

  static kj::Maybe<Header> read(Bytes packet, Face face = Face::V2);
  // Nothing when it is of another version or type, or shorter than it says.
};

struct PacketWriter {
  net::ByteWriter body;
  // The header, and what is written behind it.

  PacketWriter(PacketType type, RouterId router, AreaId area, Face face = Face::V2, uint8_t instance = 0);
};

struct Hello {
  Ip4 mask;
  // In OSPFv2.
  uint16_t interval = 10;
  uint32_t options = 0;
  uint8_t priority = 1;
  uint32_t deadInterval = 40;
  Ip4 designated, backup;
  // Addresses of routers, or, in OSPFv3, their IDs; unspecified: none.
  std::vector<RouterId> neighbors;
  uint32_t interface = 0;
  // In OSPFv3: the number of the sender's interface.

  static kj::Maybe<Hello> decode(Bytes body, Face face = Face::V2);
  void encode(net::ByteWriter& out, Face face = Face::V2) const;
};

struct Description {
  // A database description packet.
  static constexpr uint8_t INIT = 4, MORE = 2, MASTER = 1;

  uint16_t mtu = 0;
  uint32_t options = 0;
  uint8_t flags = 0;
  uint32_t sequence = 0;
  std::vector<LsaHeader> headers;

  static kj::Maybe<Description> decode(Bytes body, Face face = Face::V2);
  void encode(net::ByteWriter& out, Face face = Face::V2) const;
  bool isDuplicateOf(const Description& other) const {
    return flags == other.flags && options == other.options && sequence == other.sequence;
  }
};

kj::Maybe<std::vector<Key>> decodeRequest(Bytes body, Face face = Face::V2);
// Types may be some that are not known.
void encodeRequest(const Key& key, net::ByteWriter& out, Face face = Face::V2);
constexpr size_t REQUEST_ENTRY = 12;

kj::Maybe<std::vector<Bytes>> decodeUpdate(Bytes body);
// The LSAs, where they lie; none has been looked into.

kj::Maybe<std::vector<LsaHeader>> decodeAcknowledgment(Bytes body, Face face = Face::V2);

}  // namespace xylem::ospf

#pragma once
// The packets of OSPFv2 (RFC 2328 appendix A.3).
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

constexpr size_t PACKET_HEADER = 24;
constexpr Ip4 ALL_ROUTERS = Ip4::of(224, 0, 0, 5), ALL_DESIGNATED = Ip4::of(224, 0, 0, 6);
constexpr uint8_t PROTOCOL = 89;

enum class PacketType : uint8_t { HELLO = 1, DESCRIPTION = 2, REQUEST = 3, UPDATE = 4, ACKNOWLEDGMENT = 5 };

struct Header {
  PacketType type = PacketType::HELLO;
  RouterId router;
  AreaId area;

  static kj::Maybe<Header> read(Bytes packet);
  // Nothing when it is of another version or type, or shorter than it says.
};

struct PacketWriter {
  net::ByteWriter body;
  // The header, and what is written behind it.

  PacketWriter(PacketType type, RouterId router, AreaId area);
};

struct Hello {
  Ip4 mask;
  uint16_t interval = 10;
  uint32_t options = 0;
  uint8_t priority = 1;
  uint32_t deadInterval = 40;
  Ip4 designated, backup;
  // Addresses of routers; unspecified: none.
  std::vector<RouterId> neighbors;

  static kj::Maybe<Hello> decode(Bytes body);
  void encode(net::ByteWriter& out) const;
};

struct Description {
  // A database description packet.
  static constexpr uint8_t INIT = 4, MORE = 2, MASTER = 1;

  uint16_t mtu = 0;
  uint32_t options = 0;
  uint8_t flags = 0;
  uint32_t sequence = 0;
  std::vector<LsaHeader> headers;

  static kj::Maybe<Description> decode(Bytes body);
  void encode(net::ByteWriter& out) const;
  bool isDuplicateOf(const Description& other) const {
    return flags == other.flags && options == other.options && sequence == other.sequence;
  }
};

kj::Maybe<std::vector<Key>> decodeRequest(Bytes body);
// Types may be some that are not known.
void encodeRequest(const Key& key, net::ByteWriter& out);
constexpr size_t REQUEST_ENTRY = 12;

kj::Maybe<std::vector<Bytes>> decodeUpdate(Bytes body);
// The LSAs, where they lie; none has been looked into.

kj::Maybe<std::vector<LsaHeader>> decodeAcknowledgment(Bytes body);

}  // namespace xylem::ospf

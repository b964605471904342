// What a path carries is drawn from its origin and salt: its length, the transit networks on it, and its communities
// are distributed roughly as in a full table (paths of four to five, six routes in seven with communities, few MEDs).

#include <bench/bgp/messages.h>

#include <random>

namespace xylem::bench {

namespace {

constexpr uint8_t WELL_KNOWN = 0x40, OPTIONAL = 0x80, TRANSITIVE = 0x40, EXTENDED = 0x10;
constexpr uint8_t ORIGIN = 1, AS_PATH = 2, NEXT_HOP = 3, MED = 4, ATOMIC_AGGREGATE = 6, AGGREGATOR = 7, COMMUNITIES = 8,
                  MP_REACH = 14, MP_UNREACH = 15, LARGE_COMMUNITIES = 32;

size_t beginMessage(net::ByteWriter& out, Type type) {
  auto at = out.size();
  for (uint i = 0; i < 16; ++i) out.u8(0xff);
  out.u16(0);
  out.u8(uint8_t(type));
  return at;
}

void endMessage(net::ByteWriter& out, size_t at) { out.patch16(at + 16, uint32_t(out.size() - at)); }

void attribute(net::ByteWriter& out, uint8_t flags, uint8_t type, size_t size) {
  out.u8(uint8_t(flags | (size > 255 ? EXTENDED : 0)));
  out.u8(type);
  if (size > 255)
    out.u16(uint16_t(size));
  else
    out.u8(uint8_t(size));
}

void put(net::ByteWriter& out, net::Ip address) {
  if (address.is4())
    out.ip(address.v4());
  else
    out.ip(address.v6());
}

size_t sizeOf(net::IpNet net) { return 1 + (net.length() + 7) / 8; }

void put(net::ByteWriter& out, net::IpNet net) {
  kj::byte address[16];
  if (net.is4())
    net.v4().address().toBytes(address);
  else
    net.v6().address().toBytes(address);
  out.u8(uint8_t(net.length()));
  out.bytes(kj::arrayPtr(address, sizeOf(net) - 1));
}

// As many of the nets as fit into so many bytes; the rest stays.
kj::ArrayPtr<const net::IpNet> fit(kj::ArrayPtr<const net::IpNet>& nets, size_t room) {
  size_t count = 0;
  while (count < nets.size() && sizeOf(nets[count]) <= room) room -= sizeOf(nets[count++]);
  KJ_REQUIRE(count > 0, "attributes fill the message");
  auto fitting = nets.slice(0, count);
  nets = nets.slice(count, nets.size());
  return fitting;
}

// MP_REACH_NLRI and MP_UNREACH_NLRI always have an extended length, patched when it is known.
template <typename Body> void multiprotocol(net::ByteWriter& out, uint8_t type, Body&& body) {
  out.u8(OPTIONAL | EXTENDED);
  out.u8(type);
  auto length = out.size();
  out.u16(0);
  out.u16(2);
  out.u8(1);
  body();
  out.patch16(length, uint32_t(out.size() - length - 2));
}

}  // namespace

kj::Maybe<Frame> frame(net::Bytes stream) {
  if (stream.size() < HEADER_SIZE) return nullptr;
  size_t length = size_t(stream[16]) << 8 | stream[17];
  KJ_REQUIRE(stream[0] == 0xff && stream[15] == 0xff && length >= HEADER_SIZE, "not a BGP message");
  if (stream.size() < length) return nullptr;
  return Frame{Type(stream[18]), stream.slice(HEADER_SIZE, length), stream.slice(0, length)};
}

kj::Array<kj::byte> encodeOpen(uint32_t as, net::Ip4 identifier, uint8_t version) {
  constexpr uint16_t AS_TRANS = 23456, HOLD_TIME = 3600;
  constexpr uint8_t CAPABILITIES = 2, MULTIPROTOCOL = 1, FOUR_OCTET_AS = 65;
  net::ByteWriter out(64);
  auto at = beginMessage(out, Type::OPEN);
  out.u8(4);
  out.u16(uint16_t(as < 0x10000 ? as : AS_TRANS));
  out.u16(HOLD_TIME);
  out.ip(identifier);
  out.u8(14);
  out.u8(CAPABILITIES);
  out.u8(12);
  out.u8(MULTIPROTOCOL);
  out.u8(4);
  out.u16(version == 4 ? 1 : 2);
  out.u16(1);
  out.u8(FOUR_OCTET_AS);
  out.u8(4);
  out.u32(as);
  endMessage(out, at);
  return out.finish();
}

net::Bytes keepalive() {
  static const kj::byte MESSAGE[HEADER_SIZE]{255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                             255, 255, 255, 255, 255, 255, 0,   19,  4};
  return MESSAGE;
}

kj::Array<kj::byte> attributesOf(uint32_t as, uint32_t origin, uint32_t salt) {
  std::mt19937 random(net::mix(origin, salt));
  auto oneOf = [&](uint count) { return random() % count == 0; };
  auto transit = [&] { return 1000 + 7 * uint32_t(random() % 64); };
  net::ByteWriter out(256);
  attribute(out, WELL_KNOWN, ORIGIN, 1);
  out.u8(oneOf(7) ? 2 : 0);

  constexpr uint8_t LENGTHS[] = {2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 8};
  auto length = LENGTHS[random() % sizeof LENGTHS];
  attribute(out, WELL_KNOWN, AS_PATH, 2 + 4u * length);
  out.u8(2);
  out.u8(length);
  out.u32(as);
  for (uint i = 2; i < length; ++i) out.u32(transit());
  out.u32(origin);

  if (oneOf(10)) {
    attribute(out, OPTIONAL, MED, 4);
    out.u32(random() % 200);
  }
  if (oneOf(12)) {
    attribute(out, WELL_KNOWN, ATOMIC_AGGREGATE, 0);
    attribute(out, OPTIONAL | TRANSITIVE, AGGREGATOR, 8);
    out.u32(origin);
    out.ip(net::Ip4{uint32_t(random())});
  }
  if (!oneOf(7)) {
    auto count = 1 + random() % 4 * (random() % 6);
    attribute(out, OPTIONAL | TRANSITIVE, COMMUNITIES, 4 * count);
    for (uint i = 0; i < count; ++i) out.u32(transit() << 16 | uint32_t(random() % 500));
  }
  if (oneOf(8)) {
    auto count = 1 + random() % 4;
    attribute(out, OPTIONAL | TRANSITIVE, LARGE_COMMUNITIES, 12 * count);
    for (uint i = 0; i < count; ++i) {
      out.u32(transit());
      out.u32(i);
      out.u32(random() % 500);
    }
  }
  return out.finish();
}

void announce(net::ByteWriter& out, net::Bytes attributes, net::Ip nextHop, kj::ArrayPtr<const net::IpNet> nets) {
  // Withdrawn and attribute lengths; NEXT_HOP, or MP_REACH_NLRI up to its prefixes.
  const size_t fixed = HEADER_SIZE + 4 + attributes.size() + (nextHop.is4() ? 7 : 4 + 3 + 1 + 16 + 1);
  while (nets.size() > 0) {
    auto some = fit(nets, MAX_MESSAGE - fixed);
    auto at = beginMessage(out, Type::UPDATE);
    out.u16(0);
    auto length = out.size();
    out.u16(0);
    out.bytes(attributes);
    if (nextHop.is4()) {
      attribute(out, WELL_KNOWN, NEXT_HOP, 4);
      put(out, nextHop);
    } else {
      multiprotocol(out, MP_REACH, [&] {
        out.u8(16);
        put(out, nextHop);
        out.u8(0);
        for (auto net : some) put(out, net);
      });
    }
    out.patch16(length, uint32_t(out.size() - length - 2));
    if (nextHop.is4())
      for (auto net : some) put(out, net);
    endMessage(out, at);
  }
}

void withdraw(net::ByteWriter& out, kj::ArrayPtr<const net::IpNet> nets) {
  const size_t fixed = HEADER_SIZE + 4 + 7;
  while (nets.size() > 0) {
    auto some = fit(nets, MAX_MESSAGE - fixed);
    auto at = beginMessage(out, Type::UPDATE);
    auto length = out.size();
    out.u16(0);
    if (some[0].is4()) {
      for (auto net : some) put(out, net);
      out.patch16(length, uint32_t(out.size() - length - 2));
      out.u16(0);
    } else {
      length = out.size();
      out.u16(0);
      multiprotocol(out, MP_UNREACH, [&] {
        for (auto net : some) put(out, net);
      });
      out.patch16(length, uint32_t(out.size() - length - 2));
    }
    endMessage(out, at);
  }
}

}  // namespace xylem::bench

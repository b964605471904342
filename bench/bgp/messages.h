#pragma once
// As much of BGP-4 as it takes to announce a table and to count what comes back (RFC 4271, RFC 4760, RFC 6793). Every
// daemon is measured with it, ours too, so it shares no code with any: neither can hide the other's mistakes.
//
//     announce(out, attributesOf(as, origin, salt), nextHop, nets);     appends as many UPDATEs as it takes
//     withdraw(out, nets);
//     eachChange(body, [&](net::IpNet net, bool reachable) { ... });    what an UPDATE says
//
// AS numbers have four octets everywhere.

#include <net/bytes.h>

namespace xylem::bench {

constexpr size_t HEADER_SIZE = 19, MAX_MESSAGE = 4096;

enum class Type : uint8_t { OPEN = 1, UPDATE = 2, NOTIFICATION = 3, KEEPALIVE = 4 };

struct Frame {
  Type type;
  net::Bytes body, whole;
  // Without and with the header.
};
kj::Maybe<Frame> frame(net::Bytes stream);
// The message that the stream begins with, when all of it is there. A stream that is none of BGP is a fault.

kj::Array<kj::byte> encodeOpen(uint32_t as, net::Ip4 identifier, uint8_t version);
// For unicast of this IP version, with a hold time of an hour: no benchmark lasts as long.
net::Bytes keepalive();

kj::Array<kj::byte> attributesOf(uint32_t as, uint32_t origin, uint32_t salt);
// ORIGIN, AS_PATH from `as` to `origin`, MED, aggregation and communities, as various as in the default-free zone, and
// the same at each call. Different salts give an origin different paths.

void announce(net::ByteWriter& out, net::Bytes attributes, net::Ip nextHop, kj::ArrayPtr<const net::IpNet> nets);
void withdraw(net::ByteWriter& out, kj::ArrayPtr<const net::IpNet> nets);
// Nets are all of one version, of `nextHop`'s.

template <typename Each> bool eachChange(net::Bytes body, Each&& each);
// Calls `each(net, reachable)` for all that the body of an UPDATE withdraws and announces, in unicast of either
// version. False if it is malformed.

template <typename Each> bool eachNet(net::ByteReader in, uint8_t version, bool reachable, Each&& each) {
  while (in.ok() && !in.done()) {
    uint length = in.u8();
    if (length > (version == 4 ? 32 : 128)) return false;
    kj::byte address[16]{};
    auto bytes = in.bytes((length + 7) / 8);
    std::copy(bytes.begin(), bytes.end(), address);
    if (!in.ok()) return false;
    if (version == 4)
      each(net::IpNet(net::Ip4::fromBytes(address), length), reachable);
    else
      each(net::IpNet(net::Ip6::fromBytes(address), length), reachable);
  }
  return in.ok();
}

template <typename Each> bool eachChange(net::Bytes body, Each&& each) {
  constexpr uint8_t EXTENDED_LENGTH = 0x10, MP_REACH = 14, MP_UNREACH = 15, UNICAST = 1;
  net::ByteReader in(body);
  if (!eachNet(in.sub(in.u16()), 4, false, each)) return false;
  auto attributes = in.sub(in.u16());
  while (attributes.has(3)) {
    auto flags = attributes.u8(), type = attributes.u8();
    auto value = attributes.sub((flags & EXTENDED_LENGTH) != 0 ? attributes.u16() : attributes.u8());
    if (type != MP_REACH && type != MP_UNREACH) continue;
    auto version = uint8_t(value.u16() == 1 ? 4 : 6);
    if (value.u8() != UNICAST) continue;
    if (type == MP_REACH) value.skip(value.u8() + 1u);
    if (!eachNet(value, version, type == MP_REACH, each)) return false;
  }
  return attributes.ok() && attributes.done() && in.ok() && eachNet(in, 4, true, each);
}

}  // namespace xylem::bench

#pragma once
// The values of this folder to and from the structs of net.capnp.
//
//   read(reader)           a value, or nothing when the struct is no valid value: a length that does not fit, host bits
//                          set, a union member this process does not know. A peer may send anything.
//   write(value, builder)  the other way, into a fresh struct

#include <net/ip.h>
#include <net/mac.h>
#include <net/net.capnp.h>

namespace xylem::net {

Ip4 read(wire::Ip4::Reader from);
Ip6 read(wire::Ip6::Reader from);
kj::Maybe<Ip> read(wire::Ip::Reader from);
kj::Maybe<Ip4Net> read(wire::Ip4Net::Reader from);
kj::Maybe<Ip6Net> read(wire::Ip6Net::Reader from);
kj::Maybe<IpNet> read(wire::IpNet::Reader from);
kj::Maybe<IfAddr> read(wire::IfAddr::Reader from);
kj::Maybe<Mac> read(wire::Mac::Reader from);

void write(Ip4 value, wire::Ip4::Builder to);
void write(Ip6 value, wire::Ip6::Builder to);
void write(Ip value, wire::Ip::Builder to);
void write(Ip4Net value, wire::Ip4Net::Builder to);
void write(Ip6Net value, wire::Ip6Net::Builder to);
void write(IpNet value, wire::IpNet::Builder to);
void write(IfAddr value, wire::IfAddr::Builder to);
void write(Mac value, wire::Mac::Builder to);

kj::Maybe<IpNet> netFromParts(uint version, uint64_t high, uint64_t low, uint length);
// A prefix as flat structs such as rib.capnp's Route carry it: an IPv4 address is in the lower 32 bits of `low`, the
// other bits are zero. Nothing when it is no valid prefix.

struct NetParts {
  uint8_t version;
  uint8_t length;
  uint64_t high;
  uint64_t low;
};
NetParts partsOf(IpNet net);

}  // namespace xylem::net

// Values to and from net.capnp. The three structs of either version are alike but for their type, hence the templates.

#include <net/wire.h>

namespace xylem::net {

namespace {

template <typename Wire> kj::Maybe<Ip> readEither(typename Wire::Reader from) {
  switch (from.which()) {
    case Wire::NONE:
      return Ip();
    case Wire::V4:
      return Ip(Ip4{from.getV4()});
    case Wire::V6:
      return Ip(Ip6{from.getV6().getHigh(), from.getV6().getLow()});
  }
  return nullptr;
}

template <typename Builder> void writeEither(Ip value, Builder to) {
  if (value.is4()) {
    to.setV4(value.v4().bits);
  } else if (value.is6()) {
    auto v6 = to.initV6();
    v6.setHigh(value.v6().high);
    v6.setLow(value.v6().low);
  } else {
    to.setNone();
  }
}

}  // namespace

Ip4 read(wire::Ip4::Reader from) { return Ip4{from.getBits()}; }
Ip6 read(wire::Ip6::Reader from) { return Ip6{from.getHigh(), from.getLow()}; }
kj::Maybe<Ip> read(wire::Ip::Reader from) { return readEither<wire::Ip>(from); }
kj::Maybe<Ip4Net> read(wire::Ip4Net::Reader from) { return Ip4Net::exactly(Ip4{from.getBits()}, from.getLength()); }
kj::Maybe<Ip6Net> read(wire::Ip6Net::Reader from) {
  return Ip6Net::exactly(Ip6{from.getHigh(), from.getLow()}, from.getLength());
}
kj::Maybe<IpNet> read(wire::IpNet::Reader from) {
  KJ_IF_MAYBE (address, readEither<wire::IpNet>(from)) {
    if (address->isNone()) return IpNet();
    return IpNet::exactly(*address, from.getLength());
  }
  return nullptr;
}
kj::Maybe<IfAddr> read(wire::IfAddr::Reader from) {
  KJ_IF_MAYBE (address, readEither<wire::IfAddr>(from)) {
    if (address->isNone()) return IfAddr();
    return IfAddr::exactly(*address, from.getLength());
  }
  return nullptr;
}
kj::Maybe<Mac> read(wire::Mac::Reader from) {
  if (from.getBits() >> 48 != 0) return nullptr;
  return Mac{from.getBits()};
}

void write(Ip4 value, wire::Ip4::Builder to) { to.setBits(value.bits); }
void write(Ip6 value, wire::Ip6::Builder to) {
  to.setHigh(value.high);
  to.setLow(value.low);
}
void write(Ip value, wire::Ip::Builder to) { writeEither(value, to); }
void write(Ip4Net value, wire::Ip4Net::Builder to) {
  to.setBits(value.address().bits);
  to.setLength(uint8_t(value.length()));
}
void write(Ip6Net value, wire::Ip6Net::Builder to) {
  to.setHigh(value.address().high);
  to.setLow(value.address().low);
  to.setLength(uint8_t(value.length()));
}
void write(IpNet value, wire::IpNet::Builder to) {
  writeEither(value.address(), to);
  to.setLength(uint8_t(value.length()));
}
void write(IfAddr value, wire::IfAddr::Builder to) {
  writeEither(value.address(), to);
  to.setLength(uint8_t(value.length()));
}
void write(Mac value, wire::Mac::Builder to) { to.setBits(value.bits); }

kj::Maybe<IpNet> netFromParts(uint version, uint64_t high, uint64_t low, uint length) {
  if (version == 4 && high == 0 && low >> 32 == 0) return IpNet::exactly(Ip4{uint32_t(low)}, length);
  if (version == 6) return IpNet::exactly(Ip6{high, low}, length);
  return nullptr;
}

NetParts partsOf(IpNet net) {
  auto address = net.address();
  if (net.is4()) return {4, uint8_t(net.length()), 0, address.v4().bits};
  return {net.version(), uint8_t(net.length()), address.v6().high, address.v6().low};
}

}  // namespace xylem::net

// Capabilities to bytes and back.
//
// A capability whose length is not what its RFC says is an error of the OPEN; a family, a direction or a flag in it
// that means nothing here is passed over. What occurs twice counts as its union where it is a set of families, and as
// its last otherwise (RFC 5492 section 4), but for the role.

#include <protocols/bgp/capabilities.h>

namespace xylem::bgp {

namespace {

enum : uint8_t {
  MULTIPROTOCOL = 1,
  ROUTE_REFRESH = 2,
  EXTENDED_NEXT_HOP = 5,
  EXTENDED_MESSAGE = 6,
  ROLE = 9,
  GRACEFUL_RESTART = 64,
  AS4 = 65,
  ADD_PATH = 69,
  ENHANCED_REFRESH = 70,
  LONG_LIVED = 71,
  FQDN = 73
};

constexpr uint16_t RESTARTING = 0x8000, NOTIFICATION = 0x4000, RESTART_TIME = 0x0fff;
constexpr uint8_t FORWARDING = 0x80, ADD_PATH_RECEIVE = 1, ADD_PATH_SEND = 2;

using net::ByteReader;
using net::ByteWriter;

kj::Maybe<Family> readFamily(ByteReader& in) {
  auto afi = in.u16();
  return familyOf(afi, in.u8());
}

void writeFamily(ByteWriter& out, Family family) {
  out.u16(afiOf(family));
  out.u8(safiOf(family));
}

void readExtendedNextHop(ByteReader& in, Capabilities& into) {
  while (in.has(6)) {
    auto afi = in.u16(), safi = in.u16(), nextHopAfi = in.u16();
    if (safi > 0xff || nextHopAfi != afiOf(Family::IPV6_UNICAST)) continue;
    KJ_IF_MAYBE (family, familyOf(afi, uint8_t(safi)))
      if (isIp4(*family)) into.extendedNextHop.add(*family);
  }
}

void readGracefulRestart(ByteReader& in, Capabilities& into) {
  GracefulRestart restart;
  auto head = in.u16();
  restart.restarting = head & RESTARTING;
  restart.notification = head & NOTIFICATION;
  restart.time = head & RESTART_TIME;
  while (in.has(4)) {
    auto family = readFamily(in);
    auto flags = in.u8();
    KJ_IF_MAYBE (known, family) {
      restart.families.add(*known);
      if (flags & FORWARDING) restart.forwarding.add(*known);
    }
  }
  into.gracefulRestart = restart;
}

void readLongLived(ByteReader& in, Capabilities& into) {
  while (in.has(7)) {
    auto family = readFamily(in);
    bool forwarding = in.u8() & FORWARDING;
    auto time = in.u24();
    KJ_IF_MAYBE (known, family) into.longLived[*known] = {forwarding, time};
  }
}

void readAddPath(ByteReader& in, Capabilities& into) {
  while (in.has(4)) {
    auto family = readFamily(in);
    auto directions = in.u8();
    if (directions == 0 || directions > 3) continue;
    KJ_IF_MAYBE (known, family)
      into.addPath[*known] = {bool(directions & ADD_PATH_RECEIVE), bool(directions & ADD_PATH_SEND)};
  }
}

void readName(ByteReader& in, Capabilities& into) {
  auto text = [&]() {
    auto bytes = in.bytes(in.u8());
    return std::string(bytes.begin(), bytes.end());
  };
  into.hostName = text();
  into.domainName = text();
}

void readOther(uint8_t code, ByteReader& in, Capabilities& into) {
  switch (code) {
    case MULTIPROTOCOL: {
      auto afi = in.u16();
      in.skip(1);
      KJ_IF_MAYBE (family, familyOf(afi, in.u8()))
        into.families.add(*family);
      else
        into.hasOtherFamilies = true;
      break;
    }
    case ROUTE_REFRESH:
      into.routeRefresh = true;
      break;
    case EXTENDED_NEXT_HOP:
      return readExtendedNextHop(in, into);
    case EXTENDED_MESSAGE:
      into.extendedMessages = true;
      break;
    case GRACEFUL_RESTART:
      return readGracefulRestart(in, into);
    case AS4:
      into.as4 = in.u32();
      break;
    case ADD_PATH:
      return readAddPath(in, into);
    case ENHANCED_REFRESH:
      into.enhancedRefresh = true;
      break;
    case LONG_LIVED:
      return readLongLived(in, into);
    case FQDN:
      return readName(in, into);
    default:
      into.unknown.push_back(code);
      in.rest();
  }
}

template <typename Body> void put(ByteWriter& out, uint8_t code, Body&& body) {
  out.u8(code);
  auto length = out.size();
  out.u8(0);
  body();
  out.patch8(length, uint8_t(out.size() - length - 1));
}

void writeGracefulRestart(ByteWriter& out, const GracefulRestart& restart) {
  out.u16(uint16_t((restart.restarting ? RESTARTING : 0) | (restart.notification ? NOTIFICATION : 0) |
                   (restart.time & RESTART_TIME)));
  for (auto family : restart.families) {
    writeFamily(out, family);
    out.u8(restart.forwarding.has(family) ? FORWARDING : 0);
  }
}

void writeAddPath(ByteWriter& out, const PerFamily<AddPath>& directions) {
  FamilySet used;
  for (auto family : FamilySet::all())
    if (directions[family] != AddPath()) used.add(family);
  if (used.empty()) return;
  put(out, ADD_PATH, [&] {
    for (auto family : used) {
      writeFamily(out, family);
      auto& one = directions[family];
      out.u8(uint8_t((one.receive ? ADD_PATH_RECEIVE : 0) | (one.send ? ADD_PATH_SEND : 0)));
    }
  });
}

void writeLongLived(ByteWriter& out, const PerFamily<LongLived>& families) {
  FamilySet used;
  for (auto family : FamilySet::all())
    if (families[family].time != 0) used.add(family);
  if (used.empty()) return;
  put(out, LONG_LIVED, [&] {
    for (auto family : used) {
      writeFamily(out, family);
      out.u8(families[family].forwarding ? FORWARDING : 0);
      out.u24(families[family].time);
    }
  });
}

}  // namespace

bool rolesFit(Role ours, Role theirs) {
  switch (ours) {
    case Role::PROVIDER:
      return theirs == Role::CUSTOMER;
    case Role::CUSTOMER:
      return theirs == Role::PROVIDER;
    case Role::ROUTE_SERVER:
      return theirs == Role::ROUTE_SERVER_CLIENT;
    case Role::ROUTE_SERVER_CLIENT:
      return theirs == Role::ROUTE_SERVER;
    case Role::PEER:
      return theirs == Role::PEER;
  }
  return false;
}

kj::StringPtr nameOf(Role role) {
  switch (role) {
    case Role::PROVIDER:
      return "provider"_kj;
    case Role::ROUTE_SERVER:
      return "route-server"_kj;
    case Role::ROUTE_SERVER_CLIENT:
      return "route-server-client"_kj;
    case Role::CUSTOMER:
      return "customer"_kj;
    case Role::PEER:
      return "peer"_kj;
  }
  return "unknown"_kj;
}

Capabilities::Outcome Capabilities::read(net::Bytes list) {
  ByteReader all(list);
  auto outcome = Outcome::GOOD;
  while (!all.done()) {
    auto code = all.u8();
    auto in = all.sub(all.u8());
    if (code == ROLE) {
      auto value = Role(in.u8());
      KJ_IF_MAYBE (before, role)
        if (*before != value) outcome = Outcome::ROLE_MISMATCH;
      role = value;
    } else {
      readOther(code, in, *this);
    }
    if (!in.ok() || !in.done()) return Outcome::MALFORMED;
  }
  return all.ok() ? outcome : Outcome::MALFORMED;
}

void Capabilities::write(ByteWriter& out) const {
  for (auto family : families)
    put(out, MULTIPROTOCOL, [&] {
      out.u16(afiOf(family));
      out.u16(safiOf(family));
    });
  if (routeRefresh) put(out, ROUTE_REFRESH, [] {});
  if (!extendedNextHop.empty())
    put(out, EXTENDED_NEXT_HOP, [&] {
      for (auto family : extendedNextHop) {
        out.u16(afiOf(family));
        out.u16(safiOf(family));
        out.u16(afiOf(Family::IPV6_UNICAST));
      }
    });
  if (extendedMessages) put(out, EXTENDED_MESSAGE, [] {});
  KJ_IF_MAYBE (value, role) put(out, ROLE, [&] { out.u8(uint8_t(*value)); });
  KJ_IF_MAYBE (restart, gracefulRestart) put(out, GRACEFUL_RESTART, [&] { writeGracefulRestart(out, *restart); });
  KJ_IF_MAYBE (as, as4) put(out, AS4, [&] { out.u32(*as); });
  writeAddPath(out, addPath);
  if (enhancedRefresh) put(out, ENHANCED_REFRESH, [] {});
  writeLongLived(out, longLived);
}

}  // namespace xylem::bgp

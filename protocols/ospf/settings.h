#pragma once
// What the core is told: its configuration, and what the system says of interfaces.

#include <protocols/ospf/auth.h>
#include <protocols/ospf/packet.h>

#include <map>
#include <set>
#include <string>

namespace xylem::ospf {

enum class NetworkType : uint8_t { BROADCAST, POINT_TO_POINT, NBMA, POINT_TO_MULTIPOINT, LOOPBACK };

struct InterfaceSettings {
  AreaId area;
  NetworkType type = NetworkType::BROADCAST;
  bool passive = false;
  // Its networks are announced, but nothing is sent or heard.
  uint16_t cost = 10;
  uint16_t inputCost = 0;
  // From a network with a designated router to this router (RFC 8042), in OSPFv2.
  uint8_t priority = 1;
  uint16_t helloInterval = 10;
  uint32_t deadInterval = 40;
  uint16_t retransmitInterval = 5;
  uint16_t transmitDelay = 1;
  // Seconds.
  bool ignoreMtu = false;
  uint8_t instance = 0;
  // In OSPFv3: which of several on the link.
  std::set<Ip> neighbors;
  // On links where hellos are sent to one by one.
  Authentication authentication;

  InterfaceSettings clone() const;
  bool operator==(const InterfaceSettings&) const = default;
};

enum class AreaType : uint8_t { NORMAL, STUB, NSSA };

struct RangeSettings {
  bool advertise = true;
  kj::Maybe<uint32_t> cost;
  // None: the highest of what is in it.
  bool operator==(const RangeSettings&) const = default;
};

struct AreaSettings {
  AreaType type = AreaType::NORMAL;
  bool summaries = true;
  // A stub area or NSSA is told of other areas' networks, not only of a default route.
  uint32_t defaultCost = 1;
  bool translateAlways = false;
  // An NSSA's externals are translated by this router, whoever else would.
  bool defaultRoute = false;
  // Into an NSSA that is told of other areas' networks.
  bool twoPartMetric = false;
  // Networks of the area may have input costs, whether or not an interface of this router has one (RFC 8042).
  std::map<IpNet, RangeSettings> ranges;
  std::map<IpNet, RangeSettings> externalRanges;
  // Of an NSSA: its externals are translated to these in place of what they cover.
  std::map<RouterId, InterfaceSettings> virtualLinks;
  // Through this area, by the router at the other end.
};

struct Delays {
  // Milliseconds.
  uint32_t initial = 0, shortly = 20, longer = 1000, learn = 500, holdDown = 2000;
  // Of searches (RFC 8405).
  uint32_t lsaHold = 1000, lsaMax = 5000;
  // Between two originations of one LSA, the second doubled up to the third.
  uint32_t lsaArrival = 1000;
  // A new instance of an LSA that comes sooner after the last is dropped.
};

struct Settings {
  RouterId router;
  bool stubRouter = false;
  // Traffic that can go elsewhere is to go elsewhere (RFC 6987).
  bool alternativeBorder = true;
  // Without a connection to the backbone, this is no area border router (RFC 3509).
  kj::Maybe<uint32_t> announceDefault;
  // Metric of a default route of type 2 that is announced always.
  uint32_t helperTime = 1800;
  // Longest grace period that is granted to a neighbour, in seconds; zero: none (RFC 3623).
  bool restarts = false;
  // It asks for one itself when it comes back after an unforeseen end.
  bool ignoreChanges = false;
  // A restarting neighbour is helped on when the network changes (RFC 3623 section 3.2).
  bool routerInformation = false;
  // It says what it can do (RFC 7770), and its hostname, if it has one.
  std::string hostname;
  bool signalling = false;
  // Hellos and descriptions have a block of link-local signalling (RFC 5613).
  Delays delays;
  std::map<std::string, InterfaceSettings> interfaces;
  std::map<AreaId, AreaSettings> areas;
};

struct Link {
  // What the system says of an interface.
  bool running = false;
  uint32_t index = 0;
  uint mtu = 1500;
  std::vector<net::IfAddr> addresses;
};

struct External {
  // A route of another protocol, as it is announced.
  bool type2 = true;
  uint32_t metric = 20;
  uint32_t tag = 0;
  Ip forwarding;
  // None: this router.

  bool operator==(const External&) const = default;
};

}  // namespace xylem::ospf

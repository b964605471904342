#pragma once
// What a router knows of its surroundings: areas, interfaces, neighbours. Data only; core.h says who changes it.

#include <protocols/ospf/database.h>
#include <protocols/ospf/hops.h>
#include <protocols/ospf/ids.h>
#include <protocols/ospf/settings.h>
#include <protocols/ospf/trailer.h>

#include <kj/function.h>

namespace xylem::ospf {

constexpr Time NEVER = kj::origin<Time>() + 1000000 * kj::HOURS;

enum class NeighborState : uint8_t { DOWN, ATTEMPT, INIT, TWO_WAY, EXSTART, EXCHANGE, LOADING, FULL };
// RFC 2328 section 10.1.
enum class InterfaceState : uint8_t { DOWN, LOOPBACK, WAITING, POINT_TO_POINT, OTHER, BACKUP, DESIGNATED };
// RFC 2328 section 9.1.

kj::StringPtr nameOf(NeighborState state);
kj::StringPtr nameOf(InterfaceState state);

struct Area {
  AreaId id;
  AreaSettings settings;
  Database database;
  LinkStateIds summaryIds, externalIds;
  // Of this router's own LSAs.
  bool routerDue = true;
  // Its own router LSA may have changed.
  bool prefixesDue = false;
  // In OSPFv3, only what hangs off that and its networks may have.
  bool translates = false;
  // It is the router that translates this NSSA's externals.

  bool takesExternals() const { return settings.type == AreaType::NORMAL; }
};

struct Interface;

struct Neighbor {
  // Another router on an interface.
  Interface& interface;
  RouterId router;
  Ip address;
  Ip4 identity;
  // By which hellos call it when it is the designated router or the backup.
  NeighborState state = NeighborState::DOWN;
  uint8_t priority = 0;
  uint32_t options = 0;
  Ip4 designated, backup;
  // By their identities; unspecified: none.
  uint32_t interfaceId = 0;
  // In OSPFv3: of its interface.
  Numbers numbers;
  Time heard = kj::origin<Time>(), since = kj::origin<Time>();
  Time deadAt = NEVER;

  Time begun = kj::origin<Time>();
  // When the exchange began last.
  bool master = false;
  // This router leads the exchange.
  uint32_t exchangeSequence = 0;
  kj::Maybe<Description> received;
  // Its last database description packet.
  net::ByteWriter sent;
  // The last one to it, not yet sealed; empty: none.
  bool more = false;
  // The last one to it said that others follow.
  std::vector<Key> summary;
  size_t summarized = 0;
  // What it is to be told of, and how much of that it was.
  Time describeAt = NEVER;

  struct Missing {
    LsaHeader header;
    bool asked = false;
    // In the last request.
  };
  std::unordered_map<Key, Missing, KeyHash> wanted;
  // What it has and this router lacks.
  size_t asked = 0;
  // How many of them the last request asked for that have not come.
  Time requestAt = NEVER;

  struct Unacknowledged {
    LsaPtr lsa;
    Time due = kj::origin<Time>();
    // When it is sent again.
  };
  std::unordered_map<Key, Unacknowledged, KeyHash> unacknowledged;
  Time retransmitAt = NEVER;

  kj::Maybe<Time> graceUntil;
  // It restarts, and its adjacency is kept meanwhile (RFC 3623).
  Time helpedSince = kj::origin<Time>();
  kj::String restart;
  // What became of its last wish for that; empty: there was none.
  kj::Maybe<Key> postponedGrace;
  // The Grace-LSA of a wish that was refused for want of acknowledgements alone: judged again when they have come.
  kj::Maybe<uint32_t> signalled;
  // Its extended options (RFC 5613), if its last hello or description had a block with them that was good.
  kj::StringPtr badSignal;
  uint64_t badSignals = 0;
  // What the last bad one of these blocks had, and how many there were.
  uint64_t badPackets = 0, retransmissions = 0;
  kj::String trouble;
  // Why the adjacency does not come up; empty: nothing is known to be wrong.

  Neighbor(Interface& interface, RouterId router, Ip address, Ip4 identity)
      : interface(interface), router(router), address(address), identity(identity) {}
  KJ_DISALLOW_COPY(Neighbor);

  bool exchanges() const { return state == NeighborState::EXCHANGE || state == NeighborState::LOADING; }
  bool isFull() const { return state == NeighborState::FULL || graceUntil != nullptr; }
  // Adjacent, as others are told.
};

struct Rejected {
  // A router whose hellos are not taken.
  RouterId router;
  kj::String reason;
  Time last = kj::origin<Time>();
  uint64_t count = 0;
};

struct Counters {
  uint64_t sent[6] = {}, received[6] = {};
  // By type of packet.
  uint64_t bad = 0;
  kj::StringPtr badReason;
};

struct Interface {
  const std::string name;
  const uint32_t number;
  const Face face;
  const bool isVirtual;
  const RouterId peer;
  // Of a virtual link: the router at its other end.
  AreaId transit;
  // Of a virtual link: the area that it leads through.
  Area* area = nullptr;
  InterfaceSettings settings;
  Link link;
  InterfaceState state = InterfaceState::DOWN;
  net::IfAddr primary;
  // The address that it speaks from, in OSPFv3 a link-local one; none on an unnumbered one.
  Ip4 identity;
  // As that of a neighbour.
  Ip4 designated, backup;
  std::map<Ip4, std::unique_ptr<Neighbor>> neighbors;
  // By address, or by router ID on point-to-point and virtual links and in OSPFv3.
  std::map<Ip, Rejected> rejected;
  // By address. At most MAX_REJECTED.
  Database links;
  // LSAs of link scope.
  Time helloAt = NEVER, waitUntil = NEVER, acknowledgeAt = NEVER;
  std::vector<LsaHeader> acknowledgments;
  std::vector<LsaPtr> updates;
  // To be flooded at the end of this turn.
  Counters counters;
  Ip virtualAddress;
  // Of a virtual link: the other end's.
  uint32_t virtualVia = 0;
  // Of a virtual link: the number of the interface that leads there.

  static constexpr size_t MAX_REJECTED = 64;
  static constexpr uint32_t FIRST_VIRTUAL_ID = 1u << 31;

  Interface(std::string name, uint32_t number, Face face, bool isVirtual = false, RouterId peer = {})
      : name(std::move(name)), number(number), face(face), isVirtual(isVirtual), peer(peer) {}
  KJ_DISALLOW_COPY(Interface);

  bool isUp() const { return state > InterfaceState::LOOPBACK; }
  bool elects() const {
    return !isVirtual && (settings.type == NetworkType::BROADCAST || settings.type == NetworkType::NBMA);
  }
  // It has a designated router.
  bool isPointToPoint() const { return isVirtual || settings.type == NetworkType::POINT_TO_POINT; }
  bool multicasts() const {
    return !isVirtual && (settings.type == NetworkType::BROADCAST || settings.type == NetworkType::POINT_TO_POINT ||
                          (settings.type == NetworkType::POINT_TO_MULTIPOINT && settings.neighbors.empty()));
  }
  Ip address() const { return primary.address(); }
  // None on an unnumbered one.
  uint32_t id() const { return isVirtual ? FIRST_VIRTUAL_ID + number : link.index; }
  // In OSPFv3.
  bool isUnnumbered() const { return !isVirtual && (primary.isNone() || primary.length() == 32); }
  uint mtu() const { return isVirtual ? 1500 : link.mtu; }
  Ip4 linkData() const { return isV3(face) ? Ip4{id()} : isUnnumbered() ? Ip4{link.index} : identity; }
  // By which this router's own links on it are known.
};

}  // namespace xylem::ospf

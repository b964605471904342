#pragma once
// The core of OSPF, of either version: events in, actions out. It opens no socket, reads no clock, knows no IPC.
//
//             configure  link  receive  redistribute  tick  retire
//                 |       |       |          |         |      |        each with the time it is
//                 v       v       v          v         v      v
//     packets.cc     what is whose, and good           Actions::send
//     hello.cc       interfaces, neighbours, election of designated routers
//     exchange.cc    description of databases, requests
//     flooding.cc    updates, acknowledgments, age                 Actions::put, remove
//     origin.cc      this router's own LSAs                        Actions::tell
//     opaque.cc      those of them that tell of abilities, and more of links
//     prefixes.cc    those of them that OSPFv3 alone has
//     border.cc      what areas are told of each other             deadline(): when to `tick` next
//     routing.h      graphs, shortest paths, routes
//
// Each event ends with `settle`: own LSAs that may have changed are made, what is to be flooded leaves in full packets,
// routes are judged. Whoever drives a core calls `tick` at its deadline, asking for it again after each event; that is
// all there is to timing.

#include <protocols/ospf/lsa3.h>
#include <protocols/ospf/routing.h>
#include <protocols/ospf/topology.h>

#include <deque>
#include <set>
#include <unordered_set>

namespace xylem::ospf {

struct Way {
  // Where a route leads.
  kj::StringPtr interface;
  Ip gateway;
};

class Actions {
  // What the core wants done.
 public:
  virtual void send(kj::StringPtr interface, Ip source, Ip to, bool far, kj::Array<kj::byte> packet) = 0;
  // IP protocol 89. `to` may be one of the groups. `far`: over more than one link. `source`: none, or the
  // address to send from.
  virtual void put(IpNet net, kj::ArrayPtr<const Way> ways, uint32_t metric, uint32_t tag) = 0;
  // To the RIB: a route, new or changed. No way: packets are dropped.
  virtual void remove(IpNet net) = 0;
  // To the RIB: no longer.
  virtual void tell(const Neighbor& neighbor, NeighborState before) = 0;
  // It became full, or is so no longer.
  virtual void leftOut(IpNet net) = 0;
  // It is not announced: all link-state IDs within it are those of more specific destinations.
  virtual void restarted() = 0;
  // A restart is over: all routes have been put.

 protected:
  ~Actions() = default;
};

using Random = kj::Function<uint32_t()>;

struct Search {
  // A run over the graphs.
  Time at;
  kj::Duration took;
  std::vector<AreaId> areas;
  uint32_t changes = 0;
  // Routes that it changed.
};

constexpr size_t TOLD_AT_ONCE = 512;
// Routes that the RIB is told in one turn; what is left makes the deadline due.

class Core {
 public:
  Core(Actions& actions, RouterId self, Random random, uint32_t epoch = 0, Face face = Face::V2);
  // `epoch`: for time zero, a number that grows by at most one a second over restarts, such as the seconds since 1970:
  // the numbers of signed packets begin there.
  ~Core();
  KJ_DISALLOW_COPY(Core);

  void configure(Settings settings, Time now);
  // The whole configuration; `settings.router` is the core's own.
  void link(const std::string& interface, Link link, Time now);
  // An interface appeared or changed; one that went away has a Link that is not running.
  void receive(const std::string& interface, Ip from, bool multicast, Bytes packet, Time now);
  // Without its IP header.
  void redistribute(IpNet net, External external, Time now);
  // New or changed.
  void withdraw(IpNet net, Time now);
  void restart(kj::Duration grace, Time now);
  // Before anything else: an earlier life ended unforeseen, and its neighbours are asked to keep its adjacencies (RFC
  // 3623). Nothing is originated, and no route goes or comes, until they are back or the time is over;
  // Actions::restarted says so.
  void tellAll(Time now);
  // The RIB has forgotten: put all routes again.
  void tick(Time now);
  void retire(Time now);
  // Say goodbye on all interfaces, and take back all that this router has told.

  kj::Maybe<Time> deadline() const;
  // When to call `tick`. It may be in the past.

  kj::Maybe<kj::Function<Time()>> stopwatch;
  // For `took` of searches alone.

  const RouterId self;
  const Face face;
  const Settings& settings() const { return config; }
  const Routing& routing() const { return routes; }
  const HopSets& hops() const { return hopSets; }
  const std::map<AreaId, std::unique_ptr<Area>>& areas() const { return allAreas; }
  const std::map<std::string, std::unique_ptr<Interface>>& interfaces() const { return all; }
  kj::Maybe<const Interface&> interface(uint32_t number) const;
  std::string hostnameOf(RouterId router) const;
  // As it calls itself in an area of this router's; empty: it does not.
  bool hasTwoPartMetric(const Area& area) const;
  // The area is to have networks with one (RFC 8042), as far as this router is told.
  const Database& external() const { return asDatabase; }
  bool isBorder() const { return border; }
  bool isRestarting() const { return restartUntil != nullptr; }
  const std::deque<Search>& searches() const { return log; }
  // The last ones.
  uint64_t searched() const { return searchCount; }
  uint64_t originated() const { return originCount; }
  bool isInstalled(IpNet net) const { return installed.count(net) > 0; }
  const std::unordered_set<IpNet>& installedRoutes() const { return installed; }

 private:
  struct Place {
    // Where an LSA belongs.
    Database& database;
    Scope scope;
    Area* area;
    Interface* interface;
  };
  class AreaHops;
  using Each = kj::FunctionParam<void(Neighbor&)>;

  // ---- core.cc
  void begin(Time now);
  void settle();
  Area& areaOf(AreaId id);
  void applyAreas();
  void applyInterfaces();
  void applyVirtualLinks();
  void refresh(Interface& interface);
  void touch(Interface& interface);
  net::IfAddr primaryOf(const Link& link) const;
  std::vector<net::IfAddr> addressesOf(const Link& link) const;
  Ip globalAddress(const Interface& interface) const;
  IpNet defaultNet() const { return familyOf(face) == 6 ? IpNet(net::Ip6Net()) : IpNet(Ip4Net()); }
  Ip allRouters() const { return isV3(face) ? Ip(ALL_ROUTERS6) : Ip(ALL_ROUTERS); }
  Ip allDesignated() const { return isV3(face) ? Ip(ALL_DESIGNATED6) : Ip(ALL_DESIGNATED); }
  void eachNeighbor(Area* area, Each each);

  // ---- packets.cc
  PacketWriter packetOf(PacketType type, const Interface& interface) const;
  kj::OneOf<Bytes, Bad> check(const Interface& interface, const Header& header, Bytes packet, Ip from,
                              Numbers& numbers) const;
  kj::Maybe<Interface&> target(Interface& interface, const Header& header);
  void dispatch(Interface& interface, Neighbor& neighbor, PacketType type, Bytes body, bool multicast);
  void bad(Interface& interface, kj::StringPtr reason);
  void reject(Interface& interface, Ip from, RouterId router, kj::String reason);
  Ip sourceOn(const Interface& interface) const;
  void transmit(Interface& interface, Ip to, PacketWriter packet);
  size_t room(const Interface& interface) const;
  size_t signallingSize(const Interface& interface) const;
  void takeSignalling(Neighbor& neighbor, PacketType type, Bytes packet, Bytes body);

  // ---- hello.cc
  void start(Interface& interface);
  void stop(Interface& interface);
  void sendHello(Interface& interface, kj::Maybe<Ip> only = nullptr);
  void receiveHello(Interface& interface, Ip from, RouterId router, const Hello& hello, const Numbers& numbers);
  kj::Maybe<kj::String> mismatch(const Interface& interface, const Hello& hello) const;
  void moved(Neighbor& neighbor, Ip address, uint32_t interfaceId);
  void heard(Neighbor& neighbor, const Hello& hello);
  kj::Maybe<Neighbor&> findNeighbor(Interface& interface, Ip from, RouterId router);
  void setState(Neighbor& neighbor, NeighborState state);
  void twoWay(Neighbor& neighbor);
  bool shouldBeAdjacent(const Neighbor& neighbor) const;
  void reconsider(Interface& interface);
  void drop(Neighbor& neighbor);
  void elect(Interface& interface);
  Ip4 slotOf(const Interface& interface, Ip from, RouterId router) const;
  uint32_t optionsOf(const Interface& interface) const;
  void tickInterface(Interface& interface);

  // ---- exchange.cc
  void beginExchange(Neighbor& neighbor);
  void forgetExchange(Neighbor& neighbor);
  void receiveDescription(Neighbor& neighbor, Description description);
  bool negotiated(Neighbor& neighbor, const Description& description);
  bool isNext(const Neighbor& neighbor, const Description& description) const;
  void take(Neighbor& neighbor, const Description& description);
  bool note(Neighbor& neighbor, const LsaHeader& header);
  void describe(Neighbor& neighbor, uint8_t flags);
  void compose(Neighbor& neighbor, uint8_t flags);
  void listSummary(Neighbor& neighbor);
  void exchangeDone(Neighbor& neighbor);
  void resend(Neighbor& neighbor);
  void request(Neighbor& neighbor);
  void receiveRequest(Neighbor& neighbor, const std::vector<Key>& list);
  void satisfied(Neighbor& neighbor, const Key& key);
  void tickNeighbor(Neighbor& neighbor);

  // ---- flooding.cc
  Place placeOf(Scope scope, Area* area, Interface* interface);
  kj::Maybe<Place> placeFor(const LsaHeader& header, Interface& interface);
  void receiveUpdate(Neighbor& neighbor, const std::vector<Bytes>& list, bool multicast);
  void receiveLsa(Neighbor& neighbor, Bytes bytes, std::vector<LsaHeader>& direct);
  void receiveNewer(Neighbor& neighbor, const Place& place, LsaPtr lsa, std::vector<LsaHeader>& direct);
  void receiveOlder(Neighbor& neighbor, const Place& place, const Lsa& current);
  void receiveAcknowledgment(Neighbor& neighbor, const std::vector<LsaHeader>& list);
  void acknowledge(Neighbor& neighbor, const std::vector<LsaHeader>& list);
  void acknowledgeLater(Interface& interface, const LsaHeader& header);
  void flushAcknowledgments(Interface& interface);
  bool flood(const Place& place, const LsaPtr& lsa, Neighbor* from);
  bool floodOn(Interface& interface, const LsaPtr& lsa, Neighbor* from);
  void flushUpdates(Interface& interface);
  void sendUpdates(Interface& interface, Ip to, const std::vector<LsaPtr>& list);
  void retransmit(Neighbor& neighbor);
  void forget(Neighbor& neighbor, const Key& key);
  void install(const Place& place, LsaPtr lsa);
  bool isOwn(const Key& key) const;
  void reclaim(const Place& place, const LsaPtr& lsa);
  void purge(const Place& place, const Key& key);
  void age(const Place& place);
  void bury(const Place& place);
  void eachPlace(kj::FunctionParam<void(const Place&)> each);

  // ---- origin.cc
  void originate(const Place& place, Key key, uint8_t options, const net::ByteWriter& body);
  void retract(const Place& place, const Key& key);
  void issue(const Place& place, const Key& key);
  void schedule(const Place& place, const Key& key, Time due);
  void makeRouterLsa(Area& area);
  void addLinks(Area& area, Interface& interface, RouterBody& body);
  void addStubs(const Interface& interface, bool transit, RouterBody& body) const;
  Key routerKey() const { return {Type::ROUTER, isV3(face) ? Ip4() : self, self}; }
  bool makeNetworkLsa(Interface& interface);
  void makeNetworkLsas(Area& area);
  bool isTransit(const Interface& interface) const;
  Key networkKey(const Interface& interface) const;
  void makeExternals();
  void makeExternal(IpNet net);
  void announce(const Place& place, Type type, IpNet net, const External& external, bool propagate);
  kj::Maybe<Ip> forwardingIn(const Area& area) const;
  std::vector<IpNet> assign(LinkStateIds& ids, IpNet net);
  void withdrawExternal(const Place& place, Type type, IpNet net);
  LinkStateIds& idsOf(const Place& place) { return place.area == nullptr ? externalIds : place.area->externalIds; }
  uint16_t costOf(const Interface& interface) const;
  uint32_t areaOptions(const Area& area) const;
  uint8_t lsaOptions(const Area& area) const { return isV3(face) ? 0 : uint8_t(areaOptions(area)); }
  bool isGrace(const Key& key) const;
  Key graceKey(const Interface& interface) const;
  void sendGrace(Interface& interface);
  void helpOrNot(Interface& interface, const Lsa& lsa);
  void helpAfterAll(Neighbor& neighbor);
  kj::Maybe<kj::StringPtr> whyNotHelp(const Neighbor& neighbor, uint32_t left) const;
  bool missesChange(const Neighbor& neighbor) const;
  void endHelp(Neighbor& neighbor, kj::StringPtr why);
  void endHelpOn(const Place& place);
  void tickRestart();
  bool isRestored();
  void endRestart();
  void sweep();

  // ---- opaque.cc
  void makeOpaqueLsas(Area& area, bool wanted);
  void makeRouterInformation(Area& area, bool wanted);
  void makeExtendedLinks(Area& area);

  // ---- prefixes.cc
  void makePrefixLsas(Area& area);
  void makeLinkLsa(Interface& interface);
  std::vector<LinkPrefix> ownPrefixes(Area& area);
  std::vector<LinkPrefix> prefixesOn(Interface& interface);
  uint32_t optionsOn(Interface& interface);
  void takeLinkLsa(const Place& place, const Lsa* old, const Lsa* now);
  Ip gatewayOf(const Interface& interface, RouterId router, uint32_t id) const;
  Ip ownAddressOf(Area& area, RouterId router) const;

  // ---- border.cc
  void updateBorder();
  void updateVirtualLinks();
  Ip virtualEnd(Area& transit, RouterId peer);
  void takeRoutes(const Routing::Changes& changes);
  void tellSome();
  void tellRib(IpNet net);
  void summarize(IpNet net);
  void reckonRanges();
  bool leadsInto(const Area& area, const Route& route) const;
  void summarizeInto(Area& area, IpNet net);
  kj::Maybe<uint32_t> summaryMetric(const Area& area, IpNet net) const;
  kj::Maybe<uint32_t> rangeMetric(const Area& inner, IpNet range, const RangeSettings& settings) const;
  void summarizeBoundary(RouterId router);
  void summarizeAll();
  void translate(Area& area);
  using Range = std::pair<const IpNet, RangeSettings>;
  const Range* externalRangeOf(const Area& area, IpNet net) const;
  kj::Maybe<External> translation(const Area& area, IpNet net) const;
  kj::Maybe<External> translationOfRange(const Area& area, const Range& range) const;
  kj::Maybe<External> translationOfOne(const Area& area, IpNet net) const;
  void search();
  void searchLater();
  Time searchDue() const;

  Actions& actions;
  Random random;
  uint32_t epoch;
  Settings config;
  Time now = kj::origin<Time>();
  HopSets hopSets;
  Routing routes;
  std::map<AreaId, std::unique_ptr<Area>> allAreas;
  std::map<std::string, std::unique_ptr<Interface>> all;
  std::map<uint32_t, Interface*> byNumber;
  uint32_t lastNumber = 0;
  std::map<std::string, Link> links;
  Database asDatabase;
  LinkStateIds externalIds;
  std::map<IpNet, External> externals;
  std::set<IpNet> dirtyExternals;
  // Of which the LSAs are to be made anew.
  std::unordered_set<IpNet> installed;
  // What the RIB has.
  std::deque<IpNet> untold;
  // Destinations whose routes have changed since it was told of them.
  std::set<IpNet> activeRanges;
  // This router's own, with something in them.
  bool border = false, borderDue = true, translateDue = false;
  bool boundary = false;
  // It announces externals.
  bool retired = false;
  kj::Maybe<Time> restartUntil;
  Time sweepAt = NEVER;
  // When what an earlier life has announced, and this one does not, is flushed.

  enum class Calm : uint8_t { QUIET, SHORT_WAIT, LONG_WAIT };
  Calm calm = Calm::QUIET;
  Time searchAt = NEVER, learnUntil = NEVER, quietAt = NEVER;
  // RFC 8405.
  Time loadedBy = NEVER;
  // Until then it waits for neighbours that still tell their databases.
  bool unasked = false;
  // Links have changed since the last search by more than what neighbours were asked for.
  std::deque<Search> log;
  uint64_t searchCount = 0, originCount = 0;
  uint32_t packetCount = 0;
  // The lower half of their numbers.
};

}  // namespace xylem::ospf

// The core: who is told what, and in which order things settle.
//
// A packet belongs to the interface that it came in on, or, when it is the backbone's, was sent to one router alone and
// came in from an area that a virtual link leads through, to that virtual link (RFC 2328 section 8.2). It is
// authenticated as that interface says. Hellos make neighbours; all else comes from neighbours, and only from those
// whose adjacency is at least about to be formed.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

bool isStranger(const Interface& interface, Ip from) {
  if (isV3(interface.face)) return !from.is6() || (!interface.isVirtual && !from.isLinkLocal());
  return !interface.isPointToPoint() && !interface.primary.net().contains(from);
}

bool hasAddress(const Link& link, Ip address) {
  for (auto& each : link.addresses)
    if (each.address() == address) return true;
  return false;
}

}  // namespace

InterfaceSettings InterfaceSettings::clone() const {
  InterfaceSettings copy;
  copy.area = area, copy.type = type, copy.passive = passive, copy.cost = cost, copy.priority = priority;
  copy.helloInterval = helloInterval, copy.deadInterval = deadInterval, copy.retransmitInterval = retransmitInterval;
  copy.transmitDelay = transmitDelay, copy.ignoreMtu = ignoreMtu, copy.instance = instance;
  copy.neighbors = neighbors;
  copy.authentication = authentication.clone();
  return copy;
}

kj::StringPtr nameOf(NeighborState state) {
  constexpr kj::StringPtr NAMES[] = {"down"_kj,    "attempt"_kj,  "init"_kj,    "two-way"_kj,
                                     "exstart"_kj, "exchange"_kj, "loading"_kj, "full"_kj};
  return NAMES[uint(state)];
}

kj::StringPtr nameOf(InterfaceState state) {
  constexpr kj::StringPtr NAMES[] = {"down"_kj,  "loopback"_kj, "waiting"_kj,   "point-to-point"_kj,
                                     "other"_kj, "backup"_kj,   "designated"_kj};
  return NAMES[uint(state)];
}

Core::Core(Actions& actions, RouterId self, Random random, uint32_t epoch, Face face)
    : self(self), face(face), actions(actions), random(kj::mv(random)), epoch(epoch), routes(hopSets, self) {}
Core::~Core() = default;

void Core::begin(Time time) { now = time; }

kj::Maybe<const Interface&> Core::interface(uint32_t number) const {
  auto at = byNumber.find(number);
  if (at == byNumber.end()) return nullptr;
  return *at->second;
}

// ---- configuration

void Core::configure(Settings settings, Time time) {
  if (retired) return;
  begin(time);
  config = kj::mv(settings);
  applyAreas();
  applyInterfaces();
  applyVirtualLinks();
  for (auto& [id, area] : allAreas) area->routerDue = true;
  borderDue = true;
  for (auto& [net, external] : externals) dirtyExternals.insert(net);
  dirtyExternals.insert(defaultNet());
  settle();
  summarizeAll();
  settle();
}

Area& Core::areaOf(AreaId id) {
  auto& area = allAreas[id];
  if (area == nullptr) {
    area = std::make_unique<Area>();
    area->id = id;
    routes.addArea(id);
  }
  return *area;
}

void Core::applyAreas() {
  for (auto& [id, area] : allAreas) config.areas[id];
  for (auto& [id, wanted] : config.areas) {
    auto& area = areaOf(id);
    bool otherType = area.settings.type != wanted.type;
    area.settings = kj::mv(wanted);
    if (!otherType) continue;
    for (auto& [name, interface] : all)
      if (interface->area == &area) stop(*interface);
  }
}

void Core::applyInterfaces() {
  for (auto at = all.begin(); at != all.end();) {
    auto& interface = *at->second;
    bool kept = interface.isVirtual || config.interfaces.count(at->first) > 0;
    if (kept) {
      ++at;
      continue;
    }
    stop(interface);
    byNumber.erase(interface.number);
    at = all.erase(at);
  }
  for (auto& [name, wanted] : config.interfaces) {
    auto& interface = all[name];
    if (interface == nullptr) {
      interface = std::make_unique<Interface>(name, ++lastNumber, face);
      byNumber[interface->number] = interface.get();
    }
    auto& area = areaOf(wanted.area);
    auto& old = interface->settings;
    bool restart = interface->area != &area || old.type != wanted.type || old.passive != wanted.passive ||
                   old.helloInterval != wanted.helloInterval || old.deadInterval != wanted.deadInterval ||
                   old.neighbors != wanted.neighbors;
    if (restart) stop(*interface);
    bool elects = old.priority != wanted.priority;
    interface->settings = kj::mv(wanted);
    interface->area = &area;
    refresh(*interface);
    if (elects && interface->isUp() && interface->elects()) elect(*interface);
  }
}

void Core::applyVirtualLinks() {
  std::set<std::string> wanted;
  for (auto& [id, area] : allAreas) {
    for (auto& [peer, settings] : area->settings.virtualLinks) {
      std::string name = kj::str("virtual-", peer).cStr();
      wanted.insert(name);
      auto& interface = all[name];
      if (interface != nullptr && interface->transit != id) stop(*interface);
      if (interface == nullptr) {
        interface = std::make_unique<Interface>(name, ++lastNumber, face, true, peer);
        interface->identity = isV3(face) ? self : Ip4();
        byNumber[interface->number] = interface.get();
      }
      interface->settings = settings.clone();
      interface->area = &areaOf(BACKBONE);
      interface->transit = id;
    }
  }
  for (auto at = all.begin(); at != all.end();) {
    if (!at->second->isVirtual || wanted.count(at->first) > 0) {
      ++at;
      continue;
    }
    stop(*at->second);
    byNumber.erase(at->second->number);
    at = all.erase(at);
  }
}

void Core::link(const std::string& name, Link link, Time time) {
  if (retired) return;
  begin(time);
  bool gone = !link.running && link.addresses.empty();
  links[name] = kj::mv(link);
  if (gone) links.erase(name);
  auto at = all.find(name);
  if (at != all.end()) refresh(*at->second);
  settle();
}

net::IfAddr Core::primaryOf(const Link& link) const {
  for (auto& address : link.addresses) {
    bool fits = isV3(face) ? address.version() == 6 && address.address().isLinkLocal()
                           : address.version() == 4 && !address.address().isLoopback();
    if (fits) return address;
  }
  return net::IfAddr();
}

std::vector<net::IfAddr> Core::addressesOf(const Link& link) const {
  // Those whose networks are told to others.
  std::vector<net::IfAddr> list;
  for (auto& address : link.addresses) {
    bool local = address.address().isLoopback() || (address.version() == 6 && address.address().isLinkLocal());
    if (address.version() == familyOf(face) && !local) list.push_back(address);
  }
  return list;
}

Ip Core::globalAddress(const Interface& interface) const {
  auto list = addressesOf(interface.link);
  return list.empty() ? Ip() : list[0].address();
}

void Core::refresh(Interface& interface) {
  // Link or settings have changed.
  auto known = links.find(interface.name);
  Link link = known == links.end() ? Link() : known->second;
  auto primary = primaryOf(link);
  auto& settings = interface.settings;
  bool silent = settings.passive || settings.type == NetworkType::LOOPBACK;
  bool withoutAddress = isV3(face) ? silent : settings.type == NetworkType::POINT_TO_POINT;
  bool usable = link.running && (withoutAddress || !primary.isNone());
  bool moved = primary != interface.primary || link.index != interface.link.index;
  if (interface.state != InterfaceState::DOWN && (!usable || moved)) stop(interface);
  interface.link = kj::mv(link);
  interface.primary = primary;
  interface.identity = isV3(face) ? self : primary.isNone() ? Ip4() : primary.address().v4();
  if (usable && interface.state == InterfaceState::DOWN) start(interface);
  touch(interface);
  std::map<IpNet, uint32_t> networks;
  for (auto& [name, each] : all)
    for (auto& address : addressesOf(each->link))
      if (each->isUp()) networks[address.net()] = each->number;
  routes.connect(kj::mv(networks));
}

void Core::touch(Interface& interface) {
  if (interface.area != nullptr) interface.area->routerDue = true;
}

void Core::redistribute(IpNet net, External external, Time time) {
  if (retired) return;
  begin(time);
  auto [at, isNew] = externals.emplace(net, external);
  if (!isNew && at->second == external) return;
  at->second = external;
  dirtyExternals.insert(net);
  settle();
}

void Core::withdraw(IpNet net, Time time) {
  if (retired) return;
  begin(time);
  if (externals.erase(net) == 0) return;
  dirtyExternals.insert(net);
  settle();
}

void Core::tellAll(Time time) {
  begin(time);
  installed.clear();
  if (restartUntil != nullptr) return;
  routes.eachRoute([&](IpNet net, const Route&) { tellRib(net); });
  for (auto& range : activeRanges) tellRib(range);
}

void Core::retire(Time time) {
  if (retired) return;
  begin(time);
  restartUntil = nullptr;
  eachPlace([&](const Place& place) {
    std::vector<Key> own;
    for (auto& [key, origin] : place.database.origins)
      if (origin.wanted) own.push_back(key);
    for (auto& key : own) {
      place.database.origins.at(key).wanted = false;
      purge(place, key);
    }
  });
  for (auto& [name, interface] : all) {
    flushUpdates(*interface);
    for (auto& [key, neighbor] : interface->neighbors) neighbor->state = NeighborState::DOWN;
    if (interface->isUp() && !interface->settings.passive) sendHello(*interface);
  }
  retired = true;
}

// ---- time

void Core::tick(Time time) {
  if (retired) return;
  begin(time);
  for (auto& [name, interface] : all) tickInterface(*interface);
  eachPlace([&](const Place& place) {
    auto due = place.database.deadline();
    if (due.orDefault(NEVER) <= now) age(place);
  });
  tickRestart();
  if (now >= quietAt) calm = Calm::QUIET, quietAt = NEVER;
  settle();
}

void Core::settle() {
  if (borderDue) updateBorder();
  if (restartUntil == nullptr) {
    for (auto& [id, area] : allAreas)
      if (std::exchange(area->routerDue, false)) makeRouterLsa(*area);
    for (auto& [id, area] : allAreas)
      if (std::exchange(area->prefixesDue, false)) makePrefixLsas(*area);
    makeExternals();
  }
  for (auto& [name, interface] : all) {
    flushUpdates(*interface);
    if (interface->acknowledgments.size() * LSA_HEADER >= room(*interface)) flushAcknowledgments(*interface);
  }
  takeRoutes(routes.updateLeaves());
  if (routes.isDue()) searchLater();
  if (searchDue() <= now) search();
  if (std::exchange(translateDue, false))
    for (auto& [id, area] : allAreas)
      if (area->settings.type == AreaType::NSSA) translate(*area);
  if (restartUntil != nullptr && isRestored()) endRestart();
  eachPlace([&](const Place& place) {
    if (!place.database.dying.empty()) bury(place);
  });
  bool again = borderDue || !dirtyExternals.empty();
  for (auto& [id, area] : allAreas) again = again || area->routerDue || area->prefixesDue;
  if (again && restartUntil == nullptr) return settle();
  for (auto& [name, interface] : all) flushUpdates(*interface);
}

kj::Maybe<Time> Core::deadline() const {
  if (retired) return nullptr;
  Time first = kj::min(kj::min(searchDue(), quietAt), sweepAt);
  auto consider = [&](Time time) { first = kj::min(first, time); };
  KJ_IF_MAYBE (until, restartUntil) consider(*until);
  auto database = [&](const Database& each) {
    KJ_IF_MAYBE (due, each.deadline()) consider(*due);
  };
  database(asDatabase);
  for (auto& [id, area] : allAreas) database(area->database);
  for (auto& [name, interface] : all) {
    database(interface->links);
    consider(interface->helloAt);
    consider(interface->waitUntil);
    consider(interface->acknowledgeAt);
    for (auto& [key, neighbor] : interface->neighbors) {
      consider(neighbor->deadAt);
      consider(neighbor->describeAt);
      consider(neighbor->requestAt);
      consider(neighbor->retransmitAt);
      KJ_IF_MAYBE (until, neighbor->graceUntil) consider(*until);
    }
  }
  if (first == NEVER) return nullptr;
  return first;
}

// ---- packets

size_t Core::room(const Interface& interface) const {
  auto& authentication = interface.settings.authentication;
  size_t around =
      isV3(face) ? IP6_HEADER + Trailer{authentication.signers()}.size() : IP4_HEADER + authentication.trailer();
  return kj::max(interface.mtu(), 576u) - around - headerSize(face);
}

Ip Core::sourceOn(const Interface& interface) const {
  // An unnumbered one speaks with another's address, a loopback's before others; in OSPFv3 there are none.
  if (isV3(face) || !interface.address().isNone()) return interface.address();
  Ip found;
  for (auto& [name, each] : all) {
    if (each->state == InterfaceState::LOOPBACK && !each->address().isNone()) return each->address();
    if (found.isNone()) found = each->address();
  }
  return found;
}

void Core::transmit(Interface& interface, Ip to, PacketWriter packet) {
  auto speaker = byNumber.find(interface.isVirtual ? interface.virtualVia : interface.number);
  if (speaker == byNumber.end()) return;
  auto& through = *speaker->second;
  auto source = isV3(face) && interface.isVirtual ? globalAddress(through) : sourceOn(through);
  uint32_t seconds = epoch + uint32_t((now - kj::origin<Time>()) / kj::SECONDS);
  uint64_t sequence = uint64_t(seconds) << 32 | ++packetCount;
  auto& authentication = interface.settings.authentication;
  ++interface.counters.sent[packet.body.bytes()[1]];
  kj::Array<kj::byte> bytes;
  if (!isV3(face))
    bytes = authentication.seal(kj::mv(packet.body), source, sequence);
  else if (source.is6())
    bytes = Trailer{authentication.signers()}.seal(kj::mv(packet.body), sequence, source.v6());
  else
    return;
  actions.send(through.name.c_str(), source, to, interface.isVirtual, kj::mv(bytes));
}

PacketWriter Core::packetOf(PacketType type, const Interface& interface) const {
  return PacketWriter(type, self, interface.area->id, face, interface.settings.instance);
}

kj::OneOf<Bytes, Bad> Core::check(const Interface& interface, const Header& header, Bytes packet, Ip from,
                                  Numbers& numbers) const {
  auto& authentication = interface.settings.authentication;
  if (!isV3(face)) return authentication.check(packet, from, numbers);
  return Trailer{authentication.signers()}.check(packet, header.type, numbers.byType, from.v6());
}

void Core::bad(Interface& interface, kj::StringPtr reason) {
  ++interface.counters.bad;
  interface.counters.badReason = reason;
}

void Core::reject(Interface& interface, Ip from, RouterId router, kj::String reason) {
  bad(interface, "a router that is not taken for a neighbor"_kj);
  auto at = interface.rejected.find(from);
  if (at == interface.rejected.end()) {
    if (interface.rejected.size() >= Interface::MAX_REJECTED) return;
    at = interface.rejected.emplace(from, Rejected()).first;
  }
  at->second.router = router;
  at->second.reason = kj::mv(reason);
  at->second.last = now;
  ++at->second.count;
}

kj::Maybe<Interface&> Core::target(Interface& interface, const Header& header) {
  if (header.area == interface.area->id) return interface;
  if (header.area != BACKBONE) return nullptr;
  for (auto& [name, each] : all) {
    bool its = each->isVirtual && each->isUp() && each->peer == header.router && each->transit == interface.area->id;
    if (its) return *each;
  }
  return nullptr;
}

void Core::receive(const std::string& name, Ip from, bool multicast, Bytes packet, Time time) {
  auto found = all.find(name);
  if (retired || found == all.end() || !found->second->isUp() || found->second->settings.passive) return;
  begin(time);
  auto& arrived = *found->second;
  if (hasAddress(arrived.link, from)) return;
  auto read = Header::read(packet, face);
  if (read == nullptr) return bad(arrived, isV3(face) ? "not a packet of OSPFv3"_kj : "not a packet of OSPFv2"_kj);
  auto header = KJ_ASSERT_NONNULL(read);
  auto whose = multicast && header.area != arrived.area->id ? nullptr : target(arrived, header);
  auto& instance = whose.orDefault(arrived).settings.instance;
  if (header.instance != instance) return;  // Others speak on this link.
  if (whose == nullptr)
    return reject(arrived, from, header.router,
                  kj::str("it is in area ", header.area, " on this link, and this router in area ", arrived.area->id));
  auto& interface = KJ_ASSERT_NONNULL(whose);
  if (header.router == self)
    return reject(interface, from, header.router, kj::str("it has this router's own ID, ", self));
  if (isStranger(interface, from))
    return reject(interface, from, header.router,
                  isV3(face)
                      ? kj::str("its address ", from, " is not link-local")
                      : kj::str("its address ", from, " is not in this link's network ", interface.primary.net()));

  auto neighbor = findNeighbor(interface, from, header.router);
  Numbers numbers;
  KJ_IF_MAYBE (known, neighbor) numbers = known->numbers;
  auto checked = check(interface, header, packet, from, numbers);
  if (checked.is<Bad>()) {
    KJ_IF_MAYBE (known, neighbor) ++known->badPackets;
    return reject(interface, from, header.router, kj::str("its packets have ", checked.get<Bad>().reason));
  }
  auto body = checked.get<Bytes>();
  if (header.type == PacketType::HELLO) {
    KJ_IF_MAYBE (hello, Hello::decode(body, face)) {
      ++interface.counters.received[uint(header.type)];
      receiveHello(interface, from, header.router, *hello, numbers);
    } else {
      bad(interface, "a malformed hello"_kj);
    }
  } else {
    KJ_IF_MAYBE (known, neighbor) {
      known->numbers = numbers;
      if (known->router == header.router) dispatch(interface, *known, header.type, body, multicast);
    } else {
      bad(interface, "a packet of a router that is not a neighbor"_kj);
    }
  }
  settle();
}

void Core::dispatch(Interface& interface, Neighbor& neighbor, PacketType type, Bytes body, bool multicast) {
  auto malformed = [&]() {
    ++neighbor.badPackets;
    bad(interface, "a malformed packet"_kj);
  };
  ++interface.counters.received[uint(type)];
  if (type == PacketType::DESCRIPTION) {
    auto decoded = Description::decode(body, face);
    KJ_IF_MAYBE (description, decoded) return receiveDescription(neighbor, kj::mv(*description));
    return malformed();
  }
  if (neighbor.state < NeighborState::EXCHANGE) return;
  if (type == PacketType::REQUEST) {
    KJ_IF_MAYBE (list, decodeRequest(body, face)) return receiveRequest(neighbor, *list);
  } else if (type == PacketType::UPDATE) {
    KJ_IF_MAYBE (list, decodeUpdate(body)) return receiveUpdate(neighbor, *list, multicast);
  } else {
    KJ_IF_MAYBE (list, decodeAcknowledgment(body, face)) return receiveAcknowledgment(neighbor, *list);
  }
  malformed();
}

void Core::eachNeighbor(Area* area, Each each) {
  // Of an area, or of all.
  for (auto& [name, interface] : all) {
    if (area != nullptr && interface->area != area) continue;
    for (auto& [key, neighbor] : interface->neighbors) each(*neighbor);
  }
}

}  // namespace xylem::ospf

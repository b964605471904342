// The core: what it is told, by a configuration, links and time, and in which order things settle.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

InterfaceSettings InterfaceSettings::clone() const {
  InterfaceSettings copy;
  copy.area = area, copy.type = type, copy.passive = passive, copy.cost = cost, copy.inputCost = inputCost;
  copy.priority = priority, copy.helloInterval = helloInterval, copy.deadInterval = deadInterval;
  copy.retransmitInterval = retransmitInterval;
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
  if (!untold.empty()) return now;
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

// ---- asking

void Core::eachNeighbor(Area* area, Each each) {
  // Of an area, or of all.
  for (auto& [name, interface] : all) {
    if (area != nullptr && interface->area != area) continue;
    for (auto& [key, neighbor] : interface->neighbors) each(*neighbor);
  }
}

}  // namespace xylem::ospf

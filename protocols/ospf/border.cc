// What leaves the routing table: to the RIB, and, from an area border router, to other areas (RFC 2328 section 12.4.3,
// RFC 3101 section 3).
//
// Each destination whose route has changed is told, or taken back, by itself; a whole pass is made only when this
// router becomes a border router, or its configuration changes.
//
// A virtual link is up while its other end is reached in the transit area, and costs what the way there costs. Its
// first hops are those of that way.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr size_t LOGGED = 64;
constexpr uint32_t LOWEST_ADDRESS = 1u << 24;
// Below it, the data of a link is the number of an interface.

}  // namespace

// ---- searching

class Core::AreaHops final : public FirstHops {
 public:
  AreaHops(Core& core, AreaId area) : core(core), area(area) {}

  HopsId first(const GraphLink& link) override {
    if (link.type == LinkType::VIRTUAL) return virtualFirst(link.to.id);
    HopsId found = NO_HOPS;
    for (auto& [name, interface] : core.all) {
      if (interface->isVirtual || !interface->isUp() || interface->area->id != area) continue;
      if (interface->linkData() != link.data) continue;
      if (link.type == LinkType::TRANSIT) {
        if (interface->designated == link.to.id) found = core.hopSets.of({interface->number, Ip()});
        continue;
      }
      for (auto& [key, neighbor] : interface->neighbors)
        if (neighbor->router == link.to.id && neighbor->isFull())
          found = core.hopSets.unite(found, to(*interface, *neighbor));
    }
    return found;
  }

  Ip gateway(uint32_t interface, RouterId router, Ip4 data) override {
    if (!isV3(core.face)) return data;
    auto at = core.byNumber.find(interface);
    return at == core.byNumber.end() ? Ip() : core.gatewayOf(*at->second, router, data.bits);
  }

 private:
  HopsId to(const Interface& interface, const Neighbor& neighbor) {
    auto gateway =
        isV3(core.face) ? core.gatewayOf(interface, neighbor.router, neighbor.interfaceId) : neighbor.address;
    return gateway.isNone() ? NO_HOPS : core.hopSets.of({interface.number, gateway});
  }

  HopsId virtualFirst(RouterId peer) {
    for (auto& [name, interface] : core.all) {
      if (!interface->isVirtual || interface->peer != peer) continue;
      KJ_IF_MAYBE (vertex, core.routes.router(interface->transit, peer)) return vertex->hops;
    }
    return NO_HOPS;
  }

  Core& core;
  const AreaId area;
};

void Core::searchLater() {
  // RFC 8405 section 5.
  auto after = [&](uint32_t delay) {
    if (searchAt != NEVER) return;
    searchAt = now + delay * kj::MILLISECONDS;
    loadedBy = now + config.delays.learn * kj::MILLISECONDS;
  };
  quietAt = now + config.delays.holdDown * kj::MILLISECONDS;
  switch (calm) {
    case Calm::QUIET:
      after(config.delays.initial);
      learnUntil = now + config.delays.learn * kj::MILLISECONDS;
      calm = Calm::SHORT_WAIT;
      break;
    case Calm::SHORT_WAIT:
      after(config.delays.shortly);
      if (now >= learnUntil) calm = Calm::LONG_WAIT;
      break;
    case Calm::LONG_WAIT:
      after(config.delays.longer);
      break;
  }
}

Time Core::searchDue() const {
  // While a neighbour answers requests, each search would find another half of its database, and routes that are out of
  // date before the kernel has them. It is waited for, as long as one event may take, but not when links have changed
  // otherwise.
  if (unasked || searchAt == NEVER) return searchAt;
  for (auto& [name, interface] : all)
    for (auto& [key, neighbor] : interface->neighbors)
      if (neighbor->exchanges()) return kj::max(searchAt, loadedBy);
  return searchAt;
}

void Core::search() {
  searchAt = NEVER;
  unasked = false;
  Search search{now, 0 * kj::SECONDS, {}, 0};
  auto clock = [&]() {
    KJ_IF_MAYBE (read, stopwatch) return (*read)();
    return now;
  };
  Time begin = clock();
  std::map<AreaId, AreaHops> hops;
  auto changes =
      routes.update([&](AreaId area) -> FirstHops& { return hops.try_emplace(area, *this, area).first->second; });
  search.took = clock() - begin;
  search.areas = changes.searched;
  search.changes = uint32_t(changes.nets.size());
  log.push_back(kj::mv(search));
  if (log.size() > LOGGED) log.pop_front();
  ++searchCount;
  updateVirtualLinks();
  takeRoutes(changes);
  translateDue = true;
}

void Core::updateVirtualLinks() {
  for (auto& [name, interface] : all) {
    if (!interface->isVirtual) continue;
    auto vertex = routes.router(interface->transit, interface->peer);
    Ip address;
    if (vertex != nullptr) address = virtualEnd(areaOf(interface->transit), interface->peer);
    KJ_IF_MAYBE (there, vertex) {
      bool usable = there->hops != NO_HOPS && there->distance < MAX_LINK_METRIC && !address.isUnspecified();
      if (usable) {
        auto cost = uint16_t(there->distance);
        auto via = hopSets[there->hops][0].interface;
        if (interface->settings.cost != cost || interface->virtualVia != via) touch(*interface);
        interface->settings.cost = cost;
        interface->virtualVia = via;
        interface->virtualAddress = address;
        if (interface->state == InterfaceState::DOWN) start(*interface);
        continue;
      }
    }
    stop(*interface);
  }
}

Ip Core::virtualEnd(Area& transit, RouterId peer) {
  // An address by which the other end of a virtual link is reached: in OSPFv2 one of those of its links.
  if (isV3(face)) return ownAddressOf(transit, peer);
  auto lsa = transit.database.find({Type::ROUTER, peer, peer});
  if (lsa == nullptr) return Ip();
  KJ_IF_MAYBE (body, RouterBody::of(*lsa))
    for (auto& link : body->links)
      if (link.type != LinkType::STUB && link.data.bits >= LOWEST_ADDRESS) return link.data;
  return Ip();
}

void Core::takeRoutes(const Routing::Changes& changes) {
  if (restartUntil != nullptr) return untold.clear();
  untold.insert(untold.end(), changes.nets.begin(), changes.nets.end());
  tellSome();
  if (!border) return;
  for (auto& net : changes.nets) summarize(net);
  for (auto router : changes.boundaries) summarizeBoundary(router);
}

void Core::tellSome() {
  // The kernel needs longer for a route than this does, and may as well begin with the first ones.
  for (size_t i = 0; i < TOLD_AT_ONCE && !untold.empty(); ++i) {
    tellRib(untold.front());
    untold.pop_front();
  }
}

void Core::tellRib(IpNet net) {
  auto route = routes.find(net);
  bool leads = route != nullptr && route->hops != NO_HOPS && !hopSets.anyOnLink(route->hops);
  bool own = route != nullptr && !leads;
  if (!leads && (own || activeRanges.count(net) == 0)) {
    if (installed.erase(net) > 0) actions.remove(net);
    return;
  }
  kj::Vector<Way> ways;
  if (leads)
    for (auto& hop : hopSets[route->hops]) {
      auto at = byNumber.find(hop.interface);
      if (at != byNumber.end()) ways.add(Way{at->second->name.c_str(), hop.gateway});
    }
  installed.insert(net);
  uint32_t metric = !leads ? 0 : route->type == PathType::EXTERNAL2 ? route->cost2 : route->cost;
  actions.put(net, ways, metric, leads ? route->tag : 0);
}

// ---- the border

void Core::updateBorder() {
  borderDue = false;
  std::set<AreaId> active;
  bool backbone = false;
  for (auto& [name, interface] : all) {
    backbone = backbone || interface->isVirtual;
    if (interface->state == InterfaceState::DOWN) continue;
    active.insert(interface->area->id);
  }
  backbone = backbone || active.count(BACKBONE) > 0;
  if (backbone) active.insert(BACKBONE);
  bool wanted = active.size() > 1 && (backbone || !config.alternativeBorder);
  if (wanted == border) return;
  border = wanted;
  routes.setBorder(border);
  for (auto& [id, area] : allAreas) area->routerDue = true;
  for (auto& [net, external] : externals) dirtyExternals.insert(net);
  dirtyExternals.insert(defaultNet());
  translateDue = true;
  summarizeAll();
}

bool Core::leadsInto(const Area& area, const Route& route) const {
  for (auto& hop : hopSets[route.hops]) {
    auto at = byNumber.find(hop.interface);
    if (at != byNumber.end() && at->second->area == &area) return true;
  }
  return false;
}

kj::Maybe<uint32_t> Core::rangeMetric(const Area& inner, IpNet range, const RangeSettings& settings) const {
  // None: nothing of that area is in it.
  kj::Maybe<uint32_t> highest;
  routes.eachRouteWithin(range, [&](IpNet net, const Route& route) {
    if (route.type == PathType::INTRA && route.area == inner.id) highest = kj::max(route.cost, highest.orDefault(0));
  });
  if (highest != nullptr && settings.cost != nullptr) return settings.cost;
  return highest;
}

kj::Maybe<uint32_t> Core::summaryMetric(const Area& area, IpNet net) const {
  // What this area is told of a destination; none: nothing.
  auto& settings = area.settings;
  bool toldOfDefault = settings.type == AreaType::STUB || (settings.type == AreaType::NSSA && !settings.summaries);
  if (net.isDefault() && settings.type != AreaType::NORMAL)
    return toldOfDefault ? kj::Maybe<uint32_t>(settings.defaultCost) : nullptr;
  if (settings.type != AreaType::NORMAL && !settings.summaries) return nullptr;
  for (auto& [id, inner] : allAreas) {
    auto range = inner->settings.ranges.find(net);
    if (inner.get() == &area || range == inner->settings.ranges.end()) continue;
    auto metric = rangeMetric(*inner, net, range->second);
    if (metric != nullptr) return range->second.advertise ? metric : nullptr;
  }
  auto route = routes.find(net);
  if (route == nullptr || !route->isInternal() || route->area == area.id || route->cost >= LS_INFINITY) return nullptr;
  if (route->type == PathType::INTER && route->area != BACKBONE) return nullptr;
  if (leadsInto(area, *route)) return nullptr;
  auto inner = allAreas.find(route->area);
  bool condensed = route->type == PathType::INTRA && inner != allAreas.end();
  // The backbone's networks are told one by one to areas that virtual links lead through (section 12.4.3).
  if (route->area == BACKBONE && !settings.virtualLinks.empty()) condensed = false;
  if (condensed)
    for (auto& [range, each] : inner->second->settings.ranges)
      if (range.covers(net)) return nullptr;
  return route->cost;
}

void Core::summarizeInto(Area& area, IpNet net) {
  auto place = placeOf(Scope::AREA, &area, nullptr);
  kj::Maybe<uint32_t> wanted;
  if (border) wanted = summaryMetric(area, net);
  KJ_IF_MAYBE (metric, wanted) {
    auto moved = assign(area.summaryIds, net);
    KJ_IF_MAYBE (id, area.summaryIds.find(net)) {
      net::ByteWriter out;
      Announcement{net, *metric}.encode(Type::SUMMARY, face, out);
      originate(place, {Type::SUMMARY, *id, self}, lsaOptions(area), out);
    }
    for (auto& other : moved) summarizeInto(area, other);
  } else {
    KJ_IF_MAYBE (id, area.summaryIds.find(net)) retract(place, {Type::SUMMARY, *id, self});
    for (auto& other : area.summaryIds.release(net)) summarizeInto(area, other);
  }
}

void Core::summarize(IpNet net) {
  for (auto& [id, area] : allAreas) summarizeInto(*area, net);
  std::vector<IpNet> ranges;
  for (auto& [id, inner] : allAreas)
    for (auto& [range, settings] : inner->settings.ranges)
      if (range != net && range.covers(net)) ranges.push_back(range);
  if (ranges.empty()) return;
  for (auto& range : ranges)
    for (auto& [id, area] : allAreas) summarizeInto(*area, range);
  reckonRanges();
}

void Core::reckonRanges() {
  // Packets for what is in a range and is not there are dropped here, and not sent in circles.
  std::set<IpNet> active;
  for (auto& [id, inner] : allAreas)
    for (auto& [range, settings] : inner->settings.ranges)
      if (border && rangeMetric(*inner, range, settings) != nullptr) active.insert(range);
  for (auto& [id, inner] : allAreas)
    for (auto& range : inner->settings.externalRanges)
      if (inner->translates && translationOfRange(*inner, range) != nullptr) active.insert(range.first);
  if (active == activeRanges) return;
  auto before = std::exchange(activeRanges, kj::mv(active));
  routes.hide(std::vector<IpNet>(activeRanges.begin(), activeRanges.end()));
  before.insert(activeRanges.begin(), activeRanges.end());
  for (auto& range : before) tellRib(range);
}

void Core::summarizeBoundary(RouterId router) {
  auto route = routes.boundary(router);
  for (auto& [id, area] : allAreas) {
    auto place = placeOf(Scope::AREA, area.get(), nullptr);
    Key key{Type::ASBR_SUMMARY, router, self};
    bool told = border && area->takesExternals() && route != nullptr && router != self && route->area != id &&
                (route->type == PathType::INTRA || route->area == BACKBONE) && route->cost < LS_INFINITY &&
                !leadsInto(*area, *route);
    if (told) {
      net::ByteWriter out;
      BoundaryBody{router, route->cost, areaOptions(*area)}.encode(face, out);
      originate(place, key, lsaOptions(*area), out);
    } else {
      retract(place, key);
    }
  }
}

void Core::summarizeAll() {
  std::set<IpNet> nets{defaultNet()};
  routes.eachRoute([&](IpNet net, const Route&) { nets.insert(net); });
  std::set<RouterId> routers;
  routes.eachBoundary([&](RouterId router, const Route&) { routers.insert(router); });
  for (auto& [id, area] : allAreas) {
    for (auto& [net, id] : area->summaryIds.all()) nets.insert(net);
    for (auto& [key, origin] : area->database.origins)
      if (key.type == Type::ASBR_SUMMARY) routers.insert(key.id);
    for (auto& [range, settings] : area->settings.ranges) nets.insert(range);
  }
  for (auto& net : nets) {
    for (auto& [id, area] : allAreas) summarizeInto(*area, net);
    tellRib(net);
  }
  for (auto router : routers) summarizeBoundary(router);
  reckonRanges();
}

// ---- NSSAs

void Core::translate(Area& area) {
  // RFC 3101 section 3.1: of all border routers of an NSSA, those that always do it, or else the one with the highest
  // ID.
  bool elected = border;
  auto& graph = routes.graph(area.id);
  for (uint32_t i = 0; i < graph.size(); ++i) {
    auto& vertex = graph[i];
    if (vertex.id.network || vertex.id.id == self || !vertex.isReachable() || !(vertex.flags & flags::B)) continue;
    if (vertex.id.id > self || (vertex.flags & flags::NT)) elected = false;
  }
  area.translates = border && (elected || area.settings.translateAlways);
  for (auto& [key, entry] : area.database.entries())
    if (key.type == Type::NSSA)
      KJ_IF_MAYBE (said, Announcement::of(*entry.lsa)) dirtyExternals.insert(said->net);
  for (auto& [net, id] : externalIds.all()) dirtyExternals.insert(net);
  for (auto& [range, settings] : area.settings.externalRanges) dirtyExternals.insert(range);
  if (!area.settings.externalRanges.empty()) reckonRanges();
}

const Core::Range* Core::externalRangeOf(const Area& area, IpNet net) const {
  // The most specific one that it is in; null: none.
  const Range* best = nullptr;
  for (auto& each : area.settings.externalRanges)
    if (each.first.covers(net) && (best == nullptr || each.first.length() > best->first.length())) best = &each;
  return best;
}

kj::Maybe<External> Core::translation(const Area& area, IpNet net) const {
  auto range = externalRangeOf(area, net);
  if (range == nullptr) return translationOfOne(area, net);
  if (range->first != net || !range->second.advertise) return nullptr;
  return translationOfRange(area, *range);
}

kj::Maybe<External> Core::translationOfRange(const Area& area, const Range& range) const {
  // As the worst of what is in it (RFC 3101 section 3.2): type 2 if there is any of that, and then one more than the
  // highest metric, so that whoever has the destination itself at that price is preferred.
  kj::Maybe<External> worst;
  routes.eachRouteWithin(range.first, [&](IpNet net, const Route& route) {
    if (!route.nssa || externalRangeOf(area, net) != &range || translationOfOne(area, net) == nullptr) return;
    bool type2 = route.type == PathType::EXTERNAL2;
    External found{type2, kj::min(type2 ? route.cost2 + 1 : route.cost, LS_INFINITY - 1)};
    KJ_IF_MAYBE (before, worst) {
      if (std::pair(before->type2, before->metric) > std::pair(found.type2, found.metric)) return;
    }
    worst = found;
  });
  KJ_IF_MAYBE (found, worst) found->metric = range.second.cost.orDefault(found->metric);
  return worst;
}

kj::Maybe<External> Core::translationOfOne(const Area& area, IpNet net) const {
  if (net.isDefault()) return nullptr;
  KJ_IF_MAYBE (said, routes.nssaAnnouncement(area.id, net)) {
    if (!said->propagate || said->forwarding.isNone()) return nullptr;
    return External{said->type2, said->metric, said->tag, said->forwarding};
  }
  return nullptr;
}

}  // namespace xylem::ospf

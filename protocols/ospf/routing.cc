// What is marked is judged in an order in which nothing is judged twice in vain: graphs first, then AS boundary
// routers, then destinations; externals with a forwarding address once more if an internal route has changed, since any
// of them may be the longest match.
//
// An area that virtual links lead through may know a better way to what the backbone knows than the virtual links do
// (section 16.3). Summaries of such an area shorten backbone routes of an area border router, and make none.
//
// Preferences: intra-area before inter-area before external type 1 before type 2 (section 11), then cost. Between
// boundary routers, and between externals, RFC 1583 compatibility is off: paths within areas other than the backbone
// are preferred to all others, whatever they cost (section 16.4.1). Equal paths unite their next hops.

#include <protocols/ospf/routing.h>

namespace xylem::ospf {

void Routing::addArea(AreaId id) {
  auto& area = areas[id];
  if (area != nullptr) return;
  area = std::make_unique<Area>();
  area->graph = std::make_unique<Graph>(hops);
}

void Routing::removeArea(AreaId area) { areas.erase(area); }

void Routing::setBorder(bool wanted) {
  if (border == wanted) return;
  border = wanted;
  for (auto& [net, entry] : nets) mark(entry);
  for (auto& [router, entry] : boundaries) dirtyBoundaries.insert(router);
}

void Routing::hide(std::vector<IpNet> wanted) {
  for (auto net : hidden)
    if (auto at = nets.find(net); at != nets.end()) mark(at->second);
  hidden = std::unordered_set<IpNet>(wanted.begin(), wanted.end());
  for (auto net : hidden)
    if (auto at = nets.find(net); at != nets.end()) mark(at->second);
}

void Routing::connect(std::map<IpNet, uint32_t> networks) {
  if (networks == connected) return;
  connected = std::move(networks);
  for (auto& [entry, count] : forwarded) mark(*entry);
}

void Routing::invalidate(AreaId area) {
  auto at = areas.find(area);
  if (at != areas.end()) at->second->due = searchDue = true;
}

// ---- from sources to routes

Routing::Changes Routing::update(FirstHopsOf first) {
  Changes changes;
  for (bool backbone : {false, true}) {
    // The backbone last: its virtual links lead through other areas.
    for (auto& [id, area] : areas)
      if (area->due && (id == BACKBONE) == backbone) search(id, *area, first(id), changes);
  }
  searchDue = false;
  judge(changes);
  tidy(changes.searched);
  return changes;
}

void Routing::tidy(const std::vector<AreaId>& searched) {
  for (auto id : searched) {
    auto& area = *areas.at(id);
    if (area.graph->isCrowded()) area.graph->keep(usedVertices(id, area));
  }
  if (hops.isCrowded()) hops.keep(usedHops());
}

std::vector<bool> Routing::usedVertices(AreaId id, Area& area) const {
  auto root = area.graph->number({false, self});
  std::vector<bool> used(area.graph->size());
  used[root] = true;
  for (size_t i = 0; i < area.leaves.size(); ++i) used[i] = !area.leaves[i].empty() || i == root;
  for (auto& [router, boundary] : boundaries)
    for (auto& source : boundary.sources)
      if (source.area == id) used[source.vertex] = true;
  return used;
}

std::vector<bool> Routing::usedHops() const {
  std::vector<bool> used(hops.size());
  for (auto& [id, area] : areas)
    for (uint32_t i = 0; i < area->graph->size(); ++i) used[(*area->graph)[i].hops] = true;
  for (auto& [net, entry] : nets) used[entry.route.hops] = true;
  for (auto& [router, boundary] : boundaries) used[boundary.route.hops] = true;
  return used;
}

Routing::Changes Routing::updateLeaves() {
  Changes changes;
  judge(changes);
  return changes;
}

void Routing::search(AreaId id, Area& area, FirstHops& first, Changes& changes) {
  area.due = false;
  changes.searched.push_back(id);
  auto root = area.graph->number({false, self});
  area.twoPart.charge(*area.graph);
  auto vertices = area.graph->run(root, first);
  if (area.twoPart.judge(*area.graph))
    for (auto vertex : area.graph->run(root, first)) vertices.push_back(vertex);
  for (auto vertex : vertices) {
    if (vertex < area.leaves.size())
      for (auto entry : area.leaves[vertex]) mark(*entry);
    auto& moved = (*area.graph)[vertex];
    if (moved.id.network) continue;
    if (moved.flags & flags::E || boundaries.count(moved.id.id) > 0) dirtyBoundaries.insert(moved.id.id);
    // It may be the border router of summaries of type 4.
    if (moved.flags & flags::B || moved.flags == 0)
      for (auto& [router, boundary] : boundaries)
        for (auto& source : boundary.sources)
          if (source.router == moved.id.id) dirtyBoundaries.insert(router);
  }
  judgeTransit(id, area);
}

void Routing::judgeTransit(AreaId id, Area& area) {
  // Section 16.1: TransitCapability.
  bool transit = false;
  for (uint32_t i = 0; i < area.graph->size() && id != BACKBONE; ++i) {
    auto& vertex = (*area.graph)[i];
    transit = transit || (!vertex.id.network && vertex.isReachable() && vertex.flags & flags::V);
  }
  if (std::exchange(area.transit, transit) == transit) return;
  for (auto& leaves : area.leaves)
    for (auto entry : leaves) mark(*entry);
  for (auto& [router, boundary] : boundaries)
    for (auto& source : boundary.sources)
      if (source.area == id) dirtyBoundaries.insert(router);
}

void Routing::judge(Changes& changes) {
  for (auto router : std::exchange(dirtyBoundaries, {})) judgeBoundary(router, changes);
  bool internal = false;
  std::vector<IpNet> gone;
  for (int pass = 0; pass < 2 && !dirty.empty(); ++pass) {
    for (auto entry : std::exchange(dirty, {})) {
      entry->dirty = false;
      if (entry->sources.empty()) gone.push_back(*entry->net);
      auto route = best(*entry);
      if (route == entry->route) continue;
      internal = internal || route.isInternal() || entry->route.isInternal();
      entry->route = route;
      changes.nets.push_back(*entry->net);
    }
    if (pass == 0 && internal)
      for (auto& [entry, count] : forwarded) mark(*entry);
  }
  for (auto& net : gone) {
    auto at = nets.find(net);
    if (at != nets.end() && at->second.sources.empty() && !at->second.dirty) nets.erase(at);
  }
}

void Routing::judgeBoundary(RouterId router, Changes& changes) {
  auto& boundary = boundaries[router];
  auto route = bestBoundary(router, boundary);
  if (route != boundary.route) {
    boundary.route = route;
    for (auto& [entry, count] : boundary.dependents) mark(*entry);
    changes.boundaries.push_back(router);
  }
  bool used = route.isThere() || !boundary.sources.empty() || !boundary.dependents.empty();
  if (!used) boundaries.erase(router);
}

bool Routing::believes(const Source& summary) const { return !border || summary.area == BACKBONE; }

Route Routing::bestBoundary(RouterId router, const Boundary& boundary) const {
  Route best;
  for (auto& [id, area] : areas) {
    KJ_IF_MAYBE (number, area->graph->find({false, router})) {
      auto& vertex = (*area->graph)[*number];
      if (!vertex.isReachable() || !(vertex.flags & flags::E)) continue;
      Route found{PathType::INTRA, id, vertex.distance, 0, vertex.hops, 0, router};
      bool better = !best.isThere() || (best.area == BACKBONE && id != BACKBONE) ||
                    ((best.area == BACKBONE) == (id == BACKBONE) && found.cost <= best.cost);
      if (better) best = found;
    }
  }
  if (best.isThere()) return shortened(best, boundary.sources);
  for (auto& source : boundary.sources) {
    auto& vertex = vertexOf(source);
    if (!believes(source) || !vertex.isReachable() || !(vertex.flags & flags::B)) continue;
    Route found{PathType::INTER, source.area, vertex.distance + source.metric, 0, vertex.hops, 0, router};
    prefer(found, best.isThere() ? (found.cost < best.cost) - (found.cost > best.cost) : 1, best);
  }
  return shortened(best, boundary.sources);
}

Route Routing::shortened(Route route, const std::vector<Source>& sources) const {
  // Section 16.3. Its type and its area stay what they were.
  if (!border || !route.isInternal() || route.area != BACKBONE || route.hops == NO_HOPS) return route;
  for (auto& source : sources) {
    if (source.type != PathType::INTER || !areas.at(source.area)->transit) continue;
    auto& vertex = vertexOf(source);
    if (!vertex.isReachable() || !(vertex.flags & flags::B)) continue;
    uint32_t cost = vertex.distance + source.metric;
    if (cost > route.cost) continue;
    route.hops = cost < route.cost ? vertex.hops : hops.unite(route.hops, vertex.hops);
    route.cost = cost;
  }
  return route;
}

Route Routing::best(const Entry& entry) const {
  // Section 16.2 (3): another border router's summary of what is this router's own range leads in a circle.
  bool isRange = hidden.count(*entry.net) > 0;
  Route best;
  for (auto& source : entry.sources)
    if (source.type > PathType::INTER)
      considerExternal(source, best);
    else if (source.type != PathType::INTER || !isRange)
      consider(source, best);
  return isRange ? best : shortened(best, entry.sources);
}

void Routing::prefer(Route candidate, int order, Route& best) const {
  // Above zero: the candidate is better; zero: they are equal, and traffic takes both ways.
  if (order > 0) best = candidate;
  if (order == 0) best.hops = hops.unite(best.hops, candidate.hops);
}

void Routing::consider(const Source& source, Route& best) const {
  auto& vertex = vertexOf(source);
  if (!vertex.isReachable()) return;
  Route found{source.type, source.area, vertex.distance + source.metric, 0, vertex.hops};
  if (source.type == PathType::INTER && (!believes(source) || !(vertex.flags & flags::B))) return;
  if (!best.isThere() || found.type < best.type) {
    best = found;
    return;
  }
  if (found.type > best.type) return;
  // Its own network is on the link, whoever else says that he has it.
  bool own = best.hops == NO_HOPS || found.hops == NO_HOPS;
  int order = found.cost < best.cost ? 1 : found.cost > best.cost ? -1 : 0;
  if (own && order == 0) order = found.hops == NO_HOPS ? 1 : -1;
  prefer(found, order, best);
}

HopsId Routing::ownHops(Ip address) const {
  HopsId found = NO_HOPS;
  for (auto& [net, interface] : connected)
    if (net.contains(address)) found = hops.of({interface, address});
  return found;
}

kj::Maybe<Route> Routing::wayToExternal(const Source& source) const {
  // To its boundary router, which is to be within reach in any case, or to its forwarding address.
  auto announcer = source.nssa ? nullptr : boundary(source.router);
  if (source.nssa) {
    auto& vertex = vertexOf(source);
    if (!vertex.isReachable() || !(vertex.flags & (flags::E | flags::B))) return nullptr;
  } else if (announcer == nullptr) {
    return nullptr;
  }
  if (!source.forwarding.isUnspecified()) {
    auto route = lookup(source.forwarding);
    if (route == nullptr || (source.nssa && route->type != PathType::INTRA)) return nullptr;
    Route way = *route;
    way.hops = way.hops == NO_HOPS ? ownHops(source.forwarding)
                                   : hops.onLink(way.hops, [&](uint32_t) { return source.forwarding; });
    return way;
  }
  if (announcer != nullptr) return *announcer;
  auto& vertex = vertexOf(source);
  return Route{PathType::INTRA, source.area, vertex.distance, 0, vertex.hops};
}

void Routing::considerExternal(const Source& source, Route& best) const {
  // Section 16.4 (6), and RFC 3101 section 2.5 (6).
  if (best.isInternal()) return;
  KJ_IF_MAYBE (way, wayToExternal(source)) {
    if (way->hops == NO_HOPS) return;
    bool type2 = source.type == PathType::EXTERNAL2;
    bool inArea = way->type == PathType::INTRA && way->area != BACKBONE;
    Route found{source.type,
                inArea ? way->area : AreaId(),
                way->cost + (type2 ? 0 : source.metric),
                type2 ? source.metric : 0,
                way->hops,
                source.tag,
                source.router,
                source.nssa};
    if (!best.isThere()) {
      best = found;
      return;
    }
    auto rank = [&](const Route& route, bool preferred) {
      return std::tuple(route.type, route.cost2, preferred ? 0 : 1, route.cost);
    };
    auto mine = rank(found, inArea), other = rank(best, best.area != BACKBONE);
    int order = mine < other ? 1 : other < mine ? -1 : 0;
    bool translatable = source.nssa && source.propagate;
    if (order == 0 && found.nssa != best.nssa) order = found.nssa ? (translatable ? 1 : -1) : (best.nssa ? -1 : 1);
    prefer(found, order, best);
  }
}

// ---- asking

const Route* Routing::find(IpNet net) const {
  auto at = nets.find(net);
  return at == nets.end() || !at->second.route.isThere() ? nullptr : &at->second.route;
}

const Route* Routing::lookup(Ip address) const {
  for (int length = int(address.width()); length >= 0; --length) {
    auto route = find(IpNet(address, uint(length)));
    if (route != nullptr && route->isInternal()) return route;
  }
  return nullptr;
}

kj::Maybe<Announcement> Routing::nssaAnnouncement(AreaId area, IpNet net) const {
  auto at = nets.find(net);
  if (at == nets.end() || !at->second.route.nssa) return nullptr;
  for (auto& source : at->second.sources)
    if (source.nssa && source.area == area && source.router == at->second.route.router)
      return Announcement{net,        source.metric,   source.type == PathType::EXTERNAL2, source.forwarding,
                          source.tag, source.propagate};
  return nullptr;
}

const Route* Routing::boundary(RouterId router) const {
  auto at = boundaries.find(router);
  return at == boundaries.end() || !at->second.route.isThere() ? nullptr : &at->second.route;
}

kj::Maybe<const Graph::Vertex&> Routing::router(AreaId area, RouterId router) const {
  auto at = areas.find(area);
  if (at == areas.end()) return nullptr;
  KJ_IF_MAYBE (number, at->second->graph->find({false, router})) {
    auto& vertex = (*at->second->graph)[*number];
    if (vertex.isReachable()) return vertex;
  }
  return nullptr;
}

}  // namespace xylem::ospf

// This router's own LSAs: RFC 2328 section 12.4, and how often they are made.
//
// Whoever wants an LSA says so with `originate`, as often as he likes: nothing happens while the database holds the
// same. The first change is told at once, the next ones after a pause that doubles while they go on, since neighbours
// drop what comes within a second of the last instance. When the sequence numbers are used up, the last instance is
// flushed first (section 12.1.6); when it is gone, the next one begins anew.
//
// Grace-LSAs (RFC 3623 appendix A) are of link scope, of opaque type 3: TLV 1 is the grace period, 2 the reason, 3 this
// router's address on a link with a designated router.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr Ip4 GRACE_ID = Ip4::of(3, 0, 0, 0);
constexpr uint16_t TLV_PERIOD = 1, TLV_REASON = 2, TLV_ADDRESS = 3;
constexpr uint8_t REASON_UNKNOWN = 0;

kj::Maybe<uint32_t> gracePeriod(Bytes body) {
  net::ByteReader in(body);
  while (in.has(4)) {
    uint16_t type = in.u16();
    size_t length = in.u16();
    auto value = in.sub((length + 3) / 4 * 4);
    if (type == TLV_PERIOD && length == 4) return value.u32();
  }
  return nullptr;
}

}  // namespace

// ---- making

void Core::originate(const Place& place, Key key, uint8_t options, const net::ByteWriter& body) {
  auto& origin = place.database.origins[key];
  auto current = place.database.find(key);
  origin.wanted = true;
  bool alive = current != nullptr && place.database.dying.count(key) == 0;
  bool same = alive && current->header.options == options && current->body() == body.bytes();
  origin.options = options;
  origin.body = kj::heapArray<const kj::byte>(body.bytes());
  if (same) {
    origin.due = nullptr;
    return;
  }
  if (origin.due != nullptr) return;
  auto free = origin.last.orDefault(kj::origin<Time>()) + origin.hold;
  if (origin.last == nullptr || free <= now)
    issue(place, key);
  else
    schedule(place, key, free);
}

void Core::schedule(const Place& place, const Key& key, Time due) {
  place.database.origins.at(key).due = due;
  place.database.waiting[due].push_back(key);
}

void Core::issue(const Place& place, const Key& key) {
  auto& origin = place.database.origins.at(key);
  origin.due = nullptr;
  if (!origin.wanted) return;
  auto current = place.database.get(key);
  if (current != nullptr && current->header.sequence == MAX_SEQUENCE) return purge(place, key);
  auto pause = config.delays.lsaHold * kj::MILLISECONDS, most = config.delays.lsaMax * kj::MILLISECONDS;
  KJ_IF_MAYBE (last, origin.last) {
    if (now - *last < 2 * origin.hold) pause = kj::min(2 * origin.hold, most);
  }
  origin.hold = pause;
  origin.last = now;
  ++originCount;
  int32_t sequence = current == nullptr ? INITIAL_SEQUENCE : current->header.sequence + 1;
  auto lsa = std::make_shared<const Lsa>(Lsa::make(key, origin.options, sequence, origin.body, now));
  install(place, lsa);
  flood(place, lsa, nullptr);
}

void Core::retract(const Place& place, const Key& key) {
  auto origin = place.database.origins.find(key);
  if (origin == place.database.origins.end()) return;
  origin->second.wanted = false;
  origin->second.due = nullptr;
  purge(place, key);
}

// ---- routers and networks

uint16_t Core::costOf(const Interface& interface) const {
  return config.stubRouter ? MAX_LINK_METRIC : interface.settings.cost;
}

void Core::addLinks(Area& area, Interface& interface, RouterBody& body) {
  // Sections 12.4.1.1 to 12.4.1.4.
  auto& links = body.links;
  uint16_t cost = costOf(interface);
  auto type = interface.settings.type;
  bool point = interface.isPointToPoint() || type == NetworkType::POINT_TO_MULTIPOINT;
  if (point) {
    auto linkType = interface.isVirtual ? LinkType::VIRTUAL : LinkType::POINT_TO_POINT;
    auto data = interface.linkData();
    if (interface.isVirtual) {
      auto via = byNumber.find(interface.virtualVia);
      if (via != byNumber.end()) data = via->second->identity();
    }
    for (auto& [key, neighbor] : interface.neighbors)
      if (neighbor->isFull()) links.push_back({linkType, neighbor->router, data, cost});
  }
  if (interface.isVirtual) return;
  bool transit = false;
  if (interface.elects() && interface.state > InterfaceState::WAITING && !interface.settings.passive) {
    bool designated = interface.state == InterfaceState::DESIGNATED;
    for (auto& [key, neighbor] : interface.neighbors) {
      bool with = designated || neighbor->identity == interface.designated;
      transit = transit || (with && neighbor->isFull());
    }
    if (transit) links.push_back({LinkType::TRANSIT, interface.designated, interface.identity(), cost});
  }
  for (auto& address : interface.link.addresses) {
    if (address.version() != 4 || address.address().isLoopback()) continue;
    bool itself = address == interface.primary;
    if (itself && transit) continue;
    bool host = interface.state == InterfaceState::LOOPBACK || (itself && type == NetworkType::POINT_TO_MULTIPOINT);
    Ip4Net net(address.address().v4(), host ? 32 : address.length());
    links.push_back({LinkType::STUB, net.address(), net.mask(), uint16_t(host ? 0 : interface.settings.cost)});
  }
}

void Core::makeRouterLsa(Area& area) {
  RouterBody body;
  if (border) body.flags |= flags::B;
  bool asbr = boundary && area.settings.type != AreaType::STUB;
  bool translator = border && area.settings.type == AreaType::NSSA;
  if (asbr || translator) body.flags |= flags::E;
  if (translator && area.settings.translateAlways) body.flags |= flags::NT;
  bool any = false;
  for (auto& [name, interface] : all) {
    if (interface->isVirtual && interface->transit == area.id)
      for (auto& [key, neighbor] : interface->neighbors)
        if (neighbor->isFull()) body.flags |= flags::V;
    if (interface->area != &area || interface->state == InterfaceState::DOWN) continue;
    any = true;
    addLinks(area, *interface, body);
  }
  Key key{Type::ROUTER, self, self};
  auto place = placeOf(Scope::AREA, &area, nullptr);
  if (any) {
    net::ByteWriter out;
    body.encode(out);
    originate(place, key, areaOptions(area), out);
    // A link may lead elsewhere although the LSA stays as it is: to another address of the same neighbour.
    routes.invalidate(area.id);
    unasked = true;
  } else {
    retract(place, key);
  }
  for (auto& [name, interface] : all)
    if (interface->area == &area) makeNetworkLsa(*interface);
}

void Core::makeNetworkLsa(Interface& interface) {
  if (interface.isVirtual || interface.primary.isNone()) return;
  auto place = placeOf(Scope::AREA, interface.area, nullptr);
  Key key{Type::NETWORK, interface.identity(), self};
  NetworkBody body{Ip4::mask(interface.primary.length()), {self}};
  for (auto& [each, neighbor] : interface.neighbors)
    if (neighbor->isFull()) body.routers.push_back(neighbor->router);
  bool wanted = interface.state == InterfaceState::DESIGNATED && body.routers.size() > 1;
  if (!wanted) return retract(place, key);
  net::ByteWriter out;
  body.encode(out);
  originate(place, key, areaOptions(*interface.area), out);
}

// ---- externals

std::vector<IpNet> Core::assign(LinkStateIds& ids, IpNet net) {
  bool known = ids.isLeftOut(net);
  auto moved = ids.assign(net);
  if (ids.isLeftOut(net) && !known) actions.leftOut(net);
  return moved;
}

kj::Maybe<Ip> Core::forwardingIn(const Area& area) const {
  // An address of this router's that an NSSA reaches: a loopback's before others (RFC 3101 section 2.3).
  kj::Maybe<Ip> found;
  for (auto& [name, interface] : all) {
    if (interface->area != &area || interface->state == InterfaceState::DOWN || interface->primary.isNone()) continue;
    if (interface->state == InterfaceState::LOOPBACK) return interface->address();
    if (found == nullptr) found = interface->address();
  }
  return found;
}

void Core::makeExternals() {
  if (dirtyExternals.empty()) return;
  bool any = !externals.empty() || config.announceDefault != nullptr;
  if (std::exchange(boundary, any) != any)
    for (auto& [id, area] : allAreas) area->routerDue = true;
  for (auto& net : std::exchange(dirtyExternals, {})) makeExternal(net);
}

void Core::announce(const Place& place, Type type, uint8_t options, IpNet net, const External& external) {
  auto& ids = idsOf(place);
  for (auto& moved : assign(ids, net)) dirtyExternals.insert(moved);
  KJ_IF_MAYBE (id, ids.find(net)) {
    net::ByteWriter out;
    auto forwarding = external.forwarding.isNone() ? Ip4() : external.forwarding.v4();
    ExternalBody{net.v4().mask(), external.type2, external.metric, forwarding, external.tag}.encode(out);
    originate(place, {type, *id, self}, options, out);
  }
}

void Core::withdrawExternal(const Place& place, Type type, IpNet net) {
  auto& ids = idsOf(place);
  KJ_IF_MAYBE (id, ids.find(net)) retract(place, {type, *id, self});
  for (auto& hopeful : ids.release(net)) dirtyExternals.insert(hopeful);
}

void Core::makeExternal(IpNet net) {
  kj::Maybe<External> wanted;
  auto at = externals.find(net);
  if (at != externals.end()) wanted = at->second;
  if (net.isDefault()) {
    KJ_IF_MAYBE (metric, config.announceDefault) wanted = External{true, *metric};
  }
  auto asPlace = placeOf(Scope::AS, nullptr, nullptr);
  bool normal = false;
  for (auto& [id, area] : allAreas) {
    normal = normal || area->takesExternals();
    if (area->settings.type != AreaType::NSSA) continue;
    auto place = placeOf(Scope::AREA, area.get(), nullptr);
    bool borderDefault = net.isDefault() && border && (area->settings.defaultRoute);
    auto here = wanted;
    if (borderDefault) here = External{true, area->settings.defaultCost};
    KJ_IF_MAYBE (external, here) {
      // A border router's own externals go to other areas as such, and need no translation.
      External copy = *external;
      bool propagate = !border;
      if (propagate && copy.forwarding.isUnspecified()) copy.forwarding = forwardingIn(*area).orDefault(Ip());
      propagate = propagate && !copy.forwarding.isUnspecified();
      announce(place, Type::NSSA, uint8_t(propagate ? options::P : 0), net, copy);
    } else {
      withdrawExternal(place, Type::NSSA, net);
    }
  }
  if (wanted == nullptr)
    for (auto& [id, area] : allAreas)
      if (area->translates && wanted == nullptr) wanted = translation(*area, net);
  if (wanted != nullptr && normal)
    announce(asPlace, Type::EXTERNAL, options::E | options::O, net, KJ_ASSERT_NONNULL(wanted));
  else
    withdrawExternal(asPlace, Type::EXTERNAL, net);
}

// ---- graceful restart

void Core::restart(kj::Duration grace, Time time) {
  begin(time);
  restartUntil = now + grace;
}

void Core::sendGrace(Interface& interface) {
  // The first thing that is said on a link after a restart. It is said before any neighbour is known, so it is sent and
  // not flooded (section 2.1 of RFC 3623, for unplanned outages).
  auto left = kj::max(KJ_ASSERT_NONNULL(restartUntil) - now, 1 * kj::SECONDS) / kj::SECONDS;
  net::ByteWriter body;
  auto word = [&](uint16_t type, uint16_t length, uint32_t value) {
    body.u16(type);
    body.u16(length);
    body.u32(value);
  };
  word(TLV_PERIOD, 4, uint32_t(left));
  word(TLV_REASON, 1, uint32_t(REASON_UNKNOWN) << 24);
  if (interface.elects()) word(TLV_ADDRESS, 4, interface.identity().bits);
  Key key{Type::OPAQUE_LINK, GRACE_ID, self};
  auto place = placeOf(Scope::LINK, interface.area, &interface);
  auto& origin = place.database.origins[key];
  origin.wanted = true;
  origin.options = areaOptions(*interface.area);
  origin.body = kj::heapArray<const kj::byte>(body.bytes());
  // An earlier life's may still be there.
  int32_t sequence = INITIAL_SEQUENCE + int32_t(epoch & 0x0fffffff);
  auto lsa = std::make_shared<const Lsa>(Lsa::make(key, origin.options, sequence, origin.body, now));
  install(place, lsa);
  sendUpdates(interface, interface.isVirtual ? interface.virtualAddress : ALL_ROUTERS, {lsa});
}

void Core::tickRestart() {
  if (sweepAt <= now) sweep();
  KJ_IF_MAYBE (until, restartUntil) {
    if (*until <= now || isRestored()) endRestart();
  }
}

bool Core::isRestored() {
  // All adjacencies that the LSAs of the earlier life tell of are there again (section 2.2).
  bool any = false;
  eachNeighbor(nullptr, [&](Neighbor& neighbor) { any = any || neighbor.state == NeighborState::FULL; });
  if (!any) return false;
  for (auto& [id, area] : allAreas) {
    auto old = area->database.find({Type::ROUTER, self, self});
    if (old == nullptr) continue;
    RouterBody now;
    for (auto& [name, interface] : all)
      if (interface->area == area.get() && interface->state != InterfaceState::DOWN) addLinks(*area, *interface, now);
    auto before = KJ_ASSERT_NONNULL(RouterBody::decode(old->body()));
    for (auto& link : before.links) {
      bool there = link.type == LinkType::STUB;
      for (auto& each : now.links) there = there || (each.type == link.type && each.id == link.id);
      if (!there) return false;
    }
  }
  return true;
}

void Core::endRestart() {
  constexpr auto LATE = 10 * kj::SECONDS;
  // Routes of other protocols come later than neighbours do.
  restartUntil = nullptr;
  sweepAt = now + LATE;
  for (auto& [id, area] : allAreas) makeRouterLsa(*area);
  makeExternals();
  search();
  summarizeAll();
  for (auto& [name, interface] : all)
    retract(placeOf(Scope::LINK, interface->area, interface.get()), {Type::OPAQUE_LINK, GRACE_ID, self});
  tellAll(now);
  actions.restarted();
}

void Core::sweep() {
  sweepAt = NEVER;
  eachPlace([&](const Place& place) {
    std::vector<Key> left;
    for (auto& [key, entry] : place.database.entries()) {
      auto origin = place.database.origins.find(key);
      bool wanted = origin != place.database.origins.end() && origin->second.wanted;
      if (key.router == self && !wanted) left.push_back(key);
    }
    for (auto& key : left) purge(place, key);
  });
}

void Core::helpOrNot(Interface& interface, const Lsa& lsa) {
  auto& key = lsa.header.key;
  if (key.id != GRACE_ID || key.router == self) return;
  for (auto& [each, neighbor] : interface.neighbors) {
    if (neighbor->router != key.router) continue;
    if (lsa.isMaxAge(now)) return endHelp(*neighbor);
    KJ_IF_MAYBE (period, gracePeriod(lsa.body())) {
      bool granted = neighbor->isFull() && config.helperTime > 0 && *period > lsa.age(now);
      if (granted) neighbor->graceUntil = now + (kj::min(*period, config.helperTime) - lsa.age(now)) * kj::SECONDS;
    }
    return;
  }
}

void Core::endHelp(Neighbor& neighbor) {
  if (neighbor.graceUntil == nullptr) return;
  neighbor.graceUntil = nullptr;
  touch(neighbor.interface);
  if (neighbor.interface.elects()) elect(neighbor.interface);
}

void Core::endHelpOn(const Place& place) {
  // What has changed would be flooded to a restarting neighbour, which cannot act on it (RFC 3623 section 3.2).
  eachNeighbor(place.scope == Scope::AREA ? place.area : nullptr, [&](Neighbor& neighbor) {
    if (neighbor.graceUntil != nullptr && neighbor.state < NeighborState::EXCHANGE) endHelp(neighbor);
  });
}

}  // namespace xylem::ospf

// This router's own LSAs: RFC 2328 section 12.4, and how often they are made.
//
// Whoever wants an LSA says so with `originate`, as often as he likes: nothing happens while the database holds the
// same. The first change is told at once, the next ones after a pause that doubles while they go on, since neighbours
// drop what comes within a second of the last instance. For the same reason, and because it might overtake the instance
// that it is to end, an LSA is not taken back sooner than that. When the sequence numbers are used up, the last
// instance is flushed first (section 12.1.6); when it is gone, the next one begins anew.
//
// Grace-LSAs (RFC 3623 appendix A, RFC 5187) are of link scope, in OSPFv2 of opaque type 3: TLV 1 is the grace period,
// 2 the reason, 3 this router's address on a link of OSPFv2 with a designated router.

#include <protocols/ospf/core.h>

#include <kj/debug.h>
#include <protocols/ospf/tlv.h>

#include <algorithm>

namespace xylem::ospf {

namespace {

constexpr Ip4 GRACE_ID = Ip4::of(3, 0, 0, 0);
constexpr uint16_t TLV_PERIOD = 1, TLV_REASON = 2, TLV_ADDRESS = 3;
constexpr uint8_t REASON_UNKNOWN = 0;

struct Grace {
  uint32_t period = 0;
  // Seconds; zero: it does not say.
  uint8_t reason = REASON_UNKNOWN;

  explicit Grace(Bytes body) {
    eachTlv(body, [&](uint16_t type, Bytes value) {
      if (type == TLV_PERIOD && value.size() == 4) period = net::ByteReader(value).u32();
      if (type == TLV_REASON && value.size() == 1) reason = value[0];
    });
  }

  kj::StringPtr why() const {
    constexpr kj::StringPtr NAMES[] = {"for reasons unknown"_kj, "its software restarts"_kj,
                                       "its software is renewed"_kj, "it switches to another processor"_kj};
    return NAMES[reason < std::size(NAMES) ? reason : REASON_UNKNOWN];
  }
};

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
  if (!origin.wanted) return purge(place, key);
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
  auto lsa = std::make_shared<const Lsa>(Lsa::make(key, origin.options, sequence, origin.body, now, face));
  install(place, lsa);
  flood(place, lsa, nullptr);
}

void Core::retract(const Place& place, const Key& key) {
  auto origin = place.database.origins.find(key);
  if (origin == place.database.origins.end()) return;
  auto& mine = origin->second;
  mine.wanted = false;
  auto free = mine.last.orDefault(kj::origin<Time>()) + config.delays.lsaArrival * kj::MILLISECONDS;
  if (mine.last == nullptr || free <= now) {
    mine.due = nullptr;
    purge(place, key);
  } else if (mine.due.orDefault(NEVER) > free) {
    schedule(place, key, free);
  }
}

// ---- routers and networks

uint16_t Core::costOf(const Interface& interface) const {
  return config.stubRouter ? MAX_LINK_METRIC : interface.settings.cost;
}

bool Core::isTransit(const Interface& interface) const {
  // It leads to a network that is a vertex of its own.
  if (!interface.elects() || interface.state <= InterfaceState::WAITING || interface.settings.passive) return false;
  bool designated = interface.state == InterfaceState::DESIGNATED;
  for (auto& [key, neighbor] : interface.neighbors)
    if (neighbor->isFull() && (designated || neighbor->identity == interface.designated)) return true;
  return false;
}

void Core::addLinks(Area& area, Interface& interface, RouterBody& body) {
  // Sections 12.4.1.1 to 12.4.1.4; RFC 5340 section 4.4.3.2.
  auto& links = body.links;
  uint16_t cost = costOf(interface);
  auto type = interface.settings.type;
  bool point = interface.isPointToPoint() || type == NetworkType::POINT_TO_MULTIPOINT;
  if (point) {
    auto linkType = interface.isVirtual ? LinkType::VIRTUAL : LinkType::POINT_TO_POINT;
    auto data = interface.linkData();
    if (interface.isVirtual && !isV3(face)) {
      auto via = byNumber.find(interface.virtualVia);
      if (via != byNumber.end()) data = via->second->identity;
    }
    for (auto& [key, neighbor] : interface.neighbors)
      if (neighbor->isFull()) links.push_back({linkType, neighbor->router, data, cost, neighbor->interfaceId});
  }
  if (interface.isVirtual) return;
  bool transit = isTransit(interface);
  if (transit) {
    uint32_t there = interface.id();
    for (auto& [key, neighbor] : interface.neighbors)
      if (neighbor->identity == interface.designated) there = neighbor->interfaceId;
    links.push_back({LinkType::TRANSIT, interface.designated, interface.linkData(), cost, there});
  }
  if (!isV3(face)) addStubs(interface, transit, body);
}

void Core::addStubs(const Interface& interface, bool transit, RouterBody& body) const {
  auto type = interface.settings.type;
  for (auto& address : addressesOf(interface.link)) {
    bool itself = address == interface.primary;
    if (itself && transit) continue;
    bool host = interface.state == InterfaceState::LOOPBACK || (itself && type == NetworkType::POINT_TO_MULTIPOINT);
    Ip4Net net(address.address().v4(), host ? 32 : address.length());
    body.links.push_back({LinkType::STUB, net.address(), net.mask(), uint16_t(host ? 0 : interface.settings.cost)});
  }
}

void Core::makeRouterLsa(Area& area) {
  RouterBody body;
  if (border) body.flags |= flags::B;
  // An NSSA's border router is one that announces externals, whether it translates or not (RFC 3101 section 3.1).
  auto isNssa = [](auto& each) { return each.second->settings.type == AreaType::NSSA; };
  bool announces = boundary || (border && std::any_of(allAreas.begin(), allAreas.end(), isNssa));
  if (announces && area.settings.type != AreaType::STUB) body.flags |= flags::E;
  if (border && area.settings.type == AreaType::NSSA && area.settings.translateAlways) body.flags |= flags::NT;
  bool any = false;
  for (auto& [name, interface] : all) {
    if (interface->isVirtual && interface->transit == area.id)
      for (auto& [key, neighbor] : interface->neighbors)
        if (neighbor->isFull()) body.flags |= flags::V;
    if (interface->area != &area || interface->state == InterfaceState::DOWN) continue;
    any = true;
    addLinks(area, *interface, body);
  }
  body.options = areaOptions(area);
  auto key = routerKey();
  auto place = placeOf(Scope::AREA, &area, nullptr);
  if (any) {
    net::ByteWriter out;
    isV3(face) ? body.encode3(out) : body.encode(out);
    originate(place, key, lsaOptions(area), out);
    // A link may lead elsewhere although the LSA stays as it is: to another address of the same neighbour.
    routes.invalidate(area.id);
    unasked = true;
  } else {
    retract(place, key);
  }
  makeOpaqueLsas(area, any);
  makeNetworkLsas(area);
  area.prefixesDue = isV3(face);
}

Key Core::networkKey(const Interface& interface) const {
  return {Type::NETWORK, isV3(face) ? Ip4{interface.id()} : interface.identity, self};
}

void Core::makeNetworkLsas(Area& area) {
  // Those of interfaces that have gone, or go by another address now, are taken back.
  auto place = placeOf(Scope::AREA, &area, nullptr);
  std::set<Key> made;
  for (auto& [name, interface] : all)
    if (interface->area == &area && makeNetworkLsa(*interface)) made.insert(networkKey(*interface));
  std::vector<Key> others;
  for (auto& [key, origin] : place.database.origins)
    if (key.type == Type::NETWORK && origin.wanted && made.count(key) == 0) others.push_back(key);
  for (auto& key : others) retract(place, key);
}

bool Core::makeNetworkLsa(Interface& interface) {
  if (interface.isVirtual || interface.state != InterfaceState::DESIGNATED || interface.primary.isNone()) return false;
  NetworkBody body{Ip4(), {self}};
  for (auto& [each, neighbor] : interface.neighbors)
    if (neighbor->isFull()) body.routers.push_back(neighbor->router);
  if (body.routers.size() < 2) return false;
  net::ByteWriter out;
  if (isV3(face)) {
    body.options = optionsOn(interface);
    body.encode3(out);
  } else {
    body.mask = Ip4::mask(interface.primary.length());
    body.encode(out);
  }
  originate(placeOf(Scope::AREA, interface.area, nullptr), networkKey(interface), lsaOptions(*interface.area), out);
  return true;
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
    auto address = globalAddress(*interface);
    if (interface->area != &area || interface->state == InterfaceState::DOWN || address.isNone()) continue;
    if (interface->state == InterfaceState::LOOPBACK) return address;
    if (found == nullptr) found = address;
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

void Core::announce(const Place& place, Type type, IpNet net, const External& external, bool propagate) {
  auto& ids = idsOf(place);
  for (auto& moved : assign(ids, net)) dirtyExternals.insert(moved);
  KJ_IF_MAYBE (id, ids.find(net)) {
    net::ByteWriter out;
    Announcement said{net, external.metric, external.type2, external.forwarding, external.tag, propagate};
    said.encode(type, face, out);
    uint8_t options = type == Type::EXTERNAL ? options::E | options::O : propagate ? options::P : 0;
    originate(place, {type, *id, self}, isV3(face) ? 0 : options, out);
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
      if (propagate && copy.forwarding.isNone()) copy.forwarding = forwardingIn(*area).orDefault(Ip());
      propagate = propagate && !copy.forwarding.isNone();
      announce(place, Type::NSSA, net, copy, propagate);
    } else {
      withdrawExternal(place, Type::NSSA, net);
    }
  }
  if (wanted == nullptr)
    for (auto& [id, area] : allAreas)
      if (area->translates && wanted == nullptr) wanted = translation(*area, net);
  if (wanted != nullptr && normal)
    announce(asPlace, Type::EXTERNAL, net, KJ_ASSERT_NONNULL(wanted), false);
  else
    withdrawExternal(asPlace, Type::EXTERNAL, net);
}

// ---- graceful restart

void Core::restart(kj::Duration grace, Time time) {
  begin(time);
  restartUntil = now + grace;
}

bool Core::isGrace(const Key& key) const {
  return isV3(face) ? key.type == Type::GRACE : key.type == Type::OPAQUE_LINK && key.id == GRACE_ID;
}

Key Core::graceKey(const Interface& interface) const {
  if (isV3(face)) return {Type::GRACE, Ip4{interface.id()}, self};
  return {Type::OPAQUE_LINK, GRACE_ID, self};
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
  if (interface.elects() && !isV3(face)) word(TLV_ADDRESS, 4, interface.identity.bits);
  auto key = graceKey(interface);
  auto place = placeOf(Scope::LINK, interface.area, &interface);
  auto& origin = place.database.origins[key];
  origin.wanted = true;
  origin.options = lsaOptions(*interface.area);
  origin.body = kj::heapArray<const kj::byte>(body.bytes());
  // An earlier life's may still be there.
  int32_t sequence = INITIAL_SEQUENCE + int32_t(epoch & 0x0fffffff);
  auto lsa = std::make_shared<const Lsa>(Lsa::make(key, origin.options, sequence, origin.body, now, face));
  install(place, lsa);
  sendUpdates(interface, interface.isVirtual ? interface.virtualAddress : allRouters(), {lsa});
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
    auto old = area->database.find(routerKey());
    if (old == nullptr) continue;
    RouterBody now;
    for (auto& [name, interface] : all)
      if (interface->area == area.get() && interface->state != InterfaceState::DOWN) addLinks(*area, *interface, now);
    auto before = KJ_ASSERT_NONNULL(RouterBody::of(*old));
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
    retract(placeOf(Scope::LINK, interface->area, interface.get()), graceKey(*interface));
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

kj::Maybe<kj::StringPtr> Core::whyNotHelp(const Neighbor& neighbor, uint32_t left) const {
  // RFC 3623 section 3.1.
  if (config.helperTime == 0) return "this router helps nobody"_kj;
  if (restartUntil != nullptr) return "this router restarts itself"_kj;
  if (!neighbor.isFull()) return "it was not fully adjacent"_kj;
  if (left == 0) return "the time that it asked for is over"_kj;
  if (missesChange(neighbor)) return "the network has changed, and it does not know yet"_kj;
  return nullptr;
}

bool Core::missesChange(const Neighbor& neighbor) const {
  if (config.ignoreChanges) return false;
  for (auto& [key, each] : neighbor.unacknowledged)
    if (each.lsa->changed) return true;
  return false;
}

void Core::helpOrNot(Interface& interface, const Lsa& lsa) {
  auto& key = lsa.header.key;
  if (key.router == self) return;
  for (auto& [each, neighbor] : interface.neighbors) {
    if (neighbor->router != key.router) continue;
    neighbor->postponedGrace = nullptr;
    if (lsa.isMaxAge(now)) return endHelp(*neighbor, "it is back");
    Grace grace(lsa.body());
    uint32_t left = grace.period - kj::min(grace.period, uint32_t(lsa.age(now)));
    KJ_IF_MAYBE (why, whyNotHelp(*neighbor, left)) {
      neighbor->restart = kj::str("not helped: ", *why);
      if (missesChange(*neighbor)) neighbor->postponedGrace = key;
    } else {
      left = kj::min(left, config.helperTime);
      neighbor->graceUntil = now + left * kj::SECONDS;
      neighbor->helpedSince = now;
      neighbor->restart = kj::str("helped for ", left, " s: ", grace.why());
    }
    return;
  }
}

void Core::helpAfterAll(Neighbor& neighbor) {
  // Acknowledgements have come. Some routers take seconds for them, and one that is restarted right after a change
  // tells of its restart before it sends them.
  KJ_IF_MAYBE (key, neighbor.postponedGrace) {
    if (missesChange(neighbor)) return;
    auto lsa = neighbor.interface.links.get(*key);
    neighbor.postponedGrace = nullptr;
    if (lsa != nullptr && !lsa->isMaxAge(now)) helpOrNot(neighbor.interface, *lsa);
  }
}

void Core::endHelp(Neighbor& neighbor, kj::StringPtr why) {
  if (neighbor.graceUntil == nullptr) return;
  neighbor.graceUntil = nullptr;
  neighbor.restart = kj::str("no longer helped: ", why);
  touch(neighbor.interface);
  if (neighbor.interface.elects()) elect(neighbor.interface);
}

void Core::endHelpOn(const Place& place) {
  // What has changed would be flooded to a restarting neighbour, which cannot act on it (RFC 3623 section 3.2).
  if (config.ignoreChanges) return;
  eachNeighbor(place.scope == Scope::AREA ? place.area : nullptr, [&](Neighbor& neighbor) {
    bool away = neighbor.state < NeighborState::EXCHANGE || neighbor.since <= neighbor.helpedSince;
    if (neighbor.graceUntil != nullptr && away) endHelp(neighbor, "the network has changed");
  });
}

}  // namespace xylem::ospf

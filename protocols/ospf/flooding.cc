// Flooding: RFC 2328 sections 13 and 14.
//
// Nothing is sent while an update is worked through: what is to go out on an interface gathers there and leaves at the
// end of the turn, as few packets. The same with acknowledgments, which wait a little longer.
//
// An LSA dies in three steps. It gets the age MAX_AGE (by time, by a neighbour, or because its router wants that) and
// is flooded so; it lies among the dying until no neighbour's retransmission list has it and no exchange runs; then it
// goes. The routing table forgets it with the first step.
//
// An instance that comes within a second of the last is dropped (section 13, step 5a), but not when the last one was
// asked for: a neighbour that has just become full says so with the next. Not everybody makes that difference, so this
// router's own LSAs are sent again before the retransmission interval is over.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr auto ACKNOWLEDGE_DELAY = 200 * kj::MILLISECONDS;
constexpr auto RETRANSMIT_PAUSE = 20 * kj::MILLISECONDS;
constexpr auto SOON = 1500 * kj::MILLISECONDS;
// After which this router's own LSAs are sent a second time.
constexpr uint RETRANSMIT_BURST = 400;
// LSAs that are sent again in one go.
constexpr size_t UPDATE_FIXED = 4;

}  // namespace

// ---- where an LSA belongs

Core::Place Core::placeOf(Scope scope, Area* area, Interface* interface) {
  switch (scope) {
    case Scope::LINK:
      return {interface->links, scope, area, interface};
    case Scope::AREA:
      return {area->database, scope, area, interface};
    case Scope::AS:
      return {asDatabase, scope, area, interface};
  }
  KJ_UNREACHABLE;
}

kj::Maybe<Core::Place> Core::placeFor(const LsaHeader& header, Interface& interface) {
  // None: an LSA of this type has no business there.
  auto type = header.key.type;
  KJ_IF_MAYBE (scope, scopeOf(type, face)) {
    if (*scope == Scope::AS && (!interface.area->takesExternals() || interface.isVirtual)) return nullptr;
    if (type == Type::NSSA && interface.area->settings.type != AreaType::NSSA) return nullptr;
    return placeOf(*scope, interface.area, &interface);
  }
  return nullptr;
}

void Core::eachPlace(kj::FunctionParam<void(const Place&)> each) {
  each({asDatabase, Scope::AS, nullptr, nullptr});
  for (auto& [id, area] : allAreas) each({area->database, Scope::AREA, area.get(), nullptr});
  for (auto& [name, interface] : all) each({interface->links, Scope::LINK, interface->area, interface.get()});
}

// ---- updates that come

void Core::receiveUpdate(Neighbor& neighbor, const std::vector<Bytes>& list, bool multicast) {
  std::vector<LsaHeader> direct;
  auto router = neighbor.router;
  auto address = neighbor.address;
  auto& interface = neighbor.interface;
  for (auto& bytes : list) {
    receiveLsa(neighbor, bytes, direct);
    // What it says may have ended its own adjacency.
    auto still = findNeighbor(interface, address, router);
    if (still == nullptr || neighbor.state < NeighborState::EXCHANGE) return;
  }
  if (!direct.empty()) acknowledge(neighbor, direct);
}

void Core::receiveLsa(Neighbor& neighbor, Bytes bytes, std::vector<LsaHeader>& direct) {
  auto& interface = neighbor.interface;
  auto parsed = Lsa::parse(bytes, now, face);
  if (parsed == nullptr) {
    ++neighbor.badPackets;
    return bad(interface, "an LSA with a wrong checksum"_kj);
  }
  auto lsa = std::make_shared<const Lsa>(kj::mv(KJ_ASSERT_NONNULL(parsed)));
  auto& header = lsa->header;
  auto found = placeFor(header, interface);
  if (found == nullptr) return bad(interface, "an LSA of a type that does not belong there"_kj);
  if (!isWellFormed(*lsa)) return bad(interface, "a malformed LSA"_kj);
  auto& place = KJ_ASSERT_NONNULL(found);
  auto current = place.database.find(header.key);
  if (current == nullptr && header.age >= MAX_AGE) {
    bool exchanging = false;
    eachNeighbor(nullptr, [&](Neighbor& each) { exchanging = exchanging || each.exchanges(); });
    if (!exchanging) {
      direct.push_back(header);
      return;
    }
  }
  int order = current == nullptr ? 1 : compareAge(header, current->headerAt(now));
  if (order > 0) return receiveNewer(neighbor, place, kj::mv(lsa), direct);
  auto wanted = neighbor.wanted.find(header.key);
  if (wanted != neighbor.wanted.end()) {
    if (order == 0 && compareAge(header, wanted->second.header) >= 0) return satisfied(neighbor, header.key);
    neighbor.trouble = kj::str("the exchange of databases began again: it sent something older than it had described");
    return beginExchange(neighbor);
  }
  if (order < 0) return receiveOlder(neighbor, place, *current);
  if (neighbor.unacknowledged.count(header.key) > 0) {
    // The same came from there: that is an acknowledgment.
    forget(neighbor, header.key);
    helpAfterAll(neighbor);
    bool late = interface.state == InterfaceState::BACKUP && neighbor.identity == interface.designated;
    if (late) acknowledgeLater(interface, header);
  } else {
    direct.push_back(header);
  }
}

void Core::receiveNewer(Neighbor& neighbor, const Place& place, LsaPtr lsa, std::vector<LsaHeader>& direct) {
  auto& interface = neighbor.interface;
  auto key = lsa->header.key;
  auto current = place.database.get(key);
  bool own = isOwn(key);
  lsa->requested = neighbor.wanted.count(key) > 0;
  bool early = current != nullptr && !own && !lsa->requested && !current->requested &&
               now - current->since < config.delays.lsaArrival * kj::MILLISECONDS;
  if (early) return;
  install(place, lsa);
  bool back = flood(place, lsa, &neighbor);
  bool late = interface.state != InterfaceState::BACKUP || neighbor.identity == interface.designated;
  if (!back && late) acknowledgeLater(interface, lsa->header);
  if (own) reclaim(place, lsa);
  if (isGrace(key)) helpOrNot(interface, *lsa);
}

void Core::receiveOlder(Neighbor& neighbor, const Place& place, const Lsa& current) {
  bool wrapping = current.isMaxAge(now) && current.header.sequence == MAX_SEQUENCE;
  if (wrapping) return;
  auto lsa = place.database.get(current.header.key);
  sendUpdates(neighbor.interface, neighbor.address, {lsa});
}

bool Core::isOwn(const Key& key) const {
  if (key.router == self) return true;
  if (isV3(face) || key.type != Type::NETWORK) return false;
  for (auto& [name, interface] : all)
    if (interface->isUp() && !interface->primary.isNone() && interface->identity == key.id) return true;
  return false;
}

void Core::reclaim(const Place& place, const LsaPtr& lsa) {
  // An LSA of this router's own came from elsewhere, newer than what it has: it is of an earlier life (section 13.4).
  if (restartUntil != nullptr) return;
  auto& key = lsa->header.key;
  auto origin = place.database.origins.find(key);
  bool wanted = origin != place.database.origins.end() && origin->second.wanted;
  if (!wanted) return purge(place, key);
  if (origin->second.due == nullptr) issue(place, key);
}

// ---- acknowledgments

void Core::acknowledge(Neighbor& neighbor, const std::vector<LsaHeader>& list) {
  auto& interface = neighbor.interface;
  size_t most = room(interface) / LSA_HEADER;
  for (size_t from = 0; from < list.size(); from += most) {
    auto packet = packetOf(PacketType::ACKNOWLEDGMENT, interface);
    for (size_t i = from; i < kj::min(list.size(), from + most); ++i) list[i].write(packet.body);
    transmit(interface, neighbor.address, kj::mv(packet));
  }
}

void Core::acknowledgeLater(Interface& interface, const LsaHeader& header) {
  interface.acknowledgments.push_back(header);
  interface.acknowledgeAt = kj::min(interface.acknowledgeAt, now + ACKNOWLEDGE_DELAY);
}

void Core::flushAcknowledgments(Interface& interface) {
  interface.acknowledgeAt = NEVER;
  auto list = std::exchange(interface.acknowledgments, {});
  size_t most = room(interface) / LSA_HEADER;
  for (size_t from = 0; from < list.size(); from += most) {
    auto packet = packetOf(PacketType::ACKNOWLEDGMENT, interface);
    for (size_t i = from; i < kj::min(list.size(), from + most); ++i) list[i].write(packet.body);
    if (interface.multicasts()) {
      bool toAll = !interface.elects() || interface.state >= InterfaceState::BACKUP;
      transmit(interface, toAll ? allRouters() : allDesignated(), kj::mv(packet));
      continue;
    }
    for (auto& [key, neighbor] : interface.neighbors) {
      if (neighbor->state < NeighborState::EXCHANGE) continue;
      auto copy = packetOf(PacketType::ACKNOWLEDGMENT, interface);
      copy.body.bytes(packet.body.bytes().slice(headerSize(face), packet.body.size()));
      transmit(interface, neighbor->address, kj::mv(copy));
    }
  }
}

void Core::receiveAcknowledgment(Neighbor& neighbor, const std::vector<LsaHeader>& list) {
  for (auto& header : list) {
    auto at = neighbor.unacknowledged.find(header.key);
    if (at == neighbor.unacknowledged.end()) continue;
    if (compareAge(header, at->second.lsa->headerAt(now)) == 0) forget(neighbor, header.key);
  }
  helpAfterAll(neighbor);
}

void Core::forget(Neighbor& neighbor, const Key& key) {
  auto at = neighbor.unacknowledged.find(key);
  if (at == neighbor.unacknowledged.end()) return;
  --at->second.lsa->retransmitted;
  neighbor.unacknowledged.erase(at);
  if (neighbor.unacknowledged.empty()) neighbor.retransmitAt = NEVER;
}

// ---- updates that go

bool Core::flood(const Place& place, const LsaPtr& lsa, Neighbor* from) {
  // True: it also goes out on the interface that it came in on.
  bool back = false;
  for (auto& [name, interface] : all) {
    bool eligible = interface->isUp() && interface->area != nullptr;
    if (place.scope == Scope::LINK) eligible = eligible && interface.get() == place.interface;
    if (place.scope == Scope::AREA) eligible = eligible && interface->area == place.area;
    if (place.scope == Scope::AS) eligible = eligible && interface->area->takesExternals() && !interface->isVirtual;
    if (!eligible) continue;
    bool sent = floodOn(*interface, lsa, from);
    back = back || (sent && from != nullptr && interface.get() == &from->interface);
  }
  return back;
}

bool Core::floodOn(Interface& interface, const LsaPtr& lsa, Neighbor* from) {
  // Section 13.3, steps 1 to 5.
  auto key = lsa->header.key;
  bool any = false;
  std::vector<Neighbor*> list;
  for (auto& [each, neighbor] : interface.neighbors)
    if (neighbor->state >= NeighborState::EXCHANGE) list.push_back(neighbor.get());
  for (auto neighbor : list) {
    forget(*neighbor, key);
    if (!isV3(face) && isOpaque(key.type) && !(neighbor->options & options::O)) continue;
    if (neighbor->exchanges()) {
      auto wanted = neighbor->wanted.find(key);
      if (wanted != neighbor->wanted.end()) {
        int order = compareAge(lsa->headerAt(now), wanted->second.header);
        if (order < 0) continue;
        satisfied(*neighbor, key);
        if (order == 0) continue;
      }
    }
    if (neighbor == from) continue;
    ++lsa->retransmitted;
    auto due = now + interface.settings.retransmitInterval * kj::SECONDS;
    if (key.router == self) due = kj::min(due, now + SOON);
    neighbor->unacknowledged[key] = {lsa, due};
    neighbor->retransmitAt = kj::min(neighbor->retransmitAt, due);
    any = true;
  }
  if (!any) return false;
  if (from != nullptr && &from->interface == &interface) {
    bool heard = from->identity == interface.designated || from->identity == interface.backup;
    if (interface.elects() && (heard || interface.state == InterfaceState::BACKUP)) return false;
  }
  interface.updates.push_back(lsa);
  return true;
}

void Core::flushUpdates(Interface& interface) {
  if (interface.updates.empty()) return;
  auto list = std::exchange(interface.updates, {});
  if (!interface.multicasts()) {
    for (auto& [key, neighbor] : interface.neighbors)
      if (neighbor->state >= NeighborState::EXCHANGE) sendUpdates(interface, neighbor->address, list);
    return;
  }
  bool toAll = !interface.elects() || interface.state >= InterfaceState::BACKUP;
  sendUpdates(interface, toAll ? allRouters() : allDesignated(), list);
}

void Core::sendUpdates(Interface& interface, Ip to, const std::vector<LsaPtr>& list) {
  size_t most = room(interface) - UPDATE_FIXED;
  for (size_t next = 0; next < list.size();) {
    auto packet = packetOf(PacketType::UPDATE, interface);
    size_t count = 0, used = 0;
    packet.body.u32(0);
    // One that is larger than the MTU goes alone, in fragments.
    while (next < list.size() && (count == 0 || used + list[next]->bytes.size() <= most)) {
      list[next]->write(packet.body, now, interface.settings.transmitDelay);
      used += list[next++]->bytes.size();
      ++count;
    }
    packet.body.patch32(headerSize(face), uint32_t(count));
    transmit(interface, to, kj::mv(packet));
  }
}

void Core::retransmit(Neighbor& neighbor) {
  auto interval = neighbor.interface.settings.retransmitInterval * kj::SECONDS;
  std::vector<LsaPtr> list;
  Time next = NEVER;
  for (auto& [key, each] : neighbor.unacknowledged) {
    if (each.due <= now) {
      if (list.size() == RETRANSMIT_BURST) {
        next = now + RETRANSMIT_PAUSE;
        continue;
      }
      list.push_back(each.lsa);
      each.due = now + interval;
    }
    next = kj::min(next, each.due);
  }
  neighbor.retransmissions += list.size();
  neighbor.retransmitAt = next;
  sendUpdates(neighbor.interface, neighbor.address, list);
}

// ---- the database

void Core::install(const Place& place, LsaPtr lsa) {
  auto key = lsa->header.key;
  auto& database = place.database;
  auto old = database.get(key);
  bool mine = key.router == self && !lsa->isMaxAge(now);
  auto life = (mine ? REFRESH_AGE : MAX_AGE) - kj::min(lsa->header.age, mine ? REFRESH_AGE : MAX_AGE);
  database.install(lsa, now + life * kj::SECONDS);
  bool was = old != nullptr && database.dying.count(key) == 0, is = lsa->header.age < MAX_AGE;
  if (is)
    database.dying.erase(key);
  else
    database.dying.insert(key);
  if (!was && !is) return;
  if (was && is && old->header.options == lsa->header.options && old->body() == lsa->body()) return;
  auto area = place.area == nullptr ? BACKBONE : place.area->id;
  auto before = was ? old.get() : nullptr, after = is ? lsa.get() : nullptr;
  if (key.type == Type::LINK) takeLinkLsa(place, before, after);
  routes.change(area, before, after);
  unasked = unasked || (!lsa->requested && routes.isDue());
  if (key.type == Type::NSSA) translateDue = true;
  bool topology = place.scope != Scope::LINK && !isOpaque(key.type);
  lsa->changed = topology;
  if (topology) endHelpOn(place);
}

void Core::purge(const Place& place, const Key& key) {
  // Age it before its time, and tell all.
  auto current = place.database.get(key);
  if (current == nullptr || place.database.dying.count(key) > 0) return;
  auto dying = std::make_shared<const Lsa>(current->aged(now));
  install(place, dying);
  flood(place, dying, nullptr);
}

void Core::age(const Place& place) {
  for (auto& key : place.database.takeDue(now)) {
    auto current = place.database.get(key);
    auto origin = place.database.origins.find(key);
    bool wanted = origin != place.database.origins.end() && origin->second.wanted;
    if (key.router == self && wanted && !current->isMaxAge(now))
      issue(place, key);
    else
      purge(place, key);
  }
  auto& waiting = place.database.waiting;
  while (!waiting.empty() && waiting.begin()->first <= now) {
    auto due = std::move(*waiting.begin());
    waiting.erase(waiting.begin());
    for (auto& key : due.second) {
      auto origin = place.database.origins.find(key);
      bool still = origin != place.database.origins.end() && origin->second.due.orDefault(NEVER) <= now;
      if (still) issue(place, key);
    }
  }
}

void Core::bury(const Place& place) {
  bool exchanging = false;
  eachNeighbor(place.scope == Scope::AREA ? place.area : nullptr, [&](Neighbor& each) {
    bool concerned = place.scope != Scope::LINK || &each.interface == place.interface;
    exchanging = exchanging || (concerned && each.exchanges());
  });
  if (exchanging) return;
  std::vector<Key> dead;
  for (auto& key : place.database.dying)
    if (place.database.find(key)->retransmitted == 0) dead.push_back(key);
  for (auto& key : dead) {
    place.database.erase(key);
    auto origin = place.database.origins.find(key);
    if (origin == place.database.origins.end()) continue;
    if (!origin->second.wanted)
      place.database.origins.erase(origin);
    else if (origin->second.due == nullptr)
      issue(place, key);  // Its sequence numbers were used up, and begin again.
  }
}

}  // namespace xylem::ospf

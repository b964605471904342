// Resolution is a graph: a group's `vias` are the groups that its recursive hops go through, and they never form a
// circle, since a way through a group that depends on this one is passed over. When a group's resolution changes, those
// that looked at it are resolved again; when the route in use to a prefix changes, those with a gateway in that prefix.
// Both are kept in a queue and done in slices.
//
// The queues may name groups and watches that are no more, or another of the same number; then there is nothing to do,
// or something is done once more.
//
// A group that passed something over has looked at all groups on the way of that dependence, since when one of them
// changes, it need not be passed over any longer.

#include <kj/debug.h>
#include <rib/groups.h>

#include <algorithm>
#include <utility>

namespace xylem::rib {

namespace {

template <typename T> void insert(kj::HashSet<T>& set, const T& value) {
  set.upsert(T(value), [](T&, T&&) {});
}

}  // namespace

uint32_t Groups::add(NextHops&& offered) {
  uint32_t id;
  if (freed.empty()) {
    id = uint32_t(list.size());
    list.add(std::make_unique<Group>());
  } else {
    id = freed.back();
    freed.removeLast();
    list[id] = std::make_unique<Group>();
  }
  ++count;
  auto& group = *list[id];
  group.offered = kj::mv(offered);
  group.holders = 1;
  attach(id, group);
  resolve(id);
  return id;
}

void Groups::change(uint32_t id, NextHops&& offered) {
  auto& group = *list[id];
  detach(id, group);
  group.offered = kj::mv(offered);
  group.changes = 0;
  attach(id, group);
  resolve(id);
}

void Groups::release(uint32_t id) { --list[id]->holders; }

void Groups::free(uint32_t id) {
  auto& group = *list[id];
  KJ_ASSERT(group.holders == 0 && group.routes == 0 && !group.inFib);
  detach(id, group);
  for (auto other : group.looked) list[other]->lookers.eraseMatch(id);
  for (auto looker : group.lookers) {
    // Whoever looked at it does so no longer, by the time its last route has gone; those that have not noticed yet
    // will.
    auto& looked = list[looker]->looked;
    looked.erase(std::remove(looked.begin(), looked.end(), id), looked.end());
    auto& vias = list[looker]->vias;
    vias.erase(std::remove(vias.begin(), vias.end(), id), vias.end());
    markDirty(looker);
  }
  for (auto watch : group.trackedThrough) {
    watches[watch]->through = 0;
    touch(watch);
  }
  if (group.tally != nullptr) --*group.tally;
  list[id] = nullptr;
  freed.add(id);
  --count;
}

void Groups::attach(uint32_t id, Group& group) {
  group.over4 = false;
  for (auto& hop : group.offered.hops) {
    group.over4 |= hop.gateway.is4();
    if (!hop.interface.isNone())
      insert(links[hop.interface].groups, id);
    else
      insert(watches[watchOf(hop.gateway)]->groups, id);
  }
}

void Groups::detach(uint32_t id, Group& group) {
  for (auto& hop : group.offered.hops) {
    if (!hop.interface.isNone()) {
      auto link = links.find(hop.interface);
      if (link == links.end()) continue;
      link->second.groups.eraseMatch(id);
      if (!link->second.live && link->second.groups.size() == 0) links.erase(link);
    } else {
      auto watch = watchOf(hop.gateway);
      watches[watch]->groups.eraseMatch(id);
      dropIfUnused(watch);
    }
  }
}

// ---- interfaces and addresses

void Groups::setInterface(const InterfaceName& name, bool live) {
  auto link = links.find(name);
  if (link == links.end()) {
    if (live) links[name].live = true;
    return;
  }
  if (link->second.live == live) return;
  link->second.live = live;
  for (auto group : link->second.groups) {
    list[group]->changes = 0;
    markDirty(group);
  }
  if (!live && link->second.groups.size() == 0) links.erase(link);
}

bool Groups::isUp(const InterfaceName& name) const {
  auto link = links.find(name);
  return link != links.end() && link->second.live;
}

uint32_t Groups::watchOf(net::Ip address) {
  auto& place = address.is4() ? watched4.findOrInsert(net::Ip4Net(address.v4()), 0)
                              : watched6.findOrInsert(net::Ip6Net(address.v6()), 0);
  if (place != 0) return place;
  if (watches.empty()) watches.add(nullptr);
  if (freedWatches.empty()) {
    place = uint32_t(watches.size());
    watches.add(nullptr);
  } else {
    place = freedWatches.back();
    freedWatches.removeLast();
  }
  watches[place] = std::make_unique<Watch>();
  watches[place]->address = address;
  return place;
}

void Groups::dropIfUnused(uint32_t id) {
  auto& watch = *watches[id];
  if (watch.trackers > 0 || watch.groups.size() > 0) return;
  reached(id, 0);
  if (watch.address.is4())
    watched4.erase(net::Ip4Net(watch.address.v4()));
  else
    watched6.erase(net::Ip6Net(watch.address.v6()));
  watches[id] = nullptr;
  freedWatches.add(id);
}

uint32_t Groups::track(net::Ip address) {
  auto id = watchOf(address);
  ++watches[id]->trackers;
  return id;
}

void Groups::untrack(uint32_t id) {
  --watches[id]->trackers;
  dropIfUnused(id);
}

void Groups::reached(uint32_t id, uint32_t through) {
  auto& watch = *watches[id];
  if (watch.through == through) return;
  if (watch.through != 0) list[watch.through]->trackedThrough.eraseMatch(id);
  watch.through = through;
  if (through != 0) insert(list[through]->trackedThrough, id);
}

uint32_t Groups::wayTo(net::Ip address) {
  uint32_t found = 0;
  ways.eachWay(address, [&](uint32_t group) {
    found = group;
    return true;
  });
  return found;
}

void Groups::touch(uint32_t id, bool fresh) {
  auto& watch = *watches[id];
  for (auto group : watch.groups) {
    if (fresh) list[group]->changes = 0;
    markDirty(group);
  }
  if (watch.trackers > 0 && !watch.dirty) {
    watch.dirty = true;
    moved.push_back(id);
  }
}

// ---- resolution

void Groups::markDirty(uint32_t id) {
  auto& group = *list[id];
  if (group.dirty) return;
  group.dirty = true;
  dirty.push_back(id);
}

void Groups::resolveSome(uint most) {
  for (; most > 0 && !dirty.empty(); --most) {
    auto id = dirty.front();
    dirty.pop_front();
    if (list[id] == nullptr || !std::exchange(list[id]->dirty, false)) continue;
    resolve(id);
  }
}

bool Groups::depends(uint32_t group, uint32_t on, std::vector<uint32_t>& seen) const {
  // Whether `group` is resolved through `on`, or may be; `seen` becomes all that were looked at.
  seen.push_back(group);
  for (size_t at = 0; at < seen.size(); ++at) {
    if (seen[at] == on || seen.size() > MAX_LOOKED) return true;
    for (auto via : list[seen[at]]->vias)
      if (std::find(seen.begin(), seen.end(), via) == seen.end()) seen.push_back(via);
  }
  return false;
}

uint32_t Groups::findVia(uint32_t id, net::Ip gateway, std::vector<uint32_t>& looked) {
  uint32_t found = 0;
  ways.eachWay(gateway, [&](uint32_t group) {
    std::vector<uint32_t> seen;
    bool circle = depends(group, id, seen);
    if (circle)
      looked.insert(looked.end(), seen.begin(), seen.end());
    else
      looked.push_back(found = group);
    return !circle;
  });
  return found;
}

void Groups::resolve(uint32_t id) {
  auto& group = *list[id];
  if (group.changes > MAX_CHANGES) return;
  group.circular = false;
  NextHops resolved;
  std::vector<uint32_t> vias, looked;
  if (group.offered.kind != NextHops::HOPS) {
    resolved.kind = group.offered.kind;
  } else {
    Shares shares;
    for (auto& hop : group.offered.hops) {
      if (!hop.interface.isNone()) {
        if (isUp(hop.interface)) shares.add(hop, hop.weight, 1);
        continue;
      }
      auto via = findVia(id, hop.gateway, looked);
      if (via == 0) continue;
      vias.push_back(via);
      auto& ways = list[via]->resolved.hops;
      uint64_t whole = 0;
      for (auto& way : ways) whole += way.weight;
      for (auto& way : ways)
        shares.add(NextHop{way.gateway.isNone() ? hop.gateway : way.gateway, way.interface}, hop.weight * way.weight,
                   whole);
    }
    resolved.hops = shares.finish();
  }
  std::sort(looked.begin(), looked.end());
  looked.erase(std::unique(looked.begin(), looked.end()), looked.end());
  looked.erase(std::remove(looked.begin(), looked.end(), id), looked.end());
  if (looked != group.looked) {
    for (auto other : group.looked) list[other]->lookers.eraseMatch(id);
    for (auto other : looked) insert(list[other]->lookers, id);
    group.looked = kj::mv(looked);
  }
  setResolved(id, kj::mv(resolved), kj::mv(vias));
}

void Groups::setResolved(uint32_t id, NextHops&& resolved, std::vector<uint32_t>&& vias) {
  auto& group = *list[id];
  std::sort(vias.begin(), vias.end());
  vias.erase(std::unique(vias.begin(), vias.end()), vias.end());
  bool otherHops = group.resolved != resolved;
  if (!otherHops && group.vias == vias) return;
  if (group.changes++ == 0) restless.push_back(id);
  if (group.changes > MAX_CHANGES) {
    group.circular = true;
    resolved = NextHops();
    vias.clear();
    otherHops = group.resolved != resolved;
  }
  group.resolved = kj::mv(resolved);
  group.vias = kj::mv(vias);
  for (auto looker : group.lookers) markDirty(looker);
  if (!otherHops) return;
  for (auto watch : group.trackedThrough) touch(watch);
  if (group.live != group.resolved.leads()) {
    group.live = !group.live;
    flipped.push_back(id);
  }
  if (group.live) regrouped.push_back(id);
}

void Groups::atRest() {
  for (auto id : restless)
    if (list[id] != nullptr) list[id]->changes = 0;
  restless.clear();
}

kj::String Groups::whyDead(const Group& group) {
  if (group.circular) return kj::str("its next hop can be reached only while it is not used");
  for (auto& hop : group.offered.hops) {
    if (!hop.interface.isNone()) return kj::str("interface ", hop.interface, " is down");
    auto way = wayTo(hop.gateway);
    if (way == 0) return kj::str("next hop ", hop.gateway, " has no route");
    if (list[way]->resolved.kind != NextHops::HOPS)
      return kj::str("next hop ", hop.gateway, " is ", list[way]->resolved);
    return kj::str("next hop ", hop.gateway, " is reached through this route only");
  }
  return kj::str("no next hop");
}

}  // namespace xylem::rib

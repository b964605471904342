// Routes in, winners out.
//
// A prefix's trie value is the handle of its best candidate; the others follow in order. Who wins is not stored: it is
// the first whose group is live, so that a group that dies takes effect everywhere at once, before anybody has found
// its routes.
//
// One process may hold an origin after another (a restart): the origin and its routes stay, its generation is counted
// up, and routes that the new holder has not announced again by `synced` are swept. A group that it offers again with
// the same content is the same group as before: so a restart that changes nothing writes nothing.

#include <kj/debug.h>
#include <rib/followers.h>
#include <rib/table.h>

#include <utility>

namespace xylem::rib {

Table::Table() : groups(*this) {
  auto& own = open("connected", 0);
  KJ_ASSERT(own.id == CONNECTED);
}

Table::~Table() noexcept(false) {}

// ---- origins

Origin& Table::open(kj::StringPtr protocol, uint8_t distance) {
  for (auto& each : origins) {
    if (each == nullptr || each->distance != distance || each->protocol != protocol) continue;
    auto& origin = *each;
    origin.life = ++lives;
    ++origin.generation;
    if (origin.kept < 254) ++origin.kept;
    origin.old = origin.total();
    origin.state = Origin::SYNCING;
    for (auto& group : origin.groups) {
      bool kept = false;
      origin.heirlooms.findOrCreate(groups[group.second].offered, [&]() {
        kept = true;
        return kj::HashMap<NextHops, uint32_t>::Entry{groups[group.second].offered, group.second};
      });
      if (!kept) releaseGroup(group.second);
    }
    origin.groups.clear();
    return origin;
  }
  size_t id = 0;
  while (id < origins.size() && origins[id] != nullptr) ++id;
  KJ_REQUIRE(id < MAX_ORIGINS, "too many origins of routes");
  if (id == origins.size()) origins.emplace_back();
  origins[id] = std::make_unique<Origin>();
  origins[id]->id = uint16_t(id);
  origins[id]->life = ++lives;
  origins[id]->protocol = kj::str(protocol);
  origins[id]->distance = distance;
  for (auto follower : followers) follower->opened(*origins[id]);
  return *origins[id];
}

void Table::synced(Origin& origin) {
  origin.state = Origin::SYNCED;
  origin.kept = 0;
  if (origin.old == 0) return endSweep(origin);
  origin.sweepWaiting = walkWanted = true;
}

void Table::withdraw(Origin& origin) {
  ++origin.generation;
  origin.kept = 0;
  origin.old = origin.total();
  origin.state = Origin::LEAVING;
  releaseAll(origin);
  if (origin.old == 0) return endSweep(origin);
  origin.sweepWaiting = walkWanted = true;
}

void Table::endSweep(Origin& origin) {
  if (origin.state == Origin::SYNCED) {
    for (auto& each : origin.heirlooms) releaseGroup(each.value);
    origin.heirlooms = {};
  }
  if (origin.state != Origin::LEAVING || origin.total() > 0) return;
  for (auto follower : followers) follower->closed(origin);
  origins[origin.id] = nullptr;
}

void Table::releaseAll(Origin& origin) {
  for (auto& each : origin.groups) releaseGroup(each.second);
  for (auto& each : origin.heirlooms) releaseGroup(each.value);
  origin.groups.clear();
  origin.heirlooms = {};
}

kj::Maybe<Origin&> Table::origin(uint16_t id) {
  if (id >= origins.size() || origins[id] == nullptr) return nullptr;
  return *origins[id];
}

void Table::define(Origin& origin, uint32_t id, NextHops&& offered) {
  auto known = origin.groups.find(id);
  if (known != origin.groups.end()) {
    if (groups[known->second].offered == offered) return;
    groups.change(known->second, kj::mv(offered));
  } else KJ_IF_MAYBE (heirloom, origin.heirlooms.find(offered)) {
    origin.groups.emplace(id, *heirloom);
    origin.heirlooms.erase(offered);
  } else {
    auto group = groups.add(kj::mv(offered));
    auto& tally = tallies[origin.protocol.cStr()];
    groups[group].tally = &tally;
    ++tally;
    origin.groups.emplace(id, group);
  }
  collectFlips();
}

void Table::undefine(Origin& origin, uint32_t id) {
  auto known = origin.groups.find(id);
  if (known == origin.groups.end()) return;
  releaseGroup(known->second);
  origin.groups.erase(known);
}

Table::Totals Table::totalsOf(const Origin& origin) {
  Totals totals{tallies[origin.protocol.cStr()], 0};
  eachOrigin([&](const Origin& other) {
    if (other.protocol == origin.protocol) totals.routes += other.total();
  });
  return totals;
}

kj::Maybe<uint32_t> Table::groupOf(Origin& origin, uint32_t id) {
  auto known = origin.groups.find(id);
  if (known == origin.groups.end()) return nullptr;
  return known->second;
}

// ---- candidates

const Candidate* Table::candidateFrom(uint32_t head) const {
  for (auto handle = head & ~QUEUED; handle != 0;) {
    auto& candidate = candidates[handle];
    auto& offer = candidates.offerOf(candidate);
    if (offer.distance == NEVER) return nullptr;
    if (groups.isLive(offer.group)) return &candidate;
    handle = candidate.next;
  }
  return nullptr;
}

Table::Used Table::used(uint32_t head) const {
  auto winner = winnerFrom(head);
  if (winner == nullptr) return {};
  return {winner->origin, winner->group, winner->metric, winner->tag};
}

bool Table::isWalked(uint32_t head) const {
  for (auto handle = head & ~QUEUED; handle != 0; handle = candidates[handle].next)
    if (groups[candidates.offerOf(handle).group].isWalked()) return true;
  return false;
}

uint32_t Table::find(uint32_t head, uint16_t origin) const {
  auto handle = head & ~QUEUED;
  while (handle != 0 && candidates.offerOf(handle).origin != origin) handle = candidates[handle].next;
  return handle;
}

void Table::link(uint32_t& head, uint32_t handle) {
  auto& offer = candidates.offerOf(handle);
  uint32_t first = head & ~QUEUED;
  uint32_t* place = &first;
  while (*place != 0 && candidates.offerOf(*place).isBetter(offer)) place = &candidates[*place].next;
  candidates[handle].next = *place;
  *place = handle;
  head = first | (head & QUEUED);
}

void Table::unlink(uint32_t& head, uint32_t handle) {
  uint32_t first = head & ~QUEUED;
  uint32_t* place = &first;
  while (*place != handle) place = &candidates[*place].next;
  *place = candidates[handle].next;
  head = first | (head & QUEUED);
}

template <typename Net> void Table::put(Origin& origin, Net net, uint32_t group, uint32_t metric, uint32_t tag) {
  auto& family = familyOf<Net>();
  auto& head = family.trie.findOrInsert(net, 0);
  auto handle = find(head, origin.id);
  Offer offer{group, metric, tag, origin.id, origin.distance};
  if (handle == 0) {
    if ((head & ~QUEUED) == 0) ++family.prefixes;
    auto before = used(head);
    bool unnoticed = isWalked(head);
    addRoute(group);
    ++origin.routes[Net::VERSION == 6];
    link(head, candidates.add(offer, origin.generation, now));
    if (unnoticed) mayHaveChanged(net, head, origin.id);
    return changed(net, head, before);
  }
  auto& candidate = candidates[handle];
  if (candidate.generation != origin.generation) {
    candidate.generation = origin.generation;
    --origin.old;
  }
  if (candidates.offerOf(candidate) == offer) return;
  auto before = used(head);
  auto left = candidates.offerOf(candidate).group;
  bool unnoticed = isWalked(head);
  unlink(head, handle);
  candidates.change(handle, offer);
  candidate.since = now;
  link(head, handle);
  if (unnoticed) mayHaveChanged(net, head, origin.id);
  changed(net, head, before);
  addRoute(group);
  dropRoute(left);
}

template <typename Net> bool Table::remove(Origin& origin, Net net) {
  auto head = familyOf<Net>().trie.find(net);
  if (head == nullptr) return false;
  auto handle = find(*head, origin.id);
  if (handle == 0) return false;
  unuse(net, *head, handle);
  return true;
}

template <typename Net> void Table::unuse(Net net, uint32_t& head, uint32_t handle) {
  // Take a candidate away, and the prefix itself with the last one.
  auto& family = familyOf<Net>();
  auto offer = candidates.offerOf(handle);
  auto& origin = *origins[offer.origin];
  auto before = used(head);
  bool unnoticed = isWalked(head);
  if (candidates[handle].generation != origin.generation) --origin.old;
  unlink(head, handle);
  candidates.remove(handle);
  --origin.routes[Net::VERSION == 6];
  if (unnoticed) mayHaveChanged(net, head, origin.id);
  changed(net, head, before);
  dropRoute(offer.group);
  if ((head & ~QUEUED) != 0) return;
  --family.prefixes;
  if (head == 0) family.trie.erase(net);
}

template <typename Net> void Table::changed(Net net, uint32_t& head, const Used& before) {
  auto after = used(head);
  if (before == after) return;
  if ((before.origin != NOBODY && before.origin != CONNECTED) || (after.origin != NOBODY && after.origin != CONNECTED))
    enqueue(net, head);
  groups.prefixChanged(net, true);
  for (auto follower : followers) follower->changed(net, before.origin, after.origin);
}

template <typename Net> void Table::mayHaveChanged(Net net, uint32_t& head, uint16_t origin) {
  bool forFib = origin != NOBODY && origin != CONNECTED;
  for (auto handle = head & ~QUEUED; handle != 0; handle = candidates[handle].next) {
    auto other = candidates.offerOf(handle).origin;
    forFib |= other != CONNECTED;
    for (auto follower : followers) follower->changed(net, other, NOBODY);
  }
  for (auto follower : followers) follower->changed(net, origin, NOBODY);
  if (forFib) enqueue(net, head);
  groups.prefixChanged(net, false);
}

template <typename Net> void Table::enqueue(Net net, uint32_t& head) {
  if (!fibAttached || (head & QUEUED)) return;
  head |= QUEUED;
  familyOf<Net>().queue.push_back(net);
}

template void Table::put(Origin&, net::Ip4Net, uint32_t, uint32_t, uint32_t);
template void Table::put(Origin&, net::Ip6Net, uint32_t, uint32_t, uint32_t);
template bool Table::remove(Origin&, net::Ip4Net);
template bool Table::remove(Origin&, net::Ip6Net);
template void Table::unuse(net::Ip4Net, uint32_t&, uint32_t);
template void Table::unuse(net::Ip6Net, uint32_t&, uint32_t);
template void Table::enqueue(net::Ip4Net, uint32_t&);
template void Table::enqueue(net::Ip6Net, uint32_t&);
template void Table::mayHaveChanged(net::Ip4Net, uint32_t&, uint16_t);
template void Table::mayHaveChanged(net::Ip6Net, uint32_t&, uint16_t);

// ---- groups that are no longer used

void Table::releaseGroup(uint32_t group) {
  groups.release(group);
  retire(group);
}

void Table::dropRoute(uint32_t group) {
  --groups[group].routes;
  retire(group);
}

void Table::retire(uint32_t id) {
  auto& group = groups[id];
  if (group.isWanted()) return;
  if (group.inFib)
    dropFromFib(id);
  else if (!group.dropping && group.holders == 0 && group.routes == 0)
    groups.free(id);
}

void Table::collectFlips() {
  for (auto id : std::exchange(groups.flipped, {})) {
    KJ_IF_MAYBE (group, groups.find(id)) {
      if (group->routes > 0)
        group->walkWaiting = walkWanted = true;
      else
        retire(id);
    }
  }
  for (auto id : std::exchange(groups.regrouped, {})) {
    KJ_IF_MAYBE (group, groups.find(id)) {
      if (!group->inFib || group->changedForFib) continue;
      group->changedForFib = true;
      fibGroups.push_back(id);
    }
  }
}

// ---- interfaces

namespace {

std::set<net::IpNet> netsOn(const InterfaceState& state) {
  // An IPv6 link-local prefix is on every link, and a loopback address on none.
  std::set<net::IpNet> nets;
  if (!state.live) return nets;
  for (auto& address : state.addresses) {
    auto ip = address.address();
    if (address.isNone() || ip.isLoopback() || (ip.is6() && ip.isLinkLocal())) continue;
    nets.insert(address.net());
  }
  return nets;
}

}  // namespace

void Table::setInterface(const InterfaceState& state) {
  auto known = interfaces.find(state.name);
  if (known != interfaces.end() && known->second.index != state.index) {
    dropInterface(state.name);
    known = interfaces.end();
  }
  std::set<net::IpNet> before, after = netsOn(state);
  if (known != interfaces.end()) before = netsOn(known->second);
  interfaces[state.name] = state;

  auto& own = *origins[CONNECTED];
  groups.setInterface(state.name, state.live);
  define(own, state.index, NextHops{NextHops::HOPS, {NextHop{{}, state.name}}});
  groups.resolve(KJ_ASSERT_NONNULL(groupOf(own, state.index)));
  collectFlips();
  for (auto& net : before)
    if (after.count(net) == 0) connect(net, state.index, false);
  for (auto& net : after)
    if (before.count(net) == 0) connect(net, state.index, true);
}

void Table::dropInterface(const InterfaceName& name) {
  auto known = interfaces.find(name);
  if (known == interfaces.end()) return;
  auto last = kj::mv(known->second);
  interfaces.erase(known);
  for (auto& net : netsOn(last)) connect(net, last.index, false);
  groups.setInterface(name, false);
  undefine(*origins[CONNECTED], last.index);
}

void Table::connect(net::IpNet net, uint32_t index, bool there) {
  auto& own = *origins[CONNECTED];
  auto& on = connected[net];
  if (there)
    on.insert(index);
  else
    on.erase(index);
  if (on.empty()) {
    connected.erase(net);
    if (net.is4())
      remove(own, net.v4());
    else
      remove(own, net.v6());
    return;
  }
  auto group = KJ_ASSERT_NONNULL(groupOf(own, *on.begin()));
  if (net.is4())
    put(own, net.v4(), group, 0, 0);
  else
    put(own, net.v6(), group, 0, 0);
}

// ---- questions

template <typename Net, typename Accept> void Table::eachWayIn(typename Net::Address address, Accept&& accept) {
  auto& trie = familyOf<Net>().trie;
  auto match = trie.longestMatch(address);
  for (;;) {
    KJ_IF_MAYBE (entry, match) {
      auto winner = winnerFrom(entry->value);
      if (winner != nullptr && accept(entry->net, *winner)) return;
      match = trie.lessSpecific(entry->net);
    } else {
      return;
    }
  }
}

void Table::eachWay(net::Ip address, kj::FunctionParam<bool(uint32_t group)> accept) {
  auto ask = [&](auto, const Offer& winner) { return accept(winner.group); };
  if (address.is4())
    eachWayIn<net::Ip4Net>(address.v4(), ask);
  else if (address.is6())
    eachWayIn<net::Ip6Net>(address.v6(), ask);
}

kj::Maybe<Table::Found> Table::bestWay(net::Ip address) {
  kj::Maybe<Found> found;
  auto take = [&](auto net, const Offer& winner) {
    found.emplace(Found{net, winner});
    return true;
  };
  if (address.is4())
    eachWayIn<net::Ip4Net>(address.v4(), take);
  else if (address.is6())
    eachWayIn<net::Ip6Net>(address.v6(), take);
  return found;
}

}  // namespace xylem::rib

// Destinations and their paths.
//
// The trie leads from a prefix to a destination, a destination to a list of paths, best first. A path that comes is put
// in its place by comparing it with those there, from the best on. Where MED says something, that is not enough
// (decision.h) and the whole list is put in order anew; so is every list whose next hops have changed.
//
// A peer has an epoch, and a path that of its peer when it was announced: when the peer's moves on, all its paths are
// stale. The epoch has 16 bits; a sweep would have to be starved by 32767 sessions for an old path to look fresh.
//
// Consumers are told about every change that they may have seen the old side of. That is why a change is judged by the
// list alone: whether the first path was usable may have been another matter when they looked.

#include <protocols/bgp/table.h>

#include <algorithm>
#include <utility>

namespace xylem::bgp {

template <typename Net> Table<Net>::~Table() {
  for (uint32_t at = 0; at < end(); ++at) {
    eachPath(at, [&](uint32_t, const Path& path) {
      release(path.received);
      release(path.accepted);
    });
  }
}

// ---- changes

template <typename Net>
void Table<Net>::announce(uint16_t peer, uint32_t pathId, Net net, AttributeId received, AttributeId accepted,
                          uint32_t now) {
  auto at = destinationOf(net);
  auto epoch = stateOf(peer).epoch;
  auto index = findPath(at, peer, pathId);
  auto before = headOf(at);
  if (index != 0) {
    paths[index].epoch = epoch;
    if (paths[index].received == received && acceptedOf(index) == accepted) return;
    unlink(at, index);
  }
  hold(received);
  hold(accepted);
  if (index == 0) {
    index = newPath(pathId);
  } else {
    count(index, -1);
    release(paths[index].received);
    release(acceptedOf(index));
  }
  paths[index] = {received, 0, now, peer, epoch};
  setAccepted(index, accepted);
  count(index, 1);
  link(at, index);
  changed(at, before);
}

template <typename Net> bool Table<Net>::withdraw(uint16_t peer, uint32_t pathId, Net net) {
  auto found = trie.find(net);
  auto index = found == nullptr ? 0 : findPath(*found, peer, pathId);
  if (index == 0) return false;
  auto at = *found;
  auto before = headOf(at);
  unlink(at, index);
  freePath(index);
  changed(at, before);
  settle(at);
  return true;
}

template <typename Net> uint32_t Table<Net>::destinationOf(Net net) {
  uint32_t fresh = freeDestination != 0 ? freeDestination - 1 : end();
  auto at = trie.findOrInsert(net, fresh);
  if (at != fresh) return at;
  if (freeDestination != 0) {
    freeDestination = firsts[at] & ~FREE;
  } else {
    firsts.grow();
    prefixes.grow();
  }
  firsts[at] = 0;
  prefixes.set(at, net);
  return at;
}

template <typename Net> uint32_t Table<Net>::findPath(uint32_t at, uint16_t peer, uint32_t pathId) const {
  for (auto index = firsts[at]; index != 0; index = paths[index].next)
    if (paths[index].peer == peer && pathIdOf(index) == pathId) return index;
  return 0;
}

template <typename Net> uint32_t Table<Net>::newPath(uint32_t pathId) {
  auto index = freedPath;
  if (index != 0)
    freedPath = paths[index].next;
  else
    index = paths.grow();
  pathIds.set(index, pathId);
  return index;
}

template <typename Net> void Table<Net>::setAccepted(uint32_t index, AttributeId accepted) {
  bool same = accepted == paths[index].received;
  others.set(index, same ? 0 : accepted == AttributePool::NONE ? REJECTED : accepted);
}

template <typename Net> void Table<Net>::freePath(uint32_t index) {
  count(index, -1);
  release(paths[index].received);
  release(acceptedOf(index));
  paths[index] = {AttributePool::NONE, freedPath, 0, 0, 0};
  others.set(index, 0);
  freedPath = index;
}

template <typename Net> void Table<Net>::count(uint32_t index, int by) {
  auto& counts = stateOf(paths[index].peer).counts;
  counts.received += size_t(by);
  if (acceptedOf(index) != AttributePool::NONE) counts.accepted += size_t(by);
}

// ---- order

template <typename Net> Candidate Table<Net>::candidateOf(uint32_t index) const {
  auto path = this->path(index);
  auto& attributes = summaryOf(path);
  auto& neighbor = neighbors[path.peer];
  uint32_t metric = neighbor.kind == Neighbor::LOCAL ? 0 : nextHops[attributes.nextHop].metric;
  return {index,      path.accepted,  &attributes, &neighbor, metric, isReachable(path, attributes),
          path.since, pathIdOf(index)};
}

template <typename Net> void Table<Net>::candidates(uint32_t at, std::vector<Candidate>& out) const {
  out.clear();
  eachPath(at, [&](uint32_t index, const Path&) { out.push_back(candidateOf(index)); });
}

template <typename Net> bool Table<Net>::isInvolvedByMed(uint32_t at, uint32_t index) const {
  // Of a path and those in the list.
  auto candidate = candidateOf(index);
  for (auto other = firsts[at]; other != 0; other = paths[other].next) {
    auto there = candidateOf(other);
    if (decision->compare(candidate, there).step == Step::MED) return true;
  }
  return false;
}

template <typename Net> void Table<Net>::unlink(uint32_t at, uint32_t index) {
  auto link = &firsts[at];
  while (*link != index) link = &paths[*link].next;
  *link = paths[index].next;
  auto first = firsts[at];
  if (first == 0 || paths[first].next == 0) return;
  // Others may have been put in their places by a comparison with it whose outcome has changed since.
  if (nextHopOf(path(index)).changed || isInvolvedByMed(at, index)) rearrange(at);
}

template <typename Net> void Table<Net>::link(uint32_t at, uint32_t index) {
  auto place = &firsts[at];
  bool found = false, involved = false;
  if (*place != 0) {
    auto candidate = candidateOf(index);
    for (auto link = place; *link != 0; link = &paths[*link].next) {
      auto there = candidateOf(*link);
      auto verdict = decision->compare(candidate, there);
      if (!found && verdict.order < 0) {
        place = link;
        found = true;
      }
      involved = involved || verdict.step == Step::MED;
      if (verdict.order < 0 && verdict.step < Step::MED) break;
      if (!found) place = &paths[*link].next;
    }
  }
  paths[index].next = *place;
  *place = index;
  if (involved) rearrange(at);
}

template <typename Net> void Table<Net>::rearrange(uint32_t at) {
  candidates(at, scratch);
  decision->arrange(scratch);
  auto link = &firsts[at];
  for (auto& candidate : scratch) {
    *link = candidate.path;
    link = &paths[candidate.path].next;
  }
  *link = 0;
}

// ---- consumers

template <typename Net> void Table<Net>::mark(uint32_t at, bool best) {
  auto least = best ? Interest::BEST : isMultipath() ? Interest::USED : Interest::ANY;
  for (auto& consumer : consumers)
    if (consumer.interest >= least) consumer.dirty->mark(at);
}

template <typename Net> void Table<Net>::attach(Dirty& dirty, Interest interest) {
  dirty.markAll(end());
  adopt(dirty, interest);
}

template <typename Net> void Table<Net>::detach(Dirty& dirty) {
  std::erase_if(consumers, [&](auto& consumer) { return consumer.dirty == &dirty; });
  for (uint32_t at; (at = dirty.take()) != Dirty::NONE;)
    if (at < end()) settle(at);
}

template <typename Net> void Table<Net>::settle(uint32_t at) {
  if (firsts[at] != 0) return;
  for (auto& consumer : consumers)
    if (consumer.dirty->has(at)) return;
  trie.erase(netOf(at));
  firsts[at] = freeDestination | FREE;
  freeDestination = at + 1;
}

template <typename Net> typename Table<Net>::Memory Table<Net>::memory() const {
  return {trie.bytes(), firsts.bytes() + prefixes.bytes(), paths.bytes() + others.bytes(), pathIds.bytes()};
}

// ---- passes

template <typename Net> void Table<Net>::markStale(uint16_t peer) { ++stateOf(peer).epoch; }

template <typename Net> void Table<Net>::want(std::vector<bool>& list, uint16_t peer) {
  if (peer >= list.size()) list.resize(peer + 1);
  list[peer] = wanted.any = true;
}

template <typename Net> void Table<Net>::sweepStale(uint16_t peer) {
  want(wanted.sweep, peer);
  wanted.epochs.resize(wanted.sweep.size());
  wanted.epochs[peer] = epochOf(peer);
}
template <typename Net> void Table<Net>::reimport(uint16_t peer) { want(wanted.import, peer); }
template <typename Net> void Table<Net>::nextHopsChanged() { wanted.any = wanted.nextHops = true; }

template <typename Net> void Table<Net>::redecide(const Decision& decision) {
  this->decision = &decision;
  wanted.any = wanted.all = true;
}

template <typename Net> bool Table<Net>::step(uint budget, Importer<Net>& importer) {
  for (uint32_t at; budget > 0 && (at = reimports.take()) != Dirty::NONE; --budget)
    if (at < end() && exists(at)) visitAgain(at, importer);
  if (!pass.any) {
    pass = std::exchange(wanted, Wanted());
    passAt = 0;
  }
  if (!pass.any) return isBusy();
  for (; budget > 0 && passAt < end(); --budget, ++passAt)
    if (exists(passAt) && concerns(passAt)) visit(passAt, importer);
  if (passAt >= end()) pass = Wanted();
  return isBusy();
}

template <typename Net> bool Table<Net>::concerns(uint32_t at) const {
  if (pass.all) return true;
  for (auto index = firsts[at]; index != 0; index = paths[index].next) {
    if (pass.sweeps(paths[index]) || pass.imports(paths[index]) || usesChangedHop(index)) return true;
  }
  return false;
}

template <typename Net> void Table<Net>::import(uint32_t at, uint32_t index, Importer<Net>& importer) {
  auto path = this->path(index);
  auto accepted = importer.accept(path.peer, netOf(at), path.received, isStale(path));
  count(index, -1);
  setAccepted(index, accepted);
  count(index, 1);
  release(path.accepted);
}

template <typename Net> void Table<Net>::visitAgain(uint32_t at, Importer<Net>& importer) {
  auto before = headOf(at);
  for (auto index = firsts[at]; index != 0; index = paths[index].next) import(at, index, importer);
  rearrange(at);
  changed(at, before);
  settle(at);
}

template <typename Net> bool Table<Net>::visitPath(uint32_t at, uint32_t index, Importer<Net>& importer) {
  // Whether its place may be another now.
  bool imports = pass.imports(paths[index]);
  if (imports) import(at, index, importer);
  return imports || pass.all || usesChangedHop(index);
}

template <typename Net> void Table<Net>::visit(uint32_t at, Importer<Net>& importer) {
  auto before = headOf(at);
  bool moved = false, flipped = false;
  for (auto index = firsts[at], next = index; index != 0; index = next) {
    next = paths[index].next;
    if (pass.sweeps(paths[index])) continue;
    moved |= visitPath(at, index, importer);
    flipped |= usesChangedHop(index) && nextHopOf(path(index)).flipped;
  }
  sweep(at);
  if (moved) rearrange(at);
  // Whoever looked when a next hop was another saw something else, even if the same path is the first.
  mark(at, flipped || pass.all || !(headOf(at) == before));
  settle(at);
}

template <typename Net> void Table<Net>::sweep(uint32_t at) {
  for (auto index = firsts[at], next = index; index != 0; index = next) {
    next = paths[index].next;
    if (!pass.sweeps(paths[index])) continue;
    unlink(at, index);
    freePath(index);
    // Where MED has its say, the rest may be in another order now.
    next = firsts[at];
  }
}

template class Table<net::Ip4Net>;
template class Table<net::Ip6Net>;

}  // namespace xylem::bgp

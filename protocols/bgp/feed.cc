// From best paths to sets of next hops.

#include <protocols/bgp/feed.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace xylem::bgp {

namespace {

constexpr float HEAVIEST = 240;
// The weight of the greatest bandwidth: a number with many divisors, since the RIB reduces fractions.

}  // namespace

NextHopSets::~NextHopSets() {
  for (auto& [set, id] : ids)
    for (auto way : set.ways) nextHops.release(way.nextHop);
}

uint32_t NextHopSets::intern(const NextHopSet& set) {
  auto [at, fresh] = ids.try_emplace(set, 0);
  if (fresh) {
    if (freed.empty()) {
      at->second = uint32_t(list.size());
      list.emplace_back();
    } else {
      at->second = freed.back();
      freed.pop_back();
    }
    list[at->second] = {at, 0};
    for (auto way : set.ways) nextHops.hold(way.nextHop);
    news.push_back({at->second, true});
  }
  ++list[at->second].users;
  return at->second;
}

void NextHopSets::release(uint32_t id) {
  auto& place = list[id];
  if (--place.users > 0) return;
  for (auto way : place.at->first.ways) nextHops.release(way.nextHop);
  ids.erase(place.at);
  going.push_back(id);
  news.push_back({id, false});
}

std::vector<NextHopSets::Event> NextHopSets::events() {
  freed.insert(freed.end(), going.begin(), going.end());
  going.clear();
  return std::exchange(news, {});
}

kj::Maybe<float> linkBandwidth(const AttributePool& pool, AttributeId id) {
  KJ_IF_MAYBE (value, findAttribute(pool.bytes(id), encoded::EXTENDED_COMMUNITIES)) {
    for (net::ByteReader in(*value); in.has(8);) {
      auto community = in.u64();
      bool isBandwidth = (community >> 48 & 0xbfff) == 0x0004;  // Transitive or not.
      if (isBandwidth) return std::bit_cast<float>(uint32_t(community));
    }
  }
  return nullptr;
}

template <typename Net>
Feed<Net>::Feed(Table<Net>& table, AttributePool& pool, NextHopSets& sets) : table(table), pool(pool), sets(sets) {
  table.attach(dirty, Interest::USED);
}

template <typename Net> Feed<Net>::~Feed() {
  table.detach(dirty);
  for (uint32_t at = 0; at < fed.size(); ++at)
    if (fed[at] != 0) sets.release(fed[at]);
}

template <typename Net> void Feed<Net>::setWeighted(bool wanted) {
  if (std::exchange(weighted, wanted) != wanted) dirty.markAll(table.end());
}

template <typename Net> void Feed<Net>::repeat() {
  for (uint32_t at = 0; at < fed.size(); ++at)
    if (fed[at] != 0) sets.release(std::exchange(fed[at], 0));
  dirty.markAll(table.end());
}

template <typename Net> bool Feed<Net>::isInternal(const Path& path) const {
  return table.neighbor(path.peer).kind == Neighbor::INTERNAL;
}

template <typename Net> bool Feed<Net>::update(uint32_t at, Fed& before) {
  fed.growTo(at + 1);
  auto set = setFor(at);
  auto old = std::exchange(fed[at], set);
  if (old != 0) {
    before = sets[old].internal ? Fed::INTERNAL : Fed::EXTERNAL;
    sets.release(old);
  }
  return old != set;
}

template <typename Net> uint32_t Feed<Net>::setFor(uint32_t at) {
  // Held once more.
  auto index = table.bestIndex(at);
  if (index == 0 || table.neighbor(table.path(index).peer).kind == Neighbor::LOCAL) return 0;
  auto best = table.path(index);
  if (!table.isMultipath() || best.next == 0) return single(best);
  table.candidates(at, candidates);
  if (table.decisionProcess().multipath(candidates, pool, paths) < 2) return single(best);
  scratch.internal = isInternal(best);
  scratch.ways.clear();
  for (auto path : paths) scratch.ways.push_back({pool.summary(table.path(path).accepted).nextHop});
  if (weighted) weigh(paths, scratch.ways);
  std::sort(scratch.ways.begin(), scratch.ways.end());
  return sets.intern(scratch);
}

template <typename Net> uint32_t Feed<Net>::single(const Path& path) {
  // Nearly all routes are here, so the set is found without a search, when it is still what it was.
  auto hop = pool.summary(path.accepted).nextHop;
  bool internal = isInternal(path);
  auto& known = singles[internal];
  if (hop >= known.size()) known.resize(hop + 1);
  scratch.internal = internal;
  scratch.ways.assign(1, {hop});
  if (known[hop] != 0 && sets.isUsed(known[hop]) && sets[known[hop]] == scratch)
    sets.hold(known[hop]);
  else
    known[hop] = sets.intern(scratch);
  return known[hop];
}

template <typename Net>
void Feed<Net>::weigh(const std::vector<uint32_t>& paths, std::vector<WeightedHop>& ways) const {
  std::vector<float> bandwidths;
  for (auto path : paths) {
    KJ_IF_MAYBE (bandwidth, linkBandwidth(pool, table.path(path).accepted))
      if (std::isfinite(*bandwidth) && *bandwidth > 0) bandwidths.push_back(*bandwidth);
  }
  if (bandwidths.size() < ways.size()) return;
  auto most = *std::max_element(bandwidths.begin(), bandwidths.end());
  for (size_t i = 0; i < ways.size(); ++i)
    ways[i].weight = uint8_t(kj::max(1l, std::lround(bandwidths[i] / most * HEAVIEST)));
}

template class Feed<net::Ip4Net>;
template class Feed<net::Ip6Net>;

}  // namespace xylem::bgp

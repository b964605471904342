// From marks to messages.
//
// A step collects what has changed into buckets, each of which has the same attributes and is for the same members.
// Nothing that a step collects is about one path twice, so the order of the buckets is free: withdrawals first, then
// announcements in the order in which their attributes turned up.

#include <protocols/bgp/update-group.h>

#include <algorithm>
#include <utility>

namespace xylem::bgp {

template <typename Net>
UpdateGroup<Net>::UpdateGroup(Table<Net>& table, AttributePool& pool, const GroupKind<Net>& kind)
    : kind(kind), table(table), pool(pool), told(std::make_unique<Advertised>(pool)) {
  table.attach(dirty, interest());
}

template <typename Net>
UpdateGroup<Net>::UpdateGroup(const UpdateGroup& other, const GroupKind<Net>& kind)
    : kind(kind),
      table(other.table),
      pool(other.pool),
      dirty(other.dirty),
      told(std::make_unique<Advertised>(pool)),
      fresh(other.fresh),
      endOfRib(other.endOfRib),
      resend(other.resend),
      enhanced(other.enhanced),
      passLap(other.passLap) {
  told->copy(*other.told);
  table.adopt(dirty, interest());
}

template <typename Net> UpdateGroup<Net>::~UpdateGroup() { table.detach(dirty); }

template <typename Net> std::unique_ptr<Advertised> UpdateGroup<Net>::retire() {
  return std::exchange(told, std::make_unique<Advertised>(pool));
}

template <typename Net> void UpdateGroup<Net>::add(uint16_t peer) {
  if (peer >= bits.size()) bits.resize(peer + 1);
  bits[peer] = true;
  list.push_back(peer);
}

template <typename Net> void UpdateGroup<Net>::remove(uint16_t peer) {
  std::erase(list, peer);
  bits[peer] = false;
}

template <typename Net> std::shared_ptr<const Bundle> UpdateGroup<Net>::refresh(bool enhanced) {
  dirty.markAll(table.end());
  passLap = dirty.laps();
  resend = true;
  fresh = false;
  this->enhanced = enhanced;
  if (enhanced) {
    kind.encoder.beginRefresh(out);
    endStretch({});
  }
  return finish();
}

template <typename Net> std::shared_ptr<const Bundle> UpdateGroup<Net>::step(uint budget) {
  fresh = false;
  changes.clear();
  buckets.clear();
  if (slots.size() < 4 * size_t(budget)) slots.resize(std::bit_ceil(4 * size_t(budget)));
  std::fill(slots.begin(), slots.end(), END);
  for (uint32_t at; budget > 0 && (at = dirty.take()) != Dirty::NONE; --budget) {
    if (at >= table.end() || !table.exists(at)) continue;
    kind.addPath ? lookAtAll(at) : look(at);
    table.settle(at);
  }
  encode(true);
  encode(false);
  if (isPassing() && dirty.laps() != passLap) endPass();
  return finish();
}

template <typename Net> Advert UpdateGroup<Net>::offer(uint32_t at, const Path& path) {
  return {kind.exporter.advertise({table.netOf(at), path.peer, path.accepted}), path.peer};
}

template <typename Net> void UpdateGroup<Net>::look(uint32_t at) {
  Advert now, old = told->get(at);
  KJ_IF_MAYBE (path, table.best(at)) now = offer(at, *path);
  if (!now.isThere()) now = Advert();
  if (differs({table.netOf(at), 0}, old, now))
    told->set(at, now);
  else if (now.isThere())
    pool.release(now.attributes);
}

template <typename Net> void UpdateGroup<Net>::lookAtAll(uint32_t at) {
  // The index of a path is its identifier: at most one of a destination has it.
  after.clear();
  before.clear();
  table.eachPath(at, [&](uint32_t index, const Path& path) {
    if (after.size() >= kind.most || !table.isUsable(path)) return;
    auto now = offer(at, path);
    if (now.isThere()) after.push_back({index, now});
  });
  told->each(at, [&](uint32_t pathId, Advert advert) { before.push_back({pathId, advert}); });
  for (auto& old : before) {
    bool stays = std::any_of(after.begin(), after.end(), [&](auto& now) { return now.pathId == old.pathId; });
    if (!stays && differs({table.netOf(at), old.pathId}, old.advert, {})) told->set(at, old.pathId, {});
  }
  for (auto& now : after) {
    if (differs({table.netOf(at), now.pathId}, told->get(at, now.pathId), now.advert))
      told->set(at, now.pathId, now.advert);
    else
      pool.release(now.advert.attributes);
  }
}

template <typename Net> bool UpdateGroup<Net>::differs(PathKey<Net> key, Advert old, Advert now) {
  // Collects what members have to be told.
  if (!now.isThere()) {
    if (old.isThere()) put(key, AttributePool::NONE, everyoneBut(old.source));
    return old.isThere();
  }
  bool moved = old.isThere() && old.source != now.source;
  if (old.attributes != now.attributes || resend)
    put(key, now.attributes, everyoneBut(now.source));
  else if (moved && isMember(old.source))
    put(key, now.attributes, {NOBODY, old.source});
  if (moved && isMember(now.source)) put(key, AttributePool::NONE, {NOBODY, now.source});
  return !(old == now);
}

template <typename Net> void UpdateGroup<Net>::put(PathKey<Net> key, AttributeId attributes, Audience audience) {
  if (list.size() == 1 && !audience.includes(list[0])) return;
  auto& bucket = buckets[bucketFor(attributes, audience)];
  auto number = uint32_t(changes.size());
  changes.push_back({key, END});
  if (bucket.first == END)
    bucket.first = number;
  else
    changes[bucket.last].next = number;
  bucket.last = number;
}

template <typename Net> uint32_t UpdateGroup<Net>::bucketFor(AttributeId attributes, Audience audience) {
  if (!buckets.empty() && buckets.back().attributes == attributes && buckets.back().audience == audience)
    return uint32_t(buckets.size() - 1);
  if (buckets.size() * 2 >= slots.size()) {
    slots.assign(slots.size() * 2, END);
    auto old = std::exchange(buckets, {});
    for (auto& bucket : old) buckets[bucketFor(bucket.attributes, bucket.audience)] = bucket;
  }
  size_t mask = slots.size() - 1;
  size_t at = net::mix(attributes, uint64_t(audience.except) << 16 | audience.only) & mask;
  for (; slots[at] != END; at = (at + 1) & mask) {
    auto& bucket = buckets[slots[at]];
    if (bucket.attributes == attributes && bucket.audience == audience) return slots[at];
  }
  slots[at] = uint32_t(buckets.size());
  buckets.push_back({attributes, audience, END, END});
  return slots[at];
}

template <typename Net> void UpdateGroup<Net>::encode(bool withdrawals) {
  for (auto& bucket : buckets) {
    if ((bucket.attributes == AttributePool::NONE) != withdrawals) continue;
    keys.clear();
    for (auto at = bucket.first; at != END; at = changes[at].next) keys.push_back(changes[at].key);
    auto routes = kj::arrayPtr(keys.data(), keys.size());
    if (withdrawals)
      kind.encoder.withdraw(routes, out);
    else
      kind.encoder.announce(bucket.attributes, routes, out);
    endStretch(bucket.audience);
  }
}

template <typename Net> void UpdateGroup<Net>::endStretch(Audience audience) {
  if (!stretches.empty() && stretches.back().audience == audience)
    stretches.back().end = out.size();
  else
    stretches.push_back({out.size(), audience});
}

template <typename Net> void UpdateGroup<Net>::endPass() {
  if (endOfRib) kind.encoder.endOfRib(out);
  if (enhanced) kind.encoder.endRefresh(out);
  endOfRib = resend = enhanced = false;
  endStretch({});
}

template <typename Net> std::shared_ptr<const Bundle> UpdateGroup<Net>::finish() {
  if (out.size() == 0) {
    stretches.clear();
    return nullptr;
  }
  auto bundle = std::make_shared<Bundle>();
  bundle->bytes = kj::heapArray(out.bytes());
  bundle->stretches = std::exchange(stretches, {});
  out.truncate(0);
  return bundle;
}

template class UpdateGroup<net::Ip4Net>;
template class UpdateGroup<net::Ip6Net>;

}  // namespace xylem::bgp

// A consumer of the table like an update group, but one that looks at the paths of each peer for themselves.
//
// The paths of a destination are sorted by their peers and held against the views, which are in that order too: the
// cost is that of both together, not of each with each. Routes of a step that have the same attributes in the same view
// and follow upon each other go into one message.

#include <protocols/bgp/monitor.h>

#include <protocols/bgp/compose.h>

#include <algorithm>
#include <utility>

namespace xylem::bgp {

template <typename Net>
Monitor<Net>::Monitor(Table<Net>& table, AttributePool& pool, Family family)
    : family(family), table(table), pool(pool) {
  table.attach(dirty, Interest::ANY);
}

template <typename Net> Monitor<Net>::~Monitor() { table.detach(dirty); }

template <typename Net> void Monitor<Net>::watch(View view) {
  dirty.markAll(table.end());
  auto place = std::lower_bound(shown.begin(), shown.end(), view, [](auto& a, auto& b) { return a->view < b; });
  KJ_REQUIRE(place == shown.end() || (*place)->view != view, "this is watched already");
  shown.insert(place, std::make_unique<Shown>(view, pool, dirty.laps()));
}

template <typename Net> void Monitor<Net>::forget(uint16_t peer) {
  for (auto& each : shown)
    if (each->view.peer == peer) retired.push_back(kj::mv(each));
  std::erase(shown, nullptr);
}

template <typename Net> void Monitor<Net>::forgetAll() {
  for (auto& each : shown) retired.push_back(kj::mv(each));
  shown.clear();
}

template <typename Net> size_t Monitor<Net>::bytes() const {
  size_t sum = dirty.bytes();
  for (auto list : {&shown, &retired})
    for (auto& each : *list) sum += each->told.bytes();
  return sum;
}

template <typename Net> void Monitor<Net>::step(uint budget, Tell tell) {
  if (!retired.empty() && !retired.back()->told.drain(budget)) retired.pop_back();
  for (uint32_t at; budget > 0 && (at = dirty.take()) != Dirty::NONE; --budget) {
    if (at >= table.end() || !table.exists(at)) continue;
    look(at, tell);
    table.settle(at);
  }
  for (auto& each : shown) {
    finish(*each, tell);
    if (!each->endOfRib || dirty.laps() == each->lap) continue;
    each->endOfRib = false;
    tell(each->view, encodeEndOfRib(family));
  }
}

template <typename Net> void Monitor<Net>::look(uint32_t at, Tell& tell) {
  here.clear();
  table.eachPath(at, [&](uint32_t index, const Path& path) { here.push_back({path.peer, index}); });
  std::stable_sort(here.begin(), here.end(), [](auto& a, auto& b) { return a.peer < b.peer; });
  size_t from = 0;
  for (auto& each : shown) {
    auto& view = each->view;
    while (from < here.size() && here[from].peer < view.peer) ++from;
    auto end = from;
    while (end < here.size() && here[end].peer == view.peer) ++end;
    auto paths = kj::arrayPtr(here.data() + from, here.data() + end);
    if (view.rib == bmp::Rib::LOCAL)
      lookAtBest(*each, at, tell);
    else if (view.addPath)
      lookAtPaths(*each, at, paths, tell);
    else
      lookAtPath(*each, at, paths, tell);
  }
}

template <typename Net> AttributeId Monitor<Net>::seen(const View& view, const Path& path) const {
  return view.rib == bmp::Rib::ADJ_IN_PRE_POLICY ? path.received : path.accepted;
}

template <typename Net> void Monitor<Net>::lookAtBest(Shown& to, uint32_t at, Tell& tell) {
  Advert now;
  KJ_IF_MAYBE (path, table.best(at)) now = {path->accepted, path->peer};
  update(to, at, 0, to.told.get(at), now, tell);
}

template <typename Net>
void Monitor<Net>::lookAtPath(Shown& to, uint32_t at, kj::ArrayPtr<const Here> paths, Tell& tell) {
  Advert now;
  if (paths.size() > 0) now = {seen(to.view, table.path(paths[0].index)), to.view.peer};
  update(to, at, 0, to.told.get(at), now.isThere() ? now : Advert(), tell);
}

template <typename Net>
void Monitor<Net>::lookAtPaths(Shown& to, uint32_t at, kj::ArrayPtr<const Here> paths, Tell& tell) {
  before.clear();
  to.told.each(at, [&](uint32_t pathId, Advert advert) { before.push_back({pathId, advert}); });
  for (auto& path : paths) {
    auto pathId = table.pathIdOf(path.index);
    Advert now{seen(to.view, table.path(path.index)), to.view.peer};
    std::erase_if(before, [&](auto& old) { return now.isThere() && old.first == pathId; });
    if (now.isThere()) update(to, at, pathId, to.told.get(at, pathId), now, tell);
  }
  for (auto& [pathId, old] : before) update(to, at, pathId, old, {}, tell);
}

template <typename Net>
void Monitor<Net>::update(Shown& to, uint32_t at, uint32_t pathId, Advert old, Advert now, Tell& tell) {
  if (old == now) return;
  if (now.isThere()) {
    if (to.attributes != now.attributes) finish(to, tell);
    to.attributes = now.attributes;
    if (old.attributes != now.attributes) to.announced.push_back({table.netOf(at), pathId});
    pool.hold(now.attributes);
  } else {
    to.withdrawn.push_back({table.netOf(at), pathId});
  }
  if (to.view.addPath)
    to.told.set(at, pathId, now);
  else
    to.told.set(at, now);
}

template <typename Net> void Monitor<Net>::finish(Shown& to, Tell& tell) {
  using Address = typename Net::Address;
  if (!to.withdrawn.empty()) {
    Composer composer(family, to.view.addPath, MAX_MESSAGE, out);
    for (auto& key : to.withdrawn) composer.withdraw(Destination<Address>{key.net, key.pathId});
    composer.finish();
    to.withdrawn.clear();
  }
  if (!to.announced.empty()) {
    auto attributes = pool.get(to.attributes);
    attributes.nextHop = unscoped(attributes.nextHop);
    // A route of this router's own leads nowhere else.
    if (attributes.nextHop.isNone()) attributes.nextHop = isIp4(family) ? net::Ip(net::Ip4()) : net::Ip(net::Ip6());
    block.truncate(0);
    encodeAttributes(attributes, {true, family}, block);
    // Most stations think little of messages that are longer than they were for thirty years; some routes need them.
    for (auto max : {MAX_MESSAGE, MAX_EXTENDED}) {
      Composer composer(family, to.view.addPath, max, out);
      if (!composer.begin(attributes.nextHop, attributes.linkLocal, block.bytes())) continue;
      for (auto& key : to.announced) composer.announce(Destination<Address>{key.net, key.pathId});
      composer.finish();
      break;
    }
    to.announced.clear();
  }
  cut(to, tell);
}

template <typename Net> void Monitor<Net>::cut(const Shown& to, Tell& tell) {
  auto all = out.bytes();
  for (size_t from = 0, size = 0; from < all.size(); from += size) {
    size = size_t(all[from + 16]) << 8 | all[from + 17];
    tell(to.view, all.slice(from, from + size));
  }
  out.truncate(0);
}

template class Monitor<net::Ip4Net>;
template class Monitor<net::Ip6Net>;

}  // namespace xylem::bgp

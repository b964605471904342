// What the forwarding table is told.
//
// A prefix that changes is queued once, with a bit in its trie value, and looked up when its turn comes: so however
// often it changed meanwhile, it is told as it is then. A prefix whose last route has gone stays in the trie until that
// has been told.
//
// A new forwarding table is told everything by a walk beside the queue. A group is told before its first route. It is
// taken back when nothing leads there any more: that is, when everything that was queued at that moment has been told.

#include <kj/debug.h>
#include <rib/table.h>

namespace xylem::rib {

namespace {

template <typename Net> FibRoute flat(Net net) {
  FibRoute route{};
  if constexpr (Net::VERSION == 4) {
    route.low = net.address().bits;
  } else {
    route.high = net.address().high;
    route.low = net.address().low;
  }
  route.length = uint8_t(net.length());
  route.version = Net::VERSION;
  return route;
}

}  // namespace

void Table::attachFib() {
  detachFib();
  fibAttached = true;
  ip4.push = decltype(ip4.push)();
  ip6.push = decltype(ip6.push)();
  ip4.pushed = ip6.pushed = false;
}

void Table::detachFib() {
  fibAttached = false;
  auto forget = [](auto& family) {
    for (auto& net : family.queue) {
      auto& head = *family.trie.find(net);
      head &= ~QUEUED;
      if (head == 0) family.trie.erase(net);
    }
    family.taken += family.queue.size();
    family.queue.clear();
    family.queue.shrink_to_fit();
    family.pushed = true;
  };
  forget(ip4);
  forget(ip6);
  fibGroups.clear();
  dropping.clear();
  for (uint32_t id = 1; id < groups.end(); ++id) {
    KJ_IF_MAYBE (group, groups.find(id)) {
      group->inFib = group->changedForFib = group->dropping = false;
      retire(id);
    }
  }
}

bool Table::fibPending() const {
  return fibAttached && (!ip4.pushed || !ip6.pushed || fibBacklog() > 0 || !fibGroups.empty() || !dropping.empty());
}

void Table::repeat(net::IpNet net) {
  auto again = [this](auto& family, auto net) {
    auto head = family.trie.find(net);
    if (head == nullptr) return;
    auto winner = winnerFrom(*head);
    if (winner != nullptr && winner->origin != CONNECTED) enqueue(net, *head);
  };
  if (net.is4())
    again(ip4, net.v4());
  else if (net.is6())
    again(ip6, net.v6());
}

void Table::takeFib(FibBatch& batch, size_t most) {
  if (!fibAttached) return;
  for (auto id : std::exchange(fibGroups, {})) {
    KJ_IF_MAYBE (group, groups.find(id)) {
      if (!group->changedForFib) continue;
      group->changedForFib = false;
      if (group->live && group->inFib && group->isWanted()) batch.groups.add(id);
    }
  }
  drainFib(ip4, batch, most);
  drainFib(ip6, batch, most);
  pushFib(ip4, batch, most);
  pushFib(ip6, batch, most);
  if (batch.routes.empty()) dropGroups(batch);
}

template <typename Net> void Table::drainFib(Family<Net>& family, FibBatch& batch, size_t most) {
  while (batch.routes.size() < most && !family.queue.empty()) {
    auto net = family.queue.front();
    family.queue.pop_front();
    ++family.taken;
    auto& head = *family.trie.find(net);
    head &= ~QUEUED;
    tellFib(net, head, batch);
    if (head == 0) family.trie.erase(net);
  }
  if (family.queue.empty()) family.queue.shrink_to_fit();
}

template <typename Net> void Table::pushFib(Family<Net>& family, FibBatch& batch, size_t most) {
  for (size_t visited = 0; !family.pushed && visited < most && batch.routes.size() < most; ++visited) {
    auto next = family.push.next(family.trie);
    KJ_IF_MAYBE (entry, next) {
      auto winner = winnerFrom(entry->value);
      if (winner != nullptr && winner->origin != CONNECTED && (entry->value & QUEUED) == 0)
        tellFib(entry->net, entry->value, batch);
    } else {
      family.pushed = true;
    }
  }
}

template <typename Net> void Table::tellFib(Net net, uint32_t head, FibBatch& batch) {
  auto route = flat(net);
  auto winner = winnerFrom(head);
  if (winner != nullptr && winner->origin != CONNECTED) {
    tellGroup(winner->group, batch);
    route.group = winner->group;
    route.metric = winner->metric;
    route.tag = winner->tag;
  }
  batch.routes.add(route);
}

void Table::tellGroup(uint32_t id, FibBatch& batch) {
  auto& group = groups[id];
  if (group.inFib) return;
  group.inFib = true;
  batch.groups.add(id);
}

void Table::dropFromFib(uint32_t id) {
  auto& group = groups[id];
  group.dropAfter4 = ip4.end();
  group.dropAfter6 = ip6.end();
  if (group.dropping) return;
  group.dropping = true;
  dropping.push_back(id);
}

void Table::dropGroups(FibBatch& batch) {
  for (auto count = dropping.size(); count > 0; --count) {
    auto id = dropping.front();
    dropping.pop_front();
    auto& group = groups[id];
    if (!group.isWanted() && (ip4.taken < group.dropAfter4 || ip6.taken < group.dropAfter6)) {
      dropping.push_back(id);
      continue;
    }
    group.dropping = false;
    if (group.isWanted()) continue;
    group.inFib = false;
    batch.dropped.add(id);
    retire(id);
  }
}

}  // namespace xylem::rib

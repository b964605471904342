// A follower does not remember what it was told: a change is noted when the route in use before or after is of one of
// its protocols, so at worst it hears of a route again, or of the end of one that it never heard of.

#include <rib/followers.h>

#include <algorithm>

namespace xylem::rib {

namespace {
constexpr size_t LOOKS = 8192;
// Prefixes looked through in one go for those to tell of.
}  // namespace

Follower::Follower(Table& table, std::vector<std::string> protocols, uint8_t version)
    : protocols(kj::mv(protocols)), table(table), version(version), told4(version == 6), told6(version == 4) {
  table.eachOrigin([this](const Origin& origin) { opened(origin); });
  table.followers.push_back(this);
}

Follower::~Follower() noexcept(false) {
  auto& all = table.followers;
  all.erase(std::find(all.begin(), all.end(), this));
}

void Follower::opened(const Origin& origin) {
  if (sources.size() <= origin.id) sources.resize(origin.id + 1, -1);
  auto found = std::find(protocols.begin(), protocols.end(), origin.protocol.cStr());
  sources[origin.id] = found == protocols.end() ? -1 : int(found - protocols.begin());
}

void Follower::closed(const Origin& origin) { sources[origin.id] = -1; }

void Follower::take(kj::Vector<Followed>& out, size_t most) {
  takeFrom(table.trie4(), at4, told4, changed4, out, most);
  takeFrom(table.trie6(), at6, told6, changed6, out, most);
}

template <typename Net>
void Follower::takeFrom(net::Trie<Net, uint32_t>& trie, typename net::Trie<Net, uint32_t>::Cursor& cursor, bool& told,
                        net::Trie<Net, uint8_t>& changed, kj::Vector<Followed>& out, size_t most) {
  for (size_t looked = 0; !told && looked < LOOKS && out.size() < most; ++looked) {
    auto next = cursor.next(trie);
    KJ_IF_MAYBE (entry, next) {
      auto found = look(entry->net, entry->value);
      if (found.source >= 0) out.add(found);
    } else {
      told = true;
    }
  }
  while (told && out.size() < most) {
    auto next = changed.first();
    KJ_IF_MAYBE (entry, next) {
      auto net = entry->net;
      changed.erase(net);
      auto head = trie.find(net);
      out.add(look(net, head == nullptr ? 0 : *head));
    } else {
      return;
    }
  }
}

Followed Follower::look(net::IpNet net, uint32_t head) {
  auto winner = table.winnerFrom(head);
  if (winner == nullptr || !follows(winner->origin)) return {net, -1, 0, 0, 0};
  return {net, sources[winner->origin], winner->group, winner->metric, winner->tag};
}

// ---- trackers

Tracker::Tracker(Trackers& trackers) : trackers(trackers) { trackers.all.insert(this); }

Tracker::~Tracker() noexcept(false) {
  for (auto& each : told) trackers.table.groups.untrack(each.second.watch);
  trackers.all.erase(this);
}

bool Tracker::watch(net::Ip address) {
  if (told.count(address) > 0) return false;
  told[address].watch = trackers.table.groups.track(address);
  changed.insert(address);
  return true;
}

void Tracker::unwatch(net::Ip address) {
  auto found = told.find(address);
  if (found == told.end()) return;
  trackers.table.groups.untrack(found->second.watch);
  told.erase(found);
  changed.erase(address);
  waiting.erase(address);
}

void Tracker::take(std::vector<Way>& out, size_t most, bool complete) {
  if (complete) changed.merge(waiting);
  while (!changed.empty() && out.size() < most) {
    auto address = *changed.begin();
    changed.erase(changed.begin());
    auto& before = told.find(address)->second;
    auto way = trackers.wayTo(address);
    trackers.table.groups.reached(before.watch, trackers.table.groups.wayTo(address));
    if (before.ever && before.way == way) continue;
    if (!before.ever && !way.reachable && !complete) {
      waiting.insert(address);
      continue;
    }
    before.ever = true;
    before.way = way;
    out.push_back(kj::mv(way));
  }
}

void Trackers::collect() {
  auto& groups = table.groups;
  for (auto id : std::exchange(groups.moved, {})) {
    KJ_IF_MAYBE (watch, groups.watch(id)) {
      watch->dirty = false;
      for (auto tracker : all)
        if (tracker->told.count(watch->address) > 0) tracker->changed.insert(watch->address);
    }
  }
}

Way Trackers::wayTo(net::Ip address) {
  Way way;
  way.address = address;
  KJ_IF_MAYBE (found, table.bestWay(address)) {
    auto& candidate = found->candidate;
    KJ_IF_MAYBE (origin, table.origin(candidate.origin)) way.protocol = origin->protocol.cStr();
    way.metric = candidate.metric;
    way.distance = candidate.distance;
    way.hops = table.groups[candidate.group].resolved.hops;
    for (auto& hop : way.hops)
      if (hop.gateway.isNone()) hop.gateway = address;
    way.reachable = !way.hops.empty();
  }
  return way;
}

}  // namespace xylem::rib

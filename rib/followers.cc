// A follower does not remember what it was told: a change is noted when the route in use before or after is of one of
// its protocols, so at worst it hears of a route again, or of the end of one that it never heard of.

#include <rib/followers.h>

#include <algorithm>

namespace xylem::rib {

namespace {
constexpr size_t LOOKS = 8192;
// Prefixes looked through in one go for those to tell of.
}  // namespace

Follower::Follower(Table& table, const policy::Compiled& policies, Wanted what)
    : wanted(kj::mv(what)), table(table), policies(&policies), told4(wanted.version == 6), told6(wanted.version == 4) {
  table.eachOrigin([this](const Origin& origin) { opened(origin); });
  table.followers.push_back(this);
}

Follower::~Follower() noexcept(false) {
  auto& all = table.followers;
  all.erase(std::find(all.begin(), all.end(), this));
}

void Follower::opened(const Origin& origin) {
  if (sources.size() <= origin.id) sources.resize(origin.id + 1, -1);
  auto& protocols = wanted.protocols;
  auto found = std::find(protocols.begin(), protocols.end(), origin.protocol.cStr());
  sources[origin.id] = found == protocols.end() ? -1 : int(found - protocols.begin());
}

void Follower::closed(const Origin& origin) { sources[origin.id] = -1; }

void Follower::change(const policy::Compiled& before, const policy::Compiled& now) {
  policies = &now;
  bool touched = std::any_of(wanted.policies.begin(), wanted.policies.end(),
                             [&](auto& name) { return !name.empty() && !now.same(before, name.c_str()); });
  if (!touched) return;
  again = true;
  told4 = wanted.version == 6;
  told6 = wanted.version == 4;
  at4 = decltype(at4)();
  at6 = decltype(at6)();
}

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
      auto winner = again ? table.winnerFrom(entry->value) : nullptr;
      if (found.source >= 0 || (winner != nullptr && follows(winner->origin))) out.add(found);
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
  Followed found{net, sources[winner->origin], winner->group, winner->metric, winner->tag};
  auto source = size_t(found.source);
  if (source < wanted.policies.size() && !wanted.policies[source].empty() && !apply(wanted.policies[source], found))
    found.source = -1;
  return found;
}

bool Follower::apply(const std::string& name, Followed& to) {
  policy::Attributes attributes;
  attributes.med = to.metric;
  auto& hops = table.groups[to.group].resolved.hops;
  if (!hops.empty()) attributes.nextHop = hops[0].gateway;
  policy::Subject subject{
      to.net, wanted.protocols[size_t(to.source)].c_str(), {}, {}, 0, policy::Validity::UNKNOWN, to.tag, attributes};
  KJ_IF_MAYBE (policy, policies->find(name.c_str())) {
    if (policy->run(subject) != policy::Verdict::ACCEPT) return false;
  } else {
    return false;
  }
  to.metric = subject.attributes->med.orDefault(0);
  to.ownMetric = subject.metricSet;
  to.tag = subject.tag;
  return true;
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
    auto& offer = found->offer;
    KJ_IF_MAYBE (origin, table.origin(offer.origin)) way.protocol = origin->protocol.cStr();
    way.metric = offer.metric;
    way.distance = offer.distance;
    way.hops = table.groups[offer.group].resolved.hops;
    for (auto& hop : way.hops)
      if (hop.gateway.isNone()) hop.gateway = address;
    way.reachable = !way.hops.empty();
  }
  return way;
}

}  // namespace xylem::rib

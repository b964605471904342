// The routing table of RIP.
//
// A route has one timer at a time: learned ones time out, unreachable ones are forgotten. All timers are in one ordered
// set, so the table costs its driver a single timer. A local route has none. When a local route goes it is poisoned
// like any other, and the next update of a neighbour may take its place.
//
// A learned route is switched to another router with the same metric only when its own has been silent for half of the
// timeout (the heuristic at the end of RFC 2453 section 3.9.2).

#include <protocols/rip/table.h>

namespace xylem::rip {

template <typename F>
void Table<F>::learn(const Entry<F>& entry, Address from, const std::string& interface, Time now) {
  auto at = known.find(entry.net);
  bool reachable = entry.metric < UNREACHABLE;
  if (at == known.end()) {
    if (!reachable) return;
    at = known.emplace(entry.net, Route<F>()).first;
  }
  auto& old = at->second;
  if (old.source != Source::LEARNED && old.isReachable()) return;

  Route<F> route{Source::LEARNED, interface, entry.nextHop, from, entry.tag, entry.metric, nullptr, 0};
  bool sameRouter = old.from == from && old.interface == interface;
  if (!reachable) {
    if (sameRouter && old.isReachable()) lose(at, now);
  } else if (sameRouter) {
    bool same = old.metric == route.metric && old.nextHop == route.nextHop && old.tag == route.tag;
    if (same)
      schedule(at, now + timeout);
    else
      adopt(at, kj::mv(route), now);
  } else if (route.metric < old.metric) {
    adopt(at, kj::mv(route), now);
  } else if (route.metric == old.metric) {
    KJ_IF_MAYBE (due, old.due) {
      if (*due - now <= timeout / 2) adopt(at, kj::mv(route), now);
    }
  }
}

template <typename F> void Table<F>::adopt(Place at, Route<F> route, Time now) {
  schedule(at, nullptr);
  at->second = kj::mv(route);
  at->second.changed = ++change;
  schedule(at, now + timeout);
  auto& r = at->second;
  actions.put(at->first, r.nextHop, r.interface, r.metric, r.tag);
}

template <typename F> void Table<F>::lose(Place at, Time now) {
  auto& route = at->second;
  if (route.source == Source::LEARNED) {
    actions.remove(at->first);
  } else {
    route.source = Source::LEARNED;
    route.interface.clear();
    route.nextHop = Address();
  }
  route.metric = UNREACHABLE;
  route.changed = ++change;
  schedule(at, now + garbageCollect);
}

template <typename F> void Table<F>::schedule(Place at, kj::Maybe<Time> due) {
  KJ_IF_MAYBE (old, at->second.due) timers.erase({*old, at->first});
  at->second.due = due;
  KJ_IF_MAYBE (time, due) timers.insert({*time, at->first});
}

template <typename F> void Table<F>::connect(const std::string& interface, const std::set<Net>& nets, Time now) {
  std::set<Net> touched = nets;
  for (auto it = connected.begin(); it != connected.end();) {
    if (it->second != interface) {
      ++it;
      continue;
    }
    touched.insert(it->first);
    it = connected.erase(it);
  }
  for (auto& net : nets) connected.insert({net, interface});
  for (auto& net : touched) settle(net, now);
}

template <typename F> void Table<F>::redistribute(Net net, Offer<F> offer, Time now) {
  offers[net] = kj::mv(offer);
  settle(net, now);
}

template <typename F> void Table<F>::withdraw(Net net, Time now) {
  if (offers.erase(net) > 0) settle(net, now);
}

template <typename F> kj::Maybe<Route<F>> Table<F>::local(Net net) const {
  auto at = connected.lower_bound({net, std::string()});
  if (at != connected.end() && at->first == net) {
    return Route<F>{Source::CONNECTED, at->second, Address(), Address(), 0, 1, nullptr, 0};
  }
  auto offer = offers.find(net);
  if (offer == offers.end()) return nullptr;
  auto& o = offer->second;
  return Route<F>{Source::REDISTRIBUTED, o.interface, o.nextHop, Address(), o.tag, o.metric, nullptr, 0};
}

template <typename F> void Table<F>::settle(Net net, Time now) {
  // Make the table have the local route to `net` that there is now, or none.
  auto at = known.find(net);
  KJ_IF_MAYBE (route, local(net)) {
    if (at == known.end()) at = known.emplace(net, Route<F>()).first;
    auto& old = at->second;
    bool same = old.source == route->source && old.interface == route->interface && old.nextHop == route->nextHop &&
                old.tag == route->tag && old.metric == route->metric;
    if (same) return;
    if (old.source == Source::LEARNED && old.isReachable()) actions.remove(net);
    schedule(at, nullptr);
    old = kj::mv(*route);
    old.changed = ++change;
  } else if (at != known.end() && at->second.source != Source::LEARNED) {
    lose(at, now);
  }
}

template <typename F>
void Table<F>::drop(const std::string& interface, kj::FunctionParam<bool(Address nextHop)> lost, Time now) {
  for (auto at = known.begin(); at != known.end(); ++at) {
    auto& route = at->second;
    bool learnedHere = route.source == Source::LEARNED && route.isReachable() && route.interface == interface;
    if (learnedHere && lost(route.nextHop)) lose(at, now);
  }
}

template <typename F> void Table<F>::expire(Time now) {
  while (!timers.empty() && timers.begin()->first <= now) {
    auto at = known.find(timers.begin()->second);
    KJ_ASSERT(at != known.end());
    if (at->second.isReachable()) {
      lose(at, now);
    } else {
      schedule(at, nullptr);
      known.erase(at);
    }
  }
}

template <typename F> kj::Maybe<Time> Table<F>::deadline() const {
  if (timers.empty()) return nullptr;
  return timers.begin()->first;
}

template <typename F> size_t Table<F>::learnedFrom(const std::string& interface) const {
  size_t count = 0;
  for (auto& [net, route] : known) {
    if (route.source == Source::LEARNED && route.isReachable() && route.interface == interface) ++count;
  }
  return count;
}

template class Table<Rip>;
template class Table<Ripng>;

}  // namespace xylem::rip

// External and internal routes differ in distance, so each are an origin of their own at the RIB; a route that changes
// sides is withdrawn on the one and announced on the other.
//
// A next-hop set is told once and is from then on a number. The RIB resolves it, so that when the way to a next hop
// changes, no route has to be told again.

#include <protocols/bgp/rib-link.h>

#include <net/wire.h>
#include <xrl/log.h>

namespace xylem::bgp {

using xrl::Task;

namespace {
constexpr size_t BATCH = 2048;
constexpr uint32_t DISCARD = 0x80000000;
// Group of routes that drop packets.
constexpr uint INTERNAL = 1;
// The side of internal routes.
}  // namespace

struct RibLink::Batch {
  struct Route {
    net::IpNet net;
    uint32_t set;
  };
  struct Side {
    std::vector<uint32_t> sets, dropped;
    std::vector<Route> routes;
    bool empty() const { return sets.empty() && dropped.empty() && routes.empty(); }
  };
  Side sides[2];
};

class RibLink::AsTracker final : public rib::Rib::Tracker::Server {
 public:
  explicit AsTracker(RibLink& link) : link(link) {}

 private:
  kj::Promise<void> push(PushContext context) override {
    for (auto way : context.getParams().getBatch()) link.heard(way);
    link.speaker.each([](auto& tables) { tables.table.nextHopsChanged(); });
    link.speaker.wake();
    return kj::READY_NOW;
  }

  RibLink& link;
};

RibLink::RibLink(Speaker& speaker) : speaker(speaker) { connect(); }

void RibLink::connect() {
  remote.emplace(speaker.process, "rib", [this](rib::Rib::Client rib) -> kj::Promise<void> {
    kj::Promise<void> tracks = track(rib);
    kj::Promise<void> feeds = session(rib);
    return tracks.exclusiveJoin(kj::mv(feeds));
  });
}

void RibLink::synced() {
  isSynced = true;
  bell.ring();
}

void RibLink::setDistances(uint8_t external, uint8_t internal) {
  if (external == distances[0] && internal == distances[1]) return;
  distances[0] = external;
  distances[1] = internal;
  if (!asked) return;
  // The origins are others, so begin anew.
  remote = nullptr;
  connect();
}

void RibLink::setDiscard(net::IpNet net, bool wanted) {
  bool had = discards.count(net) > 0;
  if (had == wanted) return;
  if (wanted)
    discards.insert(net);
  else
    discards.erase(net);
  newDiscards.insert(net);
  bell.ring();
}

void RibLink::forget() { remote = nullptr; }

// ---- next hops

Task<void> RibLink::track(rib::Rib::Client rib) {
  auto request = rib.trackRequest();
  request.setTracker(kj::heap<AsTracker>(*this));
  auto client = request.send().getTracking();
  watch.clear();
  unwatch.clear();
  for (auto& [address, list] : indices) watch.push_back(address);
  for (;;) {
    for (auto& event : speaker.nextHops.events()) {
      if (scopeIn(event.address) != 0) {
        addLocal(event.index);
        continue;
      }
      auto& list = indices[event.address];
      if (event.used) {
        list.push_back(event.index);
        if (list.size() == 1) watch.push_back(event.address);
      } else {
        std::erase(list, event.index);
        if (!list.empty()) continue;
        indices.erase(event.address);
        if (std::erase(watch, event.address) == 0) unwatch.push_back(event.address);
      }
    }
    if (!watch.empty()) {
      auto asking = client.watchRequest();
      auto list = asking.initAddresses(uint(watch.size()));
      for (auto i : kj::indices(watch)) net::write(watch[i], list[i]);
      watch.clear();
      auto sent = asking.send().ignoreResult();
      co_await kj::mv(sent);
    } else if (!unwatch.empty()) {
      auto asking = client.unwatchRequest();
      auto list = asking.initAddresses(uint(unwatch.size()));
      for (auto i : kj::indices(unwatch)) net::write(unwatch[i], list[i]);
      unwatch.clear();
      auto sent = asking.send().ignoreResult();
      co_await kj::mv(sent);
    } else {
      auto more = tracking.wait();
      co_await kj::mv(more);
    }
  }
}

void RibLink::addLocal(uint32_t index) {
  // A link-local next hop is on the link, or the session would not be there.
  if (speaker.nextHops[index].users > 0 && speaker.nextHops.set(index, true, 0)) {
    speaker.each([](auto& tables) { tables.table.nextHopsChanged(); });
    speaker.wake();
  }
}

void RibLink::heard(rib::Rib::Way::Reader way) {
  KJ_IF_MAYBE (address, net::read(way.getAddress())) {
    auto found = indices.find(*address);
    if (found == indices.end()) return;
    for (auto index : found->second) speaker.nextHops.set(index, way.getReachable(), way.getMetric());
  }
}

// ---- routes

Task<void> RibLink::session(rib::Rib::Client rib) {
  kj::Vector<rib::Rib::Origin::Client> origins;
  uint32_t stale = 0;
  for (uint i = 0; i < 2; ++i) {
    auto request = rib.originRequest();
    request.setDistance(distances[i]);
    request.setGracefulRestartTime(speaker.settings.restartTime);
    auto response = request.send();
    auto opened = co_await kj::mv(response);
    origins.add(opened.getOrigin());
    stale += opened.getStale();
  }
  if (!asked) speaker.begin(stale > 0);
  asked = true;
  defined.assign(defined.size(), 0);
  newDiscards = discards;
  auto first = origins[INTERNAL].pushRequest();
  auto group = first.initBatch().initGroups(1)[0];
  group.setId(DISCARD);
  group.setBlackhole();
  auto agreed = first.send();
  co_await kj::mv(agreed);
  speaker.sets.events();
  speaker.each([](auto& tables) {
    KJ_IF_MAYBE (feed, tables.feed) feed->repeat();
  });
  bool told = false, confirmed = true;
  for (;;) {
    auto turn = kj::evalLast([]() {});
    co_await kj::mv(turn);
    Batch batch;
    bool any = collect(batch);
    for (uint i = 0; i < 2; ++i) {
      auto& side = batch.sides[i];
      if (side.empty()) continue;
      any = true;
      confirmed = false;
      auto push = origins[i].pushRequest();
      auto out = push.initBatch();
      auto groups = out.initGroups(uint(side.sets.size() + side.dropped.size()));
      for (auto at : kj::indices(groups)) {
        bool used = at < side.sets.size();
        auto id = used ? side.sets[at] : side.dropped[at - side.sets.size()];
        groups[at].setId(id);
        if (used)
          write(speaker.sets[id], groups[at]);
        else
          groups[at].initHops(0);
      }
      auto routes = out.initRoutes(uint(side.routes.size()));
      for (auto at : kj::indices(routes)) {
        auto parts = net::partsOf(side.routes[at].net);
        auto to = routes[at];
        to.setHigh(parts.high);
        to.setLow(parts.low);
        to.setLength(parts.length);
        to.setVersion(parts.version);
        to.setNextHop(side.routes[at].set);
      }
      auto taken = push.send();
      co_await kj::mv(taken);
    }
    if (any) continue;
    if (isSynced && !told) {
      told = true;
      for (uint i = 0; i < 2; ++i) {
        auto saying = origins[i].syncedRequest().send().ignoreResult();
        co_await kj::mv(saying);
      }
      continue;
    }
    // That the RIB has refused something would otherwise be noticed only when the next route is sent.
    auto more = bell.wait();
    if (!confirmed) {
      auto first = origins[0].flushRequest().send().ignoreResult();
      auto second = origins[1].flushRequest().send().ignoreResult();
      kj::Promise<void> both = first.then([second = kj::mv(second)]() mutable { return kj::mv(second); });
      auto taken = both.then([&confirmed]() -> kj::Promise<void> {
        confirmed = true;
        return kj::NEVER_DONE;
      });
      more = more.exclusiveJoin(kj::mv(taken));
    }
    co_await kj::mv(more);
  }
}

void RibLink::write(const NextHopSet& set, rib::NextHopGroup::Builder group) const {
  auto hops = group.initHops(uint(set.ways.size()));
  for (auto i : kj::indices(set.ways)) {
    auto address = speaker.nextHops[set.ways[i].nextHop].address;
    net::write(unscoped(address), hops[uint(i)].initGateway());
    hops[uint(i)].setWeight(set.ways[i].weight);
    auto scope = scopeIn(address);
    for (auto& [name, interface] : speaker.interfaces.all())
      if (scope != 0 && interface.index == scope) hops[uint(i)].setInterface(name.c_str());
  }
}

template <typename Feed> void RibLink::collect(Feed& feed, Batch& batch) {
  feed.collect(BATCH, [&](auto net, uint32_t set, Fed before) {
    auto side = set != 0 && speaker.sets[set].internal ? Fed::INTERNAL : Fed::EXTERNAL;
    if (before != Fed::NOTHING && (set == 0 || side != before))
      batch.sides[before == Fed::INTERNAL].routes.push_back({net, 0});
    if (set == 0) return;
    auto& to = batch.sides[side == Fed::INTERNAL];
    if (set >= defined.size()) defined.resize(set + 1);
    if (defined[set] == 0) {
      defined[set] = uint8_t(side == Fed::INTERNAL) + 1;
      to.sets.push_back(set);
    }
    to.routes.push_back({net, set});
  });
}

bool RibLink::collect(Batch& batch) {
  bool more = false;
  for (auto& net : newDiscards) batch.sides[INTERNAL].routes.push_back({net, discards.count(net) > 0 ? DISCARD : 0});
  newDiscards.clear();
  speaker.each([&](auto& tables) {
    KJ_IF_MAYBE (feed, tables.feed) {
      collect(*feed, batch);
      more = more || feed->isBusy();
    }
  });
  for (auto& event : speaker.sets.events()) {
    // What came into use is defined with the first route that has it.
    if (event.used || speaker.sets.isUsed(event.id) || event.id >= defined.size() || defined[event.id] == 0) continue;
    auto& side = batch.sides[defined[event.id] - 1];
    defined[event.id] = 0;
    side.dropped.push_back(event.id);
  }
  return more;
}

}  // namespace xylem::bgp

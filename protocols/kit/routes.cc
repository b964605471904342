// What is wanted is kept in a trie of each version, which is also what is announced to a RIB that has come back: a walk
// by cursor, during which changes go on as always (so a route may be sent twice, which does no harm).
//
// A withdrawn prefix stays in the trie, without group, until that has been sent: so each prefix is in the queue at most
// once. A group without users is dropped by a batch that follows the last of its routes' changes, when nothing is
// queued.

#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/kit/routes.h>

namespace xylem::kit {

namespace {
constexpr size_t BATCH = 2048;
// Routes, and groups, in one message.
}  // namespace

struct Routes::Batch {
  struct Route {
    net::IpNet net;
    uint32_t group, metric, tag;
  };
  kj::Vector<uint32_t> groups, dropped;
  kj::Vector<Route> routes;

  bool isFull() const { return routes.size() >= BATCH; }
  bool isEmpty() const { return routes.empty() && groups.empty() && dropped.empty(); }
};

Routes::Routes(xrl::Process& process, uint8_t distance, uint16_t gracefulRestartTime)
    : process(process),
      distance(distance),
      gracefulRestartTime(gracefulRestartTime),
      remote(process, "rib", [this](rib::Rib::Client rib) -> kj::Promise<void> { return session(kj::mv(rib)); }) {}

void Routes::put(net::IpNet net, const NextHops& nextHops, uint32_t metric, uint32_t tag) {
  KJ_REQUIRE(!net.isNone());
  auto group = hold(nextHops);
  if (net.is4())
    put(ip4, net.v4(), group, metric, tag);
  else
    put(ip6, net.v6(), group, metric, tag);
}

template <typename Net> void Routes::put(Family<Net>& family, Net net, uint32_t group, uint32_t metric, uint32_t tag) {
  auto& offer = family.offers.findOrInsert(net, {0, 0, 0});
  auto before = offer.group & ~QUEUED;
  if (before == group && offer.metric == metric && offer.tag == tag) return release(group);
  bool queued = offer.group & QUEUED;
  offer = {group | QUEUED, metric, tag};
  if (before == 0)
    ++count;
  else
    release(before);
  if (!queued) queue.push_back(net);
  bell.ring();
}

void Routes::remove(net::IpNet net) {
  if (net.is4())
    remove(ip4, net.v4());
  else if (net.is6())
    remove(ip6, net.v6());
}

template <typename Net> void Routes::remove(Family<Net>& family, Net net) {
  auto offer = family.offers.find(net);
  if (offer == nullptr || (offer->group & ~QUEUED) == 0) return;
  bool queued = offer->group & QUEUED;
  release(offer->group & ~QUEUED);
  offer->group = QUEUED;
  --count;
  if (!queued) queue.push_back(net);
  bell.ring();
}

void Routes::synced() {
  isSynced = true;
  bell.ring();
}

uint32_t Routes::hold(const NextHops& content) {
  KJ_IF_MAYBE (id, ids.find(content)) {
    ++KJ_ASSERT_NONNULL(groups.find(*id)).users;
    return *id;
  }
  do lastId = (lastId + 1) & ~QUEUED;
  while (lastId == 0 || groups.find(lastId) != nullptr);
  ids.insert(content, lastId);
  groups.insert(lastId, Group{content, 1});
  return lastId;
}

void Routes::release(uint32_t id) {
  auto& group = KJ_ASSERT_NONNULL(groups.find(id));
  if (--group.users == 0) idle.add(id);
}

kj::Promise<uint32_t> Routes::whenOpened() { return kj::mv(opened.promise); }

xrl::Task<void> Routes::session(rib::Rib::Client rib) {
  auto request = rib.originRequest();
  request.setDistance(distance);
  request.setGracefulRestartTime(gracefulRestartTime);
  auto sent = request.send();
  auto origin = sent.getOrigin();
  auto reached = sent.then([this](auto&& answer) { opened.fulfiller->fulfill(answer.getStale()); });
  auto telling = reached.eagerlyEvaluate([](kj::Exception&&) {});  // That it fails is seen with the first push.
  beginAgain();
  bool confirmed = true;
  for (;;) {
    // Everything that is put in one turn of the loop goes out together.
    auto turn = kj::evalLast([]() {});
    co_await kj::mv(turn);
    Batch batch;
    collect(batch);
    if (!batch.isEmpty()) {
      auto push = origin.pushRequest();
      auto out = push.initBatch();
      auto listed = out.initGroups(batch.groups.size() + batch.dropped.size());
      for (auto i : kj::indices(listed)) {
        bool used = i < batch.groups.size();
        auto id = used ? batch.groups[i] : batch.dropped[i - batch.groups.size()];
        listed[i].setId(id);
        if (used)
          KJ_ASSERT_NONNULL(groups.find(id)).content.write(listed[i]);
        else
          listed[i].initHops(0);
      }
      auto routes = out.initRoutes(batch.routes.size());
      for (auto i : kj::indices(batch.routes)) {
        auto& from = batch.routes[i];
        auto parts = net::partsOf(from.net);
        auto to = routes[i];
        to.setHigh(parts.high);
        to.setLow(parts.low);
        to.setLength(parts.length);
        to.setVersion(parts.version);
        to.setNextHop(from.group);
        to.setMetric(from.metric);
        to.setTag(from.tag);
      }
      confirmed = false;
      auto taken = push.send();
      co_await kj::mv(taken);
    } else if (isSynced && !told) {
      told = true;
      auto saying = origin.syncedRequest().send().ignoreResult();
      co_await kj::mv(saying);
    } else {
      // That the RIB has refused something would otherwise be noticed only when the next route is sent.
      auto more = bell.wait();
      if (!confirmed) {
        auto taken = origin.flushRequest().send().then([&confirmed](auto&&) -> kj::Promise<void> {
          confirmed = true;
          return kj::NEVER_DONE;
        });
        more = more.exclusiveJoin(kj::mv(taken));
      }
      co_await kj::mv(more);
    }
  }
}

void Routes::beginAgain() {
  for (auto& group : groups) group.value.sent = false;
  ip4.replay = decltype(ip4.replay)();
  ip6.replay = decltype(ip6.replay)();
  ip4.replayed = ip6.replayed = told = false;
}

void Routes::collect(Batch& batch) {
  if (queue.empty() && ip4.replayed && ip6.replayed) {
    for (auto id : idle) {
      auto found = groups.findEntry(id);
      KJ_IF_MAYBE (entry, found) {
        if (entry->value.users > 0) continue;
        if (entry->value.sent) batch.dropped.add(id);
        ids.erase(entry->value.content);
        groups.erase(*entry);
      }
    }
    idle.clear();
    return;
  }
  replay(ip4, batch);
  replay(ip6, batch);
  while (!queue.empty() && !batch.isFull()) {
    auto net = queue.front();
    queue.pop_front();
    if (net.is4())
      add(ip4, net.v4(), batch);
    else
      add(ip6, net.v6(), batch);
  }
}

template <typename Net> void Routes::replay(Family<Net>& family, Batch& batch) {
  while (!family.replayed && !batch.isFull()) {
    auto next = family.replay.next(family.offers);
    KJ_IF_MAYBE (entry, next) {
      if ((entry->value.group & QUEUED) == 0) add(family, entry->net, batch);
    } else {
      family.replayed = true;
    }
  }
}

template <typename Net> void Routes::add(Family<Net>& family, Net net, Batch& batch) {
  auto& offer = *family.offers.find(net);
  offer.group &= ~QUEUED;
  batch.routes.add(Batch::Route{net, offer.group, offer.metric, offer.tag});
  if (offer.group == 0) {
    family.offers.erase(net);
    return;
  }
  auto& group = KJ_ASSERT_NONNULL(groups.find(offer.group));
  if (!group.sent) {
    group.sent = true;
    batch.groups.add(offer.group);
  }
}

}  // namespace xylem::kit

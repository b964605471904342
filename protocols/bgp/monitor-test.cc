// Somebody who watches, and follows what is told: at the end it has what is in the table, whatever happened between.

#include <protocols/bgp/monitor.h>

#include <gtest/gtest.h>
#include <protocols/bgp/update.h>
#include <protocols/bgp/world.h>

#include <map>

namespace xylem::bgp {
namespace {

using net::Ip4Net;

constexpr uint16_t PLAIN = 1, WITH_IDS = 3;
const View BEFORE{PLAIN, bmp::Rib::ADJ_IN_PRE_POLICY}, AFTER{PLAIN, bmp::Rib::ADJ_IN_POST_POLICY},
    MANY{WITH_IDS, bmp::Rib::ADJ_IN_POST_POLICY, true}, BEST{0, bmp::Rib::LOCAL};

Ip4Net prefix(uint number) { return Ip4Net(net::Ip4{0x0a000000 + (number << 8)}, 24); }

struct Fixture : World {
  explicit Fixture(uint seed = 1) : World(seed) {}

  using Key = std::pair<Ip4Net, uint32_t>;
  using Routes = std::map<Key, policy::Attributes>;

  void hear(const View& view, Bytes message) {
    ASSERT_TRUE(watched.count(view));
    auto framed = frame(message, MAX_EXTENDED);
    ASSERT_TRUE(framed.is<Frame>());
    auto& whole = framed.get<Frame>();
    ASSERT_EQ(whole.whole.size(), message.size());
    Context context;
    if (view.addPath) context.addPath.add(Family::IPV4_UNICAST);
    auto outcome = split(whole.body, context);
    ASSERT_TRUE(outcome.is<Update>());
    auto& update = outcome.get<Update>();
    ++messages;
    if (update.endOfRib != nullptr) ++ended[view];
    Destination<net::Ip4> destination;
    auto& routes = watched[view];
    for (Cursor<net::Ip4> cursor(update.withdrawn[0]); cursor.next(destination);)
      EXPECT_EQ(routes.erase({destination.net, destination.path}), 1u);
    if (update.announced[0].nlri.empty()) return;
    auto decoded = decodeAttributes(update, update.announced[0], context);
    EXPECT_TRUE(decoded.findings.empty());
    for (Cursor<net::Ip4> cursor(update.announced[0].nlri); cursor.next(destination);)
      routes[{destination.net, destination.path}] = decoded.attributes;
  }
  void watch(View view) {
    watched[view];
    monitor.watch(view);
  }
  void step(uint destinations) {
    monitor.step(destinations, [this](const View& view, Bytes update) { hear(view, update); });
  }
  void work() {
    while (monitor.isBusy()) step(7);
  }
  Routes inTable(View view) const {
    Routes routes;
    for (uint32_t at = 0; at < table.end(); ++at) {
      if (view.rib == bmp::Rib::LOCAL) {
        KJ_IF_MAYBE (path, table.best(at)) routes[{table.netOf(at), 0}] = pool.get(path->accepted);
        continue;
      }
      table.eachPath(at, [&](uint32_t index, const Path& path) {
        auto id = view.rib == bmp::Rib::ADJ_IN_PRE_POLICY ? path.received : path.accepted;
        if (path.peer == view.peer && id != AttributePool::NONE)
          routes[{table.netOf(at), table.pathIdOf(index)}] = pool.get(id);
      });
    }
    return routes;
  }
  policy::Attributes attributes() {
    // As an external peer may send them.
    auto made = World::attributes();
    made.localPreference = nullptr;
    return made;
  }
  void change() {
    uint16_t peer = pick(3) == 0 ? PLAIN : pick(2) == 0 ? WITH_IDS : 5;
    uint32_t pathId = peer == WITH_IDS ? pick(3) + 1 : 0;
    auto net = prefix(pick(40));
    if (pick(3) == 0) {
      table.withdraw(peer, pathId, net);
      return;
    }
    auto received = pool.intern(attributes());
    auto accepted = pick(4) == 0 ? AttributePool::NONE : pool.intern(attributes());
    table.announce(peer, pathId, net, received, accepted, 1);
    pool.release(received);
    if (accepted != AttributePool::NONE) pool.release(accepted);
  }

  Decision decision;
  Table<Ip4Net> table{pool, nextHops, neighbors, decision};
  Monitor<Ip4Net> monitor{table, pool, Family::IPV4_UNICAST};
  std::map<View, Routes> watched;
  std::map<View, uint> ended;
  uint messages = 0;
};

TEST(Monitor, tellsWhatIsThereAndThenChanges) {
  for (uint seed = 1; seed <= 20; ++seed) {
    Fixture f(seed);
    for (uint i = 0; i < 100; ++i) f.change();
    for (auto view : {BEFORE, AFTER, MANY, BEST}) f.watch(view);
    for (uint i = 0; i < 600; ++i) {
      f.change();
      if (f.pick(3) == 0) f.step(f.pick(5));
    }
    f.work();
    for (auto& [view, routes] : f.watched) {
      EXPECT_TRUE(routes == f.inTable(view)) << seed << " " << view.peer << " " << uint(view.rib);
      EXPECT_EQ(f.ended[view], 1u);
    }
  }
}

TEST(Monitor, saysNothingTwice) {
  Fixture f;
  for (uint i = 0; i < 100; ++i) f.change();
  f.watch(BEFORE);
  f.work();
  auto before = f.messages;
  f.watch(BEST);
  f.work();
  EXPECT_EQ(f.ended[BEFORE], 1u);
  EXPECT_GT(f.messages, before);
  // Another view costs those that are open nothing; what is back to what was told before anybody looked, neither.
  before = f.messages;
  for (uint32_t at = 0; at < f.table.end(); ++at) f.table.touch(at);
  f.work();
  EXPECT_EQ(f.messages, before);
}

TEST(Monitor, endsAnEmptyTableToo) {
  Fixture f;
  f.watch(BEST);
  EXPECT_TRUE(f.monitor.isBusy());
  f.work();
  EXPECT_EQ(f.messages, 1u);
  EXPECT_EQ(f.ended[BEST], 1u);
}

TEST(Monitor, forgetsAPeer) {
  Fixture f;
  for (uint i = 0; i < 200; ++i) f.change();
  auto sets = f.pool.size();
  f.watch(BEFORE);
  f.watch(AFTER);
  f.watch(MANY);
  f.work();
  f.monitor.forget(PLAIN);
  f.watched.erase(BEFORE);
  f.watched.erase(AFTER);
  for (uint i = 0; i < 200; ++i) f.table.withdraw(PLAIN, 0, prefix(i % 40));
  f.work();
  EXPECT_TRUE(f.watched[MANY] == f.inTable(MANY));
  EXPECT_LT(f.pool.size(), sets) << "nothing is held for what was told";
}

TEST(Monitor, sendsWhatFitsOnlyIntoALongMessage) {
  Fixture f;
  auto attributes = f.attributes();
  for (uint16_t i = 0; i < 1200; ++i) attributes.communities.insert(policy::Community(1, i));
  auto id = f.pool.intern(attributes);
  f.table.announce(PLAIN, 0, prefix(1), id, id, 1);
  f.pool.release(id);
  f.watch(BEFORE);
  f.work();
  EXPECT_TRUE(f.watched[BEFORE] == f.inTable(BEFORE));
}

}  // namespace
}  // namespace xylem::bgp

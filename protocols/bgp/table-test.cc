#include <gtest/gtest.h>
#include <protocols/bgp/world.h>

#include <algorithm>
#include <map>

namespace xylem::bgp {
namespace {

using net::Ip4Net;

Ip4Net prefix(kj::StringPtr text) { return KJ_ASSERT_NONNULL(Ip4Net::parse(text)); }

class Policy final : public Importer<Ip4Net> {
 public:
  explicit Policy(AttributePool& pool) : pool(pool) {}

  AttributeId accept(uint16_t, Ip4Net, AttributeId received, bool stale) override {
    if (rejects(received) || (stale && rejectStale)) return AttributePool::NONE;
    pool.hold(received);
    return received;
  }
  bool rejects(AttributeId id) const { return rejectMed && pool.summary(id).med == *rejectMed; }

  AttributePool& pool;
  std::unique_ptr<uint32_t> rejectMed;
  bool rejectStale = false;
};

struct Fixture : World {
  explicit Fixture(uint seed = 1, DecisionOptions options = {}) : World(seed), decision(options) {}

  AttributeId set(uint32_t med) {
    // Held until the end.
    policy::Attributes a;
    a.path = KJ_ASSERT_NONNULL(policy::AsPath::parse("65001 65002"));
    a.nextHop = net::Ip4{0xc0000201};
    a.med = med;
    return pool.intern(a);
  }
  void work(uint slice = 3) {
    while (table.step(slice, policy)) {
    }
    nextHops.settled();
  }

  Decision decision;
  Table<Ip4Net> table{pool, nextHops, neighbors, decision};
  Policy policy{pool};
};

TEST(Table, APathIsAcceptedAsReceivedAsAnotherSetOrNotAtAll) {
  Fixture f;
  auto net = prefix("10.0.0.0/8"), other = prefix("11.0.0.0/8");
  auto one = f.set(1), two = f.set(2);
  f.table.announce(1, 0, other, one, one, 5);
  auto check = [&](AttributeId accepted, uint32_t usersOfOne, uint32_t usersOfTwo) {
    f.table.announce(1, 0, net, one, accepted, 5);
    f.table.eachPath(KJ_ASSERT_NONNULL(f.table.find(net)), [&](uint32_t, const Path& path) {
      EXPECT_EQ(path.received, one);
      EXPECT_EQ(path.accepted, accepted);
    });
    EXPECT_EQ(f.pool.users(one), usersOfOne);
    EXPECT_EQ(f.pool.users(two), usersOfTwo);
    EXPECT_EQ(f.table.counts(1).accepted, accepted == AttributePool::NONE ? 1u : 2u);
    f.table.eachPath(KJ_ASSERT_NONNULL(f.table.find(other)),
                     [&](uint32_t, const Path& path) { EXPECT_EQ(path.accepted, one); });
  };
  check(two, 4, 2);
  check(one, 5, 1);
  check(AttributePool::NONE, 4, 1);
  check(two, 4, 2);
  f.table.withdraw(1, 0, net);
  check(one, 5, 1);
}

TEST(Table, keepsTheBestFirst) {
  Fixture f;
  auto net = prefix("10.0.0.0/8");
  auto two = f.set(2), one = f.set(1);
  f.table.announce(1, 0, net, two, two, 7);
  f.table.announce(3, 0, net, one, one, 8);
  auto at = KJ_ASSERT_NONNULL(f.table.find(net));
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(at)).peer, 3u);
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(at)).since, 8u);
  f.table.announce(3, 0, net, one, AttributePool::NONE, 9);
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(at)).peer, 1u);
  EXPECT_EQ(f.table.counts(3).received, 1u);
  EXPECT_EQ(f.table.counts(3).accepted, 0u);
  EXPECT_TRUE(f.table.withdraw(1, 0, net));
  EXPECT_FALSE(f.table.withdraw(1, 0, net));
  EXPECT_TRUE(f.table.best(at) == nullptr);
  EXPECT_TRUE(f.table.withdraw(3, 0, net));
  EXPECT_EQ(f.table.size(), 0u);
  EXPECT_TRUE(f.table.find(net) == nullptr);
  EXPECT_EQ(f.pool.users(one), 1u);
}

TEST(Table, importsAgainWhereItIsTold) {
  Fixture f;
  auto here = prefix("10.0.0.0/8"), there = prefix("11.0.0.0/8");
  auto one = f.set(1), two = f.set(2);
  for (auto net : {here, there}) {
    f.table.announce(1, 0, net, one, one, 1);
    f.table.announce(3, 0, net, two, two, 1);
  }
  Dirty best;
  auto at = KJ_ASSERT_NONNULL(f.table.find(here));
  f.table.attach(best, Interest::BEST);
  while (best.take() != Dirty::NONE) {
  }
  f.policy.rejectMed = std::make_unique<uint32_t>(1);
  f.table.reimportAt(at);
  EXPECT_TRUE(f.table.isBusy());
  f.work();
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(at)).peer, 3u);
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(KJ_ASSERT_NONNULL(f.table.find(there)))).peer, 1u);
  EXPECT_EQ(f.table.counts(1).accepted, 1u);
  EXPECT_EQ(best.take(), at);
  EXPECT_TRUE(best.empty());
  // Nothing is another: nobody is told.
  f.table.reimportAt(at);
  f.work();
  EXPECT_TRUE(best.empty());
  f.table.touch(at);
  EXPECT_EQ(best.take(), at);
}

TEST(Table, tellsPathIdentifiersApart) {
  Fixture f;
  auto net = prefix("10.0.0.0/8");
  auto two = f.set(2), one = f.set(1);
  f.table.announce(1, 7, net, two, two, 1);
  f.table.announce(1, 8, net, one, one, 1);
  auto at = KJ_ASSERT_NONNULL(f.table.find(net));
  EXPECT_EQ(f.table.pathIdOf(f.table.bestIndex(at)), 8u);
  EXPECT_FALSE(f.table.withdraw(1, 0, net));
  EXPECT_TRUE(f.table.withdraw(1, 8, net));
  EXPECT_EQ(f.table.pathIdOf(f.table.bestIndex(at)), 7u);
  EXPECT_TRUE(f.table.withdraw(1, 7, net));
  f.table.announce(1, 0, net, one, one, 1);
  EXPECT_EQ(f.table.pathIdOf(f.table.bestIndex(KJ_ASSERT_NONNULL(f.table.find(net)))), 0u);
}

TEST(Table, marksWhatEachConsumerAsksFor) {
  Fixture f;
  Dirty best, used, any;
  auto net = prefix("10.0.0.0/8");
  auto one = f.set(1), two = f.set(2);
  f.table.announce(1, 0, net, one, one, 1);
  auto at = KJ_ASSERT_NONNULL(f.table.find(net));
  f.table.attach(best, Interest::BEST);
  f.table.attach(used, Interest::USED);
  f.table.attach(any, Interest::ANY);
  auto takes = [&](Dirty& dirty) { return dirty.take() == at; };
  EXPECT_TRUE(takes(best) && takes(used) && takes(any));
  f.table.announce(3, 0, net, two, two, 1);
  EXPECT_TRUE(best.empty() && used.empty());
  EXPECT_TRUE(takes(any));
  f.table.announce(3, 0, net, two, two, 5);
  EXPECT_TRUE(any.empty());
  f.table.announce(1, 0, net, one, two, 1);
  EXPECT_TRUE(takes(best) && takes(used) && takes(any));
  DecisionOptions options;
  options.multipath.external = 2;
  Decision multipath(options);
  f.table.redecide(multipath);
  f.work();
  EXPECT_TRUE(takes(best) && takes(used) && takes(any));
  f.table.announce(3, 0, net, one, two, 1);
  EXPECT_TRUE(best.empty());
  EXPECT_TRUE(takes(used) && takes(any));
  f.table.detach(best);
  f.table.detach(used);
  f.table.detach(any);
}

TEST(Table, keepsADestinationUntilAllHaveSeenItGo) {
  Fixture f;
  Dirty first, second;
  auto net = prefix("10.0.0.0/8"), other = prefix("11.0.0.0/8");
  auto one = f.set(1);
  f.table.announce(1, 0, net, one, one, 1);
  auto at = KJ_ASSERT_NONNULL(f.table.find(net));
  f.table.attach(first, Interest::BEST);
  f.table.attach(second, Interest::BEST);
  f.table.withdraw(1, 0, net);
  first.take();
  f.table.settle(at);
  EXPECT_EQ(f.table.netOf(at), net);
  f.table.announce(1, 0, other, one, one, 1);
  EXPECT_NE(KJ_ASSERT_NONNULL(f.table.find(other)), at);
  f.table.detach(second);
  EXPECT_TRUE(f.table.find(net) == nullptr);
  EXPECT_FALSE(f.table.exists(at));
  f.table.announce(1, 0, net, one, one, 1);
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.find(net)), at);
  f.table.detach(first);
}

TEST(Table, sweepsWhatIsStale) {
  Fixture f;
  auto one = f.set(1);
  auto net = [](uint32_t i) { return Ip4Net(net::Ip4{i << 24}, 8); };
  for (uint32_t i = 1; i <= 20; ++i) f.table.announce(1, 0, net(i), one, one, 1);
  f.table.announce(2, 0, net(1), one, one, 1);
  f.table.markStale(1);
  f.work();
  EXPECT_EQ(f.table.counts(1).received, 20u);
  for (uint32_t i = 1; i <= 5; ++i) f.table.announce(1, 0, net(i), one, one, 1);
  f.table.sweepStale(1);
  f.table.step(2, f.policy);
  // Goes down again in the middle of it: what came in between is stale, and stays for now.
  f.table.markStale(1);
  f.work();
  EXPECT_EQ(f.table.counts(1).received, 5u);
  f.table.sweepStale(1);
  f.work();
  EXPECT_EQ(f.table.counts(1).received, 0u);
  EXPECT_EQ(f.table.size(), 1u);
}

TEST(Table, anotherSessionMayAnnounceWhileTheOldOneIsSwept) {
  Fixture f;
  auto one = f.set(1), two = f.set(2);
  for (uint32_t i = 1; i <= 20; ++i) f.table.announce(1, 0, Ip4Net(net::Ip4{i << 24}, 8), one, one, 1);
  f.table.flush(1);
  f.table.announce(1, 0, Ip4Net(net::Ip4{20u << 24}, 8), two, two, 1);
  f.work();
  EXPECT_EQ(f.table.size(), 1u);
}

TEST(Table, asksThePolicyAgain) {
  Fixture f;
  auto one = f.set(1), two = f.set(2);
  f.table.announce(1, 0, prefix("10.0.0.0/8"), one, one, 1);
  f.table.announce(1, 0, prefix("11.0.0.0/8"), two, two, 1);
  f.table.announce(2, 0, prefix("10.0.0.0/8"), one, one, 1);
  f.policy.rejectMed = std::make_unique<uint32_t>(1);
  f.table.reimport(1);
  f.work();
  EXPECT_EQ(f.table.counts(1).accepted, 1u);
  EXPECT_EQ(f.table.counts(1).received, 2u);
  EXPECT_EQ(f.table.counts(2).accepted, 1u);
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(KJ_ASSERT_NONNULL(f.table.find(prefix("10.0.0.0/8"))))).peer, 2u);
  f.policy.rejectMed = nullptr;
  f.policy.rejectStale = true;
  f.table.markStale(1);
  f.table.reimport(1);
  f.work();
  EXPECT_EQ(f.table.counts(1).accepted, 0u);
}

TEST(Table, followsNextHops) {
  Fixture f;
  Dirty dirty;
  auto one = f.set(1);
  auto net = prefix("10.0.0.0/8");
  f.table.announce(1, 0, net, one, one, 1);
  auto at = KJ_ASSERT_NONNULL(f.table.find(net));
  f.table.attach(dirty, Interest::BEST);
  dirty.take();
  EXPECT_TRUE(f.nextHops.set(f.hops[0], true, 77));
  EXPECT_FALSE(f.nextHops.set(f.hops[0], true, 77));
  f.table.nextHopsChanged();
  f.work();
  EXPECT_TRUE(dirty.empty());
  f.nextHops.set(f.hops[0], false, 0);
  f.table.nextHopsChanged();
  EXPECT_TRUE(f.table.best(at) == nullptr);
  f.work();
  EXPECT_EQ(dirty.take(), at);
  f.table.announce(0, 0, net, one, one, 1);
  EXPECT_EQ(KJ_ASSERT_NONNULL(f.table.best(at)).peer, 0u);
  f.table.detach(dirty);
}

struct Key {
  uint16_t peer;
  uint32_t pathId;
  auto operator<=>(const Key&) const = default;
};
struct Learned {
  AttributeId received, accepted;
  uint32_t since;
};
using Model = std::map<Ip4Net, std::map<Key, Learned>>;

class RandomRun : public Fixture {
 public:
  RandomRun(uint seed, DecisionOptions options) : Fixture(seed, options) {
    for (uint i = 0; i < 60; ++i) sets.push_back(pool.intern(attributes()));
    table.attach(best, Interest::BEST);
    table.attach(any, Interest::ANY);
  }
  ~RandomRun() {
    table.detach(best);
    table.detach(any);
  }

  void act() {
    auto peer = uint16_t(pick(PEERS));
    uint32_t pathId = peer == 2 ? pick(3) : 0;
    auto net = Ip4Net(net::Ip4{pick(24) << 24}, 8 + pick(2));
    switch (pick(40)) {
      case 0:
        table.flush(peer);
        for (auto& [n, paths] : model) std::erase_if(paths, [&](auto& entry) { return entry.first.peer == peer; });
        break;
      case 1:
        nextHops.set(hops[pick(4)], pick(3) > 0, 10 * pick(2));
        table.nextHopsChanged();
        break;
      case 2:
        policy.rejectMed = pick(2) == 0 ? nullptr : std::make_unique<uint32_t>(pick(3));
        for (uint16_t i = 0; i < PEERS; ++i) table.reimport(i);
        for (auto& [n, paths] : model)
          for (auto& [key, learned] : paths) learned.accepted = policy.rejects(learned.received) ? 0 : learned.received;
        break;
      case 3:
      case 4:
      case 5:
        if (table.step(1 + pick(8), policy) == false) nextHops.settled();
        break;
      default:
        pick(3) == 0 ? withdraw(net, {peer, pathId}) : announce(net, {peer, pathId});
    }
    if (pick(4) == 0) look(best, bestSeen, 1 + pick(4));
    if (pick(4) == 0) look(any, anySeen, 1 + pick(4));
  }

  void churn() {
    // Nothing but what one peer after the other says of two destinations.
    Key key{uint16_t(pick(PEERS)), 0};
    auto net = Ip4Net(net::Ip4{pick(2) << 24}, 8);
    pick(4) == 0 ? withdraw(net, key) : announce(net, key);
  }

  void check() {
    work();
    look(best, bestSeen, 1000);
    look(any, anySeen, 1000);
    size_t live = 0;
    for (auto& [net, paths] : model) {
      live += !paths.empty();
      auto expected = expectedOrder(paths);
      std::vector<Key> there;
      KJ_IF_MAYBE (at, table.find(net))
        table.eachPath(*at, [&](uint32_t index, const Path& path) {
          there.push_back({path.peer, table.pathIdOf(index)});
          ASSERT_EQ(path.accepted, paths.at(there.back()).accepted);
        });
      ASSERT_EQ(there, expected);
      ASSERT_EQ(bestSeen[net], bestOf(net));
      ASSERT_EQ(anySeen[net], bestOf(net));
    }
    ASSERT_EQ(table.size(), live);
  }

 private:
  void announce(Ip4Net net, Key key) {
    auto received = sets[pick(uint(sets.size()))];
    auto accepted = policy.rejects(received) ? AttributePool::NONE : received;
    uint32_t now = ++clock;
    table.announce(key.peer, key.pathId, net, received, accepted, now);
    auto& learned = model[net][key];
    bool same = learned.received == received && learned.accepted == accepted;
    learned = {received, accepted, same ? learned.since : now};
  }
  void withdraw(Ip4Net net, Key key) {
    // A stale one may be there still, until it is swept.
    bool known = model[net].erase(key) > 0;
    EXPECT_TRUE(table.withdraw(key.peer, key.pathId, net) || !known);
  }
  void look(Dirty& dirty, std::map<Ip4Net, std::string>& seen, uint most) {
    for (uint32_t at; most > 0 && (at = dirty.take()) != Dirty::NONE; --most) {
      seen[table.netOf(at)] = bestOf(table.netOf(at));
      table.settle(at);
    }
  }
  std::string bestOf(Ip4Net net) {
    KJ_IF_MAYBE (at, table.find(net))
      KJ_IF_MAYBE (path, table.best(*at)) return kj::str(path->peer, ":", path->accepted).cStr();
    return "";
  }
  std::vector<Key> expectedOrder(const std::map<Key, Learned>& paths) {
    std::vector<Candidate> all;
    std::vector<Key> keys, order;
    for (auto& [key, learned] : paths) {
      auto& summary = pool.summary(learned.received);
      bool local = neighbors[key.peer].kind == Neighbor::LOCAL;
      auto& hop = nextHops[summary.nextHop];
      all.push_back({uint32_t(keys.size()), learned.accepted, &summary, &neighbors[key.peer], local ? 0 : hop.metric,
                     local || hop.reachable, learned.since, key.pathId});
      keys.push_back(key);
    }
    decision.arrange(all);
    for (auto& candidate : all) order.push_back(keys[candidate.path]);
    return order;
  }

  std::vector<AttributeId> sets;
  Model model;
  Dirty best, any;
  std::map<Ip4Net, std::string> bestSeen, anySeen;
  uint32_t clock = 0;
};

TEST(Table, agreesWithAMap) {
  for (uint seed = 1; seed <= 40; ++seed) {
    DecisionOptions options;
    options.alwaysCompareMed = seed % 5 == 0;
    options.preferOldest = seed % 7 == 0;
    RandomRun run(seed, options);
    for (uint round = 0; round < 12; ++round) {
      for (uint i = 0; i < 150; ++i) run.act();
      run.check();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
    }
  }
}

TEST(Table, keepsTheOrderOfMedAtEachChange) {
  for (uint seed = 1; seed <= 20; ++seed) {
    RandomRun run(seed, {});
    for (uint i = 0; i < 300; ++i) {
      run.churn();
      run.check();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " change " << i;
    }
  }
}

TEST(Table, holdsIp6) {
  World w;
  Decision decision;
  Table<net::Ip6Net> table(w.pool, w.nextHops, w.neighbors, decision);
  auto net = KJ_ASSERT_NONNULL(net::Ip6Net::parse("2001:db8::/32"));
  auto id = w.pool.intern(w.attributes());
  table.announce(0, 0, net, id, id, 1);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.netOf(KJ_ASSERT_NONNULL(table.find(net))), net);
}

}  // namespace
}  // namespace xylem::bgp

#include <gtest/gtest.h>
#include <protocols/bgp/export.h>
#include <protocols/bgp/plain-encoder.h>
#include <protocols/bgp/world.h>

#include <algorithm>
#include <map>
#include <set>

namespace xylem::bgp {
namespace {

using net::Ip4Net;

class Policy final : public Exporter<Ip4Net> {
  // Rejects one value of MED, sets another next hop.
 public:
  explicit Policy(AttributePool& pool, uint32_t rejected) : pool(pool), rejected(rejected) {}

  AttributeId advertise(const Outgoing<Ip4Net>& route) override {
    auto made = of(route.accepted);
    KJ_IF_MAYBE (attributes, made) return pool.intern(*attributes);
    return AttributePool::NONE;
  }
  kj::Maybe<policy::Attributes> of(AttributeId accepted) const {
    auto& summary = pool.summary(accepted);
    if (summary.has(Summary::HAS_MED) && summary.med == rejected) return nullptr;
    auto attributes = pool.get(accepted);
    attributes.nextHop = net::Ip4{1};
    attributes.med = nullptr;
    return kj::mv(attributes);
  }

  AttributePool& pool;
  uint32_t rejected;
};

class Receiver {
  // A peer's side: messages in, its Adj-RIB-In out.
 public:
  explicit Receiver(bool addPath) : addPath(addPath) {}

  void take(net::Bytes bytes) {
    stream.insert(stream.end(), bytes.begin(), bytes.end());
    size_t at = 0;
    while (stream.size() - at >= 19) {
      size_t length = size_t(stream[at + 16]) << 8 | stream[at + 17];
      ASSERT_GE(length, 19u);
      ASSERT_LE(length, 4096u);
      if (stream.size() - at < length) break;
      receive(stream[at + 18], net::ByteReader(kj::arrayPtr(stream.data() + at + 19, length - 19)));
      at += length;
    }
    stream.erase(stream.begin(), stream.begin() + ptrdiff_t(at));
  }

  std::map<std::pair<Ip4Net, uint32_t>, std::string> routes;
  uint endOfRibs = 0, begins = 0, ends = 0, messages = 0, announced = 0, needless = 0;
  // `needless`: withdrawals of what it did not have.
  bool hasHalf() const { return !stream.empty(); }

 private:
  std::pair<Ip4Net, uint32_t> nlri(net::ByteReader& in) {
    uint32_t pathId = addPath ? in.u32() : 0;
    uint8_t length = in.u8();
    kj::byte address[4] = {};
    auto bytes = in.bytes((length + 7u) / 8);
    std::copy(bytes.begin(), bytes.end(), address);
    return {Ip4Net(net::Ip4::fromBytes(address), length), pathId};
  }
  void receive(uint8_t type, net::ByteReader in) {
    ++messages;
    if (type == 5) {
      in.skip(2);
      ++(in.u8() == 1 ? begins : ends);
      return;
    }
    auto withdrawn = in.sub(in.u16());
    auto attributes = in.bytes(in.u16());
    if (withdrawn.done() && attributes.size() == 0 && in.done()) ++endOfRibs;
    while (withdrawn.has(1)) needless += routes.erase(nlri(withdrawn)) == 0;
    std::string set(attributes.begin(), attributes.end());
    for (; in.has(1); ++announced) routes[nlri(in)] = set;
    ASSERT_TRUE(in.ok() && withdrawn.ok());
  }

  bool addPath;
  std::vector<kj::byte> stream;
};

struct Fixture : World {
  explicit Fixture(uint seed = 1, size_t limit = UpdateGroups<Ip4Net>::LIMIT)
      : World(seed), groups(table, pool, limit) {}

  GroupKind<Ip4Net> plain() { return {"plain", everything, encoder}; }
  GroupKind<Ip4Net> strict() { return {"strict", some, encoder}; }
  GroupKind<Ip4Net> all(uint most = 100) { return {kj::str("all ", most).cStr(), everything, pathEncoder, true, most}; }

  void join(uint16_t peer, const GroupKind<Ip4Net>& kind) {
    groups.join(peer, kind);
    receivers.emplace(peer, Receiver(kind.addPath));
  }
  void leave(uint16_t peer) {
    groups.leave(peer);
    receivers.erase(peer);
  }
  void read(uint16_t peer, size_t most = ~size_t(0)) {
    while (most > 0 && groups.pending(peer) > 0) {
      auto bytes = groups.peek(peer);
      ASSERT_GT(bytes.size(), 0u);
      bytes = bytes.slice(0, kj::min(bytes.size(), most));
      receivers.at(peer).take(bytes);
      groups.consumed(peer, bytes.size());
      most -= bytes.size();
    }
  }
  void settle(uint slice = 100) {
    // Until nothing moves.
    for (bool busy = true; busy;) {
      busy = groups.step(slice);
      for (auto& [peer, receiver] : receivers) {
        busy |= groups.pending(peer) > 0;
        read(peer);
      }
    }
  }
  void announce(uint16_t peer, Ip4Net net, AttributeId id, uint32_t pathId = 0) {
    table.announce(peer, pathId, net, id, id, 1);
  }
  AttributeId set(uint32_t preference) {
    policy::Attributes a;
    a.nextHop = net::Ip4{0xc0000201};
    a.localPreference = preference;
    return pool.intern(a);
  }
  static Ip4Net number(uint32_t i) { return Ip4Net(net::Ip4{i << 8}, 24); }

  std::string sent(const Policy& policy, AttributeId accepted) {
    KJ_IF_MAYBE (attributes, policy.of(accepted)) {
      net::ByteWriter out;
      encode(*attributes, out);
      return std::string(out.bytes().begin(), out.bytes().end());
    }
    return "";
  }

  Decision decision;
  Table<Ip4Net> table{pool, nextHops, neighbors, decision};
  Policy everything{pool, 0xffffffff}, some{pool, 1};
  PlainEncoder<Ip4Net> encoder{pool}, pathEncoder{pool, true};
  UpdateGroups<Ip4Net> groups;
  std::map<uint16_t, Receiver> receivers;
};

TEST(Export, packsRoutesWithEqualAttributes) {
  Fixture f;
  auto one = f.set(1), two = f.set(2);
  for (uint32_t i = 0; i < 100; ++i) f.announce(1, f.number(i), i % 2 == 0 ? one : two);
  f.join(2, f.plain());
  f.settle();
  auto& receiver = f.receivers.at(2);
  EXPECT_EQ(receiver.routes.size(), 100u);
  EXPECT_EQ(receiver.messages, 3u);
  EXPECT_EQ(receiver.endOfRibs, 1u);
  EXPECT_EQ(f.groups.advertised(2), 100u);
  for (uint32_t i = 0; i < 100; ++i) f.table.withdraw(1, 0, f.number(i));
  f.settle();
  EXPECT_EQ(receiver.routes.size(), 0u);
  EXPECT_EQ(receiver.messages, 4u);
  EXPECT_EQ(f.table.size(), 0u);
  EXPECT_EQ(f.groups.advertised(2), 0u);
}

TEST(Export, endsTheRibOfAnEmptyTable) {
  Fixture f;
  f.join(2, f.plain());
  f.settle();
  EXPECT_EQ(f.receivers.at(2).endOfRibs, 1u);
  EXPECT_EQ(f.receivers.at(2).messages, 1u);
}

TEST(Export, sendsNothingThatIsNoNews) {
  Fixture f;
  auto one = f.set(1), two = f.set(2);
  f.announce(1, f.number(1), one);
  f.join(2, f.plain());
  f.settle();
  auto before = f.receivers.at(2).messages;
  f.announce(1, f.number(1), two);
  f.announce(1, f.number(1), one);
  f.announce(1, f.number(2), one);
  f.table.withdraw(1, 0, f.number(2));
  f.settle();
  EXPECT_EQ(f.receivers.at(2).messages, before);
}

TEST(Export, doesNotSendARouteBack) {
  Fixture f;
  auto one = f.set(1), two = f.set(2), three = f.set(3);
  for (uint16_t peer : {1, 2, 3}) f.join(peer, f.plain());
  f.settle();
  EXPECT_EQ(f.groups.groups(), 1u);
  f.announce(1, f.number(1), one);
  f.settle();
  auto has = [&](uint16_t peer) { return f.receivers.at(peer).routes.size() == 1; };
  EXPECT_TRUE(!has(1) && has(2) && has(3));
  EXPECT_EQ(f.groups.advertised(1), 0u);
  EXPECT_EQ(f.groups.advertised(2), 1u);
  f.announce(2, f.number(1), two);
  f.settle();
  EXPECT_TRUE(has(1) && !has(2) && has(3));
  auto untouched = f.receivers.at(3).messages;
  f.announce(3, f.number(1), three);
  f.settle();
  EXPECT_TRUE(has(1) && has(2) && !has(3));
  EXPECT_EQ(f.receivers.at(3).messages, untouched + 1);
  f.table.withdraw(3, 0, f.number(1));
  f.table.withdraw(2, 0, f.number(1));
  f.table.withdraw(1, 0, f.number(1));
  f.settle();
  EXPECT_TRUE(!has(1) && !has(2) && !has(3));
  for (uint16_t peer : {1, 2, 3}) EXPECT_EQ(f.receivers.at(peer).needless, 0u);
}

TEST(Export, tellsOnlyTheTwoOfASourceThatChanges) {
  Fixture f;
  auto one = f.set(1);
  for (uint16_t peer : {1, 2, 3}) f.join(peer, f.plain());
  f.announce(2, f.number(1), one);
  f.announce(1, f.number(1), one);
  f.settle();
  auto messages = f.receivers.at(3).messages;
  auto first = KJ_ASSERT_NONNULL(f.table.best(0)).peer;
  f.table.withdraw(first, 0, f.number(1));
  f.settle();
  EXPECT_EQ(f.receivers.at(3).messages, messages);
  EXPECT_EQ(f.receivers.at(first).routes.size(), 1u);
  EXPECT_EQ(f.receivers.at(uint16_t(3 - first)).routes.size(), 0u);
}

TEST(Export, endsTheRibOfATableThatNeverRests) {
  Fixture f;
  for (uint32_t i = 0; i < 100; ++i) f.announce(1, f.number(i), f.set(1));
  f.join(2, f.plain());
  for (uint32_t i = 0; i < 30; ++i) {
    f.groups.step(10);
    for (uint32_t j = 0; j < 20; ++j) f.announce(1, f.number(j), f.set(2 + i));
    EXPECT_FALSE(f.groups.hasCaughtUp(2));
  }
  f.read(2);
  EXPECT_EQ(f.receivers.at(2).endOfRibs, 1u);
  EXPECT_EQ(f.receivers.at(2).routes.size(), 100u);
}

TEST(Export, lateComersCatchUpAndJoinTheRest) {
  Fixture f;
  auto one = f.set(1);
  for (uint32_t i = 0; i < 50; ++i) f.announce(1, f.number(i), one);
  f.join(2, f.plain());
  f.settle();
  f.join(3, f.plain());
  f.join(4, f.plain());
  EXPECT_EQ(f.groups.groups(), 2u);
  auto messages = f.receivers.at(2).messages;
  f.settle();
  EXPECT_EQ(f.groups.groups(), 1u);
  EXPECT_EQ(f.receivers.at(2).messages, messages);
  EXPECT_EQ(f.receivers.at(3).routes, f.receivers.at(2).routes);
  EXPECT_EQ(f.receivers.at(4).endOfRibs, 1u);
  EXPECT_TRUE(f.groups.hasCaughtUp(4));
}

TEST(Export, aSlowPeerHoldsBackOnlyItself) {
  Fixture f;
  f.join(2, f.plain());
  f.join(3, f.plain());
  f.settle();
  // Each its own attributes: more than LIMIT for the one that does not read.
  uint32_t count = 0;
  for (; f.groups.pending(3) < f.groups.LIMIT; ++count) {
    f.announce(1, f.number(count), f.set(count));
    while (f.groups.step(100)) f.read(2);
    f.read(2);
  }
  auto held = f.groups.pending(3);
  for (uint32_t i = 0; i < 500; ++i, ++count) f.announce(1, f.number(count), f.set(count));
  while (f.groups.step(100)) f.read(2);
  f.read(2);
  EXPECT_EQ(f.groups.groups(), 2u);
  EXPECT_EQ(f.receivers.at(2).routes.size(), count);
  EXPECT_EQ(f.groups.pending(3), held);
  f.settle();
  EXPECT_EQ(f.groups.groups(), 1u);
  EXPECT_EQ(f.receivers.at(3).routes, f.receivers.at(2).routes);
}

TEST(Export, waitsWhenNobodyReads) {
  Fixture f;
  f.join(2, f.plain());
  f.join(3, f.plain());
  for (uint32_t i = 0; i < 60000; ++i) f.announce(1, f.number(i), f.set(i));
  while (f.groups.step(100)) {
  }
  EXPECT_EQ(f.groups.groups(), 1u);
  EXPECT_GE(f.groups.pending(2), f.groups.LIMIT);
  EXPECT_LT(f.groups.pending(2), f.groups.LIMIT + 100 * 100);
  EXPECT_FALSE(f.groups.hasCaughtUp(2));
  f.settle();
  EXPECT_EQ(f.receivers.at(2).routes.size(), 60000u);
}

TEST(Export, tellsEverythingAgainOnRefresh) {
  for (bool alone : {true, false}) {
    Fixture f;
    auto one = f.set(1);
    for (uint32_t i = 0; i < 20; ++i) f.announce(1, f.number(i), one);
    f.join(2, f.plain());
    if (!alone) f.join(3, f.plain());
    f.settle();
    f.table.withdraw(1, 0, f.number(3));
    f.groups.refresh(2, true);
    f.settle(3);
    auto& receiver = f.receivers.at(2);
    EXPECT_EQ(receiver.announced, 39u);
    EXPECT_EQ(receiver.routes.size(), 19u);
    EXPECT_EQ(receiver.begins, 1u);
    EXPECT_EQ(receiver.ends, 1u);
    EXPECT_EQ(receiver.endOfRibs, 1u);
    EXPECT_EQ(f.groups.groups(), 1u);
    EXPECT_TRUE(alone || f.receivers.at(3).announced == 20);
    f.groups.refresh(2, false);
    f.settle();
    EXPECT_EQ(receiver.announced, 58u);
    EXPECT_EQ(receiver.begins, 1u);
  }
}

TEST(Export, refreshBeforeAnythingWasToldStillEndsTheRib) {
  Fixture f;
  f.announce(1, f.number(1), f.set(1));
  f.join(2, f.plain());
  f.groups.refresh(2, true);
  f.join(3, f.plain());
  f.settle();
  for (uint16_t peer : {2, 3}) {
    EXPECT_EQ(f.receivers.at(peer).endOfRibs, 1u);
    EXPECT_EQ(f.receivers.at(peer).begins, f.receivers.at(peer).ends);
    EXPECT_EQ(f.receivers.at(peer).routes.size(), 1u);
  }
}

TEST(Export, followsAnotherPolicy) {
  Fixture f;
  for (uint i = 0; i < 200; ++i) f.announce(0, f.number(i), f.pool.intern(f.attributes()));
  f.join(2, f.plain());
  f.join(3, f.plain());
  f.join(4, f.strict());
  f.settle();
  f.groups.regroup(3, f.strict());
  f.settle();
  EXPECT_EQ(f.groups.groups(), 2u);
  EXPECT_EQ(f.receivers.at(3).routes, f.receivers.at(4).routes);
  EXPECT_LT(f.receivers.at(3).routes.size(), f.receivers.at(2).routes.size());
  EXPECT_EQ(f.receivers.at(3).needless, 0u);
  f.some.rejected = 0xffffffff;
  f.groups.reexport("strict");
  f.settle();
  EXPECT_EQ(f.receivers.at(4).routes, f.receivers.at(2).routes);
}

TEST(Export, sendsSeveralPaths) {
  Fixture f;
  auto one = f.set(1), two = f.set(2), three = f.set(3);
  f.join(5, f.all());
  f.join(6, f.all(2));
  f.announce(1, f.number(1), one);
  f.announce(2, f.number(1), two);
  f.announce(3, f.number(1), three);
  f.announce(5, f.number(2), one);
  f.settle();
  EXPECT_EQ(f.receivers.at(5).routes.size(), 3u);
  EXPECT_EQ(f.receivers.at(6).routes.size(), 3u);
  f.table.withdraw(3, 0, f.number(1));
  f.settle();
  EXPECT_EQ(f.receivers.at(5).routes.size(), 2u);
  EXPECT_EQ(f.receivers.at(6).routes.size(), 3u);
  EXPECT_EQ(f.groups.advertised(5), 2u);
  EXPECT_EQ(f.groups.advertised(6), 3u);
}

TEST(Export, listsWhatAPeerWasTold) {
  Fixture f;
  auto one = f.set(1);
  f.join(2, f.plain());
  for (uint32_t i = 0; i < 10; ++i) f.announce(i == 4 ? 2 : 1, f.number(i), one);
  f.settle();
  uint32_t at = 0;
  size_t count = 0;
  while (f.groups.eachAdvertised(2, at, 3, [&](Ip4Net net, uint32_t, AttributeId id) {
    ++count;
    EXPECT_EQ(f.receivers.at(2).routes.count({net, 0}), 1u);
    EXPECT_EQ(f.pool.get(id).nextHop, net::Ip(net::Ip4{1}));
  })) {
  }
  EXPECT_EQ(count, 9u);
}

TEST(Export, tellsOfIp6) {
  World w;
  Decision decision;
  Table<net::Ip6Net> table(w.pool, w.nextHops, w.neighbors, decision);
  struct Same final : Exporter<net::Ip6Net> {
    explicit Same(AttributePool& pool) : pool(pool) {}
    AttributeId advertise(const Outgoing<net::Ip6Net>& route) override {
      pool.hold(route.accepted);
      return route.accepted;
    }
    AttributePool& pool;
  } same(w.pool);
  PlainEncoder<net::Ip6Net> encoder(w.pool);
  UpdateGroups<net::Ip6Net> groups(table, w.pool);
  policy::Attributes a;
  a.nextHop = net::Ip6{1, 2};
  auto id = w.pool.intern(a);
  table.announce(0, 0, KJ_ASSERT_NONNULL(net::Ip6Net::parse("2001:db8::/32")), id, id, 1);
  groups.join(1, {"six", same, encoder});
  while (groups.step(10)) {
  }
  net::ByteReader in(groups.peek(1));
  in.skip(16);
  EXPECT_EQ(in.u16(), groups.pending(1) - 29);
  in.skip(1 + 2 + 2 + 4 + 3);
  EXPECT_EQ(in.u16(), 0x900e);
  EXPECT_EQ(in.u16(), 3 + 1 + 16 + 1 + 5);
  groups.leave(1);
}

struct Session {
  std::string key;
  bool stalled = false;
};

class RandomRun : public Fixture {
 public:
  explicit RandomRun(uint seed) : Fixture(seed, seed % 2 == 0 ? 400 : UpdateGroups<Ip4Net>::LIMIT) {
    for (uint i = 0; i < 40; ++i) sets.push_back(pool.intern(attributes()));
  }
  ~RandomRun() {
    while (!sessions.empty()) end(sessions.begin()->first);
  }

  void act() {
    auto peer = uint16_t(1 + pick(PEERS - 1));
    auto session = sessions.find(peer);
    switch (pick(60)) {
      case 0:
      case 1:
        if (session == sessions.end()) begin(peer);
        break;
      case 2:
        if (session != sessions.end()) end(peer);
        break;
      case 3:
        if (session != sessions.end()) groups.refresh(peer, pick(2) == 0);
        break;
      case 4:
        if (session != sessions.end() && session->second.key.substr(0, 3) != "all") {
          auto kind = pick(2) == 0 ? plain() : strict();
          groups.regroup(peer, kind);
          session->second.key = kind.key;
        }
        break;
      case 5:
        some.rejected = pick(3);
        groups.reexport("strict");
        break;
      case 6:
        if (session != sessions.end()) session->second.stalled = !session->second.stalled;
        break;
      case 7:
        nextHops.set(hops[pick(4)], pick(4) > 0, 10);
        table.nextHopsChanged();
        break;
      case 8:
        table.flush(peer);
        break;
      default:
        pick(4) == 0 ? void(table.withdraw(peer, 0, number(pick(40))))
                     : announce(peer, number(pick(40)), sets[pick(uint(sets.size()))]);
    }
    if (pick(3) == 0) groups.step(1 + pick(6));
    if (pick(3) == 0) work(1 + pick(10));
    for (auto& [reader, state] : sessions)
      if (!state.stalled && pick(3) == 0) read(reader, 1 + pick(300));
  }

  void check() {
    work(10000);
    settle();
    for (auto& [peer, session] : sessions) {
      auto& receiver = receivers.at(peer);
      session.stalled = false;
      ASSERT_FALSE(receiver.hasHalf());
      ASSERT_EQ(receiver.routes, expected(peer, session.key));
      ASSERT_EQ(receiver.endOfRibs, 1u);
      ASSERT_EQ(receiver.begins >= receiver.ends, true);
      ASSERT_EQ(groups.advertised(peer), receiver.routes.size());
    }
    std::set<std::string> keys;
    for (auto& [peer, session] : sessions) keys.insert(session.key);
    ASSERT_EQ(groups.groups(), keys.size());
  }

 private:
  void begin(uint16_t peer) {
    auto kind = pick(4) == 0 ? all(1 + pick(2) * 2) : pick(2) == 0 ? plain() : strict();
    sessions[peer] = {kind.key};
    join(peer, kind);
  }
  void end(uint16_t peer) {
    sessions.erase(peer);
    leave(peer);
  }
  void work(uint budget) {
    struct Keep final : Importer<Ip4Net> {
      AttributeId accept(uint16_t, Ip4Net, AttributeId, bool) override { KJ_UNREACHABLE; }
    } keep;
    if (!table.step(budget, keep)) nextHops.settled();
    if (budget > 1000 && table.isBusy()) work(budget);
  }
  std::map<std::pair<Ip4Net, uint32_t>, std::string> expected(uint16_t peer, const std::string& key) {
    bool addPath = key.substr(0, 3) == "all";
    auto& policy = key == "strict" ? some : everything;
    size_t most = key == "all 1" || !addPath ? 1 : 3;
    std::map<std::pair<Ip4Net, uint32_t>, std::string> routes;
    for (uint32_t at = 0; at < table.end(); ++at) {
      size_t count = 0;
      table.eachPath(at, [&](uint32_t index, const Path& path) {
        if (!table.isUsable(path) || count++ >= most) return;
        auto set = sent(policy, path.accepted);
        if (!set.empty() && path.peer != peer) routes[{table.netOf(at), addPath ? index : 0}] = set;
      });
    }
    return routes;
  }

  std::vector<AttributeId> sets;
  std::map<uint16_t, Session> sessions;
};

TEST(Export, everyPeerHasWhatItShouldHave) {
  for (uint seed = 1; seed <= 40; ++seed) {
    RandomRun run(seed);
    for (uint round = 0; round < 10; ++round) {
      for (uint i = 0; i < 200; ++i) run.act();
      run.check();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " round " << round;
    }
  }
}

}  // namespace
}  // namespace xylem::bgp

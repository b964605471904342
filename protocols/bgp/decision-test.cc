#include <gtest/gtest.h>
#include <protocols/bgp/decision.h>
#include <protocols/bgp/world.h>

#include <algorithm>

namespace xylem::bgp {
namespace {

struct Made {
  // One candidate with what it points to.
  Summary summary;
  Neighbor neighbor;
  bool accepted = true, reachable = true;
  uint32_t metric = 0, since = 0, pathId = 0, name = 0;

  Made() {
    summary.neighborAs = 65001;
    summary.pathLength = 3;
    neighbor.routerId = net::Ip4{5};
    neighbor.address = net::Ip4{5};
  }
  Candidate candidate() const {
    return {name, accepted ? 1u : 0u, &summary, &neighbor, metric, reachable, since, pathId};
  }
  Made& with(Summary::Flag flag, uint32_t Summary::*field = nullptr, uint32_t value = 0) {
    summary.flags |= flag;
    if (field != nullptr) summary.*field = value;
    return *this;
  }
  Made& med(uint32_t value) { return with(Summary::HAS_MED, &Summary::med, value); }
  Made& preference(uint32_t value) { return with(Summary::HAS_LOCAL_PREFERENCE, &Summary::localPreference, value); }
  Made& kind(Neighbor::Kind kind) {
    neighbor.kind = kind;
    return *this;
  }
};

template <typename F> Made make(F&& f) {
  Made made;
  f(made);
  return made;
}

struct Case {
  const char* name;
  Made better, worse;
  Step step;
  DecisionOptions options = {};
};

std::vector<Case> cases() {
  auto options = [](auto f) {
    DecisionOptions options;
    f(options);
    return options;
  };
  Made plain;
  std::vector<Case> all;
  auto add = [&](const char* name, Made better, Made worse, Step step, DecisionOptions with = {}) {
    all.push_back({name, better, worse, step, with});
  };
  add("rejected", plain, make([](Made& m) { m.accepted = false; }), Step::REJECTED);
  add("rejected in spite of preference", plain, make([](Made& m) { m.preference(900).accepted = false; }),
      Step::REJECTED);
  add("unreachable", plain, make([](Made& m) { m.reachable = false; }), Step::UNREACHABLE);
  add("unreachable in spite of preference", plain, make([](Made& m) { m.preference(900).reachable = false; }),
      Step::UNREACHABLE);
  add("stale", plain, make([](Made& m) { m.with(Summary::LLGR_STALE); }), Step::LLGR_STALE);
  add("stale in spite of preference", plain, make([](Made& m) { m.preference(900).with(Summary::LLGR_STALE); }),
      Step::LLGR_STALE);
  add("preference", make([](Made& m) { m.preference(101); }), make([](Made& m) { m.preference(100); }),
      Step::LOCAL_PREFERENCE);
  add("no preference is 100", plain, make([](Made& m) { m.preference(99); }), Step::LOCAL_PREFERENCE);
  add("no preference is what is said", plain, make([](Made& m) { m.preference(199); }), Step::LOCAL_PREFERENCE,
      options([](auto& o) { o.defaultLocalPreference = 200; }));
  add("local", make([](Made& m) { m.kind(Neighbor::LOCAL); }), plain, Step::LOCAL_ORIGIN);
  add("local in spite of length", make([](Made& m) { m.kind(Neighbor::LOCAL).summary.pathLength = 9; }), plain,
      Step::LOCAL_ORIGIN);
  add("length", plain, make([](Made& m) { m.summary.pathLength = 4; }), Step::PATH_LENGTH);
  add("length before origin", make([](Made& m) { m.summary.flags |= 2; }),
      make([](Made& m) { m.summary.pathLength = 4; }), Step::PATH_LENGTH);
  add("length ignored", make([](Made& m) { m.summary.pathLength = 4; }), make([](Made& m) { m.summary.flags |= 2; }),
      Step::ORIGIN, options([](auto& o) { o.ignorePathLength = true; }));
  add("origin", plain, make([](Made& m) { m.summary.flags |= 1; }), Step::ORIGIN);
  add("incomplete origin", make([](Made& m) { m.summary.flags |= 1; }), make([](Made& m) { m.summary.flags |= 2; }),
      Step::ORIGIN);
  add("med", make([](Made& m) { m.med(1); }), make([](Made& m) { m.med(2); }), Step::MED);
  add("no med is 0", plain, make([](Made& m) { m.med(1); }), Step::MED);
  add("no med is worst", make([](Made& m) { m.med(1); }), plain, Step::MED,
      options([](auto& o) { o.missingMedWorst = true; }));
  auto stranger = make([](Made& m) {
    m.med(1).neighbor.routerId = net::Ip4{9};
    m.summary.neighborAs = 65002;
  });
  add("med of another AS", make([](Made& m) { m.med(2); }), stranger, Step::ROUTER_ID);
  add("med of another AS all the same", stranger, make([](Made& m) { m.med(2); }), Step::MED,
      options([](auto& o) { o.alwaysCompareMed = true; }));
  auto inside = [&](uint32_t med, uint32_t id) {
    return make([&](Made& m) {
      m.med(med).with(Summary::CONFEDERATED).neighbor.routerId = net::Ip4{id};
      m.summary.neighborAs = 0;
    });
  };
  add("med inside of the confederation", inside(2, 1), inside(1, 2), Step::ROUTER_ID);
  add("med inside of the confederation, compared", inside(1, 2), inside(2, 1), Step::MED,
      options([](auto& o) { o.compareConfederationMed = true; }));
  add("external", plain, make([](Made& m) { m.kind(Neighbor::INTERNAL); }), Step::EXTERNAL);
  add("external over confederation", plain, make([](Made& m) { m.kind(Neighbor::CONFEDERATION); }), Step::EXTERNAL);
  add("metric", make([](Made& m) { m.metric = 1; }), make([](Made& m) { m.metric = 2; }), Step::IGP_METRIC);
  add("confederation is as good as internal", make([](Made& m) { m.kind(Neighbor::INTERNAL).metric = 1; }),
      make([](Made& m) { m.kind(Neighbor::CONFEDERATION).metric = 2; }), Step::IGP_METRIC);
  add("metric ignored", make([](Made& m) { m.metric = 2; }), make([](Made& m) { m.neighbor.routerId = net::Ip4{9}; }),
      Step::ROUTER_ID, options([](auto& o) { o.ignoreIgpMetric = true; }));
  auto old = options([](auto& o) { o.preferOldest = true; });
  add("age", make([](Made& m) { m.neighbor.routerId = net::Ip4{9}; }), make([](Made& m) { m.since = 1; }), Step::AGE,
      old);
  add("age is nothing among internal ones", make([](Made& m) { m.kind(Neighbor::INTERNAL).since = 1; }),
      make([](Made& m) { m.kind(Neighbor::INTERNAL).neighbor.routerId = net::Ip4{9}; }), Step::ROUTER_ID, old);
  add("age is nothing unless asked", make([](Made& m) { m.since = 1; }),
      make([](Made& m) { m.neighbor.routerId = net::Ip4{9}; }), Step::ROUTER_ID);
  add("router ID", plain, make([](Made& m) { m.neighbor.routerId = net::Ip4{6}; }), Step::ROUTER_ID);
  add("originator ID stands for it",
      make([](Made& m) { m.with(Summary::HAS_ORIGINATOR, &Summary::originatorId, 1).neighbor.routerId = net::Ip4{9}; }),
      plain, Step::ROUTER_ID);
  add("clusters", plain, make([](Made& m) { m.summary.clusters = 1; }), Step::CLUSTER_LIST);
  add("clusters before address", make([](Made& m) { m.neighbor.address = net::Ip4{9}; }),
      make([](Made& m) { m.summary.clusters = 1; }), Step::CLUSTER_LIST);
  add("address", plain, make([](Made& m) { m.neighbor.address = net::Ip4{6}; }), Step::PEER_ADDRESS);
  add("address of either version", plain, make([](Made& m) {
        m.neighbor.address = net::Ip6{0, 1};
      }),
      Step::PEER_ADDRESS);
  add("path identifier", plain, make([](Made& m) { m.pathId = 1; }), Step::PATH_ID);
  add("path identifier after address", make([](Made& m) { m.pathId = 1; }),
      make([](Made& m) { m.neighbor.address = net::Ip4{6}; }), Step::PEER_ADDRESS);
  return all;
}

TEST(Decision, hasTheseSteps) {
  for (auto& c : cases()) {
    Decision decision(c.options);
    auto forth = decision.compare(c.better.candidate(), c.worse.candidate());
    auto back = decision.compare(c.worse.candidate(), c.better.candidate());
    EXPECT_LT(forth.order, 0) << c.name;
    EXPECT_GT(back.order, 0) << c.name;
    EXPECT_EQ(nameOf(forth.step), nameOf(c.step)) << c.name;
    EXPECT_EQ(nameOf(back.step), nameOf(c.step)) << c.name;
    std::vector<Candidate> both{c.worse.candidate(), c.better.candidate()};
    decision.arrange(both);
    EXPECT_EQ(both[0].attributes, &c.better.summary) << c.name;
    EXPECT_EQ(decision.whyNot(both, 1), c.step) << c.name;
    EXPECT_EQ(decision.whyNot(both, 0), Step::NONE) << c.name;
  }
}

TEST(Decision, stepsHaveNames) {
  EXPECT_EQ(nameOf(Step::MED), "MED"_kj);
  EXPECT_EQ(nameOf(Step::PATH_ID), "path identifier"_kj);
  EXPECT_EQ(nameOf(Step::EXTERNAL), "external over internal"_kj);
}

TEST(Decision, medDecidesWithinAnAsBeforeOthersAreCompared) {
  // Pairwise each is better than the next: a over b by router ID, b over c by router ID, c over a by MED.
  Made a, b, c;
  a.med(2).neighbor.routerId = net::Ip4{1};
  b.summary.neighborAs = 65002;
  b.neighbor.routerId = net::Ip4{2};
  c.med(1).neighbor.routerId = net::Ip4{3};
  a.name = 1, b.name = 2, c.name = 3;
  Decision decision;
  std::vector<Candidate> all{a.candidate(), b.candidate(), c.candidate()};
  std::vector<uint32_t> expected{2, 3, 1};
  do {
    auto arranged = all;
    decision.arrange(arranged);
    std::vector<uint32_t> names;
    for (auto& candidate : arranged) names.push_back(candidate.path);
    EXPECT_EQ(names, expected);
    EXPECT_EQ(decision.whyNot(arranged, 2), Step::MED);
    EXPECT_EQ(decision.whyNot(arranged, 1), Step::ROUTER_ID);
  } while (std::next_permutation(all.begin(), all.end(), [](auto& x, auto& y) { return x.path < y.path; }));
}

std::vector<Made> randomCandidates(World& world, uint count) {
  std::vector<Made> made(count);
  for (uint i = 0; i < count; ++i) {
    auto& m = made[i];
    m.name = i;
    m.summary.neighborAs = world.pick(3);
    if (world.pick(3) > 0) m.med(world.pick(3));
    if (world.pick(4) == 0) m.with(Summary::CONFEDERATED);
    if (world.pick(6) == 0) m.summary.pathLength = 2;
    if (world.pick(6) == 0) m.preference(110);
    if (world.pick(9) == 0) m.accepted = false;
    if (world.pick(3) == 0) m.kind(Neighbor::INTERNAL);
    m.metric = world.pick(2);
    m.neighbor.routerId = net::Ip4{world.pick(3)};
    m.neighbor.address = net::Ip4{i};
  }
  return made;
}

TEST(Decision, isATotalOrderWhateverTheArrival) {
  World world;
  for (uint round = 0; round < 3000; ++round) {
    DecisionOptions options;
    options.compareConfederationMed = world.pick(2) == 0;
    options.alwaysCompareMed = world.pick(4) == 0;
    Decision decision(options);
    auto made = randomCandidates(world, 1 + world.pick(9));
    std::vector<Candidate> first;
    for (auto& m : made) first.push_back(m.candidate());
    auto second = first;
    std::shuffle(second.begin(), second.end(), world.random);
    decision.arrange(first);
    decision.arrange(second);
    for (size_t i = 0; i < first.size(); ++i) ASSERT_EQ(first[i].path, second[i].path);
  }
}

TEST(Decision, theBestIsTheWinnerOfWinners) {
  // RFC 4271 section 9.1.2.2 c: for each neighbouring AS, only the lowest MED stays; the later steps choose.
  World world(2);
  Decision decision;
  for (uint round = 0; round < 3000; ++round) {
    auto made = randomCandidates(world, 1 + world.pick(8));
    std::vector<Candidate> all;
    for (auto& m : made) all.push_back(m.candidate());
    auto left = all;
    std::erase_if(left, [&](auto& candidate) {
      return std::any_of(all.begin(), all.end(), [&](auto& other) {
        auto verdict = decision.compare(other, candidate);
        return verdict.order < 0 && verdict.step <= Step::MED;
      });
    });
    ASSERT_FALSE(left.empty());
    auto best =
        *std::min_element(left.begin(), left.end(), [&](auto& x, auto& y) { return decision.compare(x, y).order < 0; });
    decision.arrange(all);
    ASSERT_EQ(all[0].path, best.path);
  }
}

struct Together : World {
  // Paths that tie up to the checkpoint.
  std::vector<Made> made;
  std::vector<AttributeId> ids;
  std::vector<uint32_t> paths;

  size_t use(DecisionOptions options) {
    Decision decision(options);
    std::vector<Candidate> all;
    for (size_t i = 0; i < made.size(); ++i) {
      auto candidate = made[i].candidate();
      candidate.accepted = made[i].accepted ? ids[i] : 0;
      candidate.attributes = &pool.summary(ids[i]);
      all.push_back(candidate);
    }
    decision.arrange(all);
    return decision.multipath(all, pool, paths);
  }
  Made& add(kj::StringPtr path, uint32_t hop, kj::Maybe<uint32_t> med = nullptr) {
    policy::Attributes a;
    a.path = KJ_ASSERT_NONNULL(policy::AsPath::parse(path));
    a.nextHop = net::Ip4{hop};
    a.med = med;
    ids.push_back(pool.intern(a));
    made.emplace_back();
    made.back().name = uint32_t(made.size());
    made.back().neighbor.address = net::Ip4{uint32_t(made.size())};
    return made.back();
  }
};

DecisionOptions upTo(uint external, uint internal, Multipath::Rule rule) {
  DecisionOptions options;
  options.multipath = {rule, external, internal};
  return options;
}

TEST(Multipath, followsTheRuleForPaths) {
  Together t;
  t.made.reserve(8);
  t.add("1 2", 1);
  t.add("1 2", 2);
  t.add("1 3", 3);
  t.add("4 2", 4);
  EXPECT_EQ(t.use(upTo(1, 1, Multipath::ANY_PATH)), 1u);
  EXPECT_EQ(t.use(upTo(8, 1, Multipath::SAME_PATH)), 2u);
  EXPECT_EQ(t.use(upTo(8, 1, Multipath::SAME_NEIGHBOR_AS)), 3u);
  EXPECT_EQ(t.use(upTo(8, 1, Multipath::ANY_PATH)), 4u);
  EXPECT_EQ(t.use(upTo(3, 1, Multipath::ANY_PATH)), 3u);
  EXPECT_EQ(t.paths, (std::vector<uint32_t>{1, 2, 3}));
}

TEST(Multipath, endsAtTheIgpMetricAndAtUnusablePaths) {
  Together t;
  t.made.reserve(8);
  t.add("1 2", 1);
  t.add("1 2", 2).metric = 1;
  t.add("1 2", 3).reachable = false;
  t.add("1 2", 4).accepted = false;
  t.add("1 2 3", 5);
  t.add("1 2", 6).kind(Neighbor::INTERNAL);
  t.add("1 2", 7).neighbor.routerId = net::Ip4{9};
  EXPECT_EQ(t.use(upTo(8, 8, Multipath::SAME_PATH)), 2u);
  EXPECT_EQ(t.paths, (std::vector<uint32_t>{1, 7}));
  for (auto& m : t.made) m.reachable = false;
  EXPECT_EQ(t.use(upTo(8, 8, Multipath::SAME_PATH)), 0u);
}

TEST(Multipath, hasItsOwnLimitForInternalPaths) {
  Together t;
  t.made.reserve(8);
  for (uint32_t i = 1; i < 5; ++i) t.add("1 2", i).kind(Neighbor::INTERNAL);
  EXPECT_EQ(t.use(upTo(8, 1, Multipath::SAME_PATH)), 1u);
  EXPECT_EQ(t.use(upTo(1, 3, Multipath::SAME_PATH)), 3u);
}

TEST(Multipath, takesEachNextHopOnce) {
  Together t;
  t.made.reserve(8);
  t.add("1 2", 1);
  t.add("1 2", 1);
  EXPECT_EQ(t.use(upTo(8, 8, Multipath::SAME_PATH)), 1u);
}

TEST(Multipath, leavesOutWhatMedHasBeaten) {
  Together t;
  t.made.reserve(8);
  t.add("1 2", 1, uint32_t(5));
  t.add("3 2", 2, uint32_t(1));
  t.add("3 2", 3, uint32_t(9));
  EXPECT_EQ(t.use(upTo(8, 8, Multipath::ANY_PATH)), 2u);
  EXPECT_EQ(t.paths, (std::vector<uint32_t>{1, 2}));
}

}  // namespace
}  // namespace xylem::bgp

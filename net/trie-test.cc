#include <net/trie.h>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace xylem::net {
namespace {

using Random = std::mt19937_64;

Ip4Net randomNet(Random& random, Ip4Net*) {
  // Crowded on purpose: few bits vary, so that prefixes cover each other and nodes fill up and empty.
  uint32_t address = uint32_t(random());
  if (random() % 4 != 0) address &= 0x030f0307;
  return Ip4Net(Ip4{address}, uint(random() % 33));
}

Ip6Net randomNet(Random& random, Ip6Net*) {
  Ip6 address{random(), random()};
  if (random() % 4 != 0) address = address & Ip6{0x0300'0f00'0001'0003ull, 0x8000'0000'0000'0007ull};
  return Ip6Net(address, uint(random() % 129));
}

template <typename Net> class Model {
 public:
  using Address = typename Net::Address;

  void step(Random& random) {
    auto net = draw(random);
    if (!model.empty() && random() % 2 == 0) {
      auto it = model.lower_bound(net);
      if (it != model.end()) net = it->first;
    }
    uint32_t value = uint32_t(random());
    switch (random() % 5) {
      case 0:
      case 1:
        trie.upsert(net, value);
        model[net] = value;
        break;
      case 2:
        ASSERT_EQ(trie.insert(net, value), model.insert({net, value}).second);
        break;
      default:
        ASSERT_EQ(trie.erase(net), model.erase(net) == 1);
    }
    ASSERT_EQ(trie.size(), model.size());
    look(net);
    look(draw(random));
  }

  void look(Net net) {
    auto it = model.find(net);
    auto found = trie.find(net);
    ASSERT_EQ(found != nullptr, it != model.end());
    if (found != nullptr) {
      ASSERT_EQ(*found, it->second);
    }

    auto behind = model.upper_bound(net);
    KJ_IF_MAYBE (entry, trie.after(net)) {
      ASSERT_TRUE(behind != model.end());
      ASSERT_EQ(entry->net, behind->first);
      ASSERT_EQ(entry->value, behind->second);
    } else {
      ASSERT_TRUE(behind == model.end());
    }

    std::vector<Net> covering;
    for (int length = int(net.length()); length >= 0; --length) {
      Net cover(net.address(), uint(length));
      if (model.count(cover)) covering.push_back(cover);
    }
    std::vector<Net> got;
    trie.eachCovering(net, [&](Net each, uint32_t& value) {
      got.push_back(each);
      EXPECT_EQ(value, model.at(each));
    });
    ASSERT_EQ(got, covering);

    Address host = net.address();
    kj::Maybe<Net> best;
    for (int length = int(Net::WIDTH); length >= 0 && best == nullptr; --length) {
      if (model.count(Net(host, uint(length)))) best = Net(host, uint(length));
    }
    KJ_IF_MAYBE (match, trie.longestMatch(host)) {
      ASSERT_TRUE(best != nullptr);
      ASSERT_EQ(match->net, KJ_ASSERT_NONNULL(best));
    } else {
      ASSERT_TRUE(best == nullptr);
    }
  }

  void within(Net net) {
    std::vector<Net> want, got;
    for (auto it = model.lower_bound(net); it != model.end() && net.covers(it->first); ++it) want.push_back(it->first);
    trie.eachWithin(net, [&](Net each, uint32_t& value) {
      got.push_back(each);
      EXPECT_EQ(value, model.at(each));
    });
    ASSERT_EQ(got, want) << net.toString().cStr();
    std::vector<Net> again;
    typename Trie<Net, uint32_t>::Cursor cursor(net);
    for (;;) {
      KJ_IF_MAYBE (entry, cursor.next(trie))
        again.push_back(entry->net);
      else
        break;
    }
    ASSERT_EQ(again, want);
  }

  std::function<Net(Random&)> draw = [](Random& random) { return randomNet(random, static_cast<Net*>(nullptr)); };
  Trie<Net, uint32_t> trie;
  std::map<Net, uint32_t> model;
};

template <typename Net> class TrieTest : public ::testing::Test {};
using Families = ::testing::Types<Ip4Net, Ip6Net>;
TYPED_TEST_SUITE(TrieTest, Families);

TYPED_TEST(TrieTest, IsEmptyAtFirst) {
  Trie<TypeParam, uint32_t> trie;
  EXPECT_EQ(trie.size(), 0u);
  EXPECT_TRUE(trie.first() == nullptr);
  EXPECT_TRUE(trie.after(TypeParam()) == nullptr);
  EXPECT_TRUE(trie.longestMatch(typename TypeParam::Address()) == nullptr);
  EXPECT_FALSE(trie.erase(TypeParam()));
}

TYPED_TEST(TrieTest, EachLengthOfOneAddress) {
  using Address = typename TypeParam::Address;
  for (auto address : {Address(), ~Address(), Address::mask(7), ~Address::mask(9)}) {
    Trie<TypeParam, uint32_t> trie;
    for (uint length = 0; length <= TypeParam::WIDTH; ++length)
      EXPECT_TRUE(trie.insert(TypeParam(address, length), length));
    for (uint length = 0; length <= TypeParam::WIDTH; ++length) {
      auto match = KJ_ASSERT_NONNULL(trie.longestMatch(TypeParam(address, length)));
      EXPECT_EQ(match.value, length);
      EXPECT_EQ(match.net, TypeParam(address, length));
    }
    uint expected = 0;
    trie.each([&](TypeParam net, uint32_t& value) { EXPECT_EQ(value, expected++); });
    EXPECT_EQ(expected, TypeParam::WIDTH + 1);
    for (uint length = 0; length <= TypeParam::WIDTH; ++length) EXPECT_TRUE(trie.erase(TypeParam(address, length)));
    EXPECT_EQ(trie.bytes(), sizeof(trie));
  }
}

TYPED_TEST(TrieTest, AgreesWithAMapOverRandomOperations) {
  Random random(42);
  Model<TypeParam> model;
  for (int i = 0; i < 60000; ++i) {
    model.step(random);
    if (this->HasFatalFailure()) return;
    if (i % 500 == 0) {
      model.within(TypeParam());
      for (int k = 0; k < 20; ++k) model.within(randomNet(random, static_cast<TypeParam*>(nullptr)));
      if (this->HasFatalFailure()) return;
    }
  }
  while (!model.model.empty()) {
    auto net = model.model.begin()->first;
    ASSERT_TRUE(model.trie.erase(net));
    model.model.erase(net);
  }
  EXPECT_TRUE(model.trie.first() == nullptr);
  EXPECT_EQ(model.trie.bytes(), sizeof(model.trie));
}

TYPED_TEST(TrieTest, AgreesWithAMapWhenPrefixesAreFewAndPartLate) {
  using Address = typename TypeParam::Address;
  Random random(43);
  auto bit = [](uint at) { return Address::mask(at + 1) & ~Address::mask(at); };
  for (int round = 0; round < 200; ++round) {
    // All have a long head in common with one address, and then are on either side of it, or end.
    Address trunk = randomNet(random, static_cast<TypeParam*>(nullptr)).address() | bit(TypeParam::WIDTH - 1);
    if (random() % 2 == 0) trunk = ~trunk;
    Model<TypeParam> model;
    model.draw = [&](Random& random) {
      uint at = uint(random() % TypeParam::WIDTH);
      auto branch = random() % 3 == 0 ? trunk : trunk ^ bit(at);
      return TypeParam(branch, kj::min(at + uint(random() % 20), TypeParam::WIDTH));
    };
    for (int i = 0; i < 150; ++i) {
      model.step(random);
      if (i % 15 == 0) {
        model.within(TypeParam());
        for (int k = 0; k < 20; ++k) model.within(model.draw(random));
      }
      if (this->HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(TrieTest, CursorMissesNothingAndRepeatsNothingWhileTheTableChanges) {
  Random random(7);
  for (int round = 0; round < 30; ++round) {
    Trie<TypeParam, uint32_t> trie;
    std::set<TypeParam> lasting;
    for (int i = 0; i < 500; ++i) {
      auto net = randomNet(random, static_cast<TypeParam*>(nullptr));
      trie.upsert(net, 1);
      lasting.insert(net);
    }
    std::vector<TypeParam> seen;
    typename Trie<TypeParam, uint32_t>::Cursor cursor;
    for (;;) {
      KJ_IF_MAYBE (entry, cursor.next(trie))
        seen.push_back(entry->net);
      else
        break;
      for (int i = 0; i < 4; ++i) {
        auto net = randomNet(random, static_cast<TypeParam*>(nullptr));
        if (random() % 2 == 0) {
          trie.upsert(net, 2);
        } else if (trie.erase(net)) {
          lasting.erase(net);
        }
      }
      if (random() % 3 == 0 && trie.erase(seen.back())) lasting.erase(seen.back());
      if (seen.size() > 100000) break;
    }
    for (size_t i = 1; i < seen.size(); ++i) ASSERT_LT(seen[i - 1], seen[i]);
    std::set<TypeParam> all(seen.begin(), seen.end());
    for (auto& net : lasting) ASSERT_TRUE(all.count(net)) << net.toString().cStr();
  }
}

TYPED_TEST(TrieTest, ValuesOfSeveralWordsAndMoves) {
  struct Pair {
    uint64_t a, b;
  };
  Trie<TypeParam, Pair> trie;
  for (uint length = 0; length <= TypeParam::WIDTH; ++length) {
    trie.upsert(TypeParam(TypeParam::Address::mask(TypeParam::WIDTH), length), Pair{length, length * 2});
  }
  auto moved = kj::mv(trie);
  EXPECT_EQ(trie.size(), 0u);
  EXPECT_EQ(moved.size(), TypeParam::WIDTH + 1);
  trie.upsert(TypeParam(), Pair{5, 6});
  moved.each([](TypeParam net, Pair& value) {
    EXPECT_EQ(value.a, net.length());
    EXPECT_EQ(value.b, net.length() * 2);
  });
  trie = kj::mv(moved);
  EXPECT_EQ(trie.size(), TypeParam::WIDTH + 1);
}

TEST(Trie, NodesThatGrowTogetherLeaveLittleMemoryBehind) {
  constexpr uint BLOCKS = 4096, EACH = 30;
  auto prefix = [](uint block, uint i) { return Ip4Net(Ip4{block << 16 | i << 11}, 21); };
  Trie<Ip4Net, uint32_t> together, oneByOne;
  for (uint i = 0; i < EACH; ++i)
    for (uint block = 0; block < BLOCKS; ++block) together.insert(prefix(block, i), 0);
  for (uint block = 0; block < BLOCKS; ++block)
    for (uint i = 0; i < EACH; ++i) oneByOne.insert(prefix(block, i), 0);
  EXPECT_LT(together.bytes(), oneByOne.bytes() + oneByOne.bytes() / 4);
}

TEST(Trie, PrefixesFarApartTakeFewNodes) {
  // A /32 each, and in it a /48 and a /64: a node for each of them, and few that lead there. What has branched off and
  // is gone leaves nothing behind.
  Random random(44);
  constexpr uint BLOCKS = 10000;
  Trie<Ip6Net, uint32_t> trie;
  for (uint i = 0; i < BLOCKS; ++i) {
    Ip6 address{(0x20000000 | (random() & 0xfffffff)) << 32 | (random() & 0xffffffff), 0};
    for (uint length : {32, 48, 64}) trie.insert(Ip6Net(address, length), 0);
    for (uint at = 0; at < 64; ++at) trie.insert(Ip6Net(address ^ Ip6{uint64_t(1) << at, 0}, 64), 0);
    for (uint at = 0; at < 64; ++at) trie.erase(Ip6Net(address ^ Ip6{uint64_t(1) << at, 0}, 64));
  }
  EXPECT_LT(double(trie.bytes()) / double(trie.size()), 50.);
}

template <typename Net> std::vector<Net> realShaped(size_t count) {
  // Lengths as in the Internet's tables, addresses in clusters.
  Random random(42);
  std::set<Net> nets;
  while (nets.size() < count) {
    if constexpr (Net::WIDTH == 32) {
      uint32_t block = uint32_t((random() % 30000 + 256) * 2654435761u) & 0xffff0000;
      uint length = random() % 100 < 60 ? 24 : uint(random() % 13) + 12;
      nets.insert(Net(Ip4{block | uint32_t(random() & 0xffff)}, length));
    } else {
      uint64_t block =
          0x2000000000000000ull | ((random() % 30000) * 0x9e3779b97f4a7c15ull >> 3 & 0x1fffffff00000000ull);
      uint length = random() % 100 < 46 ? 48 : uint(random() % 20) + 29;
      nets.insert(Net(Ip6{block | (random() & 0xffff0000), 0}, length));
    }
  }
  std::vector<Net> shuffled(nets.begin(), nets.end());
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  return shuffled;
}

TYPED_TEST(TrieTest, HoldsAMillionPrefixes) {
  auto nets = realShaped<TypeParam>(1000000);
  auto clock = [] { return std::chrono::steady_clock::now(); };
  auto ns = [&](auto since) { return double(std::chrono::nanoseconds(clock() - since).count()) / 1e6; };
  Trie<TypeParam, uint32_t> trie;
  auto t = clock();
  for (size_t i = 0; i < nets.size(); ++i) trie.upsert(nets[i], uint32_t(i));
  double inserting = ns(t);
  ASSERT_EQ(trie.size(), nets.size());
  double each = double(trie.bytes()) / 1e6 - 4;
  EXPECT_LT(each, TypeParam::WIDTH == 32 ? 8. : 40.);

  t = clock();
  for (size_t i = 0; i < nets.size(); ++i) ASSERT_EQ(*trie.find(nets[i]), i);
  double finding = ns(t);
  t = clock();
  for (auto& net : nets) ASSERT_TRUE(trie.longestMatch(net.address()) != nullptr);
  double matching = ns(t);

  size_t seen = 0;
  kj::Maybe<TypeParam> last;
  t = clock();
  trie.each([&](TypeParam net, uint32_t& value) {
    ++seen;
    KJ_IF_MAYBE (l, last) {
      ASSERT_LT(*l, net);
    }
    last = net;
    ASSERT_EQ(nets[value], net);
  });
  double walking = ns(t);
  EXPECT_EQ(seen, nets.size());
  t = clock();
  typename Trie<TypeParam, uint32_t>::Cursor cursor;
  size_t steps = 0;
  while (cursor.next(trie) != nullptr) ++steps;
  double stepping = ns(t);
  EXPECT_EQ(steps, nets.size());

  t = clock();
  for (auto& net : nets) ASSERT_TRUE(trie.erase(net));
  double erasing = ns(t);
  EXPECT_EQ(trie.size(), 0u);
  EXPECT_EQ(trie.bytes(), sizeof(trie));
  printf(
      "           each, ns: insert %.0f, find %.0f, longest match %.0f, walk %.0f, cursor %.0f, erase %.0f; %.1f bytes "
      "beside the value\n",
      inserting, finding, matching, walking, stepping, erasing, each);
}

}  // namespace
}  // namespace xylem::net

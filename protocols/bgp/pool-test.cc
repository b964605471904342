#include <gtest/gtest.h>
#include <protocols/bgp/pool.h>
#include <protocols/bgp/translations.h>
#include <protocols/bgp/world.h>

#include <map>

namespace xylem::bgp {
namespace {

using policy::AsPath;
using policy::Attributes;

AsPath path(kj::StringPtr text) { return KJ_ASSERT_NONNULL(AsPath::parse(text)); }

Attributes everything() {
  Attributes a;
  a.origin = policy::Origin::IGP;
  a.atomicAggregate = true;
  a.path = path("(65001 65002) [7 8] 1 2 {3 4}");
  a.nextHop = net::Ip4::of(192, 0, 2, 1);
  a.med = uint32_t(0);
  a.localPreference = 200;
  a.aggregator = policy::Aggregator{65001, net::Ip4{1}};
  a.communities.insert(policy::Community(65001, 1));
  a.communities.insert(policy::LLGR_STALE);
  a.extendedCommunities.insert(policy::ExtendedCommunity{0x0002000100000001});
  a.largeCommunities.insert(policy::LargeCommunity{1, 2, 3});
  a.originatorId = net::Ip4{77};
  a.clusters = {net::Ip4{1}, net::Ip4{2}};
  a.onlyToCustomer = 65001;
  a.others = {
      {0xc0, 12, {1}}, {0xe0, 15, {}}, {0xc0, 20, {1, 2}}, {0xc0, 33, {1}}, {0xc0, 200, std::vector<uint8_t>(300)}};
  return a;
}

TEST(Encoding, decodesToWhatItWas) {
  auto a = everything();
  net::ByteWriter out;
  encode(a, out);
  EXPECT_TRUE(decode(out.bytes()) == a);
  EXPECT_TRUE(decode(nullptr) == Attributes());
}

TEST(Encoding, isThatOfAnUpdate) {
  Attributes a;
  a.origin = policy::Origin::EGP;
  a.path = path("65001 4200000000");
  a.nextHop = net::Ip4::of(192, 0, 2, 1);
  a.med = 5;
  a.communities.insert(policy::Community(1, 2));
  net::ByteWriter out;
  encode(a, out);
  const kj::byte expected[] = {0x40, 1,   1, 1, 0x40, 2,    10, 2, 2, 0, 0, 0xfd, 0xe9, 0xfa, 0x56, 0xea, 0, 0x40, 3,
                               4,    192, 0, 2, 1,    0x80, 4,  4, 0, 0, 0, 5,    0xc0, 8,    4,    0,    1, 0,    2};
  EXPECT_TRUE(out.bytes() == kj::arrayPtr(expected, sizeof(expected)));
}

TEST(Encoding, typesAscend) {
  net::ByteWriter out;
  encode(everything(), out);
  int last = 0;
  for (net::ByteReader in(out.bytes()); in.has(3);) {
    uint8_t flags = in.u8(), type = in.u8();
    EXPECT_GT(type, last);
    last = type;
    in.skip(flags & 0x10 ? in.u16() : in.u8());
  }
  EXPECT_EQ(last, 200);
}

TEST(Encoding, longPathsComeBack) {
  for (size_t count : {255u, 256u, 600u, 30000u}) {
    Attributes a;
    std::vector<uint32_t> members(count, 65001);
    a.path.append(AsPath::SEQUENCE, kj::arrayPtr(members.data(), members.size()));
    a.communities.insert(policy::NO_EXPORT);
    net::ByteWriter out;
    encode(a, out);
    EXPECT_TRUE(decode(out.bytes()) == a) << count;
  }
}

TEST(Encoding, keepsBothNextHopsOfIp6) {
  Attributes a;
  a.nextHop = net::Ip6{0x20010db8ull << 32, 1};
  net::ByteWriter one, two;
  encode(a, one);
  EXPECT_TRUE(decode(one.bytes()) == a);
  a.linkLocal = net::Ip6{0xfe80ull << 48, 1};
  encode(a, two);
  EXPECT_TRUE(decode(two.bytes()) == a);
  EXPECT_EQ(KJ_ASSERT_NONNULL(findAttribute(two.bytes(), encoded::MP_NEXT_HOP)).size(), 32u);
  EXPECT_TRUE(findAttribute(two.bytes(), encoded::NEXT_HOP) == nullptr);
}

TEST(Pool, equalSetsAreOne) {
  NextHops hops;
  AttributePool pool(hops);
  auto a = pool.intern(everything()), b = pool.intern(everything());
  EXPECT_EQ(a, b);
  EXPECT_EQ(pool.users(a), 2u);
  auto other = everything();
  other.med = nullptr;
  auto c = pool.intern(other);
  EXPECT_NE(a, c);
  EXPECT_EQ(pool.size(), 2u);
  EXPECT_TRUE(pool.get(c) == other);
  pool.release(a);
  EXPECT_EQ(pool.size(), 2u);
  pool.release(b);
  pool.release(c);
  EXPECT_EQ(pool.size(), 0u);
}

TEST(Pool, summarizes) {
  NextHops hops;
  AttributePool pool(hops);
  auto& s = pool.summary(pool.intern(everything()));
  EXPECT_EQ(s.localPreference, 200u);
  EXPECT_TRUE(s.has(Summary::HAS_LOCAL_PREFERENCE) && s.has(Summary::HAS_MED) && s.has(Summary::HAS_ORIGINATOR));
  EXPECT_TRUE(s.has(Summary::LLGR_STALE) && s.has(Summary::CONFEDERATED));
  EXPECT_EQ(s.neighborAs, 1u);
  EXPECT_EQ(s.originatorId, 77u);
  EXPECT_EQ(s.pathLength, 3u);
  EXPECT_EQ(s.clusters, 2u);
  EXPECT_EQ(s.origin(), 0u);
  EXPECT_TRUE(hops[s.nextHop].address == net::Ip(net::Ip4::of(192, 0, 2, 1)));
  Attributes plain;
  EXPECT_EQ(pool.summary(pool.intern(plain)).flags, uint8_t(policy::Origin::INCOMPLETE));
}

TEST(Pool, holdsItsNextHops) {
  NextHops hops;
  AttributePool pool(hops);
  Attributes a;
  a.nextHop = net::Ip4{1};
  auto id = pool.intern(a);
  a.med = 1;
  auto second = pool.intern(a);
  auto events = hops.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].used);
  pool.release(id);
  EXPECT_TRUE(hops.events().empty());
  pool.release(second);
  events = hops.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_FALSE(events[0].used);
  EXPECT_EQ(hops.size(), 0u);
}

TEST(Pool, agreesWithAMap) {
  NextHops hops;
  AttributePool pool(hops, 42);
  std::mt19937 random(3);
  std::map<uint32_t, std::vector<AttributeId>> held;
  auto made = [](uint32_t number) {
    Attributes a;
    a.med = number;
    for (uint i = 0; i < number % 7; ++i) a.communities.insert(policy::Community(uint32_t(i)));
    return a;
  };
  for (uint i = 0; i < 40000; ++i) {
    uint32_t number = random() % 3000;
    auto& ids = held[number];
    if (random() % 2 == 0) {
      auto id = pool.intern(made(number));
      ASSERT_TRUE(ids.empty() || id == ids[0]);
      ids.push_back(id);
    } else if (!ids.empty()) {
      ASSERT_EQ(pool.users(ids[0]), ids.size());
      ASSERT_TRUE(pool.get(ids[0]) == made(number));
      pool.release(ids.back());
      ids.pop_back();
    }
  }
  size_t live = 0;
  for (auto& [number, ids] : held) live += !ids.empty();
  EXPECT_EQ(pool.size(), live);
  auto before = pool.memory();
  for (auto& [number, ids] : held)
    for (auto id : ids) pool.release(id);
  EXPECT_EQ(pool.size(), 0u);
  for (uint32_t number = 0; number < 1000; ++number) pool.intern(made(number));
  EXPECT_EQ(pool.memory(), before);
}

TEST(Pool, takesWhatAMessageCanBringAtMost) {
  NextHops hops;
  AttributePool pool(hops);
  Attributes a;
  std::vector<uint32_t> members(32767, 7);
  a.path.append(AsPath::SEQUENCE, kj::arrayPtr(members.data(), members.size()));
  auto id = pool.intern(a);
  EXPECT_TRUE(pool.get(id) == a);
  EXPECT_EQ(pool.summary(id).pathLength, 32767u);
}

TEST(RecentAttributes, rememberTheLastFew) {
  NextHops hops;
  AttributePool pool(hops);
  std::vector<AttributeId> ids;
  for (uint32_t i = 0; i < 5; ++i) {
    Attributes a;
    a.med = i;
    ids.push_back(pool.intern(a));
  }
  {
    RecentAttributes recent(pool);
    for (kj::byte i = 0; i < 5; ++i) recent.add(kj::arrayPtr(&i, 1), {ids[i], i == 2 ? AttributePool::NONE : ids[0]});
    kj::byte key = 0;
    EXPECT_TRUE(recent.find(kj::arrayPtr(&key, 1)) == nullptr);
    key = 2;
    auto known = KJ_ASSERT_NONNULL(recent.find(kj::arrayPtr(&key, 1)));
    EXPECT_EQ(known.received, ids[2]);
    EXPECT_EQ(known.accepted, AttributePool::NONE);
    EXPECT_EQ(pool.users(ids[4]), 2u);
    EXPECT_EQ(pool.users(ids[0]), 4u);
  }
  EXPECT_EQ(pool.users(ids[0]), 1u);
  EXPECT_EQ(pool.users(ids[4]), 1u);
}

TEST(Translations, holdBothSets) {
  NextHops hops;
  AttributePool pool(hops);
  Attributes a;
  auto one = pool.intern(a);
  a.med = 1;
  auto two = pool.intern(a);
  Translations known(pool);
  EXPECT_TRUE(known.find(one) == nullptr);
  known.add(one, two);
  known.add(two, AttributePool::NONE);
  EXPECT_EQ(KJ_ASSERT_NONNULL(known.find(one)), two);
  EXPECT_EQ(KJ_ASSERT_NONNULL(known.find(two)), AttributePool::NONE);
  EXPECT_EQ(pool.users(two), 3u);
  known.clear();
  EXPECT_TRUE(known.find(one) == nullptr);
  EXPECT_EQ(pool.users(one), 1u);
  EXPECT_EQ(pool.users(two), 1u);
}

}  // namespace
}  // namespace xylem::bgp

#include <policy/attributes.h>

#include <gtest/gtest.h>
#include <kj/debug.h>

namespace xylem::policy {
namespace {

AsPath path(kj::StringPtr text) { return KJ_REQUIRE_NONNULL(AsPath::parse(text), text); }

TEST(AsPathTest, PrintsWhatItParses) {
  for (auto text : {"", "65001", "65001 65002 {1 2} 7", "(65010 65011) [1 2] 4200000000", "{1 2} {3}"})
    EXPECT_STREQ(kj::str(path(text)).cStr(), text);
  EXPECT_STREQ(kj::str(path("{7 3 7}")).cStr(), "{3 7}");
  for (auto text : {"x", "1 {", "1 {}", "01", "4294967296", "1,2", "{1]"})
    EXPECT_TRUE(AsPath::parse(text) == nullptr) << text;
}

TEST(AsPathTest, CountsAsBestPathSelectionDoes) {
  EXPECT_EQ(path("(65010 65011) 1 2 2 {3 4}").length(), 4u);
  EXPECT_EQ(path("").length(), 0u);
  EXPECT_EQ(path("(65010) 1 2").neighbor(), 1u);
  EXPECT_EQ(path("(65010)").neighbor(), 0u);
  EXPECT_EQ(path("{1} 2").neighbor(), 0u);
  EXPECT_EQ(path("1 2 3").origin(), 3u);
  EXPECT_EQ(path("1 2 {3}").origin(), 0u);
  EXPECT_EQ(path("1 2 2 {2}").count(2), 3u);
}

TEST(AsPathTest, PrependsIntoTheFirstSequence) {
  auto some = path("1 {2}");
  some.prepend(9, 2);
  EXPECT_EQ(some, path("9 9 1 {2}"));
  some.prepend(65010, 1, AsPath::CONFED_SEQUENCE);
  some.prepend(65011, 1, AsPath::CONFED_SEQUENCE);
  EXPECT_EQ(some, path("(65011 65010) 9 9 1 {2}"));
  some.removeConfederation();
  EXPECT_EQ(some, path("9 9 1 {2}"));
  some.prepend(1, 0);
  EXPECT_EQ(some, path("9 9 1 {2}"));
  AsPath none;
  none.prepend(5);
  EXPECT_EQ(none, path("5"));
}

TEST(AsPathTest, SplitsWhatASegmentCannotHold) {
  std::vector<uint32_t> many(70000, 7);
  AsPath endless;
  endless.append(AsPath::SEQUENCE, kj::arrayPtr(many.data(), many.size()));
  EXPECT_EQ(endless.length(), 70000u);
  endless.prepend(8, 65000);
  EXPECT_EQ(endless.length(), 135000u);
  EXPECT_EQ(endless.neighbor(), 8u);
}

TEST(AsPathTest, Edits) {
  auto some = path("1 2 {3 4}");
  some.edit([](uint32_t& as) { as = as == 4 ? 3 : as + 10; });
  EXPECT_EQ(some, path("11 12 {3 13}"));
  some.removeIf([](uint32_t as) { return as == 12 || as == 13 || as == 3; });
  EXPECT_EQ(some, path("11"));
}

template <typename T> void roundTrip(kj::StringPtr text) {
  KJ_IF_MAYBE (value, T::parse(text))
    EXPECT_STREQ(kj::str(*value).cStr(), text.cStr());
  else
    ADD_FAILURE() << text.cStr();
}

TEST(CommunityTest, PrintsWhatItParses) {
  for (auto text : {"0:0", "65535:65535", "65001:100", "no-export", "blackhole", "graceful-shutdown"})
    roundTrip<Community>(text);
  EXPECT_EQ(KJ_ASSERT_NONNULL(Community::parse("65535:65281")), NO_EXPORT);
  for (auto text : {"", "1", "1:", "65536:0", "0:65536", "1:2:3", "no-exports", "1:2 ", "+1:2"})
    EXPECT_TRUE(Community::parse(text) == nullptr) << text;
  for (auto text : {"rt:65001:4294967295", "rt:4200000000:7", "soo:192.0.2.1:65535", "0x0123456789abcdef"})
    roundTrip<ExtendedCommunity>(text);
  EXPECT_EQ(KJ_ASSERT_NONNULL(ExtendedCommunity::parse("rt:65001:7")).bits, 0x0002fde900000007u);
  for (auto text : {"rt:1", "xx:1:2", "rt:4200000000:65536", "rt:192.0.2.1:65536", "0x1", "0xg123456789abcdef"})
    EXPECT_TRUE(ExtendedCommunity::parse(text) == nullptr) << text;
  // A two-octet AS in the four-octet form (RFC 5668) is another community than in the two-octet form.
  ExtendedCommunity wide{0x02020000fde90007};
  EXPECT_EQ(KJ_ASSERT_NONNULL(ExtendedCommunity::parse(kj::str(wide))), wide);
  for (auto text : {"1:2:3", "4294967295:0:0"}) roundTrip<LargeCommunity>(text);
  for (auto text : {"1:2", "1:2:3:4", "4294967296:0:0", "a:b:c"})
    EXPECT_TRUE(LargeCommunity::parse(text) == nullptr) << text;
}

TEST(AttributesTest, AreEqualWhenAllAre) {
  Attributes a, b;
  a.communities = Set<Community>({Community(1, 2), Community(1, 1), Community(1, 2)});
  b.communities.insert(Community(1, 1));
  b.communities.insert(Community(1, 2));
  EXPECT_TRUE(a == b);
  a.med = uint32_t(0);
  EXPECT_FALSE(a == b);
  b.med = uint32_t(1);
  EXPECT_FALSE(a == b);
}

}  // namespace
}  // namespace xylem::policy

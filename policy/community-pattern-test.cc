#include <policy/community-pattern.h>

#include <gtest/gtest.h>
#include <kj/debug.h>

namespace xylem::policy {
namespace {

bool matches(kj::StringPtr pattern, kj::StringPtr text) {
  auto parsed = CommunityPattern::parse(pattern);
  KJ_IF_MAYBE (wrong, parsed.tryGet<CommunityPattern::Wrong>()) KJ_FAIL_REQUIRE("bad pattern", pattern, wrong->text);
  Communities some;
  KJ_REQUIRE(some.add(text), text);
  Attributes attributes;
  attributes.communities = some.standard;
  attributes.extendedCommunities = some.extended;
  attributes.largeCommunities = some.large;
  return parsed.get<CommunityPattern>().matchesAny(attributes);
}

std::string wrong(kj::StringPtr pattern) {
  auto parsed = CommunityPattern::parse(pattern);
  KJ_IF_MAYBE (wrong, parsed.tryGet<CommunityPattern::Wrong>()) return wrong->text.cStr();
  return "good";
}

TEST(CommunityPatternTest, Standard) {
  EXPECT_TRUE(matches("65001:100", "65001:100"));
  EXPECT_FALSE(matches("65001:100", "65001:101"));
  EXPECT_FALSE(matches("65001:100", "65001:100:1")) << "of another kind";
  EXPECT_TRUE(matches("no-export", "no-export"));
  EXPECT_TRUE(matches("65535:65281", "no-export"));
  EXPECT_TRUE(matches("65001:*", "65001:0"));
  EXPECT_TRUE(matches("65*:1??", "65:100"));
  EXPECT_TRUE(matches("65*:1??", "65001:199"));
  EXPECT_FALSE(matches("65*:1??", "6600:199"));
  EXPECT_FALSE(matches("65*:1??", "65001:19"));
  EXPECT_FALSE(matches("65*:1??", "65001:1999"));
  EXPECT_TRUE(matches("*5*:**7", "152:77"));
  EXPECT_TRUE(matches("65001:100-199", "65001:199"));
  EXPECT_FALSE(matches("65001:100-199", "65001:200"));
}

TEST(CommunityPatternTest, ExtendedAndLarge) {
  EXPECT_TRUE(matches("rt:65001:100", "rt:65001:100"));
  EXPECT_FALSE(matches("rt:65001:100", "soo:65001:100"));
  EXPECT_TRUE(matches("rt:65001:*", "rt:65001:4000000000"));
  EXPECT_TRUE(matches("rt:4200000000:1-9", "rt:4200000000:9"));
  EXPECT_TRUE(matches("soo:192.0.2.1:*", "soo:192.0.2.1:7"));
  EXPECT_FALSE(matches("soo:192.0.2.1:*", "soo:192.0.2.2:7"));
  EXPECT_FALSE(matches("rt:3221225985:*", "rt:192.0.2.1:7")) << "the AS of the same bits";
  EXPECT_TRUE(matches("0x4305000000000001", "0x4305000000000001"));
  EXPECT_TRUE(matches("65001:1:*", "65001:1:4000000000"));
  EXPECT_FALSE(matches("65001:1:*", "65001:2:1"));
  EXPECT_FALSE(matches("65001:1:*", "65001:1"));
}

TEST(CommunityPatternTest, RegularExpressionsAreForAllKinds) {
  EXPECT_TRUE(matches("/^6500[12]:/", "65002:7"));
  EXPECT_TRUE(matches("/^6500[12]:/", "65002:7:7"));
  EXPECT_TRUE(matches("/:7$/", "rt:1:7"));
  EXPECT_FALSE(matches("/:7$/", "rt:1:77"));
}

TEST(CommunityPatternTest, SaysWhatIsWrong) {
  auto expected =
      "; expected a community such as 65001:100, 65001:*, no-export, rt:65001:100, 65001:1:2, or /regular expression/";
  for (auto text : {"65536:1", "1", "1:2:3:4", "x:1", "1:9-3", "1:01", "rt:1", "", "1:", "no-exprt", "1:65536-65537"})
    EXPECT_EQ(wrong(text), std::string("\"") + text + "\" is no community" + expected);
  EXPECT_EQ(wrong("/a(b/"), "character 3: \"(\" without \")\"");
}

}  // namespace
}  // namespace xylem::policy

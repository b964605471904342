#include <gtest/gtest.h>
#include <xrl/locator.h>

namespace xylem::xrl {
namespace {

Locator good(kj::StringPtr text) {
  auto parsed = parseLocator(text);
  EXPECT_TRUE(parsed.is<Locator>()) << text.cStr();
  return kj::mv(parsed.get<Locator>());
}

TEST(Locator, NamesACall) {
  auto locator = good("xrl:rib/Show/lookup?net=10.0.0.0/8&protocol=rip");
  EXPECT_STREQ(locator.target.cStr(), "rib");
  EXPECT_STREQ(locator.interface.cStr(), "Show");
  EXPECT_STREQ(locator.method.cStr(), "lookup");
  ASSERT_EQ(locator.arguments.size(), 2);
  EXPECT_STREQ(locator.arguments[0].name.cStr(), "net");
  EXPECT_STREQ(locator.arguments[0].value.cStr(), "10.0.0.0/8");
  EXPECT_STREQ(locator.arguments[1].value.cStr(), "rip");
}

TEST(Locator, TheSchemeAndTheArgumentsMayBeLeftOut) {
  EXPECT_EQ(kj::str(good("rib/Show/summary")), "xrl:rib/Show/summary");
}

TEST(Locator, PrintsWhatItParses) {
  for (kj::StringPtr text :
       {"xrl:a/B/c"_kj, "xrl:a-1.x/B/c-d?e="_kj, "xrl:a/B/c?e=%25%26%20%23x&e=2001:db8::/32&f=\"q\"=?"_kj})
    EXPECT_EQ(kj::str(good(text)), text);
}

TEST(Locator, SaysWhereAndWhatIsWrong) {
  struct Case {
    kj::StringPtr text;
    size_t at;
    kj::StringPtr words;
  };
  for (auto& each : {
           Case{""_kj, 0, "expected the name of a target"_kj},
           {"xrl:"_kj, 4, "expected the name of a target"_kj},
           {"xrl:/Rib"_kj, 4, "expected the name of a target"_kj},
           {"9rib/Rib/x"_kj, 0, "expected the name of a target"_kj},
           {"rib"_kj, 3, "expected '/' and the name of an interface"_kj},
           {"rib/"_kj, 4, "expected the name of an interface"_kj},
           {"xrl:rib/Rib"_kj, 11, "expected '/' and the name of a method"_kj},
           {"rib/Rib/"_kj, 8, "expected the name of a method"_kj},
           {"rib/Rib/x y"_kj, 9, "expected the end"_kj},
           {"rib/Rib/x/y"_kj, 9, "expected the end"_kj},
           {"rib/Rib/x?"_kj, 10, "expected the name of an argument"_kj},
           {"rib/Rib/x?a"_kj, 11, "expected '=' and the argument's value"_kj},
           {"rib/Rib/x?a=1&"_kj, 14, "expected the name of an argument"_kj},
           {"rib/Rib/x?a=1 2"_kj, 13, "'%' and two hexadecimal digits"_kj},
           {"rib/Rib/x?a=%"_kj, 12, "two hexadecimal digits after '%'"_kj},
           {"rib/Rib/x?a=%1"_kj, 12, "two hexadecimal digits after '%'"_kj},
           {"rib/Rib/x?a=%zz"_kj, 12, "two hexadecimal digits after '%'"_kj},
           {"rib/Rib/x?a=%00"_kj, 12, "not both zero"_kj},
       }) {
    auto parsed = parseLocator(each.text);
    ASSERT_TRUE(parsed.is<BadLocator>()) << each.text.cStr();
    auto& bad = parsed.get<BadLocator>();
    EXPECT_EQ(bad.at, each.at) << each.text.cStr();
    EXPECT_NE(strstr(bad.text.cStr(), each.words.cStr()), nullptr) << each.text.cStr() << ": " << bad.text.cStr();
  }
}

}  // namespace
}  // namespace xylem::xrl

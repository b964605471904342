#include <config/complete.h>
#include <config/testing.h>
#include <gtest/gtest.h>

namespace xylem::config {
namespace {

using testing::everything;

const Tree& sample() {
  static Tree tree = [] {
    auto parsed = parseBraces(
        "interfaces { interface eth0; interface eth1; } "
        "protocols { rich { interface wlan0 { cost 2; } server 10.0.0.1; old-name x; } }");
    return kj::mv(parsed.tree);
  }();
  return tree;
}

Completion completion(std::initializer_list<kj::StringPtr> words, kj::StringPtr partial, Among among) {
  return complete(everything(), sample(), kj::arrayPtr(words.begin(), words.size()), partial, among);
}

std::string words(std::initializer_list<kj::StringPtr> words, kj::StringPtr partial = "", Among among = Among::ALL) {
  auto all = completion(words, partial, among);
  return kj::strArray(
             KJ_MAP(c, all.candidates) { return kj::str(c.word); }, " ")
      .cStr();
}

const Candidate& only(const Completion& completion) {
  EXPECT_EQ(completion.candidates.size(), 1u);
  return completion.candidates[0];
}

TEST(Complete, Statements) {
  EXPECT_EQ(words({}), "interfaces forwarding rib policy system protocols");
  EXPECT_EQ(words({}, "r"), "rib");
  EXPECT_EQ(words({"protocols"}), "rich plain");
  EXPECT_EQ(words({"protocols", "rich", "interface", "eth9"}), "cost disable address upstream");
  EXPECT_EQ(words({"protocols", "rich", "auth"}), "none plain md5");
  EXPECT_EQ(words({"protocols", "rich", "timers"}, "d"), "dead");
  EXPECT_EQ(words({"protocols", "nonsense"}), "");
}

TEST(Complete, HelpComesFromDocComments) {
  auto statement = completion({"protocols", "rich"}, "update", Among::ALL);
  EXPECT_STREQ(only(statement).help.cStr(), "Interval between regular updates.");
  EXPECT_STREQ(only(statement).doc.cStr(), "Interval between regular updates.\n\nSome jitter is applied.\n");
  EXPECT_STREQ(only(completion({"protocols"}, "ri", Among::ALL)).help.cStr(), "A rich protocol.");
  EXPECT_STREQ(only(completion({}, "pr", Among::ALL)).help.cStr(), "rich, plain");
  EXPECT_STREQ(only(completion({"protocols", "rich"}, "auth", Among::ALL)).help.cStr(), "Authentication of packets.");
  EXPECT_STREQ(only(completion({"protocols", "rich", "auth"}, "md", Among::ALL)).help.cStr(), "Keyed MD5.");
  EXPECT_STREQ(only(completion({"protocols", "rich", "timers"}, "h", Among::ALL)).help.cStr(), "Between hellos.");
  EXPECT_STREQ(only(completion({"protocols", "rich", "level"}, "d", Among::ALL)).help.cStr(), "Everything.");
}

TEST(Complete, ValuesAreHintedAt) {
  auto hint = completion({"protocols", "rich", "update-interval"}, "", Among::ALL);
  EXPECT_STREQ(only(hint).word.cStr(), "<1..3600>");
  EXPECT_TRUE(only(hint).hint);
  EXPECT_STREQ(only(hint).help.cStr(), "Interval between regular updates. (seconds)");
  EXPECT_FALSE(hint.mayEnd);
  EXPECT_EQ(words({"protocols", "rich", "offset"}), "<-10..10>");
  EXPECT_EQ(words({"protocols", "rich", "description"}), "<text>");
  EXPECT_EQ(words({"protocols", "rich", "failover", "peer"}), "<ip4>");
  EXPECT_EQ(words({"protocols", "rich", "level"}), "error warning debug-all");
  EXPECT_EQ(words({"protocols", "rich", "passive"}), "true false");
  EXPECT_EQ(words({"protocols", "rich", "levels", "error"}), "error warning debug-all");
}

TEST(Complete, MayEnd) {
  EXPECT_TRUE(completion({"protocols", "rich", "passive"}, "", Among::ALL).mayEnd);
  EXPECT_TRUE(completion({"protocols", "rich", "server", "10.0.0.1"}, "", Among::ALL).mayEnd);
  EXPECT_TRUE(completion({"protocols", "rich", "active"}, "", Among::ALL).mayEnd);
  EXPECT_FALSE(completion({"protocols", "rich", "server"}, "", Among::ALL).mayEnd);
  EXPECT_FALSE(completion({"protocols", "rich", "interface"}, "", Among::ALL).mayEnd);
}

TEST(Complete, KeysThatExistAndThoseReferredTo) {
  EXPECT_EQ(words({"protocols", "rich", "interface"}), "wlan0 eth0 eth1 <text>");
  EXPECT_EQ(words({"protocols", "rich", "interface"}, "e"), "eth0 eth1 <text>");
  EXPECT_EQ(words({"protocols", "rich", "interface", "wlan0", "upstream"}), "wlan0 <text>");
  EXPECT_EQ(words({"interfaces", "interface"}), "eth0 eth1 <text>");
}

TEST(Complete, OnlyWhatExists) {
  EXPECT_EQ(words({}, "", Among::EXISTING), "interfaces protocols");
  EXPECT_EQ(words({"protocols", "rich"}, "", Among::EXISTING), "interface server old-name");
  EXPECT_EQ(words({"protocols", "rich", "interface"}, "", Among::EXISTING), "wlan0");
  EXPECT_EQ(words({"protocols", "rich", "interface", "wlan0", "cost"}, "", Among::EXISTING), "2");
  EXPECT_EQ(words({"protocols", "rich", "server"}, "", Among::EXISTING), "10.0.0.1");
}

TEST(Complete, OnlyBlocks) {
  EXPECT_EQ(words({"protocols", "rich", "area", "1"}, "", Among::BLOCKS), "interface");
  EXPECT_EQ(words({"protocols", "rich"}, "", Among::BLOCKS), "interface auth timers failover area route group");
}

TEST(Complete, DeprecatedIsOfferedOnlyWhereItIs) {
  kj::StringPtr rich[] = {"protocols", "rich"};
  EXPECT_EQ(complete(everything(), Tree(), rich, "old").candidates.size(), 0u);
  EXPECT_EQ(complete(everything(), sample(), rich, "old").candidates.size(), 1u);
}

TEST(Complete, MandatoryIsMarked) {
  auto port = completion({"protocols", "plain"}, "p", Among::ALL);
  EXPECT_TRUE(only(port).mandatory);
  EXPECT_FALSE(only(completion({"protocols", "plain"}, "n", Among::ALL)).mandatory);
}

TEST(Complete, AbbreviatedWordsBefore) { EXPECT_EQ(words({"prot", "ri", "int", "eth9"}, "co"), "cost"); }

std::string resolved(std::initializer_list<kj::StringPtr> words) {
  auto result = resolve(everything(), kj::arrayPtr(words.begin(), words.size()));
  if (result.is<WrongWord>()) return kj::str(result.get<WrongWord>().index, ": ", result.get<WrongWord>().text).cStr();
  return kj::strArray(result.get<kj::Array<kj::String>>(), " ").cStr();
}

TEST(Resolve, Abbreviations) {
  EXPECT_EQ(resolved({"pr", "ri", "upd", "10"}), "protocols rich update-interval 10");
  EXPECT_EQ(resolved({"protocols", "rich", "lev", "x"}), "2: \"lev\" is ambiguous: \"level\" or \"levels\"");
  EXPECT_EQ(resolved({"protocols", "rich", "level", "deb"}), "protocols rich level debug-all");
  EXPECT_EQ(resolved({"protocols", "rich", "pas", "t"}), "2: \"pas\" is ambiguous: \"passive\" or \"password\"");
  EXPECT_EQ(resolved({"protocols", "rich", "passi", "t"}), "protocols rich passive true");
  EXPECT_EQ(resolved({"xyz"}),
            "0: \"xyz\" is not known here; expected \"interfaces\", \"forwarding\", \"rib\", \"policy\", \"system\" or "
            "\"protocols\"");
  EXPECT_EQ(resolved({"protocols", "rich", "active", "x"}), "3: unexpected \"x\": nothing follows \"active\"");
  EXPECT_EQ(resolved({"protocols", "rich", "interface", "c", "cost"}), "protocols rich interface c cost")
      << "a key is no abbreviation";
}

}  // namespace
}  // namespace xylem::config

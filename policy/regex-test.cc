#include <policy/regex.h>

#include <gtest/gtest.h>
#include <kj/debug.h>

#include <chrono>
#include <memory>
#include <random>
#include <set>

namespace xylem::policy {
namespace {

kj::Own<Regex> regex(kj::StringPtr text, Regex::Kind kind = Regex::PATHS) {
  auto parsed = Regex::parse(text, kind);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Regex::Wrong>()) KJ_FAIL_REQUIRE("bad regex", text, wrong->at, wrong->text);
  return kj::mv(parsed.get<kj::Own<Regex>>());
}
AsPath path(kj::StringPtr text) { return KJ_REQUIRE_NONNULL(AsPath::parse(text), text); }
bool matches(kj::StringPtr pattern, kj::StringPtr text) { return regex(pattern)->matches(path(text)); }
bool matchesText(kj::StringPtr pattern, kj::StringPtr text) { return regex(pattern, Regex::TEXTS)->matches(text); }

std::string wrong(kj::StringPtr text, Regex::Kind kind = Regex::PATHS) {
  auto parsed = Regex::parse(text, kind);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Regex::Wrong>()) return kj::str(wrong->at, ": ", wrong->text).cStr();
  return "good";
}

TEST(RegexTest, NumbersAreWhole) {
  EXPECT_TRUE(matches("65001", "1 65001 2"));
  EXPECT_TRUE(matches("_65001_", "65001"));
  EXPECT_FALSE(matches("5001", "65001"));
  EXPECT_FALSE(matches("6500", "65001"));
  EXPECT_TRUE(matches("4294967295", "4294967295"));
}

TEST(RegexTest, AnchorsTieItToTheEnds) {
  EXPECT_TRUE(matches("^1", "1 2 3"));
  EXPECT_FALSE(matches("^2", "1 2 3"));
  EXPECT_TRUE(matches("3$", "1 2 3"));
  EXPECT_FALSE(matches("2$", "1 2 3"));
  EXPECT_TRUE(matches("^1 .* 3$", "1 2 2 3"));
  EXPECT_TRUE(matches("^$", ""));
  EXPECT_FALSE(matches("^$", "1"));
  EXPECT_TRUE(matches("(^|7) 2", "2 1"));
  EXPECT_TRUE(matches("(^|7) 2", "1 7 2"));
  EXPECT_FALSE(matches("(^|7) 2", "1 2"));
  EXPECT_TRUE(matches("1 ($|9)", "1 9 3"));
  EXPECT_TRUE(matches("", "1 2"));
  EXPECT_FALSE(matches("1^", "1"));
}

TEST(RegexTest, SetsChoicesAndRepeats) {
  EXPECT_TRUE(matches("^[64512-65534 23456]+$", "64512 23456 65534"));
  EXPECT_FALSE(matches("^[64512-65534 23456]+$", "64512 65535"));
  EXPECT_TRUE(matches("^[^1-3,5]$", "4"));
  EXPECT_FALSE(matches("^[^1-3,5]$", "5"));
  EXPECT_TRUE(matches("^[^0-4294967294]$", "4294967295"));
  EXPECT_TRUE(matches("^(1|2 3){2}$", "2 3 1"));
  EXPECT_FALSE(matches("^(1|2 3){2}$", "2 3"));
  EXPECT_TRUE(matches("^1{2,}$", "1 1 1"));
  EXPECT_FALSE(matches("^1{2,}$", "1"));
  EXPECT_TRUE(matches("^1{0,2} 2?$", ""));
  EXPECT_FALSE(matches("^1{0,2}$", "1 1 1"));
  EXPECT_TRUE(matches("^1{0} 2$", "2"));
}

TEST(RegexTest, MembersOfSetsCountInOrder) {
  EXPECT_TRUE(matches("^1 3 7$", "1 {7 3}"));
  EXPECT_TRUE(matches("^65010 1$", "(65010) 1"));
}

TEST(RegexTest, TextsAreMadeOfCharacters) {
  EXPECT_TRUE(matchesText("^6500[12]:", "65002:7"));
  EXPECT_FALSE(matchesText("^6500[12]:", "165002:7"));
  EXPECT_TRUE(matchesText("rt:.*:7$", "rt:1:7"));
  EXPECT_TRUE(matchesText("a\\.b", "a.b"));
  EXPECT_FALSE(matchesText("a\\.b", "axb"));
  EXPECT_TRUE(matchesText("^[^:]+:[0-9]{3}$", "x:100"));
  EXPECT_TRUE(matchesText("a_b", "a_b"));
}

TEST(RegexTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(wrong("1 x"), "2: \"x\" is not known here; expected an AS number");
  EXPECT_EQ(wrong("(1"), "0: \"(\" without \")\"");
  EXPECT_EQ(wrong("1)"), "1: \")\" without \"(\"");
  EXPECT_EQ(wrong("[1"), "0: \"[\" without \"]\"");
  EXPECT_EQ(wrong("[]"), "0: the set is empty");
  EXPECT_EQ(wrong("[5-3]"), "2: the range ends before it begins");
  EXPECT_EQ(wrong("4294967296"), "0: expected an AS number, from 0 to 4294967295");
  EXPECT_EQ(wrong("*"), "0: \"*\" has nothing to repeat");
  EXPECT_EQ(wrong("^*"), "1: \"*\" cannot repeat \"^\"");
  EXPECT_EQ(wrong("1{x}"), "2: expected a number from 0 to 255");
  EXPECT_EQ(wrong("1{256}"), "2: expected a number from 0 to 255");
  EXPECT_EQ(wrong("1{3,2}"), "4: 2 is less than 3");
  EXPECT_EQ(wrong("1{3"), "3: expected \"}\"");
  EXPECT_EQ(wrong("((1{255}){255})"), "9: the expression is too big");
  EXPECT_EQ(wrong(kj::str(kj::repeat('(', 51))), "50: more than 50 groups in each other");
  EXPECT_EQ(wrong(kj::str(kj::repeat('.', 1001))), "1000: longer than 1000 characters");
  EXPECT_EQ(wrong("a\\", Regex::TEXTS), "2: expected a character after \"\\\"");
  auto touching =
      "a space or \"_\" is missing here: a number is a whole AS number and a set is one of whole AS numbers, such as "
      "[64512-65534]";
  EXPECT_EQ(wrong("_(6451[2-9])_"), kj::str("6: ", touching).cStr());
  EXPECT_EQ(wrong("65001.*"), kj::str("5: ", touching).cStr());
  EXPECT_EQ(wrong("[1]2"), kj::str("3: ", touching).cStr());
}

struct Tree {
  // A random expression and, by its derivation, a matcher that follows the definition: where a match that begins at
  // some place may end.
  enum Kind { NUMBER, ANY, SET, OTHERS, BEGIN, END, THEN, OR, REPEAT } kind;
  uint a = 0, b = 0;
  std::unique_ptr<Tree> left, right;

  std::string print() const {
    auto number = [](uint n) { return std::to_string(n); };
    switch (kind) {
      case NUMBER:
        return number(a);
      case ANY:
        return ".";
      case SET:
        return "[" + number(a) + "-" + number(b) + "]";
      case OTHERS:
        return "[^" + number(a) + "-" + number(b) + "]";
      case BEGIN:
        return "^";
      case END:
        return "$";
      case THEN:
        return left->print() + " " + right->print();
      case OR:
        return "(" + left->print() + "|" + right->print() + ")";
      case REPEAT:
        return "(" + left->print() + "){" + number(a) + "," + (b == 9 ? "" : number(b)) + "}";
    }
    KJ_UNREACHABLE;
  }
  std::set<size_t> ends(const std::vector<uint32_t>& on, size_t at) const {
    auto one = [&](bool good) { return good ? std::set<size_t>{at + 1} : std::set<size_t>(); };
    bool more = at < on.size();
    switch (kind) {
      case NUMBER:
        return one(more && on[at] == a);
      case ANY:
        return one(more);
      case SET:
        return one(more && on[at] >= a && on[at] <= b);
      case OTHERS:
        return one(more && !(on[at] >= a && on[at] <= b));
      case BEGIN:
        return at == 0 ? std::set<size_t>{at} : std::set<size_t>();
      case END:
        return more ? std::set<size_t>() : std::set<size_t>{at};
      case THEN: {
        std::set<size_t> all;
        for (auto middle : left->ends(on, at)) all.merge(right->ends(on, middle));
        return all;
      }
      case OR: {
        auto all = left->ends(on, at);
        all.merge(right->ends(on, at));
        return all;
      }
      case REPEAT: {
        std::set<size_t> all, now{at};
        for (uint times = 0; times <= (b == 9 ? a + on.size() + 1 : b); ++times) {
          if (times >= a) all.insert(now.begin(), now.end());
          std::set<size_t> next;
          for (auto from : now) next.merge(left->ends(on, from));
          now = kj::mv(next);
        }
        return all;
      }
    }
    KJ_UNREACHABLE;
  }
};

std::unique_ptr<Tree> randomTree(std::mt19937& random, uint depth) {
  auto tree = std::make_unique<Tree>();
  uint kind = random() % (depth == 0 ? 20 : 40);
  tree->a = random() % 4;
  tree->b = tree->a + random() % 3;
  if (kind < 20) {
    tree->kind = kind < 10   ? Tree::NUMBER
                 : kind < 13 ? Tree::ANY
                 : kind < 15 ? Tree::SET
                 : kind < 17 ? Tree::OTHERS
                 : kind < 18 ? Tree::BEGIN
                 : kind < 19 ? Tree::END
                             : Tree::NUMBER;
    return tree;
  }
  tree->kind = kind < 30 ? Tree::THEN : kind < 35 ? Tree::OR : Tree::REPEAT;
  tree->left = randomTree(random, depth - 1);
  if (tree->kind == Tree::REPEAT) {
    if (random() % 2) tree->b = 9;
  } else {
    tree->right = randomTree(random, depth - 1);
  }
  return tree;
}

TEST(RegexTest, AgreesWithTheDefinitionOnRandomPaths) {
  std::mt19937 random(7);
  uint matched = 0, all = 0;
  for (uint i = 0; i < 2000; ++i) {
    auto tree = randomTree(random, 4);
    auto text = tree->print();
    auto made = regex(text.c_str());
    for (uint k = 0; k < 20; ++k) {
      std::vector<uint32_t> on(random() % 6);
      for (auto& as : on) as = random() % 5;
      AsPath as;
      as.append(AsPath::SEQUENCE, kj::arrayPtr(on.data(), on.size()));
      bool expected = false;
      for (size_t at = 0; at <= on.size(); ++at) expected = expected || !tree->ends(on, at).empty();
      ASSERT_EQ(made->matches(as), expected) << text << " on " << kj::str(as).cStr();
      matched += expected;
      ++all;
    }
  }
  EXPECT_GT(matched, all / 10);
  EXPECT_LT(matched, all * 9 / 10);
}

TEST(RegexTest, NothingExplodes) {
  // The automaton of "1 is so many from the end" has 2^n states.
  auto made = regex("1 .{60}$");
  std::mt19937 random(7);
  std::vector<uint32_t> on(20000);
  for (auto& as : on) as = random() % 2;
  AsPath as;
  as.append(AsPath::SEQUENCE, kj::arrayPtr(on.data(), on.size()));
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(made->matches(as), on[on.size() - 61] == 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace xylem::policy

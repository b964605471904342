#include <config/testing.h>
#include <config/tree.h>
#include <gtest/gtest.h>

#include <kj/debug.h>

namespace xylem::config {
namespace {

using W = kj::StringPtr;

Node& add(Tree& tree, std::initializer_list<W> words) {
  return tree.root().add(kj::arrayPtr(words.begin(), words.size()));
}

bool remove(Tree& tree, std::initializer_list<W> words) {
  return tree.remove(kj::arrayPtr(words.begin(), words.size()));
}

bool has(const Tree& tree, std::initializer_list<W> words) {
  return tree.root().find(kj::arrayPtr(words.begin(), words.size())) != nullptr;
}

TEST(Tree, KeepsTheOrderOfWords) {
  Tree tree;
  for (auto word : {"c", "a", "b"}) add(tree, {word, "x"});
  EXPECT_STREQ(printSet(tree.root()).cStr(), "set c x\nset a x\nset b x\n");
}

TEST(Tree, SameWordsAreOneNode) {
  Tree tree;
  auto& first = add(tree, {"a", "b"});
  EXPECT_EQ(&first, &add(tree, {"a", "b"}));
  EXPECT_EQ(tree.root().size(), 1u);
}

TEST(Tree, FindsAmongFewAndMany) {
  Tree tree;
  for (int i = 0; i < 1000; ++i) {
    auto word = kj::str(i);
    tree.root().add(word);
    EXPECT_TRUE(tree.root().find(word) != nullptr);
    EXPECT_TRUE(tree.root().find(kj::str(i + 1)) == nullptr);
  }
}

TEST(Tree, RemovesFirstMiddleLastAndOnly) {
  for (auto gone : {"a", "b", "c"}) {
    Tree tree;
    for (auto word : {"a", "b", "c"}) add(tree, {word});
    EXPECT_TRUE(remove(tree, {gone}));
    EXPECT_EQ(tree.root().size(), 2u);
    EXPECT_FALSE(has(tree, {gone}));
    add(tree, {gone});
    auto text = printSet(tree.root());
    EXPECT_TRUE(text.endsWith(kj::str("set ", gone, "\n"))) << text.cStr();
  }
  Tree tree;
  add(tree, {"a"});
  EXPECT_TRUE(remove(tree, {"a"}));
  EXPECT_EQ(tree.root().size(), 0u);
  add(tree, {"b"});
  EXPECT_TRUE(has(tree, {"b"}));
}

TEST(Tree, RemovesAmongMany) {
  Tree tree;
  for (int i = 0; i < 100; ++i) tree.root().add(kj::str(i));
  for (int i = 0; i < 100; i += 2) tree.root().remove(KJ_ASSERT_NONNULL(tree.root().find(kj::str(i))));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(tree.root().find(kj::str(i)) != nullptr, i % 2 == 1);
  EXPECT_EQ(tree.root().size(), 50u);
}

TEST(Tree, RemovingTheLastValueRemovesItsStatement) {
  Tree tree;
  add(tree, {"rip", "interface", "eth0"});
  KJ_ASSERT_NONNULL(tree.root().find("rip")).heads = false;
  EXPECT_TRUE(remove(tree, {"rip", "interface", "eth0"}));
  EXPECT_FALSE(has(tree, {"rip", "interface"}));
  EXPECT_TRUE(has(tree, {"rip"})) << "a block stays";
}

TEST(Tree, RemovingWhatIsNotThereChangesNothing) {
  Tree tree;
  add(tree, {"a", "b"});
  EXPECT_FALSE(remove(tree, {"a", "c"}));
  EXPECT_FALSE(remove(tree, {"x"}));
  EXPECT_TRUE(has(tree, {"a", "b"}));
}

TEST(Tree, EqualityIgnoresOrder) {
  Tree a, b, c;
  for (auto word : {"x", "y"}) add(a, {"n", word});
  for (auto word : {"y", "x"}) add(b, {"n", word});
  add(c, {"n", "x"});
  EXPECT_TRUE(a.root() == b.root());
  EXPECT_FALSE(a.root() == c.root());
  EXPECT_FALSE(c.root() == a.root());
}

TEST(Tree, CloneIsDeepAndMergeKeepsBoth) {
  Tree a;
  add(a, {"n", "x"}).comment = kj::str(" why\n");
  auto b = a.clone();
  add(b, {"n", "y"});
  EXPECT_FALSE(has(a, {"n", "y"}));
  a.root().merge(b.root());
  EXPECT_TRUE(a.root() == b.root());
  EXPECT_NE(printBraces(b.root()).asPtr().findFirst('#'), nullptr);
}

TEST(Tree, QuotesOnlyWhereNeeded) {
  EXPECT_STREQ(quote("10.0.0.0/8").cStr(), "10.0.0.0/8");
  EXPECT_STREQ(quote("").cStr(), "\"\"");
  EXPECT_STREQ(quote("a b").cStr(), "\"a b\"");
  EXPECT_STREQ(quote("a;b").cStr(), "\"a;b\"");
  EXPECT_STREQ(quote("#").cStr(), "\"#\"");
  EXPECT_STREQ(quote("|").cStr(), "\"|\"");
  EXPECT_STREQ(quote("a\"b\\c").cStr(), "\"a\\\"b\\\\c\"");
  EXPECT_STREQ(quote("a\\b").cStr(), "a\\b") << "a backslash means something only in quotes";
  EXPECT_STREQ(quote("\n\t\x01").cStr(), "\"\\n\\t\\x01\"");
  EXPECT_STREQ(quote("grün").cStr(), "grün");
}

TEST(Tree, PrintsBlocksAndHeads) {
  Tree tree;
  add(tree, {"rip", "cost", "2"});
  add(tree, {"rip", "interface", "eth0", "passive"});
  add(tree, {"rip", "interface", "eth1"});
  KJ_ASSERT_NONNULL(tree.root().find("rip")).heads = false;
  W eth0[] = {"rip", "interface", "eth0"};
  auto& entry = KJ_ASSERT_NONNULL(tree.root().find(eth0));
  entry.heads = false;
  entry.comment = kj::str(" the uplink\n really\n");
  EXPECT_STREQ(printBraces(tree.root()).cStr(),
               "rip {\n"
               "    cost 2;\n"
               "    # the uplink\n"
               "    # really\n"
               "    interface eth0 {\n"
               "        passive;\n"
               "    }\n"
               "    interface eth1;\n"
               "}\n");
}

TEST(Tree, TooLongAPathIsAFault) {
  Tree tree;
  kj::Vector<kj::StringPtr> path;
  for (uint i = 0; i <= MAX_DEPTH; ++i) path.add("x");
  EXPECT_ANY_THROW(tree.root().add(path));
}

TEST(Tree, HundredThousandStatementsTakeLinearTime) {
  auto start = testing::cpuMilliseconds();
  Tree tree;
  for (int i = 0; i < 100000; ++i) {
    auto net = kj::str("10.", i >> 8, ".", i & 255, ".0/24");
    add(tree, {"protocols", "static", "route", net, "next-hop", "192.0.2.1"});
  }
  auto copy = tree.clone();
  EXPECT_TRUE(copy.root() == tree.root());
  for (int i = 0; i < 100000; ++i) {
    auto net = kj::str("10.", i >> 8, ".", i & 255, ".0/24");
    EXPECT_TRUE(remove(tree, {"protocols", "static", "route", net}));
  }
  EXPECT_EQ(tree.root().size(), 0u);
  EXPECT_LT(testing::cpuMilliseconds() - start, 5000);
}

}  // namespace
}  // namespace xylem::config

#include <config/syntax.h>
#include <config/testing.h>
#include <gtest/gtest.h>

#include <kj/debug.h>

namespace xylem::config {
namespace {

std::string errors(kj::ArrayPtr<const Problem> problems) { return kj::strArray(problems, "\n").cStr(); }

std::string errorsOf(kj::StringPtr text) { return errors(parseBraces(text).problems); }

std::string setOf(kj::StringPtr text) {
  auto parsed = parseBraces(text);
  EXPECT_EQ(errors(parsed.problems), "");
  return printSet(parsed.tree.root()).cStr();
}

std::string again(kj::StringPtr text) {
  auto parsed = parseBraces(text);
  EXPECT_EQ(errors(parsed.problems), "");
  return printBraces(parsed.tree.root()).cStr();
}

TEST(Syntax, StatementsArePaths) {
  auto expected = "set a b c 1\nset a b d\n";
  EXPECT_EQ(setOf("a { b { c 1; d; } }"), expected);
  EXPECT_EQ(setOf("a b c 1; a b d;"), expected);
  EXPECT_EQ(setOf("a b { c { 1; } d {} }"), expected);
  EXPECT_EQ(setOf("a {} a { b c 1; } ;; a { b { d; } };"), expected);
}

TEST(Syntax, EmptyTextIsAnEmptyTree) {
  EXPECT_EQ(setOf(""), "");
  EXPECT_EQ(setOf(" \n\t\r\n"), "");
  EXPECT_EQ(setOf("# only a comment"), "");
}

TEST(Syntax, Words) {
  EXPECT_EQ(setOf("a \"b c\" \"\";"), "set a \"b c\" \"\"\n");
  EXPECT_EQ(setOf(R"(a "x\n\t\r\"\\\x41";)"), "set a \"x\\n\\t\\x0d\\\"\\\\A\"\n");
  EXPECT_EQ(setOf("grün [1] a=b 'c' \\d;"), "set grün [1] a=b 'c' \\d\n");
  EXPECT_EQ(setOf("\"in quotes\"{x;}"), "set \"in quotes\" x\n");
}

TEST(Syntax, PlacesOfWords) {
  auto parsed = parseBraces("a  b {\n\t\"c d\" 1;\n}\n");
  kj::StringPtr path[] = {"a", "b", "c d", "1"};
  uint lines[] = {1, 1, 2, 2}, columns[] = {1, 4, 2, 8};
  for (auto i : kj::indices(path)) {
    auto& node = KJ_ASSERT_NONNULL(parsed.tree.root().find(kj::arrayPtr(path, i + 1)));
    EXPECT_EQ(node.place.line, lines[i]) << i;
    EXPECT_EQ(node.place.column, columns[i]) << i;
  }
}

TEST(Syntax, CommentsStayWithTheirStatement) {
  EXPECT_EQ(again("# one\n#two\na { # of a\n  b 1; # of b\n  # of c\n  c 2;\n  # last\n}\n# end\n"),
            "# one\n"
            "#two\n"
            "# of a\n"
            "# end\n"
            "a {\n"
            "    # of b\n"
            "    b 1;\n"
            "    # of c\n"
            "    # last\n"
            "    c 2;\n"
            "}\n");
  EXPECT_EQ(again("interface eth0 # left\n{ }\n# right\ninterface eth1;"),
            "# left\ninterface eth0;\n# right\ninterface eth1;\n");
  EXPECT_EQ(again("a \"# no comment\";"), "a \"# no comment\";\n");
  EXPECT_EQ(again("a;# dos\r\n"), "# dos\na;\n");
}

TEST(Syntax, ManyCommentsAreQuick) {
  auto start = testing::cpuMilliseconds();
  auto above =
      kj::str(kj::strArray(kj::repeat("# fifty bytes of comment above a single statement\n"_kj, 100000), ""), "a;\n");
  auto parsed = parseBraces(above);
  EXPECT_EQ(parsed.tree.root().find("a").map([](Node& a) { return a.comment.size(); }).orDefault(0), 100000u * 49);
  auto each = kj::strArray(kj::repeat("# again\na;\n"_kj, 100000), "");
  EXPECT_EQ(parseBraces(each).problems.size(), 0u);
  EXPECT_LT(testing::cpuMilliseconds() - start, 10000);
}

TEST(Syntax, MissingSemicolon) {
  EXPECT_EQ(errorsOf("a {\n  b 1;\n  c 2\n}\nd"), "3:5: expected \";\" after \"2\"\n5:1: expected \";\" after \"d\"");
}

TEST(Syntax, UnbalancedBraces) {
  EXPECT_EQ(
      errorsOf("a {\n  b {\n    c;\n"),
      "2:3: expected a \"}\" that closes \"b\" before the end\n1:1: expected a \"}\" that closes \"a\" before the end");
  EXPECT_EQ(errorsOf("a;\n}\nb;\n}"),
            "2:1: unexpected \"}\": no block is open here\n4:1: unexpected \"}\": no block is open here");
  EXPECT_EQ(errorsOf("{ a; }"), "1:1: expected the name of a block before \"{\"");
}

TEST(Syntax, BadWords) {
  EXPECT_EQ(errorsOf("a \"b;\nc;\n"), "1:3: expected a closing '\"' on this line");
  EXPECT_EQ(errorsOf("a \"b\"c;"), "1:6: expected a space before this word");
  EXPECT_EQ(errorsOf("a b\"c\";"), "1:4: expected a space before this word");
  EXPECT_EQ(errorsOf("a \"x\\q\";"), "1:6: unknown escape; in quotes, \\n, \\t, \\r, \\\", \\\\ and \\xNN are known");
  EXPECT_EQ(errorsOf("a \"x\\x00\";"), "1:6: unknown escape; in quotes, \\n, \\t, \\r, \\\", \\\\ and \\xNN are known");
  EXPECT_EQ(errorsOf("a \"x\\xff\";"), "1:6: unknown escape; in quotes, \\n, \\t, \\r, \\\", \\\\ and \\xNN are known")
      << "would not be UTF-8";
  EXPECT_EQ(errorsOf("a \x01 b;"), "1:3: unexpected control character 1");
  EXPECT_EQ(errorsOf("a;\nb \xff;"), "2:3: this byte is not UTF-8 text");
  EXPECT_EQ(errorsOf("a \xc3"), "1:3: this byte is not UTF-8 text");
  EXPECT_EQ(errorsOf("a \xed\xa0\x80;"), "1:3: this byte is not UTF-8 text") << "a surrogate";
  EXPECT_EQ(errorsOf("a \xc0\x80;"), "1:3: this byte is not UTF-8 text") << "overlong";
  EXPECT_EQ(errorsOf(kj::StringPtr("a \0b;", 5)), "1:3: unexpected control character 0");
}

TEST(Syntax, ManyErrorsAtOnceAndTheRestIsRead) {
  auto parsed = parseBraces("a \"x;\nb {\n c 1\n}\n}\nd 4;\n");
  EXPECT_EQ(
      errors(parsed.problems),
      "1:3: expected a closing '\"' on this line\n3:4: expected \";\" after \"1\"\n5:1: unexpected \"}\": no block "
      "is open here");
  kj::StringPtr d[] = {"d", "4"};
  EXPECT_TRUE(parsed.tree.root().find(d) != nullptr);
}

TEST(Syntax, DepthIsLimited) {
  kj::Vector<char> text;
  for (int i = 0; i < 1000000; ++i) text.addAll("a{"_kj);
  text.add('\0');
  auto parsed = parseBraces(kj::StringPtr(text.begin(), text.size() - 1));
  EXPECT_EQ(parsed.problems.size(), 100u);
  EXPECT_STREQ(kj::str(parsed.problems[0]).cStr(), "1:401: this is nested too deeply: a path has at most 200 words");
  EXPECT_EQ(errorsOf(kj::str(kj::repeat('a', 5), kj::strArray(kj::repeat(" x"_kj, 200), ""), ";")),
            "1:1: this is nested too deeply: a path has at most 200 words");
}

TEST(Syntax, SetLines) {
  auto parsed = parseSet("# a\nset a b \"c d\"\n\n  delete  a b\nset x\n");
  EXPECT_EQ(errors(parsed.problems), "");
  ASSERT_EQ(parsed.edits.size(), 3u);
  EXPECT_FALSE(parsed.edits[0].remove);
  EXPECT_STREQ(parsed.edits[0].words[2].text.cStr(), "c d");
  EXPECT_TRUE(parsed.edits[1].remove);
  EXPECT_EQ(parsed.edits[1].words[1].place.line, 4u);
  EXPECT_EQ(parsed.edits[1].words[1].place.column, 13u);
}

TEST(Syntax, SetLinesWrong) {
  EXPECT_EQ(errors(parseSet("set\nfoo bar\nset a {\n").problems),
            "1:1: expected a statement after \"set\"\n"
            "2:1: expected \"set\" or \"delete\", not \"foo\"\n"
            "3:7: unexpected \"{\": this text is lines of \"set\" and \"delete\"");
}

TEST(Syntax, TellsTheTwoFormsApart) {
  EXPECT_TRUE(isSet("\n# hi\nset a"));
  EXPECT_TRUE(isSet("delete a"));
  EXPECT_FALSE(isSet("settings { }"));
  EXPECT_FALSE(isSet(""));
  EXPECT_FALSE(isSet("set;"));
}

TEST(Syntax, Lines) {
  auto line = splitLine("set a \"b c");
  EXPECT_TRUE(line.unclosed);
  EXPECT_TRUE(line.open);
  ASSERT_EQ(line.words.size(), 3u);
  EXPECT_STREQ(line.words[2].text.cStr(), "b c");
  EXPECT_EQ(line.words[2].place.column, 7u);
  EXPECT_TRUE(splitLine("set a").open);
  EXPECT_FALSE(splitLine("set a ").open);
  EXPECT_FALSE(splitLine("").open);
  EXPECT_EQ(errors(splitLine("set a;").problems), "1:6: unexpected \";\"");
}

TEST(Syntax, HundredThousandStatementsAreQuick) {
  kj::Vector<char> braces;
  braces.addAll("protocols static {\n"_kj);
  for (int i = 0; i < 100000; ++i) {
    braces.addAll(kj::str("  route 10.", i >> 8, ".", i & 255, ".0/24 { next-hop 192.0.2.1; }\n"));
  }
  braces.addAll("}\n"_kj);
  braces.add('\0');
  auto start = testing::cpuMilliseconds();
  auto parsed = parseBraces(kj::StringPtr(braces.begin(), braces.size() - 1));
  EXPECT_EQ(errors(parsed.problems), "");
  auto lines = printSet(parsed.tree.root());
  auto edits = parseSet(lines);
  EXPECT_EQ(edits.edits.size(), 100000u);
  EXPECT_TRUE(parseBraces(printBraces(parsed.tree.root())).tree.root() == parsed.tree.root());
  auto took = testing::cpuMilliseconds() - start;
  RecordProperty("milliseconds", static_cast<int>(took));
  EXPECT_LT(took, 10000);
}

}  // namespace
}  // namespace xylem::config

#include <cli/pipe.h>
#include <gtest/gtest.h>

namespace xylem::cli {
namespace {

std::string parsed(kj::StringPtr line) {
  auto piped = parsePipes(line);
  KJ_IF_MAYBE (problem, piped.problem) return kj::str(problem->place.column, ": ", problem->text).cStr();
  kj::Vector<kj::String> parts;
  parts.add(kj::strArray(
      KJ_MAP(word, piped.words) { return kj::str(word.text); }, " "));
  for (auto& pipe : piped.pipes) parts.add(kj::str((int)pipe.kind, '=', pipe.argument));
  return kj::strArray(parts, " | ").cStr();
}

TEST(Pipe, CommandsWithout) {
  EXPECT_EQ(parsed("show route"), "show route");
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("show \"a | b\""), "show a | b");
}

TEST(Pipe, All) {
  EXPECT_EQ(parsed("show x | match a|except \"b | c\" | count"), "show x | 0=a | 1=b | c | 2=");
  EXPECT_EQ(parsed("show x | json | detail | display set | no-more | save /tmp/f"),
            "show x | 4= | 5= | 6=set | 7= | 3=/tmp/f");
  EXPECT_EQ(parsed("s | m a | e b | c | j | di s | n | sa f"), "s | 0=a | 1=b | 2= | 4= | 6=s | 7= | 3=f");
  EXPECT_TRUE(parsePipes("x | json").has(Pipe::JSON));
  EXPECT_FALSE(parsePipes("x | json").has(Pipe::DETAIL));
}

TEST(Pipe, Wrong) {
  EXPECT_EQ(parsed("show |"), "7: expected a pipe after \"|\"");
  EXPECT_EQ(parsed("show || json"), "7: expected a pipe after \"|\"");
  EXPECT_EQ(parsed("show x | coutn"), "10: \"coutn\" is no pipe; did you mean \"count\"?");
  EXPECT_EQ(parsed("show x | d"), "10: \"d\" is ambiguous: \"detail\" or \"display\"");
  EXPECT_EQ(parsed("show x | match"), "15: \"match\" needs <expression>");
  EXPECT_EQ(parsed("show x | count 3"), "16: unexpected \"3\" after \"count\"");
  EXPECT_EQ(parsed("show x | match a b"), "18: unexpected \"b\" after \"match\"");
  EXPECT_EQ(parsed("show x | display json"), "18: \"json\" is not \"set\"");
  EXPECT_EQ(parsed("show \"x | match"), "6: expected a closing '\"'");
  EXPECT_EQ(parsed("show x | match \"a"), "16: expected a closing '\"'");
  EXPECT_EQ(parsed("show x; | count"), "7: unexpected \";\"");
  EXPECT_TRUE(parsed("show x | match [a").find("16: not a regular expression: ") == 0) << parsed("show x | match [a");
}

TEST(Pipe, Completion) {
  auto words = [](std::initializer_list<kj::StringPtr> before, kj::StringPtr partial) -> std::string {
    auto all = completePipe(kj::arrayPtr(before.begin(), before.size()), partial);
    return kj::strArray(
               KJ_MAP(c, all.candidates) { return kj::str(c.word); }, " ")
        .cStr();
  };
  EXPECT_EQ(words({}, ""), "match except count json detail display no-more svg save");
  EXPECT_EQ(words({}, "d"), "detail display");
  EXPECT_EQ(words({"display"}, ""), "set");
  EXPECT_EQ(words({"match"}, ""), "<expression>");
  EXPECT_EQ(words({"count"}, ""), "");
}

std::string run(kj::StringPtr line, std::initializer_list<kj::StringPtr> output) {
  auto piped = parsePipes(line);
  std::string result;
  Pipeline pipeline(piped.pipes, [&](kj::StringPtr text) { result += text.cStr(); });
  for (auto text : output) pipeline.write(text);
  pipeline.end();
  return result;
}

TEST(Pipeline, FiltersLinesHoweverTheyArrive) {
  EXPECT_EQ(run("x", {"a\nb", "c\n", "d"}), "a\nbc\nd\n");
  EXPECT_EQ(run("x | match b", {"a\nb", "c\n", "bd"}), "bc\nbd\n");
  EXPECT_EQ(run("x | except b | match [ad]", {"a\nb", "c\n", "d\ne\n"}), "a\nd\n");
  EXPECT_EQ(run("x | match ^$", {"a\n\n\nb\n"}), "\n\n");
  EXPECT_EQ(run("x | match a", {}), "");
}

TEST(Pipeline, Counts) {
  EXPECT_EQ(run("x | count", {}), "0\n");
  EXPECT_EQ(run("x | match a | count", {"a\nb\nab"}), "2\n");
  EXPECT_EQ(run("x | count | match a", {"a\nb\nab"}), "");
  EXPECT_EQ(run("x | count | count", {"a\nb\nab"}), "1\n");
  EXPECT_EQ(run("x | save f", {"a\n"}), "a\n");
}

TEST(Pipeline, AVeryLongLine) {
  auto line = kj::str(kj::repeat('a', 1000000));
  EXPECT_EQ(run("x | match \"(a|b)*c\"", {line, "\n"}), "");
  EXPECT_EQ(run("x | match a$ | count", {line, "\n"}), "1\n");
}

}  // namespace
}  // namespace xylem::cli

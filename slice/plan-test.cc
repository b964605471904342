#include <slice/graph.h>
#include <slice/plan.h>
#include <slice/testing.h>
#include <slice/words.h>

namespace xylem::slice {
namespace {

using testing::one;

constexpr const char* BASE = "slice s { node a; node b; node c; link a b; link b c; lan l { members a c; } }";

std::string between(const std::string& from, const std::string& to) {
  auto before = one(from);
  std::string out;
  for (auto& step : plan(&before, one(to))) out += print(step) + "\n";
  return out;
}

TEST(Plan, TheSameNeedsNothing) { EXPECT_EQ(between(BASE, BASE), ""); }

TEST(Plan, All) {
  std::string out;
  for (auto& step : plan(nullptr, one(BASE))) out += print(step) + "\n";
  EXPECT_EQ(out,
            "add slice s\nadd node a: router\nadd node b: router\nadd node c: router\nadd link a b\nadd link b c\nadd "
            "lan l\n");
}

TEST(Plan, OnlyWhatDiffers) {
  EXPECT_EQ(
      between(BASE, "slice s { node a; node b; node c; link a b { delay 5ms; } link b c; lan l { members a c; } }"),
      "change link a b: delay 5ms\n");
  EXPECT_EQ(
      between(BASE, "slice s { node a { memory 32M; } node b; node c; link a b; link b c; lan l { members a c; } }"),
      "change node a: limits\n");
  EXPECT_EQ(
      between(BASE,
              "slice s { node a; node b { protocols { rip; } } node c; link a b; link b c; lan l { members a c; } }"),
      "restart node b: its configuration differs\n");
  EXPECT_EQ(between(BASE, "slice s { node a; node b; node c; link b c { mtu 1400; } link a b; lan l { members a c; } }")
                .substr(0, 12),
            "remove link ");
}

TEST(Plan, AKindChangesWithAllItsLinks) {
  EXPECT_EQ(
      between(BASE, "slice s { node a; node b; node c { kind host; } link a b; link b c; lan l { members a c; } }"),
      "remove link b c\nremove lan l\nremove node c\nadd node c: host\nadd link b c\nadd lan l\n");
}

TEST(Plan, NodesComeAndGo) {
  EXPECT_EQ(between(BASE, "slice s { node a; node b; node d; link a b; link b:ge1 d; }"),
            "remove link b c\nremove lan l\nremove node c\nadd node d: router\nadd link b:ge1 d\n");
}

TEST(Words, ReadWhatTheyPrint) {
  for (auto rate : {1ul, 9600ul, 64000ul, 1500000ul, 100000000ul, 2500000000ul, 123456789ul})
    EXPECT_EQ(readRate(printRate(rate)), rate);
  for (auto time : {0l, 1l, 250l, 1500l, 13000000l, 1500000000l, 90000000000l})
    EXPECT_EQ(readTime(printTime(time * kj::NANOSECONDS)), time * kj::NANOSECONDS) << time;
  for (auto share : {0.0, 0.001, 0.5, 1.0}) EXPECT_NEAR(*readShare(printShare(share)), share, 1e-9);
  for (auto bad : {"", "x", "-1ms", "1 ms", "1e3ms", "nan", "inf", "5000d"})
    EXPECT_EQ(readTime(bad), std::nullopt) << bad;
  for (auto bad : {"", "0", "100X", "100m", "-5M"}) EXPECT_EQ(readRate(bad), std::nullopt) << bad;
}

TEST(Graph, ShowsAllOfIt) {
  auto slice =
      one("slice s { node a; node h { kind host; } link a h { delay 5ms; loss a->h 1%; } lan l { members a h; } }");
  Live live{{{"a", "waiting"}}, {"a h"}};
  auto picture = dot(slice, &live);
  for (auto expected : {"\"a\" -- \"h\"", "style=dashed", "waiting", "shape=ellipse", "\"lan l\" -- \"h\"", "loss 1%"})
    EXPECT_NE(picture.find(expected), std::string::npos) << picture;
  EXPECT_EQ(mermaid(slice).substr(0, 9), "graph LR\n");
}

}  // namespace
}  // namespace xylem::slice

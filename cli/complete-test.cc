#include <cli/help.h>
#include <cli/testing.h>
#include <gtest/gtest.h>

namespace xylem::cli {
namespace {

using testing::FakeRouter;
using testing::Talk;

struct CompleteTest : public ::testing::Test {
  ~CompleteTest() noexcept override {}

  FakeRouter router;
  Talk talk{router};

  std::string words(kj::StringPtr line) {
    auto offer = talk.session.complete(line);
    return kj::strArray(
               KJ_MAP(each, offer.completion.candidates) { return kj::str(each.word); }, " ")
        .cStr();
  }
  std::string tab(kj::StringPtr line) {
    // The line after TAB.
    auto offer = talk.session.complete(line);
    auto text = inserted(offer);
    KJ_IF_MAYBE (word, text) return kj::str(line.slice(0, line.size() - offer.partial.size()), *word).cStr();
    return "";
  }
  std::string asked(kj::StringPtr line) { return help(talk.session.complete(line)).cStr(); }
};

TEST_F(CompleteTest, OperationalCommands) {
  EXPECT_EQ(words("sh"), "show");
  EXPECT_EQ(words("show r"), "route rib rip rtrmgr");
  EXPECT_EQ(words("show route summ"), "summary <net>");
  EXPECT_EQ(tab("show route summ"), "show route summary ");
  EXPECT_EQ(words("pi"), "ping");
  EXPECT_EQ(words("ping 10.0.0.1 c"), "count");
  EXPECT_EQ(words("ping 10.0.0.1 count "), "<count>");
  EXPECT_EQ(words("nothing "), "");
}

TEST_F(CompleteTest, PathsInTheConfigurationInForce) {
  EXPECT_EQ(words("show configuration "), "system");
  EXPECT_EQ(words("show conf sys "), "host-name");
  EXPECT_EQ(words("show configuration protocols "), "");
}

TEST_F(CompleteTest, Pipes) {
  EXPECT_EQ(words("show route | "), "match except count json detail display no-more svg save");
  EXPECT_EQ(words("show route | match x | co"), "count");
  EXPECT_EQ(words("show route |d"), "detail display");
  EXPECT_EQ(words("show \"a | b"), "");
  EXPECT_EQ(words("show route | match "), "<expression>");
}

TEST_F(CompleteTest, Configuration) {
  talk("configure");
  EXPECT_EQ(words("co"), "compare commit confirm");
  EXPECT_EQ(words("set pro"), "protocols");
  EXPECT_EQ(words("set protocols r"), "rip");
  EXPECT_EQ(words("set protocols rip d"), "distance default-metric");
  EXPECT_EQ(words("set protocols rip distance "), "<1..255>");
  EXPECT_EQ(words("delete "), "system");
  EXPECT_EQ(words("delete protocols "), "");
  EXPECT_EQ(words("edit protocols rip "), "interface redistribute");
  EXPECT_EQ(words("show "), "system");
  EXPECT_EQ(words("commit "), "check confirmed comment");
  EXPECT_EQ(words("load "), "merge override set <file>");
  EXPECT_EQ(words("run sh"), "show");
  EXPECT_EQ(words("run show ro"), "route");
  EXPECT_EQ(words("run show configuration s"), "system");
  talk("set rib graceful-restart-time 5");
  EXPECT_EQ(words("run show configuration r"), "");
  talk("set interfaces interface eth5 mtu 1500");
  EXPECT_EQ(words("set protocols rip interface e"), "eth5 <text>");
  talk("edit protocols rip");
  EXPECT_EQ(words("set dis"), "distance");
  talk("set interface eth5 passive");
  EXPECT_EQ(words("delete interface "), "eth5");
  EXPECT_EQ(words("show interface eth5 "), "passive");
}

TEST_F(CompleteTest, TabInsertsWhatIsCertain) {
  EXPECT_EQ(tab("sh"), "show ");
  EXPECT_EQ(tab("show"), "show ");
  EXPECT_EQ(tab("show ro"), "show route ");
  EXPECT_EQ(tab("show co"), "");
  EXPECT_EQ(tab("show con"), "show configuration ");
  EXPECT_EQ(tab("show configuration "), "show configuration system ");
  EXPECT_EQ(tab("ping "), "");
  EXPECT_EQ(tab("x y"), "");
  talk("configure");
  EXPECT_EQ(tab("comp"), "compare ");
  EXPECT_EQ(tab("com"), "");
  EXPECT_EQ(tab("c"), "co");
  talk("set interfaces interface eth5 mtu 1500");
  EXPECT_EQ(tab("set protocols rip interface "), "");
  EXPECT_EQ(tab("set protocols rip interface e"), "set protocols rip interface eth5 ");
}

TEST_F(CompleteTest, HelpIsAList) {
  EXPECT_EQ(asked("show conf"),
            "  configuration  The configuration in force, or what is below one of its statements.\n");
  EXPECT_EQ(asked("show route summary "), "  <Enter>    Run this command.\n  |          Pipe its output.\n");
  EXPECT_EQ(asked("show roote "), "  \"roote\" is not known here; did you mean \"route\"?\n");
  EXPECT_EQ(asked("ping x ttl 5 c"), "  count      Number of requests (5).\n");
  EXPECT_EQ(asked("exit now "), "  unexpected \"now\": nothing more follows\n");
  talk("configure");
  EXPECT_EQ(asked("set protocols plain "),
            "  <Enter>    Run this command.\n  |          Pipe its output.\n* port       Port to listen on.\n  name\n"
            "(* must be there)\n");
  EXPECT_EQ(asked("set protocols nothing x").find("  \"nothing\" is not known here"), 0);
}

}  // namespace
}  // namespace xylem::cli

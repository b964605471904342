#include <cli/testing.h>
#include <gtest/gtest.h>
#include <rib/rib.capnp.h>

#include <fstream>

namespace xylem::cli {
namespace {

using testing::FakeRouter;
using testing::Talk;

const std::string DISTANCE =
    "protocols {\n    rip {\n        distance 50;\n        interface eth0 {\n            passive;\n        }\n    "
    "}\n}\n";

struct Routes {
  // The size of the table that `show route` shows.
  uint pages = 1, rowsOnPage = 2, pagesAsked = 0;
};

class ShowRoutes final : public rib::Show::Server {
 public:
  explicit ShowRoutes(Routes& routes) : routes(routes) {}

 private:
  kj::Promise<void> route(RouteContext context) override {
    auto params = context.getParams();
    uint page = params.getAfter().size() > 0 ? std::stoul(params.getAfter().cStr()) : 0;
    ++routes.pagesAsked;
    auto rows = context.getResults().initRoutes(routes.rowsOnPage);
    for (auto i : kj::zeroTo(routes.rowsOnPage)) {
      rows[i].setProtocol(params.getProtocol().size() > 0 ? params.getProtocol() : "static");
      rows[i].setMetric(page * routes.rowsOnPage + i);
      rows[i].setNextHop("via 192.0.2.1 dev eth0");
    }
    if (page + 1 < routes.pages) context.getResults().setNext(kj::str(page + 1));
    return kj::READY_NOW;
  }

  Routes& routes;
};

struct SessionTest : public ::testing::Test {
  SessionTest() {
    router.rib->add<rib::Show>([this](xrl::Caller&) { return kj::heap<ShowRoutes>(routes); });
  }
  ~SessionTest() noexcept override {}

  FakeRouter router;
  Routes routes;
  Talk talk{router};

  std::string say(kj::StringPtr line) { return talk(line); }
  void edit(std::initializer_list<kj::StringPtr> lines) {
    ASSERT_EQ(say("configure"), "");
    for (auto line : lines) ASSERT_EQ(say(line), "") << line.cStr();
  }
};

TEST_F(SessionTest, AnEmptyLineIsNothing) {
  EXPECT_EQ(say(""), "");
  EXPECT_EQ(say("   "), "");
  EXPECT_EQ(say("# only a comment"), "");
  EXPECT_TRUE(talk.done);
}

TEST_F(SessionTest, ATableIsShown) {
  EXPECT_EQ(say("show route"),
            "NET  PROTOCOL  DISTANCE  METRIC  NEXT-HOP\n"
            "-    static           0       0  via 192.0.2.1 dev eth0\n"
            "-    static           0       1  via 192.0.2.1 dev eth0\n");
  EXPECT_TRUE(talk.done);
  EXPECT_TRUE(talk.screen.everPaged);
}

TEST_F(SessionTest, ArgumentsReachTheDaemon) {
  EXPECT_NE(say("show route protocol rip").find(" rip "), std::string::npos);
  EXPECT_NE(say("sh rou prot rip").find(" rip "), std::string::npos);
}

TEST_F(SessionTest, PipesWorkOnOutput) {
  routes.rowsOnPage = 12;
  EXPECT_EQ(say("show route | match static | count"), "12\n");
  EXPECT_EQ(say("show route | except static | count"), "1\n");
  EXPECT_EQ(say("show route | match \" 11 \""), "-    static           0      11  via 192.0.2.1 dev eth0\n");
  EXPECT_NE(say("show route | detail").find("OFFERED"), std::string::npos);
  auto json = say("show route | json");
  EXPECT_EQ(json.find("[\n{\"net\":null,\"protocol\":\"static\""), 0) << json;
  EXPECT_EQ(json.substr(json.size() - 3), "\n]\n");
  EXPECT_FALSE(talk.screen.said.empty());
}

TEST_F(SessionTest, NoMoreMeansNoPages) {
  say("show route | no-more");
  EXPECT_FALSE(talk.screen.everPaged);
}

TEST_F(SessionTest, OutputIsSaved) {
  auto file = kj::str(router.directory, "/saved");
  EXPECT_EQ(say(kj::str("show route | match static | save ", file)), "");
  EXPECT_EQ(talk.screen.writes, 0);
  std::ifstream in(file.cStr());
  std::string line;
  uint lines = 0;
  while (std::getline(in, line)) ++lines;
  EXPECT_EQ(lines, 2);
  unlink(file.cStr());
  EXPECT_NE(say("show route | save /no/such/folder").find("No such file"), std::string::npos);
  EXPECT_FALSE(talk.done);
}

TEST_F(SessionTest, PagesAreAskedForAsTheScreenTakesThem) {
  routes.pages = 1000;
  talk.screen.full = true;
  {
    auto running = talk.session.run("show route");
    for (uint i = 0; i < 100; ++i) running.poll(router.loop.waitScope());
    EXPECT_FALSE(running.poll(router.loop.waitScope()));
    EXPECT_EQ(routes.pagesAsked, 1);
  }  // Dropped: the next command runs as ever.
  talk.screen.full = false;
  routes.pages = 3;
  EXPECT_EQ(say("show route | count"), "7\n");
  EXPECT_EQ(routes.pagesAsked, 4);
}

TEST_F(SessionTest, WhatIsWrongHasItsPlace) {
  auto wrong = [&](kj::StringPtr line) {
    auto text = say(line);
    EXPECT_FALSE(talk.done) << line.cStr();
    return text;
  };
  EXPECT_EQ(wrong("shwo route"), "shwo route\n^\n! \"shwo\" is no command; did you mean \"show\"?\n");
  EXPECT_EQ(wrong("show rotue"), "show rotue\n     ^\n! \"rotue\" is not known here; did you mean \"route\"?\n");
  EXPECT_EQ(wrong("  show route 10.0.0.0/88 protocol rip")
                .find("  show route 10.0.0.0/88 protocol rip\n"
                      "             ^\n! \"10.0.0.0/88\": "),
            0);
  EXPECT_EQ(wrong("show route protocol").find("show route protocol\n                    ^\n! \"protocol\" needs"), 0);
  EXPECT_EQ(wrong("show").find("show\n     ^\n! the command is not complete"), 0);
  EXPECT_EQ(wrong("show | count").find("show | count\n     ^\n! the command is not complete"), 0);
  EXPECT_EQ(wrong("show c"), "show c\n     ^\n! \"c\" is ambiguous: \"configuration\" or \"commits\"\n");
  EXPECT_EQ(wrong("show route | coutn"),
            "show route | coutn\n             ^\n! \"coutn\" is no pipe; did you mean \"count\"?\n");
  EXPECT_EQ(wrong("show route | display set").find("show route | display set\n           ^\n! \"display set\" is for"),
            0);
  EXPECT_EQ(wrong("help | json"), "help | json\n     ^\n! this command has no JSON form\n");
  EXPECT_EQ(wrong("show \"route"), "show \"route\n     ^\n! expected a closing '\"'\n");
  EXPECT_EQ(wrong("ping"), "ping\n     ^\n! expected an address or a name\n");
  EXPECT_EQ(wrong("ping x count y").find("ping x count y\n             ^\n! \"y\": "), 0);
  EXPECT_EQ(wrong("exit now"), "exit now\n     ^\n! unexpected \"now\": nothing more follows\n");
}

TEST_F(SessionTest, ADaemonThatDoesNotRunIsNamed) {
  EXPECT_EQ(say("show rip"), "! rip does not run, for nothing of \"protocols rip\" is configured\n");
  EXPECT_FALSE(talk.done);
  router.running += DISTANCE;
  say("show configuration");
  EXPECT_EQ(say("show rip"), "! rip does not run at present: see \"show rtrmgr\"\n");
}

TEST_F(SessionTest, ARouterThatEndsIsNoHang) {
  router.die();
  EXPECT_NE(say("show route"), "");
  EXPECT_FALSE(talk.done);
  EXPECT_EQ(say("show configuration"), "! the router does not run any more\n");
  EXPECT_FALSE(talk.done);
}

TEST_F(SessionTest, ConfigurationIsShown) {
  router.running += DISTANCE;
  EXPECT_EQ(say("show configuration"), router.running);
  EXPECT_EQ(say("show configuration protocols rip"), "distance 50;\ninterface eth0 {\n    passive;\n}\n");
  EXPECT_EQ(say("sh conf prot rip int eth0"), "passive;\n");
  EXPECT_EQ(say("show configuration protocols rip interface eth0 passive"), "passive;\n");
  EXPECT_EQ(say("show configuration protocols rip distance"), "50;\n");
  EXPECT_EQ(say("show configuration protocols | display set"),
            "set protocols rip distance 50\nset protocols rip interface eth0 passive\n");
  EXPECT_EQ(say("show configuration | json"),
            "{\"system\":{\"host-name\":\"r1\"},\"protocols\":{\"rip\":{\"distance\":50,"
            "\"interface\":{\"eth0\":{\"passive\":true}}}}}\n");
  EXPECT_EQ(say("show configuration | count"), "11\n");
  EXPECT_EQ(say("show configuration rib"),
            "show configuration rib\n                   ^\n! \"rib\" is not configured\n");
  EXPECT_EQ(say("show configuration protocols ospf")
                .find("show configuration protocols ospf\n"
                      "                             ^\n! \"ospf\" is not known"),
            0);
}

TEST_F(SessionTest, TheLastCommittedConfigurationIsShown) {
  say("show configuration");
  router.running = "system {\n    host-name r2;\n}\n";
  EXPECT_EQ(say("show configuration"), router.running);
  EXPECT_EQ(talk.session.prompt(), "me@r2> ");
}

TEST_F(SessionTest, PromptsSayWhereOneIs) {
  EXPECT_EQ(talk.session.prompt(), "me@r1> ");
  say("configure");
  EXPECT_EQ(talk.session.prompt(), "[edit]\nme@r1# ");
  say("edit protocols rip interface eth0");
  EXPECT_EQ(talk.session.prompt(), "[edit protocols rip interface eth0]\nme@r1# ");
  router.running = "";
  say("top");
  say("exit");
  say("show configuration");
  EXPECT_EQ(talk.session.prompt(), "me@main> ");
}

TEST_F(SessionTest, GuestsLook) {
  router.role = xrl::Role::GUEST;
  EXPECT_EQ(say("show configuration"), router.running);
  EXPECT_EQ(say("configure"),
            "! only root and members of the group \"xylem\" may configure this router; you may look\n");
  EXPECT_FALSE(talk.done);
  EXPECT_EQ(talk.session.prompt(), "me@r1> ");
  EXPECT_EQ(say("restart rib"), "! only root and members of the group \"xylem\" may do this\n");
  EXPECT_TRUE(router.restarted.empty());
  router.role = xrl::Role::OPERATOR;
  EXPECT_EQ(say("restart rib"), "");
  EXPECT_EQ(router.restarted, (std::vector<std::string>{"rib"}));
}

TEST_F(SessionTest, ACandidateIsEditedAndCommitted) {
  edit({"set protocols rip distance 50", "set prot rip int eth0 passive"});
  EXPECT_EQ(say("show"), "system {\n    host-name r1;\n}\n" + DISTANCE);
  EXPECT_EQ(say("compare"),
            "+   protocols {\n+       rip {\n+           distance 50;\n+           interface eth0 {\n"
            "+               passive;\n+           }\n+       }\n+   }\n");
  EXPECT_TRUE(talk.session.uncommitted());
  EXPECT_TRUE(router.committed.empty());
  EXPECT_EQ(say("commit check"), "the candidate is good\n");
  EXPECT_EQ(say("commit comment \"why not\""), "committed\n");
  ASSERT_EQ(router.committed.size(), 1);
  EXPECT_EQ(router.committed[0].text, "system {\n    host-name r1;\n}\n" + DISTANCE);
  EXPECT_EQ(router.committed[0].comment, "why not");
  EXPECT_EQ(router.committed[0].base, 1);
  EXPECT_EQ(router.committed[0].confirm, 0);
  EXPECT_FALSE(talk.session.uncommitted());
  EXPECT_EQ(say("compare"), "");
  EXPECT_EQ(say("commit"), "nothing to commit\n");
  EXPECT_EQ(say("delete protocols rip distance"), "");
  EXPECT_EQ(say("commit"), "committed\n");
  EXPECT_EQ(router.committed[1].base, 2);
}

TEST_F(SessionTest, WordsOfConfigurationHaveTheirPlace) {
  edit({});
  auto wrong = [&](kj::StringPtr line) {
    auto text = say(line);
    EXPECT_FALSE(talk.done) << line.cStr();
    return text;
  };
  EXPECT_EQ(wrong("set"), "set\n    ^\n! expected a statement\n");
  EXPECT_EQ(wrong("delete"), "delete\n       ^\n! expected a statement\n");
  EXPECT_EQ(wrong("edit"), "edit\n     ^\n! expected a block\n");
  EXPECT_EQ(wrong("set protocols rip distence 5"),
            "set protocols rip distence 5\n                  ^\n! \"distence\" is not known here; did you mean "
            "\"distance\"?\n");
  EXPECT_EQ(wrong("set protocols rip distance 500")
                .find("set protocols rip distance 500\n"
                      "                           ^\n! "),
            0);
  EXPECT_EQ(wrong("set protocols rip distance").find("set protocols rip distance\n                           ^\n! "),
            0);
  EXPECT_EQ(wrong("delete protocols rip"), "delete protocols rip\n       ^\n! \"protocols\" is not configured\n");
  EXPECT_EQ(wrong("edit system host-name"), "edit system host-name\n            ^\n! \"host-name\" is no block\n");
  EXPECT_EQ(
      wrong("edit system host-name x").find("edit system host-name x\n                      ^\n! \"x\" is no block"),
      0);
  EXPECT_EQ(wrong("edit protocols rip interface")
                .find("edit protocols rip interface\n"
                      "                             ^\n! "),
            0);
  EXPECT_EQ(wrong("load"), "load\n     ^\n! expected the name of a file\n");
  EXPECT_EQ(wrong("save"), "save\n     ^\n! expected the name of a file\n");
  say("edit protocols rip");
  EXPECT_EQ(wrong("set distence 5"),
            "set distence 5\n    ^\n! \"distence\" is not known here; did you mean \"distance\"?\n");
  EXPECT_EQ(wrong("show interface eth7"), "! nothing is configured here\n");
  EXPECT_FALSE(talk.session.uncommitted());
}

TEST_F(SessionTest, EditGoesInAndUp) {
  edit({"edit protocols rip", "set distance 50", "edit interface eth0", "set passive"});
  EXPECT_EQ(say("show"), "passive;\n");
  EXPECT_EQ(say("show | display set"), "set protocols rip interface eth0 passive\n");
  EXPECT_EQ(say("up"), "");
  EXPECT_EQ(talk.session.prompt(), "[edit protocols rip]\nme@r1# ");
  EXPECT_EQ(say("show distance"), "50;\n");
  EXPECT_EQ(say("delete interface eth0 passive"), "");
  EXPECT_EQ(say("up 2"), "");
  EXPECT_EQ(talk.session.prompt(), "[edit]\nme@r1# ");
  EXPECT_EQ(say("up"), "");
  EXPECT_EQ(say("edit protocols rip"), "");
  EXPECT_EQ(say("exit"), "");
  EXPECT_EQ(talk.session.prompt(), "[edit]\nme@r1# ");
  EXPECT_EQ(say("edit protocols rip"), "");
  EXPECT_EQ(say("top"), "");
  EXPECT_EQ(say("show protocols rip distance"), "50;\n");
  EXPECT_EQ(say("edit protocols plain"), "");
  EXPECT_EQ(say("show"), "");
}

TEST_F(SessionTest, ACommitThatIsRefusedKeepsTheCandidate) {
  edit({"set system host-name r9"});
  router.problems = {"nobody likes this name", "at all"};
  auto said = "! 1:3: system host-name: nobody likes this name\n2:3: system host-name: at all\n";
  EXPECT_EQ(say("commit check"), said);
  EXPECT_FALSE(talk.done);
  EXPECT_EQ(say("commit"), std::string(said) + "nothing was committed; the candidate is as it was\n");
  EXPECT_FALSE(talk.done);
  EXPECT_TRUE(talk.session.uncommitted());
  router.problems.clear();
  EXPECT_EQ(say("commit"), "committed\n");
  EXPECT_EQ(talk.session.prompt(), "[edit]\nme@r9# ");
}

TEST_F(SessionTest, CommitConfirmed) {
  edit({"set system host-name r2"});
  EXPECT_EQ(say("commit confirmed 30 comment try"),
            "committed for 30 seconds: \"confirm\" keeps it, otherwise the previous configuration returns\n");
  EXPECT_EQ(router.committed[0].confirm, 30);
  EXPECT_EQ(router.committed[0].comment, "try");
  EXPECT_EQ(say("confirm"), "confirmed\n");
  EXPECT_FALSE(router.unconfirmed);
  EXPECT_EQ(say("confirm"), "! nothing waits to be confirmed\n");
  EXPECT_EQ(say("set system host-name r3"), "");
  EXPECT_NE(say("commit confirmed").find("committed for 600 seconds"), std::string::npos);
  EXPECT_EQ(say("commit"), "confirmed\n");
  EXPECT_FALSE(router.unconfirmed);
  EXPECT_EQ(say("commit confirmed 0"), "! expected at least 1 second\n");
}

TEST_F(SessionTest, WhatWasNotConfirmedCanBeCommittedAgain) {
  edit({"set system host-name r2"});
  say("commit confirmed 30");
  router.running = router.earlier[0];
  ++router.generation;
  auto text = say("commit");
  EXPECT_FALSE(talk.done);
  EXPECT_NE(text.find("another configuration has come into force"), std::string::npos);
  EXPECT_EQ(say("compare"), "[system]\n-   host-name r1;\n+   host-name r2;\n");
  EXPECT_EQ(say("commit"), "committed\n");
}

TEST_F(SessionTest, WhoeverWasFasterLosesNothing) {
  edit({"set protocols rip distance 50", "delete system host-name", "set rib graceful-restart-time 7"});
  router.running = "rib {\n    graceful-restart-time 9;\n}\nprotocols {\n    plain {\n        port 1;\n    }\n}\n";
  router.generation = 5;
  EXPECT_EQ(say("commit"),
            "! another configuration has come into force since this one was begun\n"
            "your changes stand on top of it now: look at \"compare\", then \"commit\" again\n");
  EXPECT_FALSE(talk.done);
  EXPECT_TRUE(router.committed.empty());
  EXPECT_EQ(say("compare"),
            "[rib]\n-   graceful-restart-time 9;\n+   graceful-restart-time 7;\n[protocols]\n+   rip {\n"
            "+       distance 50;\n+   }\n");
  EXPECT_EQ(say("commit"), "committed\n");
  EXPECT_EQ(router.committed[0].base, 5);
  router.generation = 9;
  EXPECT_EQ(say("commit"),
            "! another configuration has come into force since this one was begun\n"
            "nothing of yours is left to commit\n");
}

TEST_F(SessionTest, FilesAreLoadedAndSaved) {
  auto file = kj::str(router.directory, "/file");
  auto write = [&](const std::string& text) { std::ofstream(file.cStr()) << text; };
  edit({"set protocols rip interface eth0 passive"});
  write("protocols { rip { distance 7; } }");
  EXPECT_EQ(say(kj::str("load merge ", file)), "");
  EXPECT_EQ(say("show protocols rip"), "interface eth0 {\n    passive;\n}\ndistance 7;\n");
  EXPECT_EQ(say(kj::str("load ", file)), "");
  EXPECT_EQ(say("show"), "protocols {\n    rip {\n        distance 7;\n    }\n}\n");
  write("set protocols rip distance 8\ndelete protocols rip distance\nset system host-name r5\n");
  EXPECT_EQ(say(kj::str("load ", file)), "");
  EXPECT_EQ(say("show"), "protocols {\n    rip;\n}\nsystem {\n    host-name r5;\n}\n");
  EXPECT_EQ(say(kj::str("save ", file)), "");
  EXPECT_EQ(say("discard"), "");
  EXPECT_FALSE(talk.session.uncommitted());
  EXPECT_EQ(say(kj::str("load override ", file)), "");
  EXPECT_EQ(say("show system"), "host-name r5;\n");
  write("set system host-name r6\nset system nothing\n");
  EXPECT_EQ(
      say(kj::str("load set ", file)).find(std::string("! ") + file.cStr() + ":2:12: system: \"nothing\" is not known"),
      0)
      << talk.screen.said;
  EXPECT_EQ(say("show system"), "host-name r5;\n");
  write("system {\n  host-name\n");
  EXPECT_EQ(say(kj::str("load merge ", file)).find(std::string("! ") + file.cStr() + ":"), 0);
  EXPECT_EQ(say("show system"), "host-name r5;\n");
  unlink(file.cStr());
  EXPECT_NE(say(kj::str("load ", file)).find("No such file"), std::string::npos);
}

TEST_F(SessionTest, EarlierConfigurationsReturn) {
  router.earlier = {"system {\n    host-name old;\n}\n", ""};
  edit({"rollback 1"});
  EXPECT_EQ(say("compare"), "[system]\n-   host-name r1;\n+   host-name old;\n");
  EXPECT_EQ(say("compare rollback 1"), "");
  EXPECT_EQ(say("compare rollback 2"), "+   system {\n+       host-name old;\n+   }\n");
  EXPECT_EQ(say("rollback"), "");
  EXPECT_EQ(say("compare"), "");
  EXPECT_EQ(say("rollback 3"), "! there is no rollback of that number; number = 3\n");
  EXPECT_FALSE(talk.done);
}

TEST_F(SessionTest, LeavingAsksForADecision) {
  edit({"set system host-name r2"});
  EXPECT_EQ(say("exit"), "! there are changes: \"commit\" puts them in force, \"discard\" drops them\n");
  EXPECT_FALSE(talk.done);
  EXPECT_EQ(talk.session.prompt(), "[edit]\nme@r1# ");
  EXPECT_EQ(say("discard"), "");
  EXPECT_EQ(say("exit"), "");
  EXPECT_EQ(talk.session.prompt(), "me@r1> ");
  EXPECT_FALSE(talk.session.ended());
  EXPECT_EQ(say("quit"), "");
  EXPECT_TRUE(talk.session.ended());
}

TEST_F(SessionTest, OperationalCommandsRunInConfigurationMode) {
  edit({});
  EXPECT_EQ(say("run show route | count"), "3\n");
  EXPECT_EQ(say("run show configuration"), router.running);
  EXPECT_EQ(say("run shwo route"), "run shwo route\n    ^\n! \"shwo\" is no command; did you mean \"show\"?\n");
  EXPECT_EQ(say("run").find("run\n    ^\n! "), 0) << talk.screen.said;
  EXPECT_EQ(say("run configure"), "! this is configuration mode\n");
  EXPECT_EQ(say("run exit"), "! this is configuration mode\n");
  EXPECT_FALSE(talk.session.ended());
}

TEST_F(SessionTest, ManyLinesAreQuick) {
  edit({});
  auto begin = router.loop.timer().now();
  for (uint i = 0; i < 2000; ++i) {
    ASSERT_TRUE(talk.run(kj::str("set protocols rip interface eth", i, " metric 3")));
  }
  router.loop.timer().afterDelay(kj::MILLISECONDS).wait(router.loop.waitScope());
  EXPECT_LT((router.loop.timer().now() - begin) / kj::MILLISECONDS, 5000);
  EXPECT_EQ(say("show protocols rip | match metric | count"), "2000\n");
}

TEST_F(SessionTest, HelpSaysHowToGoOn) {
  auto text = say("help");
  EXPECT_NE(text.find("TAB completes"), std::string::npos);
  EXPECT_NE(text.find("\n  configure "), std::string::npos);
  edit({});
  EXPECT_NE(say("help").find("\n  commit "), std::string::npos);
}

}  // namespace
}  // namespace xylem::cli

#include <cli/view.h>
#include <config/syntax.h>
#include <config/testing.h>
#include <gtest/gtest.h>

namespace xylem::cli {
namespace {

const char* TEXT = R"(
protocols {
    rich {
        update-interval 10;
        passive;
        trace false;
        level debug-all;
        prepend 1 2 2;
        server 10.0.0.1 2001:db8::1;
        ratio 0.25;
        description "a \"b\"";
        auth { md5 { key-id 7; key secret; } }
        timers { hello 3; }
        standby 4;
        area 0 { interface eth0 { cost 3; } stub; }
        area 1 { interface eth1; }
        unheard of;
    }
}
)";

struct Shown {
  Shown() : tree(config::parseBraces(TEXT).tree) { config::normalise(grammar, tree); }

  std::string operator()(std::initializer_list<kj::StringPtr> path, Form form) {
    return view(grammar, tree, kj::arrayPtr(path.begin(), path.size()), form).cStr();
  }

  const config::Grammar& grammar = config::testing::everything();
  config::Tree tree;
};

TEST(View, JsonHasTheKindsOfTheGrammar) {
  EXPECT_EQ(Shown()({}, Form::JSON),
            R"({"protocols":{"rich":{"update-interval":10,"passive":true,"trace":false,"level":"debug-all",)"
            R"("prepend":[1,2,2],"server":["10.0.0.1","2001:db8::1"],"ratio":"0.25","description":"a \"b\"",)"
            R"("auth":{"md5":{"key-id":7,"key":"secret"}},"timers":{"hello":3},"standby":4,)"
            R"("area":{"0":{"interface":{"eth0":{"cost":3}},"stub":true},"1":{"interface":{"eth1":{}}}},)"
            R"("unheard":{"of":{}}}}})"
            "\n");
}

TEST(View, JsonOfParts) {
  Shown shown;
  EXPECT_EQ(shown({"protocols", "rich", "update-interval"}, Form::JSON), "10\n");
  EXPECT_EQ(shown({"protocols", "rich", "passive"}, Form::JSON), "true\n");
  EXPECT_EQ(shown({"protocols", "rich", "server"}, Form::JSON), "[\"10.0.0.1\",\"2001:db8::1\"]\n");
  EXPECT_EQ(shown({"protocols", "rich", "area"}, Form::JSON).find("{\"0\":{"), 0);
  EXPECT_EQ(shown({"protocols", "rich", "area", "1"}, Form::JSON), "{\"interface\":{\"eth1\":{}}}\n");
  EXPECT_EQ(shown({"protocols", "rich", "unheard"}, Form::JSON), "{\"of\":{}}\n");
  EXPECT_EQ(shown({"protocols", "none"}, Form::JSON), "{}\n");
}

TEST(View, TextOfParts) {
  Shown shown;
  EXPECT_EQ(shown({"protocols", "rich", "area", "1"}, Form::BRACES), "interface eth1;\n");
  EXPECT_EQ(shown({"protocols", "rich", "area", "1"}, Form::SET), "set protocols rich area 1 interface eth1\n");
  EXPECT_EQ(shown({"protocols", "rich", "passive"}, Form::BRACES), "passive;\n");
  EXPECT_EQ(shown({"protocols", "rich", "passive"}, Form::SET), "set protocols rich passive\n");
  EXPECT_EQ(shown({"protocols", "none"}, Form::BRACES), "");
  EXPECT_EQ(shown({"protocols", "none"}, Form::SET), "");
}

TEST(View, ExistingWords) {
  Shown shown;
  auto words = [&](std::initializer_list<kj::StringPtr> path) -> std::string {
    auto found = existing(shown.grammar, shown.tree, kj::arrayPtr(path.begin(), path.size()));
    if (found.is<config::WrongWord>())
      return kj::str(found.get<config::WrongWord>().index, ": ", found.get<config::WrongWord>().text).cStr();
    return kj::strArray(found.get<kj::Array<kj::String>>(), " ").cStr();
  };
  EXPECT_EQ(words({}), "");
  EXPECT_EQ(words({"prot", "ri", "upd"}), "protocols rich update-interval");
  EXPECT_EQ(words({"protocols", "rich", "unheard", "of"}), "protocols rich unheard of");
  EXPECT_EQ(words({"protocols", "rich", "area", "2"}), "3: \"2\" is not configured");
  EXPECT_EQ(words({"protocols", "rich", "offset"}), "2: \"offset\" is not configured");
  EXPECT_EQ(words({"protocols", "rich", "unhear"}).find("2: \"unhear\" is not known here"), 0);
}

}  // namespace
}  // namespace xylem::cli

#include <config/check.h>
#include <config/edit.h>
#include <config/print.h>
#include <config/testing.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

namespace xylem::config {
namespace {

using testing::everything;

Checked checked(kj::StringPtr text) {
  static Tree tree;  // messages and problems outlive it, but not the places that a test may ask for
  auto parsed = parseBraces(text);
  EXPECT_EQ(parsed.problems.size(), 0u) << kj::strArray(parsed.problems, "\n").cStr();
  tree = kj::mv(parsed.tree);
  return check(everything(), tree);
}

std::string errorsOf(kj::StringPtr text) { return kj::strArray(checked(text).errors, "\n").cStr(); }

capnp::DynamicStruct::Reader messageOf(Checked& checked, kj::StringPtr daemon) {
  for (auto& message : checked.messages) {
    if (message.daemon->name == daemon) return message.config;
  }
  KJ_FAIL_REQUIRE("no message", daemon);
}

std::string names(const Checked& checked) {
  return kj::strArray(
             KJ_MAP(message, checked.messages) { return kj::str(message.daemon->name); }, " ")
      .cStr();
}

std::string printed(const Checked& checked, bool defaults = false) {
  Tree tree;
  for (auto& message : checked.messages) print(everything(), *message.daemon, message.config, defaults, tree);
  return printBraces(tree.root()).cStr();
}

constexpr kj::StringPtr RICH = R"(interfaces {
    interface eth0 {
        description "the uplink";
        address 10.0.0.1/24;
        address 2001:db8::1/64;
        mtu 1500;
        disable;
    }
    interface eth1;
}
forwarding {
    plane mock;
}
rib {
    graceful-restart-time 60;
}
system {
    host-name r1;
}
protocols {
    rich {
        update-interval 10;
        interface eth0 {
            cost 16;
            address 10.0.0.1/24;
        }
        interface eth1;
        passive;
        trace false;
        level debug-all;
        prepend 65000 65000;
        server 10.0.0.2;
        server 2001:db8::2;
        ratio 0.25;
        offset -10;
        total 18446744073709551615;
        password secret;
        description "";
        auth {
            md5 {
                key-id 0;
                key "a b";
            }
        }
        timers {
            hello 5;
        }
        standby 0;
        area 0 {
            interface eth0;
            stub;
        }
        route 10.0.0.0/8 {
            next-hop 10.0.0.2;
            next-hop 10.0.0.3 {
                weight 3;
            }
        }
        group a {
            group b {
                color warning;
            }
        }
        levels error;
        levels debug-all;
    }
    plain {
        port 0;
    }
}
)"_kj;

TEST(Check, ARichConfigurationGoesThereAndBack) {
  auto result = checked(RICH);
  EXPECT_EQ(kj::strArray(result.errors, "\n").size(), 0u) << kj::strArray(result.errors, "\n").cStr();
  EXPECT_EQ(names(result), "rtrmgr fea rib plain rich") << "by rank";
  auto back = parseBraces(printed(result).c_str());
  EXPECT_TRUE(back.tree.root() == parseBraces(RICH).tree.root()) << printed(result);
  EXPECT_EQ(printed(checked(printed(result).c_str())), printed(result));
}

TEST(Check, MessagesHoldWhatWasSaid) {
  auto result = checked(RICH);
  auto rich = messageOf(result, "rich");
  EXPECT_EQ(rich.get("updateInterval").as<uint>(), 10u);
  EXPECT_EQ(rich.get("ratio").as<double>(), 0.25);
  EXPECT_EQ(rich.get("prepend").as<capnp::DynamicList>().size(), 2u);
  EXPECT_EQ(rich.get("total").as<uint64_t>(), UINT64_MAX);
  EXPECT_EQ(rich.get("offset").as<int>(), -10);
  auto timers = rich.get("timers").as<capnp::DynamicStruct>();
  EXPECT_EQ(timers.get("hello").as<uint>(), 5u);
  EXPECT_EQ(timers.get("dead").as<uint>(), 40u);
  auto hops =
      rich.get("route").as<capnp::DynamicList>()[0].as<capnp::DynamicStruct>().get("nextHop").as<capnp::DynamicList>();
  ASSERT_EQ(hops.size(), 2u);
  EXPECT_EQ(hops[1].as<capnp::DynamicStruct>().get("weight").as<uint>(), 3u);
  EXPECT_TRUE(rich.has("standby"));
}

TEST(Check, BracesInlineWordsAndBlocksAreTheSame) {
  auto a =
      checked("protocols rich { auth { md5 { key-id 1; key k; } } area 1 { interface e { cost 2; } interface f; } }");
  auto b = checked(
      "protocols rich auth md5 key-id 1; protocols rich auth md5 key k; "
      "protocols { rich { area 1 interface e cost 2; area 1 { interface f; } } }");
  EXPECT_EQ(a.errors.size(), 0u);
  EXPECT_EQ(printed(a), printed(b));
}

TEST(Check, OnlyWhatIsNeededGetsAMessage) {
  EXPECT_EQ(names(checked("")), "rtrmgr fea rib") << "the essential ones";
  EXPECT_EQ(names(checked("protocols rich;")), "rtrmgr fea rib rich") << "an empty block asks for its daemon";
  EXPECT_EQ(names(checked("protocols { }")), "rtrmgr fea rib");
}

TEST(Check, DefaultsCanBePrinted) {
  auto text = printed(checked("protocols { rich { interface e; } }"), true);
  for (auto part : {"update-interval 30;", "trace;", "passive false;", "level warning;", "hello 10;", "cost 1;",
                    "none;", "active;", "graceful-restart-time 120;", "description none;"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(text.find("password"), std::string::npos);
}

TEST(Check, TheFirstMemberOfAUnionIsTheDefault) {
  EXPECT_EQ(printed(checked("protocols { rich { active; auth none; } }")), printed(checked("protocols { rich; }")));
}

TEST(Check, DeprecatedStatementsWarn) {
  auto result = checked("protocols {\n  rich {\n    old-name x;\n  }\n}");
  EXPECT_EQ(result.errors.size(), 0u);
  EXPECT_STREQ(kj::strArray(result.warnings, "\n").cStr(),
               "3:5: protocols rich old-name: deprecated: say \"description\" instead");
}

TEST(Check, SameKeyInAnotherSpellingIsADuplicate) {
  EXPECT_EQ(
      errorsOf("protocols rich {\n route 2001:db8::/32 next-hop 10.0.0.1;\n route 2001:DB8::/32 next-hop 10.0.0.2;\n}"),
      "3:8: protocols rich route: \"route 2001:db8::/32\" is there already, on line 2");
}

TEST(Check, AllErrorsOfAFileAtOnceInOrder) {
  EXPECT_EQ(errorsOf("protocols {\n"
                     "  plain { name x; }\n"
                     "  rich {\n"
                     "    intrface eth0;\n"
                     "    update-interval 0;\n"
                     "    level loud;\n"
                     "    auth { plain a; md5 { key b; } }\n"
                     "  }\n"
                     "}\n"
                     "sistem;\n"),
            "2:3: protocols plain: \"port\" is missing\n"
            "4:5: protocols rich: \"intrface\" is not known here; did you mean \"interface\"?\n"
            "5:21: protocols rich update-interval: 0 is out of range; expected a number from 1 to 3600 (seconds)\n"
            "6:11: protocols rich level: \"loud\" is not one of: error, warning, debug-all\n"
            "7:21: protocols rich auth md5: \"key-id\" is missing\n"
            "7:21: protocols rich auth: \"md5\" excludes \"plain\" on line 7: only one of them can be chosen\n"
            "10:1: \"sistem\" is not known here; did you mean \"system\"?");
}

TEST(Check, ManyErrorsAreCutOff) {
  kj::Vector<kj::String> parts;
  for (int i = 0; i < 5000; ++i) parts.add(kj::str("nonsense", i, ";\n"));
  EXPECT_EQ(checked(kj::strArray(parts, "")).errors.size(), 1000u);
}

TEST(Check, BrokenFiles) {
  // Each begins with comments that say what must be found: "# LINE:COLUMN: text", all problems in order, nothing else.
  uint count = 0;
  std::vector<std::filesystem::path> files;
  for (auto& entry : std::filesystem::directory_iterator(SOURCE_ROOT "/config/testdata/broken"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (auto& file : files) {
    auto text = testing::contents(kj::str("config/testdata/broken/", file.filename().c_str()));
    std::string expected;
    for (auto rest = text.asPtr(); rest.startsWith("#! ");) {
      auto end = KJ_ASSERT_NONNULL(rest.findFirst('\n'));
      expected += std::string(rest.slice(3).begin(), rest.slice(end).begin()) + "\n";
      rest = rest.slice(end + 1);
    }
    std::string found;
    auto add = [&](const auto& problems) {
      for (auto& problem : problems) found += kj::str(problem, '\n').cStr();
    };
    Tree tree;
    if (isSet(text)) {
      auto edits = parseSet(text);
      add(edits.problems);
      add(carryOut(everything(), tree, edits.edits));
    } else {
      auto parsed = parseBraces(text);
      add(parsed.problems);
      tree = kj::mv(parsed.tree);
    }
    add(check(everything(), tree).errors);
    EXPECT_EQ(found, expected) << file;
    EXPECT_NE(found, "") << file;
    ++count;
  }
  EXPECT_GE(count, 100u);
}

TEST(Check, TenThousandRoutesAreQuick) {
  kj::Vector<kj::String> lines;
  lines.add(kj::str("protocols { rich {\n"));
  for (int i = 0; i < 10000; ++i) {
    lines.add(kj::str("route 10.", i >> 8, ".", i & 255, ".0/24 next-hop 192.0.2.1 weight ", i % 256 + 1, ";\n"));
  }
  lines.add(kj::str("}}\n"));
  auto text = kj::strArray(lines, "");
  auto start = testing::cpuMilliseconds();
  auto result = checked(text);
  EXPECT_EQ(result.errors.size(), 0u);
  EXPECT_EQ(messageOf(result, "rich").get("route").as<capnp::DynamicList>().size(), 10000u);
  auto took = testing::cpuMilliseconds() - start;
  RecordProperty("milliseconds", static_cast<int>(took));
  EXPECT_LT(took, 3000);
}

Checked heirs(Grammar& grammar, kj::StringPtr text) {
  testing::addDaemon(grammar, "heirs", "config/testdata/heirs.capnp");
  return check(grammar, parseBraces(text).tree);
}

TEST(Check, EntriesInherit) {
  Grammar grammar;
  auto result = heirs(grammar, R"(protocols heirs {
    group near { hold 30; filter a b; limit { routes 10; warn; } }
    peer one { group near; }
    peer two { group near; hold 60; filter c; limit { routes 20; } }
    peer three { group far; }
}
)");
  EXPECT_EQ(kj::strArray(result.errors, "\n"), "");
  auto peers = messageOf(result, "heirs").get("peer").as<capnp::DynamicList>();
  EXPECT_STREQ(kj::str(peers[0]).cStr(),
               R"((name = "one", group = "near", hold = 30, filter = ["a", "b"], limit = (routes = 10, warn = true)))");
  EXPECT_STREQ(kj::str(peers[1]).cStr(),
               R"((name = "two", group = "near", hold = 60, filter = ["c"], limit = (routes = 20, warn = true)))");
  EXPECT_STREQ(kj::str(peers[2]).cStr(),
               R"((name = "three", group = "far", hold = 90, limit = (routes = 0, warn = false)))");
}

TEST(Check, WhatIsInheritedIsWrongOnce) {
  Grammar grammar;
  auto result = heirs(grammar, "protocols heirs { group g { hold x; } peer a { group g; } peer b { group g; } }");
  EXPECT_STREQ(kj::strArray(result.errors, "\n").cStr(),
               "1:34: protocols heirs group g hold: \"x\" is not a number from 0 to 65535");
}

}  // namespace
}  // namespace xylem::config

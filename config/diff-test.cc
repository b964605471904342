#include <config/check.h>
#include <config/diff.h>
#include <config/edit.h>
#include <config/lock.h>
#include <config/print.h>
#include <config/testing.h>
#include <config/value.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

namespace xylem::config {
namespace {

using testing::everything;

Tree read(kj::StringPtr text) {
  auto parsed = parseBraces(text);
  EXPECT_EQ(parsed.problems.size(), 0u);
  normalise(everything(), parsed.tree);
  return kj::mv(parsed.tree);
}

std::string compared(kj::StringPtr was, kj::StringPtr now) { return compare(read(was), read(now)).cStr(); }

TEST(Compare, ShowsWhatIsGoneAndNewUnderItsPath) {
  EXPECT_EQ(
      compared(
          "protocols { rich { update-interval 30; interface eth0 { cost 1; } interface eth1; } } rib { "
          "graceful-restart-time 5; }",
          "protocols { rich { update-interval 10; interface eth0 { cost 2; } interface eth2 { disable; } } } system "
          "{ host-name x; }"),
      "-   rib {\n"
      "-       graceful-restart-time 5;\n"
      "-   }\n"
      "+   system {\n"
      "+       host-name x;\n"
      "+   }\n"
      "[protocols rich]\n"
      "-   update-interval 30;\n"
      "+   update-interval 10;\n"
      "-   interface eth1;\n"
      "+   interface eth2 {\n"
      "+       disable;\n"
      "+   }\n"
      "[protocols rich interface eth0]\n"
      "-   cost 1;\n"
      "+   cost 2;\n");
}

TEST(Compare, OrderDoesNotMatter) {
  EXPECT_EQ(compared("protocols { rich { server 10.0.0.1 10.0.0.2; passive; } }",
                     "protocols { rich { passive; server 10.0.0.2; server 10.0.0.1; } }"),
            "");
}

TEST(Compare, FlagsAndEmptyBlocks) {
  EXPECT_EQ(compared("protocols { rich { passive; } }", "protocols { rich { passive false; } }"),
            "[protocols rich]\n-   passive;\n+   passive false;\n");
  EXPECT_EQ(compared("protocols { rich { passive; } }", "protocols { rich; }"), "[protocols rich]\n-   passive;\n");
  EXPECT_EQ(compared("", "protocols { rich; }"), "+   protocols {\n+       rich;\n+   }\n");
}

bool sameRich(kj::StringPtr was, kj::StringPtr now) {
  auto a = read(was), b = read(now);
  auto first = check(everything(), a), second = check(everything(), b);
  EXPECT_EQ(first.errors.size(), 0u);
  EXPECT_EQ(second.errors.size(), 0u) << kj::str(kj::strArray(second.errors, "\n")).cStr();
  for (auto& message : first.messages) {
    for (auto& other : second.messages) {
      if (message.daemon->name == "rich" && other.daemon->name == "rich") {
        return same(*message.daemon, message.config, other.config);
      }
    }
  }
  KJ_FAIL_REQUIRE("no message");
}

TEST(Same, ByMeaning) {
  EXPECT_TRUE(sameRich("protocols rich;", "protocols { rich { update-interval 30; active; auth none; trace; } }"));
  EXPECT_TRUE(sameRich("protocols { rich { interface a { cost 2; } interface b; } }",
                       "protocols { rich { interface b { cost 1; } interface a cost 2; } }"));
  EXPECT_TRUE(sameRich("protocols { rich { server 2001:db8::1; } }", "protocols { rich { server 2001:DB8:0::1; } }"));
  EXPECT_FALSE(sameRich("protocols { rich { interface a; } }", "protocols { rich { interface b; } }"));
  EXPECT_FALSE(sameRich("protocols { rich { interface a; } }", "protocols { rich { interface a; interface b; } }"));
  EXPECT_FALSE(sameRich("protocols { rich { interface a; } }", "protocols { rich { interface a cost 2; } }"));
  EXPECT_FALSE(
      sameRich("protocols { rich { server 10.0.0.1 10.0.0.2; } }", "protocols { rich { server 10.0.0.2 10.0.0.1; } }"));
  EXPECT_FALSE(sameRich("protocols { rich { standby 0; } }", "protocols rich;"));
  EXPECT_FALSE(sameRich("protocols { rich { timers dead 1; } }", "protocols rich;"));
  EXPECT_FALSE(sameRich("protocols { rich { auth plain a; } }", "protocols { rich { auth plain b; } }"));
}

TEST(Lock, NamesTheConfigurationSurface) {
  Grammar grammar;
  testing::addDaemon(grammar, "rich", "config/testdata/rich.capnp");
  auto text = lock(grammar);
  for (auto line :
       {"protocols rich update-interval | UInt16 | @0 | default 30 | range 1..3600\n",
        "protocols rich interface | entries | @1\n", "protocols rich interface * | Text | @0 | length 1..15\n",
        "protocols rich interface * cost | UInt8 | @1 | default 1 | range 1..16\n",
        "protocols rich level | enum | @4 | default warning | choices error warning debug-all\n",
        "protocols rich auth | block\n", "protocols rich auth plain | Text | @15 | member\n",
        "protocols rich auth md5 key-id | UInt8 | @0 | default 0 | mandatory\n",
        "protocols rich server | List(Ip) | @6\n", "protocols rich group * group | entries | @1\n"}) {
    EXPECT_NE(std::string(text.cStr()).find(line), std::string::npos) << line << text.cStr();
  }
  EXPECT_EQ(broken(text, text).size(), 0u);
}

TEST(Lock, WhatWasPromisedIsKept) {
  // Wherever there is a NAME.lock beside a NAME.capnp.
  uint count = 0;
  auto files = std::filesystem::recursive_directory_iterator(SOURCE_ROOT);
  for (auto& entry : files) {
    auto path = std::filesystem::relative(entry.path(), SOURCE_ROOT);
    auto name = path.filename().string();
    if (entry.is_directory() && (name[0] == '.' || name.find("build") == 0)) files.disable_recursion_pending();
    if (path.extension() != ".lock") continue;
    auto file = kj::str(path.c_str());
    Grammar grammar;
    testing::addDaemon(grammar, path.stem().c_str(), kj::str(path.replace_extension(".capnp").c_str()));
    auto problems = broken(testing::contents(file), lock(grammar));
    EXPECT_EQ(problems.size(), 0u) << kj::strArray(problems, "\n").cStr();
    ++count;
  }
  EXPECT_GE(count, 1u);
}

std::string brokenBy(kj::StringPtr was, kj::StringPtr now) { return kj::strArray(broken(was, now), "\n").cStr(); }

TEST(Lock, SaysWhatABrokenPromiseIs) {
  EXPECT_EQ(brokenBy("a | UInt8 | @0 | default 1\nb | block\n", "b | block\n"), "a: is gone");
  EXPECT_EQ(brokenBy("a | UInt8 | @0 | default 1", "a | UInt8 | @0 | default 2"), "a: default changed from 1 to 2");
  EXPECT_EQ(brokenBy("a | UInt8 | @0", "a | UInt16 | @0"), "a: type changed from UInt8 to UInt16");
  EXPECT_EQ(brokenBy("a | UInt8 | @0", "a | UInt8 | @1"), "a: ordinal changed from @0 to @1");
  EXPECT_EQ(brokenBy("a | UInt8 | range 1..9", "a | UInt8 | range 2..9"), "a: range narrowed from 1..9 to 2..9");
  EXPECT_EQ(brokenBy("a | UInt8", "a | UInt8 | range 2..9"), "a: range narrowed from any to 2..9");
  EXPECT_EQ(brokenBy("a | Int8 | range -5..9", "a | Int8 | range -6..10"), "");
  EXPECT_EQ(brokenBy("a | Int8 | range -5..9", "a | Int8"), "");
  EXPECT_EQ(brokenBy("a | enum | choices x y", "a | enum | choices x z"), "a: choice \"y\" is gone");
  EXPECT_EQ(brokenBy("a | enum | choices x y", "a | enum | choices z y x"), "");
  EXPECT_EQ(brokenBy("a | Text", "a | Text | mandatory"), "a: became mandatory");
  EXPECT_EQ(brokenBy("a | Text | mandatory", "a | Text"), "");
  EXPECT_EQ(brokenBy("a | Text", "a | Text | member"), "a: became one of several that exclude each other");
  EXPECT_EQ(brokenBy("a | block", "a | block\na b | Text | mandatory"), "a b: is new and mandatory");
  EXPECT_EQ(brokenBy("a | block", "a | block\na b | Text\nc | block\nc d | Text | mandatory"), "");
}

// ---- the printer tests the parser, on random configurations

class Random {
 public:
  explicit Random(uint seed) : engine(seed) {}

  Tree tree() {
    Tree made;
    block(everything().root(), made.root(), 0);
    return made;
  }

 private:
  uint below(uint limit) { return std::uniform_int_distribution<uint>(0, limit - 1)(engine); }

  void block(const Block& block, Node& node, uint depth) {
    kj::Vector<kj::Maybe<uint>> chosen;
    bool member = false;
    for (auto& statement : block.statements) {
      bool wanted = statement->mandatory || below(depth > 5 ? 6 : 2) == 0;
      if (!wanted || (statement->member && member)) continue;
      member = member || statement->member;
      one(*statement, node.add(statement->word), depth);
    }
  }

  void one(const Statement& s, Node& node, uint depth) {
    switch (s.kind) {
      case Statement::FLAG:
        if (s.type.isBool() && below(2) == 0) node.add(below(2) == 0 ? "true" : "false");
        break;
      case Statement::LEAF:
        node.add(value(s));
        break;
      case Statement::WORDS:
        for (uint i = 0; i <= below(3); ++i) node.add(value(s));
        break;
      case Statement::KEYED:
        for (uint i = 0; i <= below(3); ++i) {
          auto key = value(*s.block->key);
          if (node.find(key) == nullptr) block(*s.block, node.add(key), depth + 1);
        }
        break;
      case Statement::BLOCK:
        block(*s.block, node, depth + 1);
        break;
    }
  }

  kj::String value(const Statement& s) {
    if (s.type.isText()) {
      static const kj::StringPtr PARTS[] = {"a", "B", "7", "-",  " ",  "\"", "\\", ";",
                                            "{", "}", "#", "\n", "\t", "ü",  "|",  "\x7f"};
      kj::String text = kj::str("x");
      for (uint i = 0; i < below(8); ++i) text = kj::str(text, PARTS[below(kj::size(PARTS))]);
      return text;
    }
    if (s.type.isEnum()) {
      auto words = choices(s.type);
      return kj::mv(words[below(words.size())]);
    }
    if (s.type.isStruct()) {
      auto name = s.type.asStruct().getShortDisplayName();
      if (name == "Ip4") return kj::str("10.0.", below(256), ".", below(256));
      if (name == "Ip") return below(2) == 0 ? kj::str("10.0.", below(256), ".1") : kj::str("2001:db8::", below(9) + 1);
      if (name == "IpNet") return kj::str("10.", below(256), ".0.0/16");
      if (name == "IfAddr") return kj::str("10.0.0.", below(256), "/24");
      return kj::str("02:00:00:00:00:0", below(10));
    }
    KJ_IF_MAYBE (range, s.range) return kj::str(range->min + below(range->max - range->min + 1));
    return kj::str(below(100));
  }

  std::mt19937 engine;
};

TEST(RoundTrip, RandomConfigurations) {
  for (uint seed = 0; seed < 300; ++seed) {
    auto tree = Random(seed).tree();
    auto text = printBraces(tree.root());
    auto parsed = parseBraces(text);
    ASSERT_EQ(parsed.problems.size(), 0u) << seed << ": " << kj::str(parsed.problems[0]).cStr() << "\n" << text.cStr();
    ASSERT_TRUE(parsed.tree.root() == tree.root()) << seed << "\n" << text.cStr();

    auto lines = parseSet(printSet(tree.root()));
    ASSERT_EQ(lines.problems.size(), 0u) << seed;
    Tree fromLines;
    auto problems = carryOut(everything(), fromLines, lines.edits);
    ASSERT_EQ(problems.size(), 0u) << seed << ": " << kj::str(problems[0]).cStr();
    ASSERT_TRUE(fromLines.root() == tree.root()) << seed << compare(tree, fromLines).cStr();

    normalise(everything(), tree);
    auto checked = check(everything(), tree);
    ASSERT_EQ(checked.errors.size(), 0u) << seed << ": " << kj::str(checked.errors[0]).cStr() << "\n" << text.cStr();
    Tree back;
    for (auto& message : checked.messages) print(everything(), *message.daemon, message.config, false, back);
    auto again = check(everything(), back);
    ASSERT_EQ(again.errors.size(), 0u) << seed << ": " << kj::str(again.errors[0]).cStr()
                                       << printBraces(back.root()).cStr();
    for (auto& message : checked.messages) {
      for (auto& other : again.messages) {
        if (other.daemon != message.daemon) continue;
        ASSERT_TRUE(same(*message.daemon, message.config, other.config)) << seed;
      }
    }
    ASSERT_EQ(compare(tree, tree).size(), 0u);
  }
}

TEST(Grammar, RefusesWhatCannotBeConfigured) {
  Grammar grammar;
  testing::addDaemon(grammar, "rich", "config/testdata/rich.capnp");
  auto refusal = [&](kj::StringPtr name, kj::ArrayPtr<const kj::byte> blob) -> std::string {
    KJ_IF_MAYBE (problem, grammar.add(name, kj::heapArray<const kj::byte>(blob))) return problem->cStr();
    return "";
  };
  auto rich = testing::schemaOf("config/testdata/rich.capnp");
  EXPECT_EQ(refusal("rich", rich), "there is a daemon of this name already");
  EXPECT_EQ(refusal("poor", rich), "its statement \"update-interval\" is taken already");
  EXPECT_NE(refusal("cut", rich.slice(0, rich.size() / 2 / 8 * 8)), "");
  EXPECT_NE(refusal("odd", rich.slice(0, 13)), "");
  EXPECT_NE(refusal("none", nullptr), "");
  EXPECT_EQ(refusal("xrl", testing::schemaOf("xrl/daemon.capnp")), "") << "without configuration, but not wrong";
  EXPECT_EQ(grammar.daemons().size(), 1u);
}

TEST(Grammar, SurvivesAnySchema) {
  auto rich = testing::schemaOf("config/testdata/rich.capnp");
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    auto blob = kj::heapArray<kj::byte>(rich);
    for (int j = 0; j < 8; ++j) blob[random() % blob.size()] = random();
    Grammar grammar;
    grammar.add("rich", kj::mv(blob));
    check(grammar, read("protocols { rich { interface eth0 { cost 1; } level error; area 1 interface x; } }"));
  }
}

}  // namespace
}  // namespace xylem::config

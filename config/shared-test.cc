#include <config/check.h>
#include <config/complete.h>
#include <config/diff.h>
#include <config/edit.h>
#include <config/lock.h>
#include <config/print.h>
#include <config/testing.h>
#include <gtest/gtest.h>

namespace xylem::config {
namespace {

const Grammar& sharing() {
  static Grammar* grammar = [] {
    auto made = new Grammar;
    testing::addDaemon(*made, "first", "config/testdata/first.capnp");
    testing::addDaemon(*made, "second", "config/testdata/second.capnp");
    return made;
  }();
  return *grammar;
}

Tree read(kj::StringPtr text) {
  auto parsed = parseBraces(text);
  KJ_REQUIRE(parsed.problems.size() == 0, text);
  return kj::mv(parsed.tree);
}

std::string errorsOf(kj::StringPtr text) {
  auto tree = read(text);
  return kj::strArray(check(sharing(), tree).errors, "\n").cStr();
}

constexpr kj::StringPtr BOTH = R"(protocols {
    first {
        port 7;
    }
    second {
        name x;
    }
}
common {
    things {
        entry 10.0.0.0/8 {
            cost 3;
        }
        word a;
        word b;
    }
}
)"_kj;

std::string entriesOf(const Message& message, kj::StringPtr field) {
  auto shared = message.config.get(field).as<capnp::DynamicStruct>();
  return kj::str(shared.get("entry").as<capnp::DynamicList>().size(), ' ',
                 shared.get("word").as<capnp::DynamicList>().size())
      .cStr();
}

TEST(Shared, AllWhoRunGetIt) {
  auto tree = read(BOTH);
  auto checked = check(sharing(), tree);
  ASSERT_EQ(checked.errors.size(), 0u) << kj::strArray(checked.errors, "\n").cStr();
  ASSERT_EQ(checked.messages.size(), 2u);
  EXPECT_EQ(entriesOf(checked.messages[0], "shared"), "1 2");
  EXPECT_EQ(entriesOf(checked.messages[1], "things"), "1 2");
}

TEST(Shared, MakesNobodyRunAndIsCheckedAllTheSame) {
  auto alone = read("common { things { entry 10.0.0.0/8 { cost 3; } } }");
  auto checked = check(sharing(), alone);
  EXPECT_EQ(checked.messages.size(), 0u);
  EXPECT_EQ(checked.errors.size(), 0u) << kj::strArray(checked.errors, "\n").cStr();
  auto second = read("protocols { second { name x; } } common { things { word a; } }");
  auto one = check(sharing(), second);
  ASSERT_EQ(one.messages.size(), 1u);
  EXPECT_EQ(entriesOf(one.messages[0], "things"), "0 1");
  EXPECT_EQ(errorsOf("common { things { entry 10.0.0.0/8 { cost 17; } } }"),
            "1:43: common things entry 10.0.0.0/8 cost: 17 is out of range; expected a number from 1 to 16");
}

TEST(Shared, WhatIsWrongIsSaidOnce) {
  EXPECT_EQ(errorsOf("protocols { first; second { name x; } } common { things { wrd a; } }"),
            "1:59: common things: \"wrd\" is not known here; did you mean \"word\"?");
  auto tree = read("protocols { first; second { name x; } } common { things { entry 10.0.0.0/8 { old-cost 1; } } }");
  EXPECT_EQ(check(sharing(), tree).warnings.size(), 1u);
}

TEST(Shared, IsNotBelowTheDaemonsOwnPath) {
  EXPECT_EQ(errorsOf("protocols { first { shared { word a; } } }"),
            "1:21: protocols first: \"shared\" is not known here; expected \"port\"");
}

TEST(Shared, PrintsOnceWhatWasRead) {
  auto tree = read(BOTH);
  auto checked = check(sharing(), tree);
  Tree back;
  for (auto& message : checked.messages) print(sharing(), *message.daemon, message.config, false, back);
  EXPECT_TRUE(back.root() == tree.root()) << printBraces(back.root()).cStr();
}

TEST(Shared, AChangeIsOneOfEachWhoRuns) {
  auto was = read(BOTH), now = read(BOTH), other = read(BOTH);
  ASSERT_EQ(set(sharing(), now, kj::arr<kj::StringPtr>("common", "things", "entry", "10.0.0.0/8", "cost", "4")),
            nullptr);
  ASSERT_EQ(set(sharing(), other, kj::arr<kj::StringPtr>("protocols", "first", "port", "8")), nullptr);
  auto before = check(sharing(), was), after = check(sharing(), now), own = check(sharing(), other);
  for (size_t i : {0, 1}) {
    auto& daemon = *before.messages[i].daemon;
    EXPECT_FALSE(same(daemon, before.messages[i].config, after.messages[i].config)) << daemon.name.cStr();
    EXPECT_EQ(same(daemon, before.messages[i].config, own.messages[i].config), i == 1) << daemon.name.cStr();
  }
}

TEST(Shared, IsCompletedAndLocked) {
  Tree tree;
  auto words = kj::arr<kj::StringPtr>("common", "things");
  auto found = complete(sharing(), tree, words, "e");
  ASSERT_EQ(found.candidates.size(), 1u);
  EXPECT_STREQ(found.candidates[0].word.cStr(), "entry");
  EXPECT_STREQ(found.candidates[0].help.cStr(), "An entry of theirs.");
  EXPECT_NE(std::string(lock(sharing()).cStr()).find("common things entry * cost | UInt8"), std::string::npos);
}

TEST(Shared, ADaemonsProblemIsLocated) {
  auto& first = *sharing().daemons()[0];
  EXPECT_STREQ(first.locate("shared entry 10.0.0.0/8").cStr(), "common things entry 10.0.0.0/8");
  EXPECT_STREQ(first.locate("shared").cStr(), "common things");
  EXPECT_STREQ(first.locate("sharedness").cStr(), "protocols first sharedness");
  EXPECT_STREQ(first.locate("port").cStr(), "protocols first port");
  EXPECT_STREQ(first.locate("").cStr(), "protocols first");
}

TEST(Shared, AnotherTypeAtTheSamePathIsRefused) {
  Grammar grammar;
  testing::addDaemon(grammar, "first", "config/testdata/first.capnp");
  auto problem = grammar.add("third", testing::schemaOf("config/testdata/third.capnp"));
  EXPECT_STREQ(KJ_ASSERT_NONNULL(problem).cStr(), "its \"other\" is of another type than that of first");
  EXPECT_EQ(grammar.daemons().size(), 1u);
}

}  // namespace
}  // namespace xylem::config

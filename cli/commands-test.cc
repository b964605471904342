#include <cli/commands.h>
#include <config/testing.h>
#include <gtest/gtest.h>
#include <net/word.h>

#include <random>

namespace xylem::cli {
namespace {

const Commands& commands() {
  static Commands* made = [] {
    auto all = new Commands;
    for (auto daemon : {"finder=finder/finder.capnp", "fea=fea/fea.capnp", "rib=rib/rib.capnp",
                        "rtrmgr=rtrmgr/rtrmgr.capnp", "shown=cli/testdata/shown.capnp"}) {
      auto text = kj::StringPtr(daemon);
      auto equals = KJ_ASSERT_NONNULL(text.findFirst('='));
      auto name = kj::str(text.slice(0, equals));
      KJ_ASSERT(all->add(name, config::testing::schemaOf(text.slice(equals + 1))) == nullptr, name);
    }
    return all;
  }();
  return *made;
}

std::string parsed(kj::StringPtr text) {
  auto line = config::splitLine(text);
  auto words = KJ_MAP(word, line.words)->kj::StringPtr { return word.text; };
  auto result = commands().parse(words);
  if (result.is<config::WrongWord>()) {
    auto& wrong = result.get<config::WrongWord>();
    return kj::str(wrong.index, ": ", wrong.text).cStr();
  }
  auto& command = result.get<Command>();
  kj::Vector<kj::String> parts;
  KJ_IF_MAYBE (method, command.method) {
    parts.add(kj::str(command.daemon, '/', command.interface, '/', method->getProto().getName()));
    auto params = command.params->getRoot<capnp::DynamicStruct>(method->getParamType()).asReader();
    for (auto field : method->getParamType().getFields()) {
      if (params.has(field, capnp::HasMode::NON_DEFAULT)) {
        parts.add(kj::str(field.getProto().getName(), '=', net::printWord(params.get(field))));
      }
    }
  } else {
    parts.add(kj::str(command.daemon, " state"));
    KJ_IF_MAYBE (field, command.field) parts.add(kj::str(field->getProto().getName()));
  }
  return kj::strArray(parts, " ").cStr();
}

TEST(Commands, Methods) {
  EXPECT_EQ(parsed("show route"), "rib/Show/route");
  EXPECT_EQ(parsed("show route summary"), "rib/Show/summary");
  EXPECT_EQ(parsed("show process"), "finder/Show/process");
  EXPECT_EQ(parsed("restart rib"), "rtrmgr/Editor/restart name=rib");
  EXPECT_EQ(parsed("show commits"), "rtrmgr/Configuration/history");
}

TEST(Commands, States) {
  EXPECT_EQ(parsed("show rib"), "rib state");
  EXPECT_EQ(parsed("show rib origin"), "rib state origin");
  EXPECT_EQ(parsed("show fea socket"), "fea state socket");
  EXPECT_EQ(parsed("show shown peer"), "shown state peer");
}

TEST(Commands, Parameters) {
  EXPECT_EQ(parsed("show route 10.0.0.0/8"), "rib/Show/route net=10.0.0.0/8");
  EXPECT_EQ(parsed("show route protocol rip"), "rib/Show/route protocol=rip");
  EXPECT_EQ(parsed("show route 2001:db8::/32 protocol rip"), "rib/Show/route net=2001:db8::/32 protocol=rip");
  EXPECT_EQ(parsed("show route protocol rip 2001:db8::/32"), "rib/Show/route net=2001:db8::/32 protocol=rip");
  EXPECT_EQ(parsed("show peers 10.0.0.1 all mood bad limit 7 interface all"),
            "shown/Show/peers address=10.0.0.1 interface=all limit=7 all=true mood=bad");
  EXPECT_EQ(parsed("show interfaces eth0"), "fea/Show/interfaces name=eth0");
  EXPECT_EQ(parsed("reset peer 10.0.0.1 10.0.0.2"), "shown/Do/reset address=10.0.0.1 again=10.0.0.2");
}

TEST(Commands, Abbreviations) {
  EXPECT_EQ(parsed("sh ro"), "rib/Show/route");
  EXPECT_EQ(parsed("sh ro s"), "rib/Show/summary");
  EXPECT_EQ(parsed("sh ro pro rip"), "rib/Show/route protocol=rip");
  EXPECT_EQ(parsed("sh pe al mo v"), "shown/Show/peers all=true") << "very-good is the default";
  EXPECT_EQ(parsed("show named nam"), "shown/Show/named name=nam") << "a bare text is not an abbreviation";
  EXPECT_EQ(parsed("sh pro"), "finder/Show/process");
}

TEST(Commands, Wrong) {
  EXPECT_EQ(parsed(""), "0: the command is not complete; expected \"show\", \"test\", \"restart\" or \"reset\"");
  EXPECT_EQ(parsed("shwo route"), "0: \"shwo\" is no command; did you mean \"show\"?");
  EXPECT_EQ(parsed("re x"), "0: \"re\" is ambiguous: \"restart\" or \"reset\"");
  EXPECT_EQ(parsed("show rout"), "rib/Show/route");
  EXPECT_EQ(parsed("show ruote"), "1: \"ruote\" is not known here; did you mean \"route\"?");
  EXPECT_EQ(parsed("show route protocol"), "3: \"protocol\" needs a value: a text");
  EXPECT_EQ(parsed("show route summary now"), "3: unexpected \"now\": nothing more follows");
  EXPECT_EQ(parsed("show rib origni"), "2: \"origni\" is not known here; did you mean \"origin\"?");
  EXPECT_EQ(parsed("show peers limit 256"), "3: \"256\": 256 is out of range; expected a number from 0 to 255");
  EXPECT_EQ(parsed("show peers all all"), "3: \"all\": expected an address such as 192.0.2.1 or 2001:db8::1");
  EXPECT_EQ(parsed("show peers 10.0.0.1 all all"),
            "4: \"all\" is not known here; expected \"summary\", \"interface\", \"limit\" or \"mood\"");
  EXPECT_EQ(parsed("show peers after x"), "2: \"after\": expected an address such as 192.0.2.1 or 2001:db8::1");
  EXPECT_TRUE(parsed("show route 10.0.0.1/8").find("2: \"10.0.0.1/8\": 10.0.0.1/8 has host bits set") == 0);
}

TEST(Commands, HowTheyAreShown) {
  auto get = [](std::initializer_list<kj::StringPtr> words) {
    auto result = commands().parse(kj::arrayPtr(words.begin(), words.size()));
    return kj::mv(result.get<Command>());
  };
  auto route = get({"show", "route"});
  EXPECT_TRUE(route.paged);
  EXPECT_STREQ(KJ_ASSERT_NONNULL(route.rows).getProto().getName().cStr(), "routes");
  EXPECT_EQ(route.role, 0u);
  auto process = get({"show", "process"});
  EXPECT_FALSE(process.paged);
  EXPECT_STREQ(KJ_ASSERT_NONNULL(process.rows).getProto().getName().cStr(), "targets");
  EXPECT_TRUE(get({"show", "peers", "summary"}).rows == nullptr);
  EXPECT_EQ(get({"reset", "peer"}).role, 1u) << "operator";
  EXPECT_EQ(get({"restart", "x"}).role, 1u);
}

std::string words(std::initializer_list<kj::StringPtr> before, kj::StringPtr partial = "") {
  auto all = commands().complete(kj::arrayPtr(before.begin(), before.size()), partial);
  return kj::strArray(
             KJ_MAP(c, all.candidates) { return kj::str(c.word); }, " ")
      .cStr();
}

TEST(Commands, Completion) {
  EXPECT_EQ(words({}), "show test restart reset");
  EXPECT_EQ(words({"show"}, "r"), "route rib rtrmgr");
  EXPECT_EQ(words({"show", "route"}), "summary lookup <net> protocol");
  EXPECT_EQ(words({"show", "route", "10.0.0.0/8"}), "protocol");
  EXPECT_EQ(words({"show", "route", "protocol"}), "<protocol>");
  EXPECT_EQ(words({"show", "route", "protocol", "rip"}), "<net>");
  EXPECT_EQ(words({"show", "peers", "mood"}), "very-good bad");
  EXPECT_EQ(words({"sh", "pe", "10.0.0.1"}, "m"), "mood");
  EXPECT_EQ(words({"show", "rib"}, "ip"), "ip4 ip6");
  EXPECT_EQ(words({"show", "rib", "ip4"}), "");
  EXPECT_EQ(words({"nonsense"}), "");
  EXPECT_EQ(words({"show", "route", "summary", "x"}), "");
}

TEST(Commands, Help) {
  kj::StringPtr show[] = {"show"};
  auto help = [&](kj::ArrayPtr<const kj::StringPtr> before, kj::StringPtr word) -> std::string {
    auto all = commands().complete(before, word);
    for (auto& candidate : all.candidates) {
      if (candidate.word == word) return candidate.help.cStr();
    }
    return "(none)";
  };
  EXPECT_EQ(help(show, "peers"), "Those it talks with.");
  EXPECT_EQ(help(show, "shown"), "What is true of it.");
  EXPECT_EQ(help(nullptr, "reset"), "peer");
  kj::StringPtr shown[] = {"show", "shown"};
  EXPECT_EQ(help(shown, "since"), "When it began.");
  kj::StringPtr peers[] = {"show", "peers"};
  EXPECT_TRUE(commands().complete(peers, "").mayEnd);
  EXPECT_FALSE(commands().complete(show, "").mayEnd);
  auto all = commands().complete(show, "peers");
  EXPECT_STREQ(all.candidates[0].doc.cStr(), "Those it talks with.\n\nAll of them, or one.\n");
}

TEST(Commands, TakenWordsAreReported) {
  Commands commands;
  auto shown = config::testing::schemaOf("cli/testdata/shown.capnp");
  EXPECT_TRUE(commands.add("a", kj::heapArray<const kj::byte>(shown)) == nullptr);
  auto problem = commands.add("b", kj::mv(shown));
  EXPECT_STREQ(KJ_ASSERT_NONNULL(problem).cStr(),
               "these commands are taken or empty: show peers, show peers summary, show named, reset peer");
  kj::StringPtr b[] = {"show", "b", "peer"};
  EXPECT_TRUE(commands.parse(b).is<Command>()) << "its state is there all the same";
}

TEST(Commands, SurvivesAnySchema) {
  auto shown = config::testing::schemaOf("cli/testdata/shown.capnp");
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    auto blob = kj::heapArray<kj::byte>(shown);
    for (int j = 0; j < 8; ++j) blob[random() % blob.size()] = random();
    Commands commands;
    commands.add("x", kj::mv(blob));
    kj::StringPtr line[] = {"show", "peers", "10.0.0.1", "all"};
    commands.parse(line);
    commands.complete(line, "");
    commands.complete(kj::arrayPtr(line, 1), "");
  }
}

}  // namespace
}  // namespace xylem::cli

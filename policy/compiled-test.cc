#include <policy/compiled.h>

#include <gtest/gtest.h>
#include <policy/expression.h>
#include <policy/testing.h>

namespace xylem::policy {
namespace {

net::IpNet net(kj::StringPtr text) { return KJ_REQUIRE_NONNULL(net::IpNet::parse(text), text); }
net::Ip ip(kj::StringPtr text) { return KJ_REQUIRE_NONNULL(net::Ip::parse(text), text); }

struct Route {
  // What a test changes of it is what it is about.
  net::IpNet to = net("10.1.0.0/16");
  kj::StringPtr protocol = "bgp";
  net::Ip neighbor = ip("192.0.2.1");
  Validity rpki = Validity::UNKNOWN;
  uint32_t tag = 0;
  Attributes attributes;

  explicit Route(kj::StringPtr path = "65001 65002", kj::StringPtr communities = "") {
    attributes.path = KJ_REQUIRE_NONNULL(AsPath::parse(path));
    attributes.nextHop = ip("192.0.2.9");
    attributes.origin = Origin::IGP;
    Communities some;
    std::string words = communities.cStr();
    for (size_t at = 0, end; at < words.size(); at = end + 1) {
      end = kj::min(words.find(' ', at), words.size());
      KJ_REQUIRE(some.add(words.substr(at, end - at).c_str()), communities);
    }
    attributes.communities = some.standard;
    attributes.extendedCommunities = some.extended;
    attributes.largeCommunities = some.large;
  }
  Subject subject() const { return {to, protocol, neighbor, ip("192.0.2.2"), 65000, rpki, tag, attributes}; }
};

std::string listed(kj::ArrayPtr<const Problem> problems) {
  return kj::strArray(
             KJ_MAP(each, problems) {
               return kj::str(each.warning ? "warning: " : "", each.path, ": ", each.text, '\n');
             },
             "")
      .cStr();
}

class Made {
 public:
  explicit Made(kj::StringPtr text) : config(text), compiled(config.options()) {
    for (auto& each : compiled.problems()) KJ_REQUIRE(each.warning, each.path, each.text, text);
  }
  Verdict run(const Route& route, kj::StringPtr policy = "P") {
    auto subject = route.subject();
    return KJ_REQUIRE_NONNULL(compiled.find(policy)).run(subject);
  }
  testing::Config config;
  Compiled compiled;
};

bool meets(kj::StringPtr conditions, const Route& route, kj::StringPtr lists = "") {
  auto policy = [&](kj::StringPtr block) {
    return kj::str(lists, " policy-statement P { term 1 { ", block, " { ", conditions, " } then { accept; } } }");
  };
  bool from = Made(policy("from")).run(route) == Verdict::ACCEPT;
  bool except = Made(policy("except")).run(route) == Verdict::ACCEPT;
  EXPECT_NE(from, except) << conditions.cStr();
  return from;
}

std::string after(kj::StringPtr changes, const Route& route, kj::StringPtr lists = "") {
  // What is different after these changes.
  Made made(kj::str(lists, " policy-statement P { term 1 { then { ", changes, " } } }"));
  auto subject = route.subject();
  EXPECT_EQ(KJ_ASSERT_NONNULL(made.compiled.find("P")).run(subject), Verdict::NONE);
  auto& was = route.attributes;
  auto& now = *subject.attributes;
  EXPECT_EQ(subject.attributes.changed(), !(was == now));
  kj::Vector<kj::String> parts;
  auto number = [&](kj::StringPtr name, const kj::Maybe<uint32_t>& before, const kj::Maybe<uint32_t>& value) {
    if (before.orDefault(7777) != value.orDefault(7777))
      parts.add(kj::str(name, ' ', value.map([](uint32_t v) { return kj::str(v); }).orDefault(kj::str("none"))));
  };
  number("local-preference", was.localPreference, now.localPreference);
  number("metric", was.med, now.med);
  number("tag", route.tag, subject.tag);
  if (was.origin != now.origin) parts.add(kj::str("origin ", uint(now.origin)));
  if (was.nextHop != now.nextHop) parts.add(kj::str("next-hop ", now.nextHop));
  if (!(was.path == now.path)) parts.add(kj::str("path ", now.path));
  auto set = [&](kj::StringPtr name, auto& before, auto& value) {
    if (!(before == value))
      parts.add(kj::str(name, " [",
                        kj::strArray(
                            KJ_MAP(v, value) { return kj::str(v); }, " "),
                        ']'));
  };
  set("communities", was.communities, now.communities);
  set("extended", was.extendedCommunities, now.extendedCommunities);
  set("large", was.largeCommunities, now.largeCommunities);
  return kj::strArray(parts, ", ").cStr();
}

TEST(ConditionTest, Destinations) {
  Route route;
  auto lists =
      "prefix-list A { prefix 10.0.0.0/8 { upto 16; } } prefix-list B { prefix 10.1.0.0/16; }"
      "prefix-list C { prefix 10.0.0.0/8; prefix 10.1.0.0/16 { longer; } }"
      "prefix-list D { prefix 0.0.0.0/0 { range 8-16; } prefix 2001:db8::/32 { orlonger; } }";
  EXPECT_TRUE(meets("prefix-list A;", route, lists));
  EXPECT_TRUE(meets("prefix-list B;", route, lists));
  EXPECT_FALSE(meets("prefix-list C;", route, lists));
  EXPECT_TRUE(meets("prefix-list D;", route, lists));
  EXPECT_TRUE(meets("prefix-list C A;", route, lists)) << "one of them is enough";
  EXPECT_TRUE(meets("prefix 10.1.0.0/16;", route));
  EXPECT_TRUE(meets("prefix 11.0.0.0/8; prefix 10.0.0.0/8 { orlonger; }", route));
  EXPECT_FALSE(meets("prefix 10.0.0.0/8 { upto 15; }", route));
  EXPECT_TRUE(meets("family ip4;", route));
  EXPECT_FALSE(meets("family ip6;", route));
  EXPECT_TRUE(meets("family ip6 ip4;", route));
  route.to = net("2001:db8:1::/48");
  EXPECT_TRUE(meets("family ip6;", route));
  EXPECT_TRUE(meets("prefix-list D;", route, lists));
}

TEST(ConditionTest, WhereItComesFrom) {
  Route route;
  EXPECT_TRUE(meets("protocol static bgp;", route));
  EXPECT_FALSE(meets("protocol static;", route));
  EXPECT_TRUE(meets("neighbor 10.0.0.0/8 192.0.2.0/24;", route));
  EXPECT_FALSE(meets("neighbor 192.0.2.2/32;", route));
  EXPECT_TRUE(meets("next-hop 192.0.2.9/32;", route));
  EXPECT_FALSE(meets("next-hop 2001:db8::/32;", route));
  route.neighbor = net::Ip();
  EXPECT_FALSE(meets("neighbor 0.0.0.0/0 ::/0;", route));
}

TEST(ConditionTest, Numbers) {
  Route route;
  EXPECT_TRUE(meets("metric 0;", route)) << "absent";
  EXPECT_TRUE(meets("local-preference 100;", route)) << "absent";
  EXPECT_TRUE(meets("tag 0;", route));
  route.attributes.med = 50;
  route.attributes.localPreference = 200;
  route.tag = 7;
  EXPECT_TRUE(meets("metric 1-5 40-60;", route));
  EXPECT_FALSE(meets("metric 51-;", route));
  EXPECT_TRUE(meets("local-preference 150-;", route));
  EXPECT_FALSE(meets("local-preference 100;", route));
  EXPECT_TRUE(meets("tag 7;", route));
  EXPECT_FALSE(meets("tag 8;", route));
  EXPECT_TRUE(meets("as-path-length 2;", route));
  EXPECT_FALSE(meets("as-path-length 3-;", route));
}

TEST(ConditionTest, PathsAndCommunities) {
  auto lists =
      "as-path-list A { regex ^65009; regex \"65001 65002$\"; } as-path-list B { regex ^65002; }"
      "community-list C { member 65*:1??; member 1:1:*; } community-list D { member no-export; }";
  EXPECT_TRUE(meets("as-path-list A;", Route(), lists));
  EXPECT_FALSE(meets("as-path-list B;", Route(), lists));
  EXPECT_TRUE(meets("as-path-list B A;", Route(), lists));
  EXPECT_TRUE(meets("community-list C;", Route("", "65001:100"), lists));
  EXPECT_TRUE(meets("community-list C;", Route("", "1:1:9"), lists));
  EXPECT_FALSE(meets("community-list C;", Route("", "rt:1:1 1:2:9 no-export"), lists));
  EXPECT_TRUE(meets("community-list C D;", Route("", "no-export"), lists));
  EXPECT_TRUE(meets("origin igp egp;", Route()));
  EXPECT_FALSE(meets("origin incomplete;", Route()));
  Route route;
  EXPECT_TRUE(meets("rpki unknown;", route));
  route.rpki = Validity::INVALID;
  EXPECT_TRUE(meets("rpki not-found invalid;", route));
  EXPECT_FALSE(meets("rpki valid;", route));
}

TEST(ConditionTest, OtherPolicies) {
  auto lists =
      "policy-statement T { default-action accept; } policy-statement F { default-action reject; }"
      "policy-statement N { } policy-statement TAG { term 1 { then { tag 5; metric 5; } }"
      " term 2 { from { tag 5; metric 5; } then { accept; } } }";
  Route route;
  EXPECT_TRUE(meets("policy T;", route, lists));
  EXPECT_FALSE(meets("policy F;", route, lists));
  EXPECT_FALSE(meets("policy N;", route, lists)) << "it does not accept";
  EXPECT_TRUE(meets("policy F T;", route, lists));
  EXPECT_TRUE(meets("policy \"T && !F\";", route, lists));
  EXPECT_TRUE(meets("policy \"F && F || T\";", route, lists));
  EXPECT_FALSE(meets("policy \"F && (F || T)\";", route, lists));
  EXPECT_TRUE(meets("policy \"T || F && F\";", route, lists));
  EXPECT_FALSE(meets("policy \"!(T || F)\";", route, lists));
  EXPECT_TRUE(meets("policy \"!!T\";", route, lists));
  EXPECT_TRUE(meets("policy TAG; tag 0; metric 0;", route, lists)) << "it sees its own changes and leaves none";
}

TEST(ConditionTest, OfAllKindsTogetherInFromAndOfNoneInExcept) {
  Made made(
      "policy-statement P { term 1 { from { protocol bgp; metric 5; } then { accept; } }"
      " term 2 { except { protocol static; tag 7; } then { accept; } } default-action reject; }");
  Route route;
  route.tag = 7;
  EXPECT_EQ(made.run(route), Verdict::REJECT);
  route.attributes.med = 5;
  EXPECT_EQ(made.run(route), Verdict::ACCEPT);
  route.attributes.med = 6;
  route.tag = 8;
  EXPECT_EQ(made.run(route), Verdict::ACCEPT);
  route.protocol = "static";
  EXPECT_EQ(made.run(route), Verdict::REJECT);
}

TEST(ChangeTest, Numbers) {
  Route route;
  EXPECT_EQ(after("local-preference 200; metric 10; tag 3;", route), "local-preference 200, metric 10, tag 3");
  EXPECT_EQ(after("local-preference +10; metric +10; tag +3;", route), "local-preference 110, metric 10, tag 3");
  EXPECT_EQ(after("local-preference none; metric none; tag none;", route), "");
  route.attributes.med = 5;
  route.attributes.localPreference = 4294967295;
  route.tag = 1;
  EXPECT_EQ(after("local-preference +1; metric 5; tag 1;", route), "") << "no change, no copy";
  EXPECT_EQ(after("local-preference -5; metric -10; tag -1;", route), "local-preference 4294967290, metric 0, tag 0");
  EXPECT_EQ(after("local-preference none; metric none; tag none;", route), "local-preference none, metric none, tag 0");
}

TEST(ChangeTest, OriginNextHopAndPath) {
  Route route;
  EXPECT_EQ(after("origin incomplete;", route), "origin 2");
  EXPECT_EQ(after("origin igp;", route), "");
  EXPECT_EQ(after("next-hop 192.0.2.7;", route), "next-hop 192.0.2.7");
  EXPECT_EQ(after("next-hop self;", route), "next-hop 192.0.2.2");
  EXPECT_EQ(after("next-hop peer;", route), "next-hop 192.0.2.1");
  EXPECT_EQ(after("next-hop 192.0.2.9;", route), "");
  route.neighbor = net::Ip();
  EXPECT_EQ(after("next-hop peer;", route), "") << "there is none";
  EXPECT_EQ(after("as-path-prepend { as 7; count 2; }", route), "path 7 7 65001 65002");
  EXPECT_EQ(after("as-path-prepend { count 3; }", route), "path 65000 65000 65000 65001 65002");
  EXPECT_EQ(after("as-path-prepend { as 7; }", route), "path 7 65001 65002");
}

TEST(ChangeTest, Communities) {
  Route route("", "1:1 1:2 rt:1:1 1:1:1");
  EXPECT_EQ(after("community { add 1:0 1:1 2:2:2; }", route), "communities [1:0 1:1 1:2], large [1:1:1 2:2:2]");
  EXPECT_EQ(after("community { add 1:1; }", route), "");
  EXPECT_EQ(after("community { set 9:9; }", route), "communities [9:9]") << "other kinds stay";
  EXPECT_EQ(after("community { set 1:1 1:2; }", route), "");
  EXPECT_EQ(after("community { delete 1:* rt:1:1; }", route), "communities [], extended []");
  EXPECT_EQ(after("community { delete /1$/; }", route), "communities [1:2], extended [], large []");
  EXPECT_EQ(after("community { delete 7:7; }", route), "");
  EXPECT_EQ(after("community { delete-list L; add 1:1; set 1:1 3:3; delete 3:3; }", route,
                  "community-list L { member 1:1; member 1:1:1; }"),
            "communities [1:1], large []")
      << "set, delete, delete-list, add";
}

TEST(ChangeTest, LaterTermsSeeThem) {
  Made made(
      "policy-statement P { term 20 { from { tag 5; local-preference 300; } then { accept; } }"
      " term 10 { then { tag 5; local-preference 300; } } }");
  EXPECT_EQ(made.run(Route()), Verdict::ACCEPT) << "the lower number comes first";
}

TEST(PolicyTest, GoesOnUntilSomebodyDecides) {
  Made made(
      "policy-statement A { term 1 { from { tag 1; } then { accept; } } term 2 { from { tag 2; } then { reject; } }"
      " term 3 { from { tag 3; } then { next-policy; } } term 4 { from { tag 4; } then { next-term; } }"
      " term 5 { from { tag 3-4; } then { reject; } } }"
      "policy-statement B { default-action accept; }");
  auto chain = made.compiled.chain(std::vector<kj::StringPtr>{"A", "B"});
  auto alone = made.compiled.chain(std::vector<kj::StringPtr>{"A"});
  auto tagged = [](const Chain& chain, uint32_t tag) {
    Route route;
    route.tag = tag;
    auto subject = route.subject();
    return chain.run(subject);
  };
  EXPECT_EQ(tagged(chain, 1), Verdict::ACCEPT);
  EXPECT_EQ(tagged(chain, 2), Verdict::REJECT);
  EXPECT_EQ(tagged(chain, 3), Verdict::ACCEPT) << "by B";
  EXPECT_EQ(tagged(chain, 4), Verdict::REJECT);
  EXPECT_EQ(tagged(chain, 5), Verdict::ACCEPT) << "by B";
  EXPECT_EQ(tagged(alone, 5), Verdict::NONE);
  EXPECT_EQ(tagged(made.compiled.chain(std::vector<kj::StringPtr>{}), 1), Verdict::NONE);
  EXPECT_EQ(tagged(made.compiled.chain(std::vector<kj::StringPtr>{"X", "B"}), 1), Verdict::REJECT) << "unknown";
}

TEST(PolicyTest, TellsWhatEachTermDid) {
  Made made(
      "prefix-list L { prefix 11.0.0.0/8; } policy-statement P { term 1 { from { protocol bgp; prefix-list L; } }"
      " term 2 { except { protocol bgp; } } term 3 { then { local-preference +5; as-path-prepend { as 7; }"
      " community { add 1:1 2:2; } } } default-action accept; }");
  Trace trace;
  Route route;
  auto subject = route.subject();
  KJ_ASSERT_NONNULL(made.compiled.find("P")).run(subject, trace);
  std::string told;
  for (auto& step : trace)
    told += kj::str(step.policy, ' ', step.term, ' ', step.applies ? "yes" : "no", ": ", step.text, '\n').cStr();
  EXPECT_EQ(told,
            "P 1 no: not from prefix-list L\n"
            "P 2 no: except protocol bgp\n"
            "P 3 yes: local-preference +5, as-path-prepend as 7 count 1, community add 1:1 2:2, next-term\n"
            "P 0 yes: default-action accept\n");
}

TEST(CheckTest, SaysAllThatIsWrongWithItsPath) {
  testing::Config config(
      "prefix-list A { prefix 10.0.0.0/8 { upto 7; } prefix 11.0.0.0/8 { range 8-33; } prefix 12.0.0.0/8 { range x; } }"
      "prefix-list \"a b\" { prefix 10.0.0.0/8; }"
      "as-path-list B { regex \"1 x\"; }"
      "community-list C { member 1:x; member \"/(/\"; }"
      "policy-statement P { term 1 { from { prefix-list AA; as-path-list ZZZ; community-list C; metric 5-1; tag x;"
      " as-path-length -; policy \"P2 &\"; neighbor -; } then { local-preference ++1; metric x; next-hop here;"
      " origin igp egp; community { add 1:x; set 2; delete 3; delete-list D; } } }"
      " term 2 { then { accept; } } term 3 { then { reject; } } }");
  EXPECT_EQ(
      listed(check(config.options())),
      "prefix-list A prefix 10.0.0.0/8 upto: expected a length from 8 to 32\n"
      "prefix-list A prefix 11.0.0.0/8 range: expected two lengths from 8 to 32, such as 8-32\n"
      "prefix-list A prefix 12.0.0.0/8 range: expected two lengths from 8 to 32, such as 8-32\n"
      "prefix-list \"a b\": \"a b\" is no name; expected letters, digits, \"-\", \"_\" and \".\"\n"
      "as-path-list B regex \"1 x\": character 3: \"x\" is not known here; expected an AS number\n"
      "community-list C member 1:x: \"1:x\" is no community; expected a community such as 65001:100, 65001:*, "
      "no-export, "
      "rt:65001:100, 65001:1:2, or /regular expression/\n"
      "community-list C member /(/: character 2: \"(\" without \")\"\n"
      "policy-statement P term 1 from neighbor: expected a prefix such as 10.0.0.0/8\n"
      "policy-statement P term 1 from metric 5-1: expected a number or a range, such as 10, 1-5 or 100-\n"
      "policy-statement P term 1 from tag x: expected a number or a range, such as 10, 1-5 or 100-\n"
      "policy-statement P term 1 from as-path-length -: expected a number or a range, such as 10, 1-5 or 100-\n"
      "policy-statement P term 1 from prefix-list AA: there is no prefix list \"AA\"; did you mean \"A\"?\n"
      "policy-statement P term 1 from as-path-list ZZZ: there is no AS path list \"ZZZ\"; expected \"B\"\n"
      "policy-statement P term 1 from policy \"P2 &\": character 4: expected \"&&\" or \"||\"\n"
      "policy-statement P term 1 then local-preference: \"++1\" is no change of a number; expected one such as 200, "
      "+10, "
      "-10, or none\n"
      "policy-statement P term 1 then metric: \"x\" is no change of a number; expected one such as 200, +10, -10, or "
      "none\n"
      "policy-statement P term 1 then origin: expected one origin\n"
      "policy-statement P term 1 then next-hop: \"here\" is no next hop; expected an address, \"self\" or \"peer\"\n"
      "policy-statement P term 1 then community set 2: \"2\" is no community; expected one such as 65001:100, "
      "no-export, "
      "rt:65001:100 or 65001:1:2\n"
      "policy-statement P term 1 then community delete 3: \"3\" is no community; expected a community such as "
      "65001:100, "
      "65001:*, no-export, rt:65001:100, 65001:1:2, or /regular expression/\n"
      "policy-statement P term 1 then community delete-list D: there is no community list \"D\"; expected \"C\"\n"
      "policy-statement P term 1 then community add 1:x: \"1:x\" is no community; expected one such as 65001:100, "
      "no-export, rt:65001:100 or 65001:1:2\n"
      "warning: policy-statement P term 3: never reached: term 2 is for all routes\n"
      "warning: prefix-list A: no policy refers to it\n"
      "warning: prefix-list \"a b\": no policy refers to it\n"
      "warning: as-path-list B: no policy refers to it\n");
}

TEST(CheckTest, Calls) {
  auto calls = [](kj::StringPtr name, kj::StringPtr expression) {
    return kj::str("policy-statement ", name, " { term 1 { from { policy \"", expression, "\"; } then { accept; } } }");
  };
  testing::Config circle(kj::str(calls("A", "B"), calls("B", "!C"), calls("C", "A || B")));
  EXPECT_EQ(listed(check(circle.options())),
            "policy-statement C term 1 from policy \"A || B\": policies call each other in a circle: A, B, C, A\n"
            "policy-statement C term 1 from policy \"A || B\": policies call each other in a circle: A, B, C, B\n");
  testing::Config unknown(calls("IN", "IM && (IN2"));
  EXPECT_EQ(listed(check(unknown.options())),
            "policy-statement IN term 1 from policy \"IM && (IN2\": character 11: expected \")\"\n");
  testing::Config named(calls("IN", "OUT"));
  EXPECT_EQ(listed(check(named.options())),
            "policy-statement IN term 1 from policy OUT: there is no policy \"OUT\"; expected \"IN\"\n");
  kj::Vector<kj::String> deep;
  for (uint i = 0; i < 40; ++i) deep.add(calls(kj::str("P", i), kj::str("P", i + 1)));
  deep.add(kj::str("policy-statement P40 { }"));
  testing::Config chain(kj::strArray(deep, ""));
  EXPECT_EQ(listed(check(chain.options())),
            "policy-statement P31 term 1 from policy P32: policies call each other more than 32 deep\n");
}

TEST(CheckTest, ExpressionsSayWhatTheyMiss) {
  auto why = [](kj::StringPtr text) {
    auto parsed = Expression::parse(text);
    KJ_IF_MAYBE (wrong, parsed.tryGet<Expression::Wrong>())
      return std::string(kj::str(wrong->at, ": ", wrong->text).cStr());
    return std::string("good");
  };
  EXPECT_EQ(why(""), "0: expected the name of a policy");
  EXPECT_EQ(why("A &&"), "4: expected the name of a policy");
  EXPECT_EQ(why("A B"), "2: expected \"&&\" or \"||\"");
  EXPECT_EQ(why("A)"), "1: \")\" without \"(\"");
  EXPECT_EQ(why(kj::str(kj::repeat('(', 51))), "51: more than 50 brackets in each other");
}

TEST(ChainTest, KnowsWhetherItAsksForRpki) {
  Made made(
      "policy-statement A { term 1 { except { rpki invalid; } then { accept; } } }"
      "policy-statement B { term 1 { from { policy C; } then { accept; } } }"
      "policy-statement C { term 1 { from { policy A; } } }"
      "policy-statement D { term 1 { from { prefix 10.0.0.0/8 { exact; } } } }");
  auto uses = [&](std::vector<kj::StringPtr> names) { return made.compiled.chain(names).usesRpki(); };
  EXPECT_TRUE(uses({"A"}));
  EXPECT_TRUE(uses({"D", "B"})) << "by way of others";
  EXPECT_FALSE(uses({"D"}));
  EXPECT_FALSE(made.compiled.chain(std::vector<kj::StringPtr>{"A"}).isUniform());
}

TEST(CheckTest, AnUnknownNameIsSuggested) {
  testing::Config config("policy-statement IMPORT { }");
  EXPECT_EQ(whyUnknown(config.options(), "IMPORT"), nullptr);
  EXPECT_STREQ(KJ_ASSERT_NONNULL(whyUnknown(config.options(), "IMPROT")).cStr(),
               "there is no policy \"IMPROT\"; did you mean \"IMPORT\"?");
}

TEST(SameTest, SeesWhatAPolicyRefersTo) {
  auto text = [](kj::StringPtr prefix, kj::StringPtr other, kj::StringPtr community) {
    return kj::str("prefix-list L { prefix ", prefix, "; } prefix-list M { prefix ", other, "; }",
                   "community-list C { member ", community, "; }",
                   "policy-statement A { term 1 { from { policy B; } then { accept; } } }"
                   "policy-statement B { term 1 { from { prefix-list L; } then { community { delete-list C; } } } }");
  };
  Made base(text("10.0.0.0/8", "11.0.0.0/8", "1:1"));
  auto same = [&](kj::String now, kj::StringPtr name) { return base.compiled.same(Made(now).compiled, name); };
  EXPECT_TRUE(same(text("10.0.0.0/8", "11.0.0.0/8", "1:1"), "A"));
  EXPECT_TRUE(same(text("10.0.0.0/8", "12.0.0.0/8", "1:1"), "A")) << "a list that is not its";
  EXPECT_FALSE(same(text("10.0.0.0/9", "11.0.0.0/8", "1:1"), "A"));
  EXPECT_FALSE(same(text("10.0.0.0/8", "11.0.0.0/8", "1:2"), "A"));
  EXPECT_FALSE(same(kj::str(""), "A"));
  EXPECT_TRUE(same(kj::str(""), "X")) << "nowhere";
}

}  // namespace
}  // namespace xylem::policy

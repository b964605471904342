#include <gtest/gtest.h>
#include <net/wire.h>
#include <policy/testing.h>
#include <rib/followers.h>
#include <rib/test-policy.h>

namespace xylem::rib {
namespace {

net::IpNet ipNet(kj::StringPtr text) { return KJ_REQUIRE_NONNULL(net::IpNet::parse(text), text); }
kj::Own<policy::Compiled> compiled(kj::StringPtr text) {
  policy::testing::Config config(text);
  auto made = kj::heap<policy::Compiled>(config.options());
  for (auto& problem : made->problems()) KJ_REQUIRE(problem.warning, problem.path, problem.text);
  return made;
}

struct Rig {
  // A table with a protocol that offers routes, and a follower by the policy P.
  Table table;
  kj::Own<policy::Compiled> policies;
  Follower follower;
  Origin* origin;
  std::map<std::string, std::string> heard;
  size_t told = 0;

  explicit Rig(kj::StringPtr text)
      : policies(compiled(text)), follower(table, *policies, Wanted{{"a", "b"}, {"P", ""}, 0}) {
    InterfaceState eth0{KJ_ASSERT_NONNULL(InterfaceName::parse("eth0")), 2, true, {}};
    eth0.addresses.push_back(KJ_ASSERT_NONNULL(net::IfAddr::parse("10.0.0.1/24")));
    table.setInterface(eth0);
    origin = &open("a", 10);
  }
  Origin& open(kj::StringPtr name, uint8_t distance) {
    auto& opened = table.open(name, distance);
    table.define(opened, 1, {NextHops::HOPS, {NextHop{KJ_ASSERT_NONNULL(net::Ip::parse("10.0.0.2")), {}}}});
    return opened;
  }
  void put(Origin& from, kj::StringPtr net, uint32_t metric = 0, uint32_t tag = 0) {
    table.put(from, ipNet(net).v4(), KJ_ASSERT_NONNULL(table.groupOf(from, 1)), metric, tag);
  }
  void change(kj::StringPtr text) {
    auto now = compiled(text);
    follower.change(*policies, *now);
    policies = kj::mv(now);
  }
  void listen(size_t most = 3) {
    while (table.isBusy()) table.advance(10);
    while (follower.pending()) {
      kj::Vector<Followed> out;
      follower.take(out, most);
      told += out.size();
      for (auto& each : out) {
        if (each.source < 0)
          heard.erase(kj::str(each.net).cStr());
        else
          heard[kj::str(each.net).cStr()] =
              kj::str(each.source, ' ', each.metric, each.ownMetric ? "! " : " ", each.tag).cStr();
      }
    }
  }
};

using Routes = std::map<std::string, std::string>;
constexpr kj::StringPtr TENS =
    "policy-statement P { term 1 { from { prefix 10.0.0.0/8 { orlonger; } } then { accept; } } }"_kj;

TEST(FollowerPolicy, TellsWhatIsAcceptedAsItWasChanged) {
  Rig rig(
      "policy-statement P { term 1 { from { tag 5; next-hop 10.0.0.2/32; } then { metric 7; tag +1; accept; } }"
      " term 2 { from { protocol a; metric 3; } then { accept; } } term 3 { from { tag 9; } then { reject; } } }");
  rig.put(*rig.origin, "10.1.0.0/16", 7, 5);
  rig.put(*rig.origin, "10.2.0.0/16", 3, 4);
  rig.put(*rig.origin, "10.3.0.0/16", 4, 4);
  rig.put(*rig.origin, "10.4.0.0/16", 4, 9);
  rig.put(rig.open("b", 20), "10.5.0.0/16", 4, 9);
  rig.listen();
  EXPECT_EQ(rig.heard, (Routes{{"10.1.0.0/16", "0 7! 6"}, {"10.2.0.0/16", "0 3 4"}, {"10.5.0.0/16", "1 4 9"}}))
      << "what is not accepted is not told";
  rig.put(*rig.origin, "10.2.0.0/16", 2, 4);
  rig.put(*rig.origin, "10.3.0.0/16", 3, 4);
  rig.listen();
  EXPECT_EQ(rig.heard, (Routes{{"10.1.0.0/16", "0 7! 6"}, {"10.3.0.0/16", "0 3 4"}, {"10.5.0.0/16", "1 4 9"}}));
}

TEST(FollowerPolicy, AChangeIsToldAndNothingElse) {
  Rig rig(TENS);
  for (uint i = 0; i < 50; ++i) {
    rig.put(*rig.origin, kj::str("10.", i, ".0.0/16"));
    rig.put(*rig.origin, kj::str("11.", i, ".0.0/16"));
  }
  rig.listen();
  EXPECT_EQ(rig.heard.size(), 50u);
  auto told = rig.told;
  rig.change(kj::str(TENS, " policy-statement OTHER { default-action accept; }"));
  rig.listen();
  EXPECT_EQ(rig.told, told) << "P means what it meant";
  rig.change("policy-statement P { term 1 { from { prefix 11.0.0.0/8 { orlonger; } } then { tag 1; accept; } } }");
  EXPECT_FALSE(rig.follower.toldAll());
  rig.listen();
  EXPECT_EQ(rig.heard.size(), 50u);
  EXPECT_EQ(rig.heard["11.7.0.0/16"], "0 0 1");
  EXPECT_EQ(rig.heard.count("10.7.0.0/16"), 0u);
}

TEST(FollowerPolicy, OneThatIsNotThereAcceptsNothing) {
  Rig rig(TENS);
  rig.put(*rig.origin, "10.1.0.0/16");
  rig.listen();
  EXPECT_EQ(rig.heard.size(), 1u);
  rig.change("");
  rig.listen();
  EXPECT_EQ(rig.heard.size(), 0u);
  rig.change(TENS);
  rig.listen();
  EXPECT_EQ(rig.heard.size(), 1u);
}

std::string tested(kj::StringPtr policies, kj::FunctionParam<void(Show::TestParams::Builder)> ask) {
  capnp::MallocMessageBuilder question, answer;
  auto params = question.initRoot<Show::TestParams>();
  params.setPolicy("P");
  net::write(ipNet("10.1.0.0/16"), params.initNet());
  ask(params);
  auto results = answer.initRoot<Show::TestResults>();
  testPolicy(*compiled(policies), params.asReader(), results);
  auto told = results.asReader();
  std::string text;
  for (auto step : told.getStep())
    text +=
        kj::str(step.getPolicy(), ' ', step.getTerm(), step.getApplies() ? ": " : " no: ", step.getWhat(), '\n').cStr();
  text += kj::str(told.getVerdict(), '\n').cStr();
  if (!told.hasRoute()) return text;
  auto route = told.getRoute();
  return text + kj::str(route.getMetric(), ' ', route.getLocalPreference(), ' ', route.getTag(), ' ',
                        uint(route.getOrigin()), ' ', KJ_ASSERT_NONNULL(net::read(route.getNextHop())), " [",
                        route.getAsPath(), "] ", kj::strArray(route.getCommunity(), " "))
                    .cStr();
}

TEST(TestPolicy, TellsTermByTermAndWhatBecameOfTheRoute) {
  auto policies =
      "policy-statement P { term 1 { from { protocol bgp; } then { local-preference 50; } } term 2 { from { tag 5; "
      "metric 4; "
      "rpki valid; neighbor 192.0.2.0/24; } then { metric +1; as-path-prepend { as 7; } community { add 1:1; } accept; "
      "} } }";
  auto full = [](Show::TestParams::Builder ask) {
    ask.setProtocol("rip");
    ask.setTag(5);
    ask.setMetric(4);
    ask.setRpki(policy::schema::Validity::VALID);
    ask.setOrigin(policy::schema::Origin::EGP);
    ask.setAsPath("65001 {3 4}");
    ask.setCommunity("no-export  rt:1:1 1:1:1");
    net::write(KJ_ASSERT_NONNULL(net::Ip::parse("192.0.2.1")), ask.initNeighbor());
    net::write(KJ_ASSERT_NONNULL(net::Ip::parse("192.0.2.7")), ask.initNextHop());
  };
  EXPECT_EQ(tested(policies, full),
            "P 1 no: not from protocol bgp\n"
            "P 2: metric +1, as-path-prepend as 7 count 1, community add 1:1, accept\n"
            "accept\n"
            "5 100 5 1 192.0.2.7 [7 65001 {3 4}] 1:1 no-export rt:1:1 1:1:1");
  EXPECT_EQ(tested(policies, [](auto ask) { ask.setProtocol("bgp"); }),
            "P 1: local-preference 50, next-term\n"
            "P 2 no: not from neighbor 192.0.2.0/24\n"
            "P end: default-action next-policy\n"
            "neither accepted nor rejected\n"
            "0 50 0 0 - [] ");
}

TEST(TestPolicy, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(tested("", [](auto) {}), "there is no policy \"P\"\n");
  EXPECT_EQ(tested(TENS, [](auto ask) { ask.setAsPath("x"); }),
            "\"x\" is no AS path; expected one such as \"65001 65002 {65003 65004}\"\n");
  EXPECT_EQ(tested(TENS, [](auto ask) { ask.setCommunity("1:1 x"); }),
            "\"x\" is no community; expected one such as 65001:100, no-export, rt:65001:100 or 65001:1:2\n");
  EXPECT_EQ(tested(TENS, [](auto ask) { ask.initNet(); }), "expected a prefix behind the policy, such as 10.0.0.0/8\n");
}

}  // namespace
}  // namespace xylem::rib

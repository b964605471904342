#include <protocols/bgp/samples.h>
#include <protocols/bgp/update.h>

#include <gtest/gtest.h>

namespace xylem::bgp {
namespace {

const char* const ORIGIN = "40 01 01 00";
const char* const PATH = "40 02 06 02 01 0000fde9";
const char* const HOP = "40 03 04 0a000001";
const char* const NETS = "18 0a0102 08 0b";
const char* const MP = "80 0e 1e 0002 01 10 20010db8000000000000000000000001 00 40 20010db800010000";
const std::string GOOD = std::string(ORIGIN) + PATH + HOP;

std::string length16(size_t bytes) {
  kj::byte two[] = {kj::byte(bytes >> 8), kj::byte(bytes)};
  return hex(kj::arrayPtr(two, 2));
}

std::string body(const std::string& attributes, const std::string& nlri = NETS, const std::string& withdrawn = "") {
  return length16(hex(withdrawn).size()) + withdrawn + length16(hex(attributes).size()) + attributes + nlri;
}

Context external() {
  Context context;
  context.families = {Family::IPV4_UNICAST, Family::IPV6_UNICAST};
  return context;
}
Context internal() {
  auto context = external();
  context.internal = true;
  return context;
}
Context old() {
  auto context = external();
  context.as4 = false;
  return context;
}

const char* nameOf(Disposition disposition) {
  const char* names[] = {"accept", "discard", "withdraw", "disable"};
  return names[uint(disposition)];
}

std::string judge(const std::string& text, const Context& context) {
  // `accept`; else the worst action with the attribute and the reason of the first finding that asks for it; or
  // `reset CODE/SUBCODE DATA`.
  auto bytes = hex(text);
  auto message = split(bytes, context);
  if (message.is<Notification>()) {
    auto& bad = message.get<Notification>();
    auto data = hex(kj::arrayPtr(bad.data.data(), bad.data.size()));
    return kj::str("reset ", uint(bad.code), "/", uint(bad.subcode), data.empty() ? "" : " ", data.c_str()).cStr();
  }
  auto& update = message.get<Update>();
  Disposition worst = update.disposition;
  std::string said;
  auto look = [&](const kj::Vector<Finding>& findings) {
    for (auto& finding : findings)
      if (said.empty() && finding.action == worst)
        said = kj::str(" ", uint(finding.attribute), " ", finding.reason).cStr();
  };
  look(update.findings);
  for (auto& announced : update.announced) {
    if (announced.nlri.empty()) continue;
    auto decoded = decodeAttributes(update, announced, context);
    if (decoded.disposition > worst) {
      worst = decoded.disposition;
      said.clear();
    }
    look(decoded.findings);
  }
  return nameOf(worst) + said;
}

struct Case {
  std::string bytes, outcome;
};

void check(const Context& context, std::initializer_list<Case> cases) {
  for (auto& one : cases) EXPECT_EQ(judge(one.bytes, context), one.outcome) << one.bytes;
}

const std::string LENGTH = "a length that it cannot have", FLAGS = "flags that it cannot have";

std::string with(const std::string& attribute) { return body(GOOD + attribute); }

TEST(UpdateTest, EndsTheSessionOnlyWhereNothingElseIsLeft) {
  check(external(), {
                        {"0000", "reset 3/1"},       // no room for the second length
                        {"0001 0000", "reset 3/1"},  // withdrawn routes beyond the message
                        {"ffff 0000", "reset 3/1"},
                        {"0000 0001", "reset 3/1"},  // attributes beyond the message
                        {"0000 ffff 40", "reset 3/1"},
                        {"0002 180a 0000", "reset 3/10"},  // a withdrawn prefix cut short
                        {"0001 21 0000", "reset 3/10"},    // /33
                        {"0002 ff00 0000", "reset 3/10"},
                        {body(GOOD, "21 0a000001 00"), "reset 3/10"},
                        {body(GOOD, "18 0a01"), "reset 3/10"},
                        {body(GOOD, "08"), "reset 3/10"},
                        {body(GOOD, "08 0a 20 0a0000"), "reset 3/10"},
                        {with("40 63 01 00"), "reset 3/2 40630100"},  // a well-known attribute nobody knows
                        {with("00 63 00"), "reset 3/2 006300"},
                        {with("50 0b 0001 07"), "reset 3/2 500b000107"},
                        {with("40 ff 00"), "reset 3/2 40ff00"},
                        {with(std::string(MP) + MP), "reset 3/1"},  // MP attributes twice
                        {with("80 0f 03 0002 01 80 0f 03 0002 01"), "reset 3/1"},
                        {with("80 0e 00"), "reset 3/9 800e00"},  // no family in them
                        {with("80 0e 02 0002"), "reset 3/9 800e020002"},
                        {with("80 0f 00"), "reset 3/9 800f00"},
                        {with("80 0f 02 0002"), "reset 3/9 800f020002"},
                    });
}

TEST(UpdateTest, DisablesAFamilyWhosePrefixesCannotBeRead) {
  const std::string hop = "20010db8000000000000000000000001", prefixes = "prefixes that cannot be read",
                    size = "a next hop of impossible length";
  auto only6 = external();
  only6.families = {Family::IPV6_UNICAST};
  check(external(),
        {
            {with("80 0e 03 0002 01"), "disable 14 " + size},
            {with("80 0e 05 0002 01 00 00"), "disable 14 " + size},
            {with("80 0e 09 0002 01 04 0a000001 00"), "disable 14 " + size},  // an IPv4 next hop
            {with("80 0e 14 0002 01 10 " + hop), "disable 14 " + size},       // the reserved byte is missing; 20 of 21
            {with("80 0e 16 0002 01 10 " + hop + " 00 81"), "disable 14 " + prefixes},
            {with("80 0e 16 0002 01 10 " + hop + " 00 40"), "disable 14 " + prefixes},
            {with("80 0e 17 0002 01 10 " + hop + " 00 10 20"), "disable 14 " + prefixes},
            {with("80 0e 05 0002 01 ff 00"), "disable 14 " + size},
            {with("80 0e 15 0001 01 10 " + hop + " 00"),
             "disable 14 " + size},  // an IPv6 next hop that was not agreed on
            {with("80 0f 04 0002 01 81"), "disable 15 " + prefixes},
            {with("80 0f 04 0002 01 08"), "disable 15 " + prefixes},
            {with("80 0f 05 0002 01 10 20"), "disable 15 " + prefixes},
        });
  check(only6, {
                   {body(GOOD + "80 0f 04 0002 01 81", ""), "reset 3/9 800f0400020181"},
                   {body(GOOD + "80 0e 03 0002 01", ""), "reset 3/9 800e03000201"},
               });
}

TEST(UpdateTest, WithdrawsRoutesOfBadAttributes) {
  const std::string seg = "withdraw 2 a segment ", missing = " missing";
  auto path = [](const std::string& value) {
    return body(std::string(ORIGIN) + "40 02 " + length16(hex(value).size()).substr(2) + value + HOP);
  };
  auto origin = [](const std::string& attribute) { return body(attribute + PATH + HOP); };
  auto hop = [](const std::string& attribute) { return body(std::string(ORIGIN) + PATH + attribute); };
  check(external(),
        {
            {origin("40 01 00"), "withdraw 1 " + LENGTH},
            {origin("40 01 02 0000"), "withdraw 1 " + LENGTH},
            {origin("40 01 01 03"), "withdraw 1 an origin that does not exist"},
            {origin("40 01 01 ff"), "withdraw 1 an origin that does not exist"},
            {origin("c0 01 01 00"), "withdraw 1 " + FLAGS},
            {origin("00 01 01 00"), "withdraw 1 " + FLAGS},
            {origin("80 01 01 00"), "withdraw 1 " + FLAGS},
            {origin(""), "withdraw 1" + missing},
            {path("05 01 0000fde9"), seg + "of unknown type"},
            {path("00 01 0000fde9"), seg + "of unknown type"},
            {path("02 00"), seg + "without members"},
            {path("02"), seg + "without members"},
            {path("02 02 0000fde9"), seg + "that runs beyond the path"},
            {path("02 01 fde9"), seg + "that runs beyond the path"},
            {path("02 01 0000fde9 02"), seg + "without members"},
            {path("02 01 0000fde9 01 ff 00000001"), seg + "that runs beyond the path"},
            {path("03 01 0000fde9"), "withdraw 2 a confederation segment from outside"},
            {path("04 01 0000fde9"), "withdraw 2 a confederation segment from outside"},
            {path("02 01 00000000"), "withdraw 2 an AS number of zero"},
            {path("02 02 0000fde9 00000000"), "withdraw 2 an AS number of zero"},
            {path("01 01 00000000"), "withdraw 2 an AS number of zero"},
            {body(std::string(ORIGIN) + "c0 02 00" + HOP), "withdraw 2 " + FLAGS},
            {body(std::string(ORIGIN) + HOP), "withdraw 2" + missing},
            {hop("40 03 03 0a0000"), "withdraw 3 " + LENGTH},
            {hop("40 03 05 0a00000100"), "withdraw 3 " + LENGTH},
            {hop("40 03 00"), "withdraw 3 " + LENGTH},
            {hop("c0 03 04 0a000001"), "withdraw 3 " + FLAGS},
            {hop("40 03 04 00000000"), "withdraw 3 an address that no router has"},
            {hop("40 03 04 7f000001"), "withdraw 3 an address that no router has"},
            {hop("40 03 04 e0000005"), "withdraw 3 an address that no router has"},
            {hop("40 03 04 ffffffff"), "withdraw 3 an address that no router has"},
            {hop(""), "withdraw 3" + missing},
            {with("80 04 03 000000"), "withdraw 4 " + LENGTH},
            {with("80 04 00"), "withdraw 4 " + LENGTH},
            {with("c0 04 04 00000001"), "withdraw 4 " + FLAGS},
            {with("40 04 04 00000001"), "withdraw 4 " + FLAGS},
            {with("80 06 00"), "withdraw 6 " + FLAGS},
            {with("40 07 08 0000fde9 0a000001"), "withdraw 7 " + FLAGS},
            {with("c0 08 00"), "withdraw 8 " + LENGTH},
            {with("c0 08 05 0000000000"), "withdraw 8 " + LENGTH},
            {with("80 08 04 00000000"), "withdraw 8 " + FLAGS},
            {with("c0 10 00"), "withdraw 16 " + LENGTH},
            {with("c0 10 07 00000000000000"), "withdraw 16 " + LENGTH},
            {with("80 10 08 0000000000000000"), "withdraw 16 " + FLAGS},
            {with("c0 19 00"), "withdraw 25 " + LENGTH},
            {with("c0 19 13 00000000000000000000000000000000000000"), "withdraw 25 " + LENGTH},
            {with("c0 20 00"), "withdraw 32 " + LENGTH},
            {with("c0 20 0b 0000000000000000000000"), "withdraw 32 " + LENGTH},
            {with("40 20 0c 000000000000000000000000"), "withdraw 32 " + FLAGS},
            {with("c0 23 03 000000"), "withdraw 35 " + LENGTH},
            {with("c0 23 05 0000000000"), "withdraw 35 " + LENGTH},
            {with("80 23 04 00000001"), "withdraw 35 " + FLAGS},
            {body(std::string(ORIGIN) + PATH + "40 0e" + std::string(MP).substr(5), ""), "withdraw 14 " + FLAGS},
            {with("c0 0f 03 0002 01"), "withdraw 15 " + FLAGS},
            {with("c0 08 08 00000000"), "withdraw 8 an attribute that runs beyond the block"},
            {with("c0"), "withdraw 0 an attribute that runs beyond the block"},
            {with("c0 08"), "withdraw 8 an attribute that runs beyond the block"},
            {with("d0 08 00"), "withdraw 8 an attribute that runs beyond the block"},
            {with("d0 08 ffff 00"), "withdraw 8 an attribute that runs beyond the block"},
            {with("80 0e 10 0002 01"), "withdraw 14 an attribute that runs beyond the block"},
        });
}

TEST(UpdateTest, WithdrawsRoutesBesideADisabledFamily) {
  auto bytes = hex(with("80 0f 04 0002 01 81 c0 08 08 00000000"));
  auto message = split(bytes, external());
  auto& update = KJ_ASSERT_NONNULL(message.tryGet<Update>());
  EXPECT_EQ(update.disposition, Disposition::DISABLE);
  EXPECT_EQ(decodeAttributes(update, update.announced[0], external()).disposition, Disposition::WITHDRAW);
}

TEST(UpdateTest, WithdrawsRoutesOfNextHopsThatNoRouterHas) {
  auto mp = [](const std::string& hop) {
    return body(std::string(ORIGIN) + PATH + "80 0e " + length16(hex(hop).size() + 5 + 5).substr(2) + "0002 01" +
                    length16(hex(hop).size()).substr(2) + hop + "00 20 20010db8",
                "");
  };
  const std::string bad = "withdraw 14 an address that no router has", zero(32, '0');
  check(external(), {
                        {mp("20010db8000000000000000000000001"), "accept"},
                        {mp("fe800000000000000000000000000001"), "accept"},
                        {mp(zero), bad},
                        {mp("00000000000000000000000000000001"), bad},
                        {mp("ff020000000000000000000000000001"), bad},
                        {mp("00000000000000000000ffff0a000001"), bad},
                        {mp(zero + zero), bad},
                        {mp(zero + "fe800000000000000000000000000001"), "accept"},
                    });
}

TEST(UpdateTest, HoldsInternalAttributesToTheSameFromInside) {
  const std::string local = "40 05 04 00000064";
  check(internal(), {
                        {with(local), "accept"},
                        {with(""), "withdraw 5 missing"},
                        {with("40 05 03 000064"), "withdraw 5 " + LENGTH},
                        {with("c0 05 04 00000064"), "withdraw 5 " + FLAGS},
                        {with(local + "80 09 03 000001"), "withdraw 9 " + LENGTH},
                        {with(local + "80 09 00"), "withdraw 9 " + LENGTH},
                        {with(local + "c0 09 04 0a000001"), "withdraw 9 " + FLAGS},
                        {with(local + "80 0a 00"), "withdraw 10 " + LENGTH},
                        {with(local + "80 0a 05 0a00000100"), "withdraw 10 " + LENGTH},
                        {with(local + "c0 0a 04 0a000001"), "withdraw 10 " + FLAGS},
                        {with(local + "80 09 04 0a000001 80 0a 08 0a0000010a000002"), "accept"},
                    });
}

TEST(UpdateTest, LeavesOutWhatCanBeSpared) {
  const std::string inside = "an attribute that is internal to an AS", narrow = "an attribute for two-octet AS numbers";
  check(external(), {
                        {with("40 05 04 00000064"), "discard 5 " + inside},
                        {with("c0 05 01 00"), "discard 5 " + inside},
                        {with("80 09 04 0a000001"), "discard 9 " + inside},
                        {with("80 09 01 0a"), "discard 9 " + inside},
                        {with("80 0a 04 0a000001"), "discard 10 " + inside},
                        {with("80 0a 00"), "discard 10 " + inside},
                        {with("40 06 01 00"), "discard 6 " + LENGTH},
                        {with("c0 07 06 fde9 0a000001"), "discard 7 " + LENGTH},
                        {with("c0 07 00"), "discard 7 " + LENGTH},
                        {with("c0 07 08 00000000 0a000001"), "discard 7 an AS number of zero"},
                        {with("c0 11 06 02 01 0000fde9"), "discard 17 " + narrow},
                        {with("c0 12 08 0000fde9 0a000001"), "discard 18 " + narrow},
                        {with("c0 12 07 0000fde9 0a0000"), "discard 18 " + LENGTH},
                        {with("40 01 01 02"), "discard 1 a second one of its type"},
                        {with("c0 08 04 00000001 c0 08 03 000001"), "discard 8 a second one of its type"},
                        {with("c0 c8 00 c0 c8 00"), "discard 200 a second one of its type"},
                        {with("80 0e 05 0003 01 00 00"), "discard 14 a family that was not agreed on"},
                        {with("80 0f 03 0001 02"), "discard 15 a family that was not agreed on"},
                        {with("80 0f 03 0001 80"), "discard 15 a family that was not agreed on"},
                    });
  check(old(), {
                   {body(std::string(ORIGIN) + "40 02 04 02 01 fde9" + HOP + "c0 07 08 0000fde9 0a000001"),
                    "discard 7 " + LENGTH},
                   {body(std::string(ORIGIN) + "40 02 04 02 01 fde9" + HOP + "c0 07 06 0000 0a000001"),
                    "discard 7 an AS number of zero"},
                   {body(std::string(ORIGIN) + "40 02 04 02 01 fde9" + HOP + "c0 11 02 0201"),
                    "discard 17 a segment that runs beyond the path"},
                   {body(std::string(ORIGIN) + "40 02 04 02 01 fde9" + HOP + "c0 11 06 0201 00000000"),
                    "discard 17 an AS number of zero"},
                   {body(std::string(ORIGIN) + "40 02 04 02 01 fde9" + HOP + "c0 12 08 00000000 0a000001"),
                    "discard 18 an AS number of zero"},
               });
}

TEST(UpdateTest, AcceptsWhatIsGood) {
  check(external(), {
                        {"0000 0000", "accept"},
                        {with(""), "accept"},
                        {with(MP), "accept"},
                        {with("50 06 0000"), "accept"},
                        {with("c0 63 03 010203"), "accept"},
                        {with("80 63 03 010203"), "accept"},
                        {body(std::string(ORIGIN) + "40 02 00" + HOP), "accept"},
                        {body("", "", "18 0a0102 00"), "accept"},
                        {body(std::string(HOP) + PATH + ORIGIN), "accept"},
                    });
  auto strict = external();
  strict.firstAs = uint32_t(65002);
  check(strict, {{with(""), "withdraw 2 a path that does not begin with the peer"}});
  strict.firstAs = uint32_t(65001);
  check(strict, {{with(""), "accept"}});
  auto confederation = external();
  confederation.confederation = true;
  check(confederation, {{body(std::string(ORIGIN) + "40 02 06 03 01 0000fde9" + HOP + "40 05 04 00000001"), "accept"}});
  auto only6 = external();
  only6.families = {Family::IPV6_UNICAST};
  check(only6, {{with(""), "discard 0 a family that was not agreed on"}});
}

Update good(Bytes bytes, const Context& context) {
  auto message = split(bytes, context);
  return kj::mv(KJ_ASSERT_NONNULL(message.tryGet<Update>()));
}

template <typename Address> std::string list(const Nlri& nlri) {
  std::string text;
  Destination<Address> destination;
  for (Cursor<Address> cursor(nlri); cursor.next(destination);) {
    text += (text.empty() ? "" : " ") + std::string(kj::str(destination.net).cStr());
    if (nlri.addPath) text += "#" + std::to_string(destination.path);
  }
  return text;
}

TEST(UpdateTest, ReadsPrefixes) {
  auto bytes =
      hex(body(GOOD + MP + "80 0f 0c 0002 01 40 20010db8ffff0000", "18 0a0102 00 20 c0000201 09 0aff", "08 0b"));
  auto update = good(bytes, external());
  EXPECT_EQ(list<net::Ip4>(update.announced[0].nlri), "10.1.2.0/24 0.0.0.0/0 192.0.2.1/32 10.128.0.0/9");
  EXPECT_EQ(list<net::Ip4>(update.withdrawn[0]), "11.0.0.0/8");
  EXPECT_EQ(list<net::Ip6>(update.announced[1].nlri), "2001:db8:1::/64");
  EXPECT_EQ(list<net::Ip6>(update.withdrawn[1]), "2001:db8:ffff::/64");
  auto context = external();
  context.addPath = {Family::IPV4_UNICAST};
  bytes = hex(body(GOOD, "00000007 18 0a0102 ffffffff 00"));
  EXPECT_EQ(list<net::Ip4>(good(bytes, context).announced[0].nlri), "10.1.2.0/24#7 0.0.0.0/0#4294967295");
  for (auto bad : {"000000", "00000007", "00000007 18 0a01", "00000007 21 0a01020304"})
    EXPECT_EQ(judge(body(GOOD, bad), context), "reset 3/10") << bad;
}

TEST(UpdateTest, KnowsTheEndOfRib) {
  auto endOf = [](const std::string& text) -> std::string {
    auto bytes = hex(text);
    auto update = good(bytes, external());
    KJ_IF_MAYBE (family, update.endOfRib) return nameOf(*family).cStr();
    return "";
  };
  EXPECT_EQ(endOf("0000 0000"), "ipv4-unicast");
  EXPECT_EQ(endOf(body("80 0f 03 0002 01", "")), "ipv6-unicast");
  EXPECT_EQ(endOf(body("90 0f 0003 0002 01", "")), "ipv6-unicast");
  EXPECT_EQ(endOf(body("80 0f 03 0002 02", "")), "");
  EXPECT_EQ(endOf(body("80 0f 05 0002 01 08 20", "")), "");
  EXPECT_EQ(endOf(body("80 0f 03 0002 01", "08 0a")), "");
  EXPECT_EQ(endOf(body(std::string(ORIGIN) + "80 0f 03 0002 01", "")), "");
  EXPECT_EQ(endOf(body("", "", "08 0a")), "");
}

TEST(UpdateTest, GivesEachAnnouncementItsNextHop) {
  auto bytes = hex(body(GOOD + MP));
  auto update = good(bytes, external());
  auto classic = decodeAttributes(update, update.announced[0], external());
  auto mp = decodeAttributes(update, update.announced[1], external());
  EXPECT_EQ(classic.attributes.nextHop, net::Ip(net::Ip4::of(10, 0, 0, 1)));
  EXPECT_EQ(mp.attributes.nextHop, net::Ip(net::Ip6{0x20010db800000000, 1}));
  auto key = update.key(update.announced[1]);
  EXPECT_EQ(hex(key[0]), "1020010db8000000000000000000000001");
  EXPECT_EQ(hex(key[1]) + hex(key[2]) + hex(key[3]), hex(hex(GOOD)));
}

std::string pathOf(const std::string& attributes) {
  auto bytes = hex(body(std::string(ORIGIN) + attributes + HOP));
  auto update = good(bytes, old());
  auto decoded = decodeAttributes(update, update.announced[0], old());
  std::string aggregator;
  KJ_IF_MAYBE (value, decoded.attributes.aggregator) aggregator = kj::str(" by ", value->as).cStr();
  return kj::str(decoded.attributes.path).cStr() + aggregator;
}

TEST(UpdateTest, MergesFourOctetPaths) {
  const std::string path = "40 02 08 02 03 fde9 5ba0 5ba0", as4 = "c0 11 0a 02 02 00010001 00010002";
  EXPECT_EQ(pathOf(path + as4), "65001 65537 65538");
  EXPECT_EQ(pathOf(path), "65001 23456 23456");
  // An AS4_PATH that is longer is not believed.
  EXPECT_EQ(pathOf("40 02 04 02 01 5ba0" + as4), "23456");
  EXPECT_EQ(pathOf("40 02 0c 02 03 fde9 5ba0 5ba0 01 01 0001" + as4), "65001 23456 65537 65538");
  // A set in front counts as one.
  EXPECT_EQ(pathOf("40 02 0c 01 02 0001 0002 02 02 5ba0 5ba0" + as4), "{1 2} 65537 65538");
  // Confederation segments do not belong in it.
  EXPECT_EQ(pathOf(path + "c0 11 10 03 01 00000009 02 02 00010001 00010002"), "65001 65537 65538");
  const std::string wide = "c0 12 08 00010007 0a000001";
  EXPECT_EQ(pathOf(path + "c0 07 06 5ba0 0a000001" + as4 + wide), "65001 65537 65538 by 65543");
  // Who aggregated did not know AS4_PATH.
  EXPECT_EQ(pathOf(path + "c0 07 06 0007 0a000001" + as4 + wide), "65001 23456 23456 by 7");
}

}  // namespace
}  // namespace xylem::bgp

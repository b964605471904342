#include <protocols/bgp/samples.h>
#include <protocols/bgp/update.h>

#include <gtest/gtest.h>

namespace xylem::bgp {
namespace {

Context external() {
  Context context;
  context.families = {Family::IPV4_UNICAST, Family::IPV6_UNICAST};
  return context;
}
Context old() {
  auto context = external();
  context.as4 = false;
  return context;
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

TEST(UpdateTest, WithdrawsRoutesBesideADisabledFamily) {
  auto bytes = hex(body(GOOD + "80 0f 04 0002 01 81 c0 08 08 00000000"));
  auto message = split(bytes, external());
  auto& update = KJ_ASSERT_NONNULL(message.tryGet<Update>());
  EXPECT_EQ(update.disposition, Disposition::DISABLE);
  EXPECT_EQ(decodeAttributes(update, update.announced[0], external()).disposition, Disposition::WITHDRAW);
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
  EXPECT_EQ(endOf(body(ORIGIN + "80 0f 03 0002 01", "")), "");
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
  auto bytes = hex(body(ORIGIN + attributes + HOP));
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

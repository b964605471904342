#include <protocols/bgp/compose.h>
#include <protocols/bgp/samples.h>

#include <gtest/gtest.h>

#include <set>

namespace xylem::bgp {
namespace {

Context contextOf(Family family, bool internal, bool as4 = true, bool addPath = false) {
  Context context;
  context.families = {Family::IPV4_UNICAST, family};
  context.extendedNextHop = {Family::IPV4_UNICAST, Family::IPV4_MULTICAST};
  context.internal = internal;
  context.as4 = as4;
  if (addPath) context.addPath = {family};
  return context;
}

TEST(ComposeTest, DecodesWhatItEncodes) {
  std::mt19937 random(1);
  for (uint round = 0; round < 4000; ++round) {
    auto family = Family(random() % FAMILIES);
    bool internal = random() % 2, as4 = random() % 4 != 0;
    auto attributes = randomAttributes(random, family, internal);
    if (family == Family::IPV4_UNICAST && random() % 4 == 0) attributes.nextHop = net::Ip6{0x20010db800000000, 1};
    net::ByteWriter block, out;
    encodeAttributes(attributes, {as4, family}, block);
    Composer composer(family, false, MAX_EXTENDED, out);
    ASSERT_TRUE(composer.begin(attributes.nextHop, attributes.linkLocal, block.bytes()));
    if (isIp4(family))
      composer.announce(Destination<net::Ip4>{net::Ip4Net(net::Ip4::of(10, 0, 0, 0), 8)});
    else
      composer.announce(Destination<net::Ip6>{net::Ip6Net(net::Ip6{0x20010db800000000, 0}, 32)});
    composer.finish();
    auto context = contextOf(family, internal, as4);
    auto message = split(out.bytes().slice(HEADER_SIZE, out.size()), context);
    auto& update = KJ_ASSERT_NONNULL(message.tryGet<Update>());
    auto& announced = update.announced[usesMultiprotocol(family, attributes.nextHop)];
    ASSERT_FALSE(announced.nlri.empty());
    auto decoded = decodeAttributes(update, announced, context);
    ASSERT_EQ(decoded.findings.size(), 0u) << decoded.findings[0].reason.cStr();
    ASSERT_TRUE(decoded.attributes == attributes) << round;
    net::ByteWriter again;
    encodeAttributes(decoded.attributes, {as4, family}, again);
    ASSERT_EQ(hex(again.bytes()), hex(block.bytes()));
  }
}

TEST(ComposeTest, WritesTypesInAscendingOrder) {
  policy::Attributes attributes;
  attributes.origin = policy::Origin::IGP;
  attributes.path.prepend(70000);
  attributes.nextHop = net::Ip4::of(10, 0, 0, 1);
  attributes.communities.insert(policy::NO_EXPORT);
  attributes.others.push_back({0xe0, 20, {7}});
  net::ByteWriter wide, narrow;
  encodeAttributes(attributes, {true, Family::IPV4_UNICAST}, wide);
  EXPECT_EQ(hex(wide.bytes()), hex(hex("40010100 400206020100011170 4003040a000001 c00804ffffff01 e0140107")));
  encodeAttributes(attributes, {false, Family::IPV4_UNICAST}, narrow);
  EXPECT_EQ(hex(narrow.bytes()),
            hex(hex("40010100 40020402015ba0 4003040a000001 c00804ffffff01 c01106020100011170 e0140107")));
}

TEST(ComposeTest, EncodesAsInRfc4271AndRfc4760) {
  net::ByteWriter block, out;
  policy::Attributes attributes;
  attributes.nextHop = net::Ip6{0x20010db800000000, 1};
  encodeAttributes(attributes, {true, Family::IPV6_UNICAST}, block);
  Composer composer(Family::IPV6_UNICAST, false, MAX_MESSAGE, out);
  ASSERT_TRUE(composer.begin(attributes.nextHop, {}, block.bytes()));
  composer.announce(Destination<net::Ip6>{net::Ip6Net(net::Ip6{0x20010db800000000, 0}, 32)});
  composer.withdraw(Destination<net::Ip6>{net::Ip6Net()});
  composer.finish();
  const std::string marker(32, 'f');
  EXPECT_EQ(hex(out.bytes()),
            hex(hex(marker +
                    "003c 02 0000 0025 900e001a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8"
                    "40010102 400200" +
                    marker + "001f 02 0000 0008 900f0004 0002 01 00")));
  EXPECT_EQ(composer.messages(), 2u);
  EXPECT_EQ(hex(encodeEndOfRib(Family::IPV4_UNICAST)), marker + "0017020000" + "0000");
  EXPECT_EQ(hex(encodeEndOfRib(Family::IPV6_MULTICAST)), marker + "001d0200000006800f03000202");
}

template <typename Address> void packs(Family family, bool addPath, size_t max) {
  std::set<std::string> sent, withdrawn, received, gone;
  net::ByteWriter block, out;
  std::mt19937 random(7);
  auto attributes = randomAttributes(random, family, false);
  encodeAttributes(attributes, {true, family}, block);
  Composer composer(family, addPath, max, out);
  ASSERT_TRUE(composer.begin(attributes.nextHop, attributes.linkLocal, block.bytes()));
  auto text = [](const Destination<Address>& d) -> std::string { return kj::str(d.net, "#", d.path).cStr(); };
  for (uint i = 0; i < 9000; ++i) {
    kj::byte bytes[16];
    for (auto& byte : bytes) byte = kj::byte(random());
    Destination<Address> d{net::Prefix<Address>(Address::fromBytes(bytes), uint(random() % (Address::WIDTH + 1))),
                           addPath ? uint32_t(random()) : 0};
    bool isWithdrawn = i / 100 % 9 == 0;
    (isWithdrawn ? withdrawn : sent).insert(text(d));
    isWithdrawn ? composer.withdraw(d) : composer.announce(d);
  }
  composer.finish();
  auto context = contextOf(family, false, true, addPath);
  auto stream = out.bytes();
  uint messages = 0;
  for (; stream.size() > 0; ++messages) {
    auto framed = frame(stream, max);
    auto& one = KJ_ASSERT_NONNULL(framed.template tryGet<Frame>());
    auto message = split(one.body, context);
    auto& update = KJ_ASSERT_NONNULL(message.template tryGet<Update>());
    Destination<Address> d;
    for (auto& announced : update.announced)
      for (Cursor<Address> cursor(announced.nlri); cursor.next(d);) received.insert(text(d));
    for (auto& nlri : update.withdrawn)
      for (Cursor<Address> cursor(nlri); cursor.next(d);) gone.insert(text(d));
    stream = stream.slice(one.whole.size(), stream.size());
  }
  EXPECT_EQ(messages, composer.messages());
  EXPECT_EQ(received, sent);
  EXPECT_EQ(gone, withdrawn);
  EXPECT_LT(messages, out.size() / (max - 64) + 25);
}

TEST(ComposeTest, PacksPrefixes) {
  for (bool addPath : {false, true})
    for (size_t max : {MAX_MESSAGE, MAX_EXTENDED}) {
      packs<net::Ip4>(Family::IPV4_UNICAST, addPath, max);
      packs<net::Ip4>(Family::IPV4_MULTICAST, addPath, max);
      packs<net::Ip6>(Family::IPV6_UNICAST, addPath, max);
    }
}

TEST(ComposeTest, RefusesAttributesThatLeaveNoRoom) {
  net::ByteWriter out;
  Composer composer(Family::IPV4_UNICAST, false, MAX_MESSAGE, out);
  auto block = kj::heapArray<kj::byte>(MAX_MESSAGE - HEADER_SIZE - 4 - 20);
  EXPECT_FALSE(composer.begin(net::Ip4::of(10, 0, 0, 1), {}, block));
  EXPECT_TRUE(composer.begin(net::Ip4::of(10, 0, 0, 1), {}, block.slice(0, block.size() - 1)));
}

}  // namespace
}  // namespace xylem::bgp

// What a router adds to its links, as bytes.

#include <protocols/ospf/content.h>
#include <protocols/ospf/extended-link.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

namespace xylem::ospf {
namespace {

constexpr kj::StringPtr LINK =
    "02000000"
    "0a000109"
    "0a000102"_kj;
constexpr kj::StringPtr METRIC = "0004000400000007"_kj;

kj::Maybe<ExtendedLink> decoded(kj::StringPtr hex) {
  auto bytes = kj::decodeHex(hex);
  return ExtendedLink::decode(bytes);
}

kj::Maybe<ExtendedLink> of(kj::StringPtr inside, kj::StringPtr before = nullptr) {
  // An LSA with this in the TLV of a link.
  kj::byte size[1] = {kj::byte(inside.size() / 2)};
  return decoded(kj::str(before, "000100", kj::encodeHex(size), inside));
}

kj::Maybe<uint16_t> costIn(kj::StringPtr subTlvs) { return KJ_ASSERT_NONNULL(of(kj::str(LINK, subTlvs))).inputCost; }

TEST(ExtendedLink, IsWrittenAsRfc7684AndRfc8042Say) {
  net::ByteWriter out;
  ExtendedLink{LinkType::TRANSIT, Ip4::of(10, 0, 1, 9), Ip4::of(10, 0, 1, 2), uint16_t(7)}.encode(out);
  EXPECT_EQ(kj::encodeHex(out.bytes()), kj::str("00010014", LINK, METRIC));
  auto link = KJ_ASSERT_NONNULL(ExtendedLink::decode(out.bytes()));
  EXPECT_EQ(link.type, LinkType::TRANSIT);
  EXPECT_EQ(link.id, Ip4::of(10, 0, 1, 9));
  EXPECT_EQ(link.data, Ip4::of(10, 0, 1, 2));
  EXPECT_EQ(KJ_ASSERT_NONNULL(link.inputCost), 7);
  EXPECT_EQ(extendedLinkKey(RouterId{1}, 5).id, Ip4::of(8, 0, 0, 5));
}

TEST(ExtendedLink, HasTheMetricOfTheTopologyThatAllHave) {
  EXPECT_TRUE(costIn("") == nullptr);
  EXPECT_EQ(costIn(METRIC).orDefault(0), 7);
  EXPECT_TRUE(costIn("0004000401000007") == nullptr) << "another topology's";
  EXPECT_EQ(costIn("0004000401000005"
                   "0004000400000008"
                   "0004000400000009")
                .orDefault(0),
            8)
      << "the first one";
  EXPECT_EQ(costIn("0002000700000000"
                   "00000000"
                   "0004000400000009")
                .orDefault(0),
            9)
      << "behind what is not known";
  auto point = KJ_ASSERT_NONNULL(of(kj::str("01", LINK.slice(2), METRIC)));
  EXPECT_TRUE(point.inputCost == nullptr) << "of another type of link";
}

TEST(ExtendedLink, IsTheFirstOfItsLsa) {
  auto found = KJ_ASSERT_NONNULL(decoded(kj::str("00010014", LINK, METRIC, "0001000c", "010000000000000100000002")));
  EXPECT_EQ(found.inputCost.orDefault(0), 7);
  found = KJ_ASSERT_NONNULL(of(kj::str(LINK, METRIC), "0009000100000000"));
  EXPECT_EQ(found.id, Ip4::of(10, 0, 1, 9)) << "behind what is not known";
  EXPECT_TRUE(decoded("") == nullptr);
  EXPECT_TRUE(decoded("0009000100000000") == nullptr) << "no link";
}

TEST(ExtendedLink, SaysNothingWhenAnythingInItIsMalformed) {
  EXPECT_TRUE(of("0200000000000000") == nullptr) << "too short for a link";
  for (auto metric :
       {"000400020007", "0004000300000700", "000400080000000700000000", "00040000", "0004000400", "0004ffff00000007"})
    EXPECT_TRUE(of(kj::str(LINK, metric)) == nullptr) << metric;
  EXPECT_TRUE(of(kj::str(LINK, METRIC, "0004000100000000")) == nullptr) << "behind a good one";
  EXPECT_TRUE(decoded(kj::str("0001ffff", LINK, METRIC)) == nullptr);
  auto whole = kj::decodeHex(kj::str("00010014", LINK, METRIC));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(ExtendedLink::decode(whole.slice(0, size)) == nullptr) << size;
}

TEST(ExtendedLink, IsToldInOneLine) {
  auto content = [](kj::StringPtr hex) {
    auto body = kj::decodeHex(hex);
    return contentOf(Lsa::make(extendedLinkKey(RouterId{7}, 1), 0, 1, body, kj::origin<Time>()));
  };
  EXPECT_EQ(content(kj::str("00010014", LINK, METRIC)), "extended link transit 10.0.1.9 10.0.1.2, input cost 7"_kj);
  EXPECT_EQ(content("0001000cff0000000000000100000002"), "extended link unknown 0.0.0.1 0.0.0.2"_kj);
  EXPECT_EQ(content("0001"), "opaque type 8 0001"_kj);
}

TEST(ExtendedLink, IsOneOfOspfVersion2Alone) {
  EXPECT_TRUE(isExtendedLink(extendedLinkKey(RouterId{1}, 0), Face::V2));
  EXPECT_FALSE(isExtendedLink(extendedLinkKey(RouterId{1}, 0), Face::V3));
  EXPECT_FALSE(isExtendedLink({Type::OPAQUE_AREA, Ip4::of(4, 0, 0, 0), RouterId{1}}, Face::V2));
  EXPECT_FALSE(isExtendedLink({Type::OPAQUE_AS, Ip4::of(8, 0, 0, 0), RouterId{1}}, Face::V2));
}

}  // namespace
}  // namespace xylem::ospf

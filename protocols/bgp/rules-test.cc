#include <gtest/gtest.h>
#include <protocols/bgp/rules.h>

namespace xylem::bgp {
namespace {

policy::AsPath path(kj::StringPtr text) { return KJ_ASSERT_NONNULL(policy::AsPath::parse(text)); }

TEST(Origin, OfWhatComes) {
  Terms terms;
  terms.ownAs = terms.localAs = 65000;
  EXPECT_EQ(originIn(terms, path("65001 65002")), 65002u);
  EXPECT_EQ(originIn(terms, path("65001 {65002 65003}")), 0u);
  EXPECT_EQ(originIn(terms, path("")), 65000u);
  terms.confederation = 10;
  EXPECT_EQ(originIn(terms, path("(65010 65011)")), 10u);
  EXPECT_EQ(originIn(terms, path("(65010) 65002")), 65002u);
}

TEST(Origin, OfWhatIsToldAsTheNeighborSeesIt) {
  Terms terms;
  terms.ownAs = 65000;
  terms.localAs = 20;
  terms.peerAs = 30;
  EXPECT_EQ(originOut(terms, path("")), 20u);
  EXPECT_EQ(originOut(terms, path("40 64512")), 64512u);
  terms.removePrivateAs = true;
  EXPECT_EQ(originOut(terms, path("40 64512")), 40u);
  EXPECT_EQ(originOut(terms, path("64512")), 20u);
  terms.asOverride = true;
  EXPECT_EQ(originOut(terms, path("40 30")), 20u);
  terms.kind = Neighbor::INTERNAL;
  EXPECT_EQ(originOut(terms, path("40 30")), 30u);
  EXPECT_EQ(originOut(terms, path("")), 65000u);
}

}  // namespace
}  // namespace xylem::bgp

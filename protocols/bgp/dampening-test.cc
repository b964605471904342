#include <gtest/gtest.h>
#include <protocols/bgp/dampening.h>

#include <vector>

namespace xylem::bgp {
namespace {

using net::Ip4Net;

struct Fixture {
  Fixture() { dampening.configure({900, 2000, 750, 3600}); }
  Dampening<Ip4Net> dampening;
  Ip4Net net{net::Ip4{0x0a000000}, 8}, other{net::Ip4{0x0b000000}, 8};

  std::vector<Ip4Net> reuse(uint32_t now) {
    std::vector<Ip4Net> freed;
    dampening.reuse(now, [&](uint16_t, Ip4Net net) { freed.push_back(net); });
    return freed;
  }
};

TEST(DampeningTest, SuppressesWhatFlapsAndFreesWhatIsQuiet) {
  Fixture f;
  f.dampening.flap(1, f.net, Flap::WITHDRAWN, 0);
  f.dampening.flap(1, f.net, Flap::WITHDRAWN, 0);
  EXPECT_FALSE(f.dampening.isSuppressed(1, f.net)) << "2000 is not above 2000";
  f.dampening.flap(1, f.net, Flap::CHANGED, 10);
  EXPECT_TRUE(f.dampening.isSuppressed(1, f.net));
  EXPECT_FALSE(f.dampening.isSuppressed(2, f.net));
  EXPECT_FALSE(f.dampening.isSuppressed(1, f.other));
  // About 2485 at 10 s; 750 is 1.73 half-lives later.
  EXPECT_TRUE(f.reuse(1500).empty());
  EXPECT_TRUE(f.dampening.isSuppressed(1, f.net));
  EXPECT_EQ(f.reuse(1600), std::vector{f.net});
  EXPECT_FALSE(f.dampening.isSuppressed(1, f.net));
  EXPECT_EQ(f.dampening.all().size(), 1u) << "still remembered";
  EXPECT_TRUE(f.reuse(2600).empty());
  EXPECT_TRUE(f.dampening.all().empty());
}

TEST(DampeningTest, DecaysBetweenFlaps) {
  Fixture f;
  for (uint32_t i = 0; i < 20; ++i) f.dampening.flap(1, f.net, Flap::WITHDRAWN, i * 900);
  EXPECT_FALSE(f.dampening.isSuppressed(1, f.net)) << "1000 + 500 + 250 + ... stays below 2000";
}

TEST(DampeningTest, SuppressesForTheLongestTimeAtMost) {
  Fixture f;
  for (uint32_t i = 0; i < 1000; ++i) f.dampening.flap(1, f.net, Flap::WITHDRAWN, 0);
  EXPECT_TRUE(f.reuse(3590).empty());
  EXPECT_EQ(f.reuse(3610), std::vector{f.net});
}

TEST(DampeningTest, FreesAllWhenSwitchedOff) {
  Fixture f;
  for (uint32_t i = 0; i < 3; ++i) f.dampening.flap(1, f.net, Flap::WITHDRAWN, 0);
  f.dampening.configure({});
  EXPECT_EQ(f.reuse(1), std::vector{f.net});
  f.dampening.flap(1, f.net, Flap::WITHDRAWN, 2);
  EXPECT_TRUE(f.dampening.all().empty());
}

}  // namespace
}  // namespace xylem::bgp

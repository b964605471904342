#include <protocols/bgp/prefixes.h>

#include <gtest/gtest.h>
#include <kj/debug.h>

namespace xylem::bgp {
namespace {

template <typename Net> void check(std::vector<const char*> texts) {
  Prefixes<Net> prefixes;
  for (int round = 0; round < 2; ++round) {
    // Each index has each of them in turn.
    for (size_t i = 0; i < texts.size(); ++i) {
      if (round == 0) prefixes.grow();
      prefixes.set(uint32_t(i), KJ_ASSERT_NONNULL(Net::parse(texts[(i + size_t(round)) % texts.size()])));
    }
    for (size_t i = 0; i < texts.size(); ++i)
      EXPECT_STREQ(prefixes[uint32_t(i)].toString().cStr(), texts[(i + size_t(round)) % texts.size()]);
  }
  EXPECT_EQ(prefixes.size(), texts.size());
}

TEST(Prefixes, AreAsTheyWereSet) {
  check<net::Ip4Net>({"0.0.0.0/0", "192.0.2.0/24", "255.255.255.255/32"});
  check<net::Ip6Net>({"::/0", "2001:db8::/32", "2001:db8:0:1::/64", "2001:db8:0:0:8000::/65", "2001:db8::1/128"});
}

}  // namespace
}  // namespace xylem::bgp

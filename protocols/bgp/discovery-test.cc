#include <protocols/bgp/discovery.h>

#include <gtest/gtest.h>

namespace xylem::bgp {
namespace {

TEST(DiscoveryTest, AdvertisesAsNobodysDefaultRouter) {
  auto packet = routerAdvertisement(KJ_ASSERT_NONNULL(net::Mac::parse("02:00:00:00:00:07")));
  kj::byte expected[] = {134, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 7};
  EXPECT_TRUE(packet.asPtr() == kj::arrayPtr(expected, sizeof expected));
  EXPECT_TRUE(isRouterAdvertisement(packet));
}

TEST(DiscoveryTest, RefusesWhatIsNoAdvertisement) {
  auto good = routerAdvertisement({});
  auto with = [&](size_t at, kj::byte value) {
    auto copy = kj::heapArray<kj::byte>(good);
    copy[at] = value;
    return isRouterAdvertisement(copy);
  };
  EXPECT_FALSE(with(0, 133));
  EXPECT_FALSE(with(1, 1)) << "code";
  EXPECT_FALSE(with(17, 0)) << "an option of no length";
  EXPECT_FALSE(with(17, 2)) << "an option beyond the end";
  EXPECT_TRUE(with(16, 99)) << "an option that is not known";
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(isRouterAdvertisement(good.slice(0, size)), size == 16) << size;
}

}  // namespace
}  // namespace xylem::bgp

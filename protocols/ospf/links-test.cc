// What a router says of its own links, of each kind.

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace {

using namespace testing;

std::vector<RouterLink> linksOf(const Router& router) {
  RouterId self = router.routerId();
  auto lsa = router.core->areas().at(BACKBONE)->database.find({Type::ROUTER, self, self});
  return KJ_ASSERT_NONNULL(RouterBody::decode(lsa->body())).links;
}

TEST(Links, AddressesOfALoopbackAreHosts) {
  Network network;
  auto& router = network.router();
  router.adjust = [](Settings& settings) { settings.interfaces["lo"].type = NetworkType::LOOPBACK; };
  network.start();
  Link link{true, 7, 1500, {net::IfAddr(Ip4::of(10, 9, 0, 1), 32), net::IfAddr(Ip4::of(10, 9, 1, 1), 30)}};
  router.core->link("lo", kj::mv(link), network.now);
  network.run(10 * kj::SECONDS);
  auto host = [](Ip4 address) { return RouterLink{LinkType::STUB, address, Ip4::mask(32), 0}; };
  auto links = linksOf(router);
  ASSERT_EQ(links.size(), 3u) << "with its stub network";
  EXPECT_EQ(links[0], host(Ip4::of(10, 9, 0, 1)));
  EXPECT_EQ(links[1], host(Ip4::of(10, 9, 1, 1))) << "whatever network it is in";
}

}  // namespace
}  // namespace xylem::ospf

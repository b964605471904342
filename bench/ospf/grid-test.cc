// The synthetic area, as the core's own routing table sees it.

#include <bench/ospf/grid.h>
#include <gtest/gtest.h>
#include <protocols/ospf/routing.h>

namespace xylem::bench {
namespace {

using net::Ip4;

class ToEnds final : public ospf::FirstHops {
 public:
  explicit ToEnds(ospf::HopSets& hops) : hops(hops) {}
  ospf::HopsId first(const ospf::GraphLink& link) override { return hops.of({link.to.id.bits, link.to.id}); }

 private:
  ospf::HopSets& hops;
};

struct Seen {
  ospf::HopSets hops;
  ToEnds first{hops};
  ospf::Routing routing{hops, ROUTER_UNDER_TEST};
  std::vector<ospf::LsaPtr> known;

  explicit Seen(const Grid& grid) : known(grid.size() + ENDS) {
    routing.addArea(ospf::BACKBONE);
    ospf::RouterBody body;
    for (uint end = 0; end < ENDS; ++end)
      body.links.push_back(
          {ospf::LinkType::POINT_TO_POINT, grid.idOf(grid.end(end)), Ip4::of(10, 0, uint8_t(end), 1), 10});
    net::ByteWriter out;
    body.encode(out);
    auto own = ospf::Lsa::make({ospf::Type::ROUTER, ROUTER_UNDER_TEST, ROUTER_UNDER_TEST}, 0, 1, out.bytes(),
                               kj::origin<ospf::Time>());
    routing.change(ospf::BACKBONE, nullptr, &own);
  }

  void look(const Grid& grid) {
    for (uint router = 0; router < known.size(); ++router) {
      if (known[router] == grid.lsa(router)) continue;
      routing.change(ospf::BACKBONE, known[router].get(), grid.lsa(router).get());
      known[router] = grid.lsa(router);
    }
    routing.update([&](ospf::AreaId) -> ospf::FirstHops& { return first; });
  }

  bool leads(const Grid& grid, uint router, uint end) {
    auto route = routing.find(grid.stubOf(router));
    if (route == nullptr) return false;
    for (auto& hop : hops[route->hops])
      if (hop.gateway == grid.idOf(grid.end(end))) return true;
    return false;
  }
};

TEST(Grid, AllStubsAreReachedByTheNearerEnd) {
  Grid grid(6, 5);
  Seen seen(grid);
  seen.look(grid);
  auto nearer = grid.nearerToFirst();
  EXPECT_GT(nearer.size(), 5u);
  EXPECT_LT(nearer.size(), 25u);
  for (uint router = 0; router < grid.size(); ++router) {
    bool wanted = std::find(nearer.begin(), nearer.end(), router) != nearer.end();
    EXPECT_EQ(seen.leads(grid, router, 0), wanted) << router;
    EXPECT_TRUE(wanted || seen.leads(grid, router, 1)) << router;
    EXPECT_EQ(grid.ownerOf(grid.stubOf(router)).orDefault(1000), router);
  }
  EXPECT_TRUE(grid.ownerOf(net::Ip4Net(Ip4::of(10, 0, 1, 0), 24)) == nullptr);
}

TEST(Grid, WithoutTheBridgeAllGoTheOtherWay) {
  Grid grid(6, 5);
  Seen seen(grid);
  seen.look(grid);
  grid.setBridge(false);
  seen.look(grid);
  for (uint router = 0; router < grid.size(); ++router) {
    EXPECT_FALSE(seen.leads(grid, router, 0));
    EXPECT_TRUE(seen.leads(grid, router, 1));
  }
  grid.setBridge(true);
  seen.look(grid);
  EXPECT_TRUE(seen.leads(grid, 0, 0));
}

TEST(Grid, AStubComesAndGoesInNewInstances) {
  Grid grid(3, 3);
  Seen seen(grid);
  seen.look(grid);
  auto before = grid.lsa(4);
  grid.setStub(4, false);
  EXPECT_EQ(grid.lsa(4)->header.sequence, before->header.sequence + 1);
  EXPECT_EQ(*grid.find(before->header.key), grid.lsa(4));
  EXPECT_FALSE(seen.routing.isDue());
  seen.look(grid);
  EXPECT_FALSE(seen.leads(grid, 4, 0) || seen.leads(grid, 4, 1));
  grid.setStub(4, true);
  seen.look(grid);
  EXPECT_TRUE(seen.leads(grid, 4, 0) || seen.leads(grid, 4, 1));
}

TEST(Grid, FindsByKey) {
  Grid grid(3, 3);
  for (uint router = 0; router < grid.size() + ENDS; ++router)
    EXPECT_EQ(*grid.find(grid.lsa(router)->header.key), grid.lsa(router));
  EXPECT_EQ(grid.find({ospf::Type::ROUTER, ROUTER_UNDER_TEST, ROUTER_UNDER_TEST}), nullptr);
  EXPECT_EQ(grid.find({ospf::Type::NETWORK, grid.idOf(1), grid.idOf(1)}), nullptr);
}

}  // namespace
}  // namespace xylem::bench

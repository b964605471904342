#include <rib/testing.h>

namespace xylem::rib {
namespace {

using namespace testing;

TEST(Show, PagesThroughAllAndExplains) {
  Router router;
  auto a = router.protocol("a");
  a->open(10);
  a->push([](Batch::Builder batch) {
    auto group = batch.initGroups(1)[0];
    group.setId(1);
    group.initHops(1)[0].setInterface("eth0");
    auto routes = batch.initRoutes(2500);
    for (uint i = 0; i < 2500; ++i) {
      routes[i].setLow(0x14000000 + (i << 8));
      routes[i].setLength(24);
      routes[i].setVersion(4);
      routes[i].setNextHop(1);
    }
  });
  a->push({"20.0.0.0/8"}, "10.0.0.2", 2);
  auto b = router.protocol("b");
  b->open(20);
  b->push({"20.0.0.0/8"}, "10.0.0.3");
  b->push({"20.0.1.0/24"}, "10.99.0.3", 2);
  auto show = b->get<Show>("Show");
  auto list = [&](const char* net, const char* protocol) {
    std::vector<std::string> all;
    std::string after;
    do {
      auto request = show.routeRequest();
      if (*net) net::write(KJ_ASSERT_NONNULL(net::IpNet::parse(net)), request.initNet());
      request.setProtocol(protocol);
      request.setAfter(after.c_str());
      auto page = request.send().wait(router.loop.waitScope());
      EXPECT_LE(page.getRoutes().size(), 1000u);
      for (auto row : page.getRoutes()) all.push_back(kj::str(KJ_ASSERT_NONNULL(net::read(row.getNet()))).cStr());
      after = page.getNext().cStr();
    } while (!after.empty());
    return all;
  };
  router.until([&]() { return router.plane.routes.size() == 2501; });
  EXPECT_EQ(list("", "").size(), 2503u);
  EXPECT_EQ(list("", "connected"), (std::vector<std::string>{"10.0.0.0/24", "10.1.0.0/24"}));
  EXPECT_EQ(list("20.0.0.0/16", "").size(), 257u);
  EXPECT_EQ(list("20.0.7.0/25", ""), (std::vector<std::string>{"20.0.0.0/8", "20.0.7.0/24"}));
  EXPECT_EQ(list("2001:db8::/32", "").size(), 0u);

  auto request = show.lookupRequest();
  net::write(KJ_ASSERT_NONNULL(net::IpNet::parse("20.0.1.7/32")), request.initNet());
  auto answer = request.send().wait(router.loop.waitScope());
  std::vector<std::string> verdicts;
  for (auto each : answer.getCandidates()) verdicts.push_back(each.getVerdict().cStr());
  EXPECT_EQ(verdicts,
            (std::vector<std::string>{"used", "next hop 10.99.0.3 has no route", "used", "distance 20 loses to 10"}));

  auto summary = show.summaryRequest().send().wait(router.loop.waitScope());
  ASSERT_EQ(summary.getProtocols().size(), 3u);
  EXPECT_STREQ(summary.getProtocols()[0].getProtocol().cStr(), "a");
  EXPECT_EQ(summary.getProtocols()[0].getIp4(), 2501u);
  EXPECT_EQ(summary.getProtocols()[1].getIp4Used(), 0u);
}

}  // namespace
}  // namespace xylem::rib

#include <rib/testing.h>
#include <rib/wire.h>

namespace xylem::rib {
namespace {

using namespace testing;

TEST(Wire, ABatchThatBreaksARuleIsRefusedWhole) {
  Router router;
  auto bystander = router.protocol("bystander");
  bystander->open(10);
  bystander->push({"198.51.100.0/24"}, "10.0.0.2");
  struct Attack {
    const char* what;
    std::function<void(Batch::Builder)> fill;
  };
  auto hop = [](Batch::Builder batch) {
    auto hop = batch.initGroups(1)[0].initHops(1)[0];
    batch.getGroups()[0].setId(1);
    net::write(KJ_ASSERT_NONNULL(net::Ip::parse("10.0.0.2")), hop.initGateway());
    return hop;
  };
  auto good = [hop](Batch::Builder batch) {
    hop(batch);
    auto routes = batch.initRoutes(2);
    for (auto route : routes) {
      route.setLow(0xc0000200);
      route.setLength(24);
      route.setVersion(4);
      route.setNextHop(1);
    }
    return routes[1];
  };
  std::vector<Attack> attacks{
      {"unknown group", [&](auto batch) { good(batch).setNextHop(9); }},
      {"version", [&](auto batch) { good(batch).setVersion(5); }},
      {"version 0", [&](auto batch) { good(batch).setVersion(0); }},
      {"length", [&](auto batch) { good(batch).setLength(33); }},
      {"length of IPv6",
       [&](auto batch) {
         auto route = good(batch);
         route.setVersion(6);
         route.setLength(129);
       }},
      {"host bits", [&](auto batch) { good(batch).setLow(0xc0000201); }},
      {"upper bits", [&](auto batch) { good(batch).setHigh(1); }},
      {"upper half of an IPv4 address", [&](auto batch) { good(batch).setLow(0x1c0000200); }},
      {"host bits of IPv6",
       [&](auto batch) {
         auto route = good(batch);
         route.setVersion(6);
         route.setHigh(0x20010db800000000);
         route.setLow(1);
         route.setLength(64);
       }},
      {"group 0",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].setId(0);
       }},
      {"weight 0",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setWeight(0);
       }},
      {"weight 257",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setWeight(257);
       }},
      {"interface with a slash",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setInterface("../x");
       }},
      {"long interface",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].setInterface("sixteen-letters-");
       }},
      {"neither gateway nor interface",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].getHops()[0].getGateway().setNone();
       }},
      {"multicast gateway",
       [&](auto batch) {
         good(batch);
         net::write(KJ_ASSERT_NONNULL(net::Ip::parse("224.0.0.1")), batch.getGroups()[0].getHops()[0].getGateway());
       }},
      {"link-local gateway without interface",
       [&](auto batch) {
         good(batch);
         net::write(KJ_ASSERT_NONNULL(net::Ip::parse("fe80::1")), batch.getGroups()[0].getHops()[0].getGateway());
       }},
      {"too many hops",
       [&](auto batch) {
         good(batch);
         for (auto each : batch.getGroups()[0].initHops(65)) each.setInterface("eth0");
       }},
      {"a group dropped and used",
       [&](auto batch) {
         good(batch);
         batch.getGroups()[0].initHops(0);
       }},
      {"too many hops in all",
       [&](auto batch) {
         auto groups = batch.initGroups(300);
         for (uint i = 0; i < groups.size(); ++i) {
           groups[i].setId(i + 1);
           for (auto each : groups[i].initHops(64)) each.setInterface("eth0");
         }
       }},
      {"too many routes", [&](auto batch) { batch.initRoutes(16385); }},
      {"too many groups", [&](auto batch) { batch.initGroups(16385); }},
  };
  for (auto& attack : attacks) {
    auto a = router.protocol("a");
    a->open(10);
    KJ_ASSERT_NONNULL(a->origin);
    a->push({"203.0.113.0/24"}, "10.0.0.3", 5);
    auto failed = [&]() {
      try {
        a->push(attack.fill);
        a->synced();
      } catch (const kj::Exception&) {
        return true;
      }
      return false;
    };
    EXPECT_TRUE(failed()) << attack.what;
    EXPECT_TRUE(failed()) << "the origin is broken: " << attack.what;
    router.until([&]() { return router.plane.routes.count("203.0.113.0/24") == 1; });
    EXPECT_EQ(router.plane["192.0.2.0/24"], "-") << "half applied: " << attack.what;
    a->open(10);
    a->leave();
    router.until([&]() { return router.plane.routes.count("203.0.113.0/24") == 0; });
  }
  EXPECT_EQ(router.plane["198.51.100.0/24"], "10.0.0.2 eth0");
}

TEST(Wire, ABatchThatMayBringTooManyDifferentOffersIsRefused) {
  Table table;
  auto& origin = table.open("a", 10);
  table.mostOffers = 3;
  auto wrong = [&](uint routes, uint32_t metric) {
    capnp::MallocMessageBuilder message;
    auto batch = message.initRoot<Batch>();
    auto group = batch.initGroups(1)[0];
    group.setId(1);
    group.setBlackhole();
    batch.initRoutes(routes);
    for (uint i = 0; i < routes; ++i) {
      auto route = batch.getRoutes()[i];
      route.setLow(0xc0000200 + (i << 8));
      route.setLength(24);
      route.setVersion(4);
      route.setNextHop(1);
      route.setMetric(metric);
    }
    auto outcome = check(batch, table, origin);
    if (outcome.is<kj::String>()) return std::string(outcome.get<kj::String>().cStr());
    apply(batch, kj::mv(outcome.get<Checked>()), table, origin);
    return std::string();
  };
  EXPECT_EQ(wrong(3, 1), "");
  EXPECT_EQ(wrong(2, 2), "");
  EXPECT_EQ(table.candidates.different(), 2u);
  EXPECT_EQ(wrong(2, 3), "more than 3 different combinations of group, metric and tag");
  EXPECT_EQ(wrong(1, 3), "");
}

}  // namespace
}  // namespace xylem::rib

#include <click/plane-tables.h>
#include <gtest/gtest.h>

namespace xylem::click {
namespace {

net::IpNet net(const char* text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text)); }
net::Ip4 ip(const char* text) { return KJ_ASSERT_NONNULL(net::Ip4::parse(text)); }

Port port(uint32_t index, const char* address) {
  Port port;
  port.name = "eth" + std::to_string(index);
  port.index = index;
  port.addresses = {KJ_ASSERT_NONNULL(net::IfAddr::parse(address))};
  return port;
}

TEST(PlaneTables, LinksAndOwnAddressesComeFromThePorts) {
  PlaneTables tables;
  tables.setPorts({port(1, "10.0.1.1/24"), port(2, "10.0.2.1/24")});
  auto& routes = tables.routes();
  EXPECT_EQ(routes.lookup(ip("10.0.1.7")).hops[0].interface, 1u);
  EXPECT_EQ(routes.lookup(ip("10.0.1.1")).kind, NextHopGroup::HOST);
  EXPECT_EQ(routes.lookup(ip("10.0.1.255")).kind, NextHopGroup::HOST);
  EXPECT_EQ(routes.lookup(ip("10.0.3.1")).kind, NextHopGroup::UNREACHABLE);
  tables.setPorts({port(2, "10.0.2.1/24")});
  EXPECT_EQ(routes.lookup(ip("10.0.1.1")).kind, NextHopGroup::UNREACHABLE);
  EXPECT_TRUE(tables.isConnected(net("10.0.2.0/24")));
  EXPECT_FALSE(tables.isConnected(net("10.0.1.0/24")));
}

TEST(PlaneTables, PortsThatComeAndGoTakeNoMemory) {
  PlaneTables tables;
  tables.setPorts({port(1, "10.0.1.1/24")});
  auto groups = tables.routes().groupCount();
  for (int i = 0; i < 10; ++i) tables.setPorts({port(1, i % 2 ? "10.0.1.1/24" : "10.0.4.1/24")});
  EXPECT_EQ(tables.routes().groupCount(), groups);
}

TEST(PlaneTables, ANewTableIsUsedAllAtOnce) {
  PlaneTables tables;
  tables.setPorts({port(1, "10.0.1.1/24")});
  auto fill = [&](const char* prefix, const char* gateway) {
    auto& set = tables.filling();
    auto place = set.placeOf(7);
    set.setGroup(place, {NextHopGroup::HOPS, {{1, ip(gateway)}}, {}});
    set.set(net(prefix), place);
  };
  fill("192.0.2.0/24", "10.0.1.2");
  tables.begin();
  fill("198.51.100.0/24", "10.0.1.3");
  EXPECT_EQ(tables.routes().lookup(ip("192.0.2.1")).hops[0].gateway, net::Ip(ip("10.0.1.2")));
  EXPECT_EQ(tables.routes().lookup(ip("198.51.100.1")).kind, NextHopGroup::UNREACHABLE);
  tables.use();
  EXPECT_EQ(tables.routes().lookup(ip("192.0.2.1")).kind, NextHopGroup::UNREACHABLE);
  EXPECT_EQ(tables.routes().lookup(ip("198.51.100.1")).hops[0].gateway, net::Ip(ip("10.0.1.3")));
  EXPECT_EQ(tables.routes().lookup(ip("10.0.1.9")).hops[0].interface, 1u) << "the links are in it, too";
}

TEST(PlaneTables, FlowsAreSharedByWeight) {
  NextHopGroup group{NextHopGroup::HOPS, {{1, net::Ip()}, {2, net::Ip()}}, {0, 1, 1, 1}};
  unsigned second = 0;
  for (uint32_t hash = 0; hash < 400; ++hash) second += group.pick(hash).interface == 2;
  EXPECT_EQ(second, 300u);
}

}  // namespace
}  // namespace xylem::click

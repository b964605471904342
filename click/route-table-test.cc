#include <click/route-table.h>
#include <gtest/gtest.h>

#include <map>

#include <random>

namespace xylem::click {
namespace {

using net::Ip4;
using net::Ip6;

std::mt19937 random(1);

Ip4 draw(Ip4) {
  // Few high bits, so that prefixes lie in each other.
  return {uint32_t(random()) & 0x030103ff};
}

Ip6 draw(Ip6) {
  auto part = [](uint64_t mask) { return (uint64_t(random()) << 32 | random()) & mask; };
  return {part(0x0003010100010001), part(0x0100000000000003)};
}

template <typename Table, typename Address> void compare(unsigned width, int rounds) {
  Table table;
  using Net = typename Table::Net;
  std::map<Net, uint32_t> plain;
  auto expected = [&](Address address) {
    for (int length = int(width); length >= 0; --length)
      if (auto found = plain.find(Net(address, unsigned(length))); found != plain.end()) return found->second;
    return Table::NOTHING;
  };
  for (int round = 0; round < rounds; ++round) {
    Net net(draw(Address()), random() % (width + 1));
    if (random() % 5 < 3) {
      auto value = uint32_t(random() % 1000);
      EXPECT_EQ(table.insert(net, value), plain.insert_or_assign(net, value).second);
    } else {
      if (!plain.empty() && random() % 2) net = std::next(plain.begin(), long(random() % plain.size()))->first;
      EXPECT_EQ(table.remove(net), plain.erase(net) > 0);
    }
    for (int i = 0; i < 20; ++i) {
      auto address = draw(Address());
      ASSERT_EQ(table.lookup(address), expected(address)) << round;
    }
    ASSERT_EQ(table.lookup(net.address()), expected(net.address()));
    ASSERT_EQ(table.lookup(net.last()), expected(net.last()));
  }
  std::map<typename Table::Net, uint32_t> all;
  table.eachRoute([&](typename Table::Net net, uint32_t value) { all[net] = value; });
  EXPECT_EQ(all, plain);
  EXPECT_EQ(table.size(), plain.size());
  for (auto& [net, value] : std::map(plain)) table.remove(net);
  plain.clear();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(table.lookup(draw(Address())), Table::NOTHING);
}

TEST(RouteTable, AgreesWithAPlainMapForIp4) { compare<RouteTable4, Ip4>(32, 1000); }
TEST(RouteTable, AgreesWithAPlainMapForIp6) { compare<RouteTable6, Ip6>(128, 1000); }

TEST(RouteTable, HoldsAMillionRoutes) {
  RouteTable4 table;
  constexpr uint32_t COUNT = 1000000;
  for (uint32_t i = 0; i < COUNT; ++i) table.insert({Ip4{0x01000000 + (i << 8)}, 24}, i % 5000);
  table.insert({Ip4{}, 0}, 7);
  for (uint32_t i = 0; i < COUNT; i += 997) EXPECT_EQ(table.lookup(Ip4{0x01000000 + (i << 8) + 5}), i % 5000);
  EXPECT_EQ(table.lookup(Ip4{0xffffffff}), 7u);
  table.clear();
  EXPECT_EQ(table.lookup(Ip4{0x01000000}), RouteTable4::NOTHING);
}

TEST(RouteTable, IsEmptyAtFirst) {
  EXPECT_EQ(RouteTable4().lookup(Ip4{1}), RouteTable4::NOTHING);
  EXPECT_EQ(RouteTable6().lookup(Ip6{1, 1}), RouteTable6::NOTHING);
}

}  // namespace
}  // namespace xylem::click

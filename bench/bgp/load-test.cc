#include <bench/bgp/load.h>
#include <bench/bgp/reachable.h>
#include <bench/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bench {
namespace {

TEST(Load, PeersDivideTheTable) {
  auto load = makeLoad(generateTable(3000, 900), 2000, 500, 3, Sharing::DISTINCT);
  EXPECT_EQ(load.nets.size(), 2500u);
  EXPECT_EQ(load.ip4, 2000u);
  ASSERT_EQ(load.feeds.size(), 6u);
  Reachable reachable(load.nets.size());
  for (auto net : load.nets) reachable.expect(net);
  size_t told = 0;
  for (auto& feed : load.feeds)
    for (auto [net, there] : changesOf(feed.announcement)) {
      reachable.set(net, there);
      ++told;
    }
  EXPECT_EQ(told, load.nets.size());
  EXPECT_EQ(reachable.count(), load.nets.size());
  for (auto& feed : load.feeds)
    for (auto [net, there] : changesOf(feed.withdrawal)) reachable.set(net, there);
  EXPECT_EQ(reachable.count(), 0u);
  EXPECT_EQ(reachable.strangers(), 0u);
}

TEST(Load, PeersShareTheTableByPathsOfTheirOwn) {
  auto load = makeLoad(generateTable(1000, 0), 5000, 0, 2, Sharing::SAME);
  EXPECT_EQ(load.nets.size(), 1000u);
  ASSERT_EQ(load.feeds.size(), 2u);
  EXPECT_EQ(changesOf(load.feeds[0].announcement), changesOf(load.feeds[1].announcement));
  EXPECT_NE(load.feeds[0].announcement, load.feeds[1].announcement);
}

TEST(Load, NobodyAnnouncesWhatIsRefused) {
  Table table;
  for (auto text : {"9.0.0.0/8", "10.0.0.0/24", "127.1.0.0/16", "224.0.1.0/24", "2001:db8:1::/48", "2400::/32"})
    table.push_back({KJ_ASSERT_NONNULL(net::IpNet::parse(text)), 1});
  auto load = makeLoad(table, 100, 100, 1, Sharing::DISTINCT);
  ASSERT_EQ(load.nets.size(), 2u);
  EXPECT_EQ(load.nets[0], table[0].net);
  EXPECT_EQ(load.nets[1], table[5].net);
}

}  // namespace
}  // namespace xylem::bench

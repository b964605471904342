#include <bench/bgp/reachable.h>
#include <bench/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bench {
namespace {

using net::Ip4;
using net::IpNet;

TEST(Reachable, CountsEachPrefixOnce) {
  auto nets = netsOf(4, 1000);
  for (auto net : netsOf(6, 1000)) nets.push_back(net);
  Reachable reachable(nets.size());
  for (auto net : nets) reachable.expect(net);
  EXPECT_EQ(reachable.count(), 0u);
  for (auto net : nets) {
    reachable.set(net, true);
    reachable.set(net, true);
  }
  EXPECT_EQ(reachable.count(), nets.size());
  reachable.set(nets[5], false);
  reachable.set(nets[5], false);
  EXPECT_EQ(reachable.count(), nets.size() - 1);
  EXPECT_EQ(reachable.strangers(), 0u);
  reachable.set(IpNet(Ip4::of(10, 1, 2, 0), 24), true);
  reachable.set(IpNet(nets[5].address(), 23), true);
  EXPECT_EQ(reachable.count(), nets.size() - 1);
  EXPECT_EQ(reachable.strangers(), 2u);
}

}  // namespace
}  // namespace xylem::bench

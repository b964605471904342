// What is announced is what is counted: messages through the decoder, loads through the counter.

#include <bench/bgp/load.h>
#include <bench/bgp/reachable.h>

#include <gtest/gtest.h>

#include <map>

namespace xylem::bench {
namespace {

using net::Ip4;
using net::Ip6;
using net::IpNet;

std::map<IpNet, bool> changesOf(net::Bytes stream) {
  std::map<IpNet, bool> changes;
  while (stream.size() > 0) {
    auto message = KJ_ASSERT_NONNULL(frame(stream));
    EXPECT_LE(message.whole.size(), MAX_MESSAGE);
    EXPECT_EQ(message.type, Type::UPDATE);
    EXPECT_TRUE(eachChange(message.body, [&](IpNet net, bool reachable) { changes[net] = reachable; }));
    stream = stream.slice(message.whole.size(), stream.size());
  }
  return changes;
}

std::vector<IpNet> netsOf(uint8_t version, uint count) {
  std::vector<IpNet> nets;
  for (uint i = 0; i < count; ++i)
    nets.push_back(version == 4 ? IpNet(Ip4{0x14000000 + i * 256}, i == 0 ? 0 : 24)
                                : IpNet(Ip6{0x2001000000000000 + i * 65536ull, 0}, i == 0 ? 0 : 48));
  return nets;
}

TEST(BenchBgp, ReadsAnUpdateOfTheStandard) {
  // 10.1.0.0/16 withdrawn; 192.0.2.0/25 announced with ORIGIN, AS_PATH 65001 and NEXT_HOP.
  const kj::byte body[] = {0, 3, 16,   10,   1,    0, 20, 0x40, 1, 1, 0, 0x40, 2,   6, 2, 1,
                           0, 0, 0xfd, 0xe9, 0x40, 3, 4,  10,   0, 0, 1, 25,   192, 0, 2, 0};
  std::map<IpNet, bool> changes;
  EXPECT_TRUE(eachChange(body, [&](IpNet net, bool reachable) { changes[net] = reachable; }));
  std::map<IpNet, bool> expected{{IpNet(Ip4::of(10, 1, 0, 0), 16), false}, {IpNet(Ip4::of(192, 0, 2, 0), 25), true}};
  EXPECT_EQ(changes, expected);
}

TEST(BenchBgp, ReadsNoFurtherThanThereIsAnything) {
  const kj::byte body[] = {0, 0, 0, 14, 0x80, 14, 11, 0, 2, 1, 0, 0, 32, 0x20, 1, 0x0d, 0xb8, 33};
  EXPECT_FALSE(eachChange(body, [](IpNet, bool) {}));
  const kj::byte tooLong[] = {0, 0, 0, 0, 33, 1, 2, 3, 4, 5};
  EXPECT_FALSE(eachChange(tooLong, [](IpNet, bool) {}));
  for (size_t size = 0; size < sizeof body; ++size)
    eachChange(kj::arrayPtr(body, size), [](IpNet net, bool) { EXPECT_LE(net.length(), 128u); });
}

TEST(BenchBgp, WhatIsAnnouncedIsRead) {
  auto attributes = attributesOf(64512, 100001, 0);
  for (uint8_t version : {4, 6}) {
    auto nets = netsOf(version, 3000);
    net::ByteWriter out;
    announce(out, attributes, announcerAddress(0, version), kj::arrayPtr(nets.data(), nets.size()));
    auto changes = changesOf(out.bytes());
    EXPECT_EQ(changes.size(), nets.size());
    for (auto net : nets) EXPECT_TRUE(changes[net]);
    net::ByteWriter gone;
    withdraw(gone, kj::arrayPtr(nets.data(), nets.size()));
    changes = changesOf(gone.bytes());
    EXPECT_EQ(changes.size(), nets.size());
    for (auto net : nets) EXPECT_FALSE(changes[net]);
  }
}

TEST(BenchBgp, AttributesAreTheSameAtEachCallAndVarious) {
  EXPECT_EQ(attributesOf(64512, 100001, 0), attributesOf(64512, 100001, 0));
  EXPECT_NE(attributesOf(64512, 100001, 0), attributesOf(64512, 100001, 1));
  EXPECT_NE(attributesOf(64512, 100001, 0), attributesOf(64512, 100002, 0));
}

TEST(BenchBgp, FramesWaitForTheirEnd) {
  auto open = encodeOpen(100000, Ip4::of(1, 2, 3, 4), 6);
  for (size_t size = 0; size < open.size(); ++size) EXPECT_TRUE(frame(open.slice(0, size)) == nullptr);
  auto message = KJ_ASSERT_NONNULL(frame(open));
  EXPECT_EQ(message.type, Type::OPEN);
  EXPECT_EQ(message.whole.size(), open.size());
  EXPECT_EQ(KJ_ASSERT_NONNULL(frame(keepalive())).type, Type::KEEPALIVE);
}

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

}  // namespace
}  // namespace xylem::bench

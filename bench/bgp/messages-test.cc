#include <bench/bgp/load.h>
#include <bench/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bench {
namespace {

using net::Ip4;
using net::IpNet;

TEST(Messages, ReadsAnUpdateOfTheStandard) {
  // 10.1.0.0/16 withdrawn; 192.0.2.0/25 announced with ORIGIN, AS_PATH 65001 and NEXT_HOP.
  const kj::byte body[] = {0, 3, 16,   10,   1,    0, 20, 0x40, 1, 1, 0, 0x40, 2,   6, 2, 1,
                           0, 0, 0xfd, 0xe9, 0x40, 3, 4,  10,   0, 0, 1, 25,   192, 0, 2, 0};
  std::map<IpNet, bool> changes;
  EXPECT_TRUE(eachChange(body, [&](IpNet net, bool reachable) { changes[net] = reachable; }));
  std::map<IpNet, bool> expected{{IpNet(Ip4::of(10, 1, 0, 0), 16), false}, {IpNet(Ip4::of(192, 0, 2, 0), 25), true}};
  EXPECT_EQ(changes, expected);
}

TEST(Messages, ReadsNoFurtherThanThereIsAnything) {
  const kj::byte body[] = {0, 0, 0, 14, 0x80, 14, 11, 0, 2, 1, 0, 0, 32, 0x20, 1, 0x0d, 0xb8, 33};
  EXPECT_FALSE(eachChange(body, [](IpNet, bool) {}));
  const kj::byte tooLong[] = {0, 0, 0, 0, 33, 1, 2, 3, 4, 5};
  EXPECT_FALSE(eachChange(tooLong, [](IpNet, bool) {}));
  for (size_t size = 0; size < sizeof body; ++size)
    eachChange(kj::arrayPtr(body, size), [](IpNet net, bool) { EXPECT_LE(net.length(), 128u); });
}

TEST(Messages, WhatIsAnnouncedIsRead) {
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

TEST(Messages, AttributesAreTheSameAtEachCallAndVarious) {
  EXPECT_EQ(attributesOf(64512, 100001, 0), attributesOf(64512, 100001, 0));
  EXPECT_NE(attributesOf(64512, 100001, 0), attributesOf(64512, 100001, 1));
  EXPECT_NE(attributesOf(64512, 100001, 0), attributesOf(64512, 100002, 0));
}

TEST(Messages, FramesWaitForTheirEnd) {
  auto open = encodeOpen(100000, Ip4::of(1, 2, 3, 4), 6);
  for (size_t size = 0; size < open.size(); ++size) EXPECT_TRUE(frame(open.slice(0, size)) == nullptr);
  auto message = KJ_ASSERT_NONNULL(frame(open));
  EXPECT_EQ(message.type, Type::OPEN);
  EXPECT_EQ(message.whole.size(), open.size());
  EXPECT_EQ(KJ_ASSERT_NONNULL(frame(keepalive())).type, Type::KEEPALIVE);
}

}  // namespace
}  // namespace xylem::bench

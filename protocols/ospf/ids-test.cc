// Destinations that share addresses, each with an ID of its own within it.

#include <protocols/ospf/ids.h>

#include <gtest/gtest.h>

#include <random>

namespace xylem::ospf {
namespace {

IpNet net(kj::StringPtr text) { return KJ_ASSERT_NONNULL(IpNet::parse(text)); }

void give(LinkStateIds& ids, IpNet net) {
  for (auto& moved : ids.assign(net)) give(ids, moved);
}

void check(const LinkStateIds& ids, const std::set<IpNet>& wanted) {
  std::set<Ip4> seen;
  for (auto& each : wanted) {
    auto id = ids.find(each);
    EXPECT_NE(id == nullptr, ids.isLeftOut(each) == false) << kj::str(each).cStr();
    KJ_IF_MAYBE (found, id) {
      EXPECT_TRUE(each.contains(*found)) << kj::str(each, ' ', *found).cStr();
      EXPECT_TRUE(seen.insert(*found).second) << kj::str(each, ' ', *found).cStr();
    }
  }
  EXPECT_EQ(ids.all().size(), seen.size()) << "nothing else has one";
}

TEST(LinkStateIds, TheUsualOnesAreThoseOfTheStandard) {
  LinkStateIds ids;
  for (auto each : {"10.0.0.0/8"_kj, "10.0.0.0/16"_kj, "10.0.0.0/24"_kj}) give(ids, net(each));
  EXPECT_EQ(KJ_ASSERT_NONNULL(ids.find(net("10.0.0.0/8"))), Ip4::of(10, 0, 0, 0));
  EXPECT_EQ(KJ_ASSERT_NONNULL(ids.find(net("10.0.0.0/16"))), Ip4::of(10, 0, 255, 255));
  EXPECT_EQ(KJ_ASSERT_NONNULL(ids.find(net("10.0.0.0/24"))), Ip4::of(10, 0, 0, 255));
}

TEST(LinkStateIds, AThirdMaskFindsOneWhenBothUsualOnesAreTaken) {
  LinkStateIds ids;
  std::set<IpNet> all;
  for (auto each : {"10.0.128.0/18"_kj, "10.0.128.0/17"_kj, "10.0.0.0/8"_kj, "10.0.0.0/16"_kj}) {
    give(ids, net(each));
    all.insert(net(each));
  }
  check(ids, all);
  for (auto& each : all) EXPECT_TRUE(ids.find(each) != nullptr) << kj::str(each).cStr();
}

TEST(LinkStateIds, AHostTakesThatOfItsNetwork) {
  LinkStateIds ids;
  give(ids, net("10.0.0.0/24"));
  auto moved = ids.assign(net("10.0.0.0/32"));
  EXPECT_EQ(moved, std::vector<IpNet>{net("10.0.0.0/24")});
  check(ids, {net("10.0.0.0/24"), net("10.0.0.0/32")});
  EXPECT_TRUE(ids.find(moved[0]) != nullptr);
}

TEST(LinkStateIds, WhatIsLeftOutIsNamedAndComesInLater) {
  LinkStateIds ids;
  for (auto each : {"10.0.0.0/31"_kj, "10.0.0.0/32"_kj, "10.0.0.1/32"_kj}) give(ids, net(each));
  EXPECT_TRUE(ids.isLeftOut(net("10.0.0.0/31")));
  EXPECT_TRUE(ids.find(net("10.0.0.1/32")) != nullptr);
  EXPECT_EQ(ids.release(net("10.0.0.1/32")), std::vector<IpNet>{net("10.0.0.0/31")});
  give(ids, net("10.0.0.0/31"));
  check(ids, {net("10.0.0.0/31"), net("10.0.0.0/32")});
}

TEST(LinkStateIds, AnyComingAndGoingLeavesThemDifferent) {
  std::mt19937 dice(3);
  LinkStateIds ids;
  std::set<IpNet> wanted;
  for (uint i = 0; i < 20000; ++i) {
    Ip4Net each(Ip4{uint32_t(0x0a000000 + dice() % 32)}, 24 + dice() % 9);
    if (dice() % 2 == 0) {
      wanted.insert(each);
      give(ids, each);
    } else {
      wanted.erase(each);
      for (auto& other : ids.release(each)) give(ids, other);
    }
    if (i % 50 == 0) check(ids, wanted);
  }
  EXPECT_GT(wanted.size(), 20u);
}

}  // namespace
}  // namespace xylem::ospf

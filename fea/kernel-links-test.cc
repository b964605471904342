#include <fea/testing.h>

#include <algorithm>

namespace xylem::fea {
namespace {

using testing::Batch;
using testing::countOf;
using testing::sh;

class KernelLinksPlane : public testing::OnKernel {
 protected:
  const Link* find(kj::StringPtr name) {
    for (auto& link : plane->links())
      if (link->name == name) return link;
    return nullptr;
  }
  std::string addresses(kj::StringPtr name) {
    auto link = find(name);
    return link == nullptr ? "" : kj::strArray(link->addresses, " ").cStr();
  }
  bool hears(const char* name) {
    return until([&]() { return heard.links.erase(name) > 0; });
  }
  static DesiredLink desire(kj::StringPtr name, std::vector<const char*> addresses = {}, uint mtu = 0,
                            bool disable = false) {
    DesiredLink link;
    link.name = kj::str(name);
    for (auto text : addresses) link.addresses.add(KJ_ASSERT_NONNULL(net::IfAddr::parse(text)));
    if (mtu > 0) link.mtu = mtu;
    link.disable = disable;
    return link;
  }
  kj::Vector<Fault> configure(std::initializer_list<DesiredLink*> links) {
    kj::Vector<DesiredLink> desired;
    for (auto link : links) desired.add(kj::mv(*link));
    return plane->configure(kj::mv(desired));
  }
};

TEST_F(KernelLinksPlane, ShowsWhatIsThere) {
  auto lo = find("lo"), v0 = find("v0");
  ASSERT_NE(nullptr, lo);
  ASSERT_NE(nullptr, v0);
  EXPECT_TRUE(lo->loopback);
  EXPECT_TRUE(lo->up);
  EXPECT_TRUE(lo->running);
  EXPECT_EQ(1u, lo->index);
  EXPECT_FALSE(v0->loopback);
  EXPECT_TRUE(v0->multicast);
  EXPECT_FALSE(v0->pointToPoint);
  EXPECT_TRUE(v0->up);
  EXPECT_TRUE(v0->running);
  EXPECT_EQ(1500u, v0->mtu);
  EXPECT_HAS(sh("cat /sys/class/net/v0/address 2>/dev/null || ip link show v0"), kj::str(v0->mac).cStr());
  EXPECT_HAS(addresses("v0"), "10.0.0.1/24");
  EXPECT_HAS(addresses("v0"), "2001:db8:a::1/64");
  EXPECT_TRUE(std::is_sorted(plane->links().begin(), plane->links().end(),
                             [](auto& a, auto& b) { return a->index < b->index; }));
}

TEST_F(KernelLinksPlane, FollowsChanges) {
  until([&]() { return !heard.links.empty(); }, 1);
  heard.links.clear();
  sh("ip link set v0 mtu 1400");
  EXPECT_TRUE(hears("v0"));
  EXPECT_EQ(1400u, find("v0")->mtu);
  sh("ip link set v1 down");
  EXPECT_TRUE(until([&]() { return !find("v0")->running; }));
  EXPECT_TRUE(find("v0")->up);
  sh("ip link set v1 up; ip addr add 192.0.2.1/25 dev v0; ip addr add 192.0.2.2/32 peer 192.0.2.3 dev v0");
  EXPECT_TRUE(until([&]() { return find("v0")->running && find("v0")->addresses.size() >= 4; }));
  EXPECT_HAS(addresses("v0"), "192.0.2.1/25");
  EXPECT_HAS(addresses("v0"), "192.0.2.2/32");
  sh("ip addr del 192.0.2.1/25 dev v0");
  EXPECT_TRUE(until([&]() { return addresses("v0").find("192.0.2.1/25") == std::string::npos; }));
  heard.links.clear();
  sh("ip link add x0 type veth peer name x1");
  EXPECT_TRUE(hears("x0"));
  EXPECT_FALSE(find("x0")->up);
  sh("ip link set x0 name y0");
  EXPECT_TRUE(hears("y0"));
  EXPECT_TRUE(hears("x0"));
  EXPECT_EQ(nullptr, find("x0"));
  sh("ip link del y0");
  EXPECT_TRUE(hears("y0"));
  EXPECT_EQ(nullptr, find("y0"));
  EXPECT_EQ(nullptr, find("x1"));
}

TEST_F(KernelLinksPlane, WaitsForDuplicateAddressDetection) {
  sh("ip addr add 2001:db8:c::1/64 dev v0");
  EXPECT_HAS(sh("ip addr show v0"), "2001:db8:c::1/64 scope global tentative");
  loop.timer().afterDelay(50 * kj::MILLISECONDS).wait(scope);
  EXPECT_LACKS(addresses("v0"), "2001:db8:c::1/64");
  EXPECT_TRUE(until([&]() { return addresses("v0").find("2001:db8:c::1/64") != std::string::npos; }));
  EXPECT_TRUE(until([&]() { return addresses("v0").find("fe80::") != std::string::npos; }));
}

TEST_F(KernelLinksPlane, ConfiguresAndUndoes) {
  auto v = desire("v0", {"192.0.2.1/24", "2001:db8:d::1/64", "10.0.0.1/24"}, 1300);
  auto w = desire("w0", {}, 0, true);
  EXPECT_EQ(0u, configure({&v, &w}).size());
  // Known at once.
  EXPECT_HAS(addresses("v0"), "192.0.2.1/24");
  EXPECT_EQ(1300u, find("v0")->mtu);
  EXPECT_FALSE(find("w0")->up);
  EXPECT_HAS(sh("ip addr show v0"), "2001:db8:d::1/64");
  // The same again changes nothing.
  auto before = sh("ip addr show v0 | grep -v -e valid_lft -e fe80");
  auto same = desire("v0", {"192.0.2.1/24", "2001:db8:d::1/64", "10.0.0.1/24"}, 1300);
  auto down = desire("w0", {}, 0, true);
  EXPECT_EQ(0u, configure({&same, &down}).size());
  EXPECT_EQ(countOf(before, "inet"), countOf(sh("ip addr show v0 | grep -v -e valid_lft -e fe80"), "inet"));
  EXPECT_EQ(0u, configure({}).size());
  EXPECT_LACKS(sh("ip addr show v0"), "192.0.2.1/24");
  EXPECT_LACKS(sh("ip addr show v0"), "2001:db8:d::1/64");
  // Others have set this one.
  EXPECT_HAS(sh("ip addr show v0"), "10.0.0.1/24");
  EXPECT_EQ(1500u, find("v0")->mtu);
  EXPECT_TRUE(find("w0")->up);
}

TEST_F(KernelLinksPlane, KnowsItsAddressesAfterARestart) {
  auto v = desire("v0", {"192.0.2.1/24", "192.0.2.2/24"});
  configure({&v});
  restart();
  auto other = desire("v0", {"192.0.2.2/24"}), second = desire("w0", {"192.0.2.1/24"});
  EXPECT_EQ(0u, configure({&other, &second}).size());
  EXPECT_LACKS(sh("ip addr show v0"), "192.0.2.1/24");
  EXPECT_HAS(sh("ip addr show v0"), "192.0.2.2/24");
  EXPECT_HAS(sh("ip addr show w0"), "192.0.2.1/24");
  EXPECT_HAS(sh("ip addr show v0"), "10.0.0.1/24");
}

TEST_F(KernelLinksPlane, ConfiguresWhatAppearsLater) {
  auto v = desire("late", {"192.0.2.1/24", "2001:db8:d::1/64"}, 1350);
  EXPECT_EQ(0u, configure({&v}).size());
  sh("ip link add late type veth peer name late1; ip link set late1 up");
  EXPECT_TRUE(until([&]() {
    auto link = find("late");
    return link != nullptr && link->running && link->mtu == 1350 && link->addresses.size() >= 2;
  }));
  EXPECT_HAS(sh("ip addr show late"), "192.0.2.1/24");
  sh("ip link del late");
  EXPECT_TRUE(until([&]() { return find("late") == nullptr; }));
  sh("ip link add late type veth peer name late1");
  EXPECT_TRUE(until([&]() { return addresses("late").find("192.0.2.1/24") != std::string::npos; }));
}

TEST_F(KernelLinksPlane, PutsBackAddressesThatWentWithTheLink) {
  auto v = desire("v0", {"2001:db8:d::1/64", "192.0.2.1/24"});
  configure({&v});
  EXPECT_TRUE(until([&]() { return addresses("v0").find("2001:db8:d::1/64") != std::string::npos; }));
  sh("ip link set v0 down; ip link set v0 up");
  EXPECT_TRUE(until([&]() { return sh("ip addr show v0").find("2001:db8:d::1/64") != std::string::npos; }));
  sh("ip addr del 192.0.2.1/24 dev v0");
  EXPECT_TRUE(until([&]() { return sh("ip addr show v0").find("192.0.2.1/24") != std::string::npos; }));
}

TEST_F(KernelLinksPlane, SaysWhatCannotBeHad) {
  auto v = desire("v0", {"192.0.2.1/24"}, 1 << 20);
  auto faults = configure({&v});
  ASSERT_EQ(1u, faults.size());
  EXPECT_EQ("v0", faults[0].link);
  EXPECT_HAS(faults[0].text.cStr(), "cannot set the MTU 1048576");
  EXPECT_HAS(sh("ip addr show v0"), "192.0.2.1/24");
}

TEST_F(KernelLinksPlane, RoutesComeBackWithTheLink) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).group(2, {{"10.0.0.3", "v0"}, {"10.0.1.3", "w0"}});
  batch.route("192.0.2.0/24", 1).route("198.51.100.0/24", 2);
  push(batch);
  synced();
  sh("ip link set v0 down");
  EXPECT_TRUE(until([&]() { return !find("v0")->up; }));
  EXPECT_LACKS(routes4(), "192.0.2.0/24");
  EXPECT_HAS(routes4(), "via 10.0.1.3 dev w0");
  EXPECT_TRUE(heard.refusals.empty());
  EXPECT_EQ(0, heard.resyncs);
  sh("ip link set v0 up");
  // The second group is whole again by itself; of the first the routes are wanted.
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  EXPECT_EQ(2u, countOf(routes4(), "nexthop via")) << routes4();
  push(batch);
  synced();
  EXPECT_HAS(routes4(), "192.0.2.0/24");
  EXPECT_EQ(2u, countOf(routes4(), "nexthop via")) << routes4();
  EXPECT_TRUE(heard.refusals.empty());
}

TEST_F(KernelLinksPlane, CarrierIsLikeTheLink) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  sh("ip link set v1 down");
  EXPECT_TRUE(until([&]() { return !find("v0")->running; }));
  sh("ip link set v1 up");
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
}

TEST_F(KernelLinksPlane, GroupOverAnAbsentLinkWaits) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.5.2", "later"}}).group(2, {{"10.0.5.3", "later"}, {"10.0.0.3", "v0"}}).blackhole(3);
  batch.route("192.0.2.0/24", 1).route("198.51.100.0/24", 2).route("203.0.113.0/24", 3);
  push(batch);
  Batch move;
  move.route("203.0.113.0/24", 1);
  push(move);
  synced();
  EXPECT_TRUE(heard.refusals.empty());
  // Nothing leads there: neither by what was before.
  EXPECT_EQ(1u, countOf(routes4(), "metric 300")) << routes4();
  EXPECT_HAS(routes4(), "via 10.0.0.3 dev v0");
  sh("ip link add later type veth peer name later1; ip link set later1 up; ip link set later up");
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  EXPECT_EQ(2u, countOf(routes4(), "nexthop via")) << routes4();
}

TEST_F(KernelLinksPlane, WriterThatReactsItselfNeedsNoResync) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  sh("ip link set v0 down");
  EXPECT_TRUE(until([&]() { return !find("v0")->up; }));
  Batch withdraw;
  withdraw.group(1, {}).route("192.0.2.0/24", 0);
  push(withdraw);
  sh("ip link set v0 up");
  EXPECT_TRUE(until([&]() { return find("v0")->running; }));
  push(batch);
  EXPECT_HAS(routes4(), "192.0.2.0/24");
  loop.timer().afterDelay(150 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(0, heard.resyncs);
}

TEST_F(KernelLinksPlane, WritesBeforeItHasHeardOfAFlap) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  // The loop has not turned since: the plane still takes the objects for there.
  sh("ip link set v0 down");
  Batch more;
  more.route("198.51.100.0/24", 1).group(2, {{"10.0.0.9", "v0"}}).route("203.0.113.0/24", 2);
  push(more);
  EXPECT_TRUE(heard.refusals.empty()) << heard.refusals.begin()->second;
  sh("ip link set v0 up");
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  push(batch);
  push(more);
  synced();
  EXPECT_EQ(3u, countOf(routes4(), "metric 300")) << routes4();
}

TEST_F(KernelLinksPlane, FailoverToAnotherLinkGetsItsRoutes) {
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  sh("ip link set v0 down");
  EXPECT_TRUE(until([&]() { return !find("v0")->up; }));
  Batch over;
  over.group(1, {{"10.0.1.2", "w0"}});
  push(over);
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  over.route("192.0.2.0/24", 1);
  push(over);
  synced();
  EXPECT_HAS(routes4(), "via 10.0.1.2 dev w0");
}

TEST_F(KernelLinksPlane, LostEventsAreHealed) {
  plane = nullptr;
  KernelOptions tiny;
  tiny.eventBuffer = 4096;
  plane = openKernel(loop, heard, tiny);
  begin();
  Batch batch;
  batch.group(1, {{"10.0.0.2", "v0"}}).route("192.0.2.0/24", 1);
  push(batch);
  synced();
  sh("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do for j in 1 2 3 4 5 6 7 8 9 10; do echo addr add 10.9.$i.$j/32 dev w0; "
     "done;"
     " done | ip -b -; ip link set w0 mtu 1234; ip link add x0 type veth peer name x1; ip route del 192.0.2.0/24");
  EXPECT_TRUE(until([&]() { return heard.resyncs == 1; }));
  EXPECT_EQ(1234u, find("w0")->mtu);
  EXPECT_NE(nullptr, find("x0"));
  EXPECT_EQ(120u, countOf(addresses("w0"), "10.9."));
  EXPECT_EQ(1u, plane->counters().resyncs);
}

}  // namespace
}  // namespace xylem::fea

#pragma once
// For the tests of the planes: batches from a few words, a listener that remembers, and a network namespace.

#include <capnp/message.h>
#include <fea/kernel.h>
#include <gtest/gtest.h>
#include <kj/function.h>
#include <net/wire.h>
#include <sched.h>
#include <unistd.h>
#include <xrl/loop.h>

#include <cstdio>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace xylem::fea::testing {

struct HopText {
  const char* gateway;
  const char* link;
  uint16_t weight = 1;
};

class Batch {
 public:
  Batch& group(uint32_t id, std::vector<HopText> hops) {
    groups.push_back({id, hops, 0});
    return *this;
  }
  Batch& blackhole(uint32_t id) {
    groups.push_back({id, {}, 1});
    return *this;
  }
  Batch& unreachable(uint32_t id) {
    groups.push_back({id, {}, 2});
    return *this;
  }
  Batch& route(const char* net, uint32_t group) { return route(KJ_ASSERT_NONNULL(net::IpNet::parse(net)), group); }
  Batch& route(net::IpNet net, uint32_t group) {
    routes.push_back({net, group});
    return *this;
  }

  rib::Batch::Reader done() {
    auto batch = message.initRoot<rib::Batch>();
    auto outGroups = batch.initGroups(uint(groups.size()));
    for (uint i = 0; i < groups.size(); ++i) {
      outGroups[i].setId(groups[i].id);
      if (groups[i].kind == 1) outGroups[i].setBlackhole();
      if (groups[i].kind == 2) outGroups[i].setUnreachable();
      if (groups[i].kind != 0) continue;
      auto hops = outGroups[i].initHops(uint(groups[i].hops.size()));
      for (uint j = 0; j < hops.size(); ++j) {
        auto& hop = groups[i].hops[j];
        if (*hop.gateway) net::write(KJ_ASSERT_NONNULL(net::Ip::parse(hop.gateway)), hops[j].initGateway());
        hops[j].setInterface(hop.link);
        hops[j].setWeight(hop.weight);
      }
    }
    auto outRoutes = batch.initRoutes(uint(routes.size()));
    for (uint i = 0; i < routes.size(); ++i) {
      auto parts = net::partsOf(routes[i].net);
      outRoutes[i].setVersion(parts.version);
      outRoutes[i].setLength(parts.length);
      outRoutes[i].setHigh(parts.high);
      outRoutes[i].setLow(parts.low);
      outRoutes[i].setNextHop(routes[i].group);
    }
    return batch.asReader();
  }

  capnp::MallocMessageBuilder message;

 private:
  struct GroupText {
    uint32_t id;
    std::vector<HopText> hops;
    int kind;
  };
  struct RouteText {
    net::IpNet net;
    uint32_t group;
  };
  std::vector<GroupText> groups;
  std::vector<RouteText> routes;
};

struct Heard final : public Forwarder::Listener {
  void linksChanged(kj::ArrayPtr<const kj::String> names) override {
    for (auto& name : names) links.insert(name.cStr());
  }
  void lost(kj::ArrayPtr<const net::IpNet> nets) override {
    for (auto& net : nets) lostRoutes.insert(kj::str(net).cStr());
  }
  void resync(kj::StringPtr reason) override {
    ++resyncs;
    why = reason.cStr();
  }
  void refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) override {
    for (auto& net : nets) refusals[kj::str(net).cStr()] = reason.cStr();
  }

  std::set<std::string> links, lostRoutes;
  std::map<std::string, std::string> refusals;
  int resyncs = 0;
  std::string why;
};

inline std::string sh(kj::StringPtr command) {
  // Standard output of a shell command, which must succeed.
  auto pipe = popen(kj::str("exec 2>&1; ", command).cStr(), "r");
  std::string out;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, n);
  auto status = pclose(pipe);
  EXPECT_EQ(0, status) << command.cStr() << "\n" << out;
  return out;
}

inline size_t countOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

#define EXPECT_HAS(text, part) EXPECT_NE(std::string::npos, std::string(text).find(part)) << text
#define EXPECT_LACKS(text, part) EXPECT_EQ(std::string::npos, std::string(text).find(part)) << text

class InNamespace : public ::testing::Test {
  // Each test in an empty network namespace of its own, with two links: v0 (10.0.0.1/24, 2001:db8:a::1/64) and
  // w0 (10.0.1.1/24, 2001:db8:b::1/64), whose other ends are v1 and w1.
 protected:
  ~InNamespace() noexcept override {}

  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root for a network namespace";
    ASSERT_EQ(0, unshare(CLONE_NEWNET));
    sh("ip link set lo up; for n in v w; do ip link add ${n}0 type veth peer name ${n}1;"
       " ip link set ${n}0 up; ip link set ${n}1 up; done;"
       "ip addr add 10.0.0.1/24 dev v0; ip addr add 10.0.1.1/24 dev w0;"
       "ip addr add 2001:db8:a::1/64 dev v0 nodad; ip addr add 2001:db8:b::1/64 dev w0 nodad");
  }

  template <typename Condition> bool until(Condition condition, uint seconds = 5) {
    // Let the loop turn until it is so.
    auto end = kj::systemPreciseMonotonicClock().now() + seconds * kj::SECONDS;
    while (!condition()) {
      if (kj::systemPreciseMonotonicClock().now() > end) return false;
      loop.timer().afterDelay(2 * kj::MILLISECONDS).wait(loop.waitScope());
    }
    return true;
  }

  xrl::Loop loop;
  kj::WaitScope& scope = loop.waitScope();
};

class OnKernel : public InNamespace {
  // The kernel plane, in such a namespace.
 protected:
  ~OnKernel() noexcept override {}

  void SetUp() override {
    InNamespace::SetUp();
    if (IsSkipped()) return;
    plane = openKernel(loop, heard);
  }

  void begin() { plane->beginSync().wait(scope); }
  void push(Batch& batch) { plane->push(batch.done()).wait(scope); }
  void synced() { plane->synced().wait(scope); }
  void restart() {
    // As if another process had come.
    plane = nullptr;
    heard = Heard();
    plane = openKernel(loop, heard);
  }
  // `ip route` tells the hops of a nexthop object only in the mode that the plane turns off.
  std::string show(kj::StringPtr what) {
    return sh(
        kj::str("m=/proc/sys/net/ipv4/nexthop_compat_mode; read was < $m; echo 1 > $m; ip ", what, "; echo $was > $m"));
  }
  std::string routes4(const char* more = "") { return show(kj::str("-4 route show proto 178 ", more)); }
  std::string routes6(const char* more = "") { return show(kj::str("-6 route show proto 178 ", more)); }
  std::string nexthops() { return sh("ip nexthop show proto 178"); }

  Heard heard;
  kj::Own<Forwarder> plane;
};

}  // namespace xylem::fea::testing

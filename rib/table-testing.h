#pragma once
// For tests: a table with two links, and a forwarding table that it is written to.

#include <gtest/gtest.h>
#include <kj/debug.h>
#include <rib/table.h>

namespace xylem::rib::testing {

inline net::Ip ip(const char* text) { return KJ_ASSERT_NONNULL(net::Ip::parse(text), text); }
inline net::IpNet ipNet(const char* text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text), text); }
inline InterfaceName ifName(const char* text) { return KJ_ASSERT_NONNULL(InterfaceName::parse(text), text); }
inline NextHops via(const char* gateway) { return {NextHops::HOPS, {NextHop{ip(gateway), {}}}}; }
inline NextHops via(const char* gateway, const char* interface) {
  return {NextHops::HOPS, {NextHop{ip(gateway), ifName(interface)}}};
}
inline std::string text(const NextHops& hops) { return kj::str(hops).cStr(); }

struct Fib {
  // A forwarding table that believes what it is told, and complains when it does not fit.
  struct Route {
    uint32_t group, metric, tag;
  };
  std::map<uint32_t, NextHops> groups;
  std::map<net::IpNet, Route> routes;
  size_t writes = 0;

  void take(Table& table, size_t most = 100) {
    FibBatch batch;
    table.takeFib(batch, most);
    EXPECT_TRUE(batch.dropped.empty() || batch.routes.empty());
    for (auto id : batch.groups) {
      EXPECT_TRUE(table.groups[id].resolved.leads());
      groups[id] = table.groups[id].resolved;
    }
    for (auto id : batch.dropped) {
      EXPECT_EQ(groups.erase(id), 1u) << id;
      for (auto& route : routes) EXPECT_NE(route.second.group, id) << "dropped while in use";
    }
    for (auto& route : batch.routes) {
      auto address =
          route.version == 4 ? net::Ip(net::Ip4{uint32_t(route.low)}) : net::Ip(net::Ip6{route.high, route.low});
      net::IpNet net(address, route.length);
      ++writes;
      if (route.group == 0) {
        routes.erase(net);
      } else {
        EXPECT_EQ(groups.count(route.group), 1u) << "a route before its group";
        routes[net] = {route.group, route.metric, route.tag};
      }
    }
  }
  void drain(Table& table) {
    while (table.fibPending()) take(table);
  }
  std::string operator[](const char* net) const {
    auto found = routes.find(ipNet(net));
    if (found == routes.end()) return "-";
    return text(groups.at(found->second.group));
  }
};

struct Rig {
  Table table;
  Fib fib;
  Rig() {
    interface("eth0", 2, true, {"10.0.0.1/24", "2001:db8::1/64", "fe80::1/64"});
    interface("eth1", 3, true, {"10.1.0.1/24"});
    table.attachFib();
  }
  void interface(const char* name, uint32_t index, bool live, std::vector<const char*> addresses) {
    InterfaceState state{ifName(name), index, live, {}};
    for (auto each : addresses) state.addresses.push_back(KJ_ASSERT_NONNULL(net::IfAddr::parse(each)));
    table.setInterface(state);
  }
  void put(Origin& origin, const char* net, uint32_t id, uint32_t metric = 0, uint32_t tag = 0) {
    auto to = ipNet(net);
    auto group = KJ_ASSERT_NONNULL(table.groupOf(origin, id));
    if (to.is4())
      table.put(origin, to.v4(), group, metric, tag);
    else
      table.put(origin, to.v6(), group, metric, tag);
  }
  void remove(Origin& origin, const char* net) {
    auto to = ipNet(net);
    if (to.is4())
      table.remove(origin, to.v4());
    else
      table.remove(origin, to.v6());
  }
  void settle() {
    for (int i = 0; table.isBusy() || table.fibPending(); ++i) {
      ASSERT_LT(i, 1000000) << "never comes to rest";
      table.advance(10);
      if (!table.isBusy()) fib.drain(table);
    }
  }
};

}  // namespace xylem::rib::testing

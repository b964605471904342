#include <capnp/message.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/static/daemon.h>

namespace xylem::statics {
namespace {

struct Written {
  // A configuration, route by route.
  struct Hop {
    const char* address;
    const char* interface = "";
    uint16_t weight = 1;
    uint8_t distance = 0;
  };
  struct Route {
    const char* net;
    std::vector<Hop> hops;
    // One without address is a link.
    bool blackhole = false, unreachable = false;
    uint8_t distance = 1;
    uint32_t metric = 0, tag = 0;
  };
  explicit Written(std::vector<Route> routes) {
    auto list = message.initRoot<Config>().initRoute(routes.size());
    for (auto i : kj::indices(routes)) {
      auto& from = routes[i];
      auto to = list[i];
      net::write(KJ_ASSERT_NONNULL(net::IpNet::parse(from.net), from.net), to.initNet());
      std::vector<Hop> gateways, links;
      for (auto& hop : from.hops) (*hop.address ? gateways : links).push_back(hop);
      auto hops = to.initNextHop(gateways.size());
      for (auto j : kj::indices(gateways)) {
        net::write(KJ_ASSERT_NONNULL(net::Ip::parse(gateways[j].address)), hops[j].initAddress());
        hops[j].setInterface(gateways[j].interface);
        hops[j].setWeight(gateways[j].weight);
        hops[j].setDistance(gateways[j].distance);
      }
      auto interfaces = to.initInterface(links.size());
      for (auto j : kj::indices(links)) {
        interfaces[j].setName(links[j].interface);
        interfaces[j].setWeight(links[j].weight);
        interfaces[j].setDistance(links[j].distance);
      }
      to.setBlackhole(from.blackhole);
      to.setUnreachable(from.unreachable);
      to.setDistance(from.distance);
      to.setMetric(from.metric);
      to.setTag(from.tag);
    }
  }
  Config::Reader config() { return message.getRoot<Config>().asReader(); }
  std::vector<std::string> problems() {
    xrl::Problems found;
    checkRoutes(config(), found);
    std::vector<std::string> all;
    for (auto& each : found.list) all.push_back(kj::str(each.path, ": ", each.text).cStr());
    return all;
  }
  std::string offers() {
    // `net distance hops metric tag;` each
    std::string all;
    for (auto& [net, byDistance] : offersOf(config()))
      for (auto& [distance, offer] : byDistance)
        all += kj::str(net, ' ', distance, ' ', offer.nextHops, ' ', offer.metric, ' ', offer.tag, "; ").cStr();
    return all;
  }
  capnp::MallocMessageBuilder message;
};

TEST(Static, RoutesAreOfferedAsWritten) {
  EXPECT_EQ(Written({{"10.0.0.0/8", {{"10.1.1.1"}}}}).offers(), "10.0.0.0/8 1 via 10.1.1.1 0 0; ");
  EXPECT_EQ(Written({{.net = "2001:db8::/32", .hops = {{"fe80::1", "eth0", 2}, {"", "eth1"}}, .metric = 7, .tag = 9}})
                .offers(),
            "2001:db8::/32 1 via fe80::1 dev eth0 weight 2, dev eth1 7 9; ");
  EXPECT_EQ(Written({{.net = "0.0.0.0/0", .blackhole = true, .distance = 250}}).offers(),
            "0.0.0.0/0 250 blackhole 0 0; ");
  EXPECT_EQ(Written({{.net = "::/0", .unreachable = true}}).offers(), "::/0 1 unreachable 0 0; ");
}

TEST(Static, ABackupIsAnOfferOfItsOwn) {
  EXPECT_EQ(
      Written({{.net = "10.0.0.0/8",
                .hops = {{"192.0.2.1"}, {"192.0.2.2"}, {"192.0.2.3", "", 1, 200}, {"", "eth3", 1, 201}},
                .distance = 5}})
          .offers(),
      "10.0.0.0/8 5 via 192.0.2.1, via 192.0.2.2 0 0; 10.0.0.0/8 200 via 192.0.2.3 0 0; 10.0.0.0/8 201 dev eth3 0 0; ");
}

TEST(Static, GoodRoutesHaveNoProblems) {
  EXPECT_EQ(Written({{"10.0.0.0/8", {{"10.1.1.1"}}},
                     {"10.0.0.128/25", {{"10.0.0.130"}}},
                     {"0.0.0.0/0", {{"192.0.2.1", "eth0"}}},
                     {.net = "240.0.0.0/4", .blackhole = true},
                     {"::/0", {{"fe80::1", "eth0"}}}})
                .problems(),
            std::vector<std::string>());
}

TEST(Static, ProblemsNameTheStatement) {
  auto only = [](Written::Route route, const char* problem) {
    auto problems = Written({route}).problems();
    ASSERT_EQ(problems.size(), 1u) << problem;
    EXPECT_EQ(problems[0], problem);
  };
  only({"10.0.0.0/8", {}}, "route 10.0.0.0/8: needs a `next-hop`, an `interface`, `blackhole` or `unreachable`");
  only({"10.0.0.0/8", {{"2001:db8::1"}}},
       "route 10.0.0.0/8 next-hop 2001:db8::1: 2001:db8::1 is IPv6, the route is IPv4");
  only({"2001:db8::/32", {{"10.0.0.1"}}}, "route 2001:db8::/32 next-hop 10.0.0.1: 10.0.0.1 is IPv4, the route is IPv6");
  only({"10.0.0.0/8", {{"0.0.0.0"}}}, "route 10.0.0.0/8 next-hop 0.0.0.0: 0.0.0.0 is not the address of a neighbour");
  only({"10.0.0.0/8", {{"224.0.0.1"}}},
       "route 10.0.0.0/8 next-hop 224.0.0.1: 224.0.0.1 is not the address of a neighbour");
  only({"10.0.0.0/8", {{"127.0.0.1"}}},
       "route 10.0.0.0/8 next-hop 127.0.0.1: 127.0.0.1 is not the address of a neighbour");
  only({"::/0", {{"fe80::1"}}}, "route ::/0 next-hop fe80::1: fe80::1 is on every link: say which, by its `interface`");
  only({"224.0.0.0/4", {{"10.0.0.1"}}}, "route 224.0.0.0/4: a multicast prefix has no unicast route");
  only({.net = "ff00::/8", .blackhole = true}, "route ff00::/8: a multicast prefix has no unicast route");
  only({"127.0.0.0/8", {{"10.0.0.1"}}},
       "route 127.0.0.0/8: nothing can be reached there; such a prefix can only be dropped");
  only({.net = "10.0.0.0/8", .hops = {{"10.0.0.1"}}, .blackhole = true},
       "route 10.0.0.0/8 blackhole: a route either drops packets or has next hops");
  only({.net = "10.0.0.0/8", .hops = {{"", "eth0"}}, .unreachable = true},
       "route 10.0.0.0/8 unreachable: a route either drops packets or has next hops");
  only({.net = "10.0.0.0/8", .blackhole = true, .unreachable = true},
       "route 10.0.0.0/8 unreachable: the route is a blackhole already");
  only({"10.0.0.0/8", {{"10.0.0.1", "a b"}}},
       "route 10.0.0.0/8 next-hop 10.0.0.1 interface: no interface can have this name");
  only({"10.0.0.0/8", {{"", "a/b"}}}, "route 10.0.0.0/8 interface a/b: no interface can have this name");
  only({"10.0.0.0/8", std::vector<Written::Hop>(65, Written::Hop{"", "eth0"})},
       "route 10.0.0.0/8: 65 next hops; at most 64 are possible");
}

TEST(Static, TooManyDistancesAreAProblem) {
  std::vector<std::string> nets;
  std::vector<Written::Route> routes;
  for (int i = 0; i < 40; ++i) nets.push_back(kj::str("10.", i, ".0.0/16").cStr());
  for (int i = 0; i < 40; ++i)
    routes.push_back({.net = nets[i].c_str(), .blackhole = true, .distance = uint8_t(i + 1)});
  EXPECT_EQ(Written(routes).problems().size(), 1u);
  routes.resize(32);
  EXPECT_EQ(Written(routes).problems().size(), 0u);
}

}  // namespace
}  // namespace xylem::statics

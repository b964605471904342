// Shortest paths, against a search without cleverness.

#include <protocols/ospf/graph.h>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace xylem::ospf {
namespace {

class Straight final : public FirstHops {
 public:
  explicit Straight(HopSets& hops) : hops(hops) {}
  HopsId first(const GraphLink& link) override {
    return hops.of({link.data.bits, link.to.network ? Ip4() : link.to.id});
  }

 private:
  HopSets& hops;
};

struct Link {
  uint a, b, cost;
};

struct World {
  HopSets hops;
  Straight first{hops};
  Graph graph{hops};
  std::vector<std::vector<Link>> links;

  explicit World(uint count) : links(count) {}

  static VertexId id(uint router) { return {false, Ip4{0x0a000000 + router}}; }
  bool tell(uint router) {
    std::vector<GraphLink> list;
    for (auto& link : links[router]) list.push_back({id(link.b), link.cost, Ip4{link.b + 1}, LinkType::POINT_TO_POINT});
    return graph.set(id(router), 0, list);
  }
  std::vector<uint32_t> run() { return graph.run(graph.number(id(0)), first); }

  std::vector<uint32_t> plain() const {
    std::vector<uint32_t> known(links.size(), UNREACHABLE);
    known[0] = 0;
    for (bool again = true; again;) {
      again = false;
      for (auto& list : links)
        for (auto& link : list) {
          bool back = false;
          for (auto& other : links[link.b]) back = back || other.b == link.a;
          if (!back || known[link.a] == UNREACHABLE || known[link.a] + link.cost >= known[link.b]) continue;
          known[link.b] = known[link.a] + link.cost;
          again = true;
        }
    }
    return known;
  }
};

TEST(Graph, RandomChangesAreAsAPlainSearchFindsThem) {
  std::mt19937 dice(5);
  for (uint round = 0; round < 20; ++round) {
    World world(40);
    for (uint i = 0; i < 40; ++i) world.tell(i);
    std::vector<uint32_t> before(40, UNREACHABLE);
    world.run();
    before[0] = 0;
    for (uint step = 0; step < 60; ++step) {
      uint a = dice() % 40, b = dice() % 40;
      if (a == b) continue;
      auto& list = world.links[a];
      std::erase_if(list, [&](auto& link) { return link.b == b; });
      if (dice() % 4 != 0) list.push_back({a, b, uint(1 + dice() % 20)});
      if (dice() % 2 == 0) {
        std::erase_if(world.links[b], [&](auto& link) { return link.b == a; });
        world.links[b].push_back({b, a, uint(1 + dice() % 20)});
        world.tell(b);
      }
      world.tell(a);
      auto changed = world.run();
      auto wanted = world.plain();
      for (uint i = 0; i < 40; ++i) {
        auto number = KJ_ASSERT_NONNULL(world.graph.find(World::id(i)));
        EXPECT_EQ(world.graph[number].distance, wanted[i]);
        bool told = std::find(changed.begin(), changed.end(), number) != changed.end();
        EXPECT_TRUE(told || wanted[i] == before[i]) << "a change that is not told";
      }
      before = wanted;
    }
  }
}

TEST(Graph, TheSameLinksAgainAreNoChange) {
  World world(2);
  world.links[0] = {{0, 1, 5}};
  world.links[1] = {{1, 0, 5}};
  EXPECT_TRUE(world.tell(0));
  EXPECT_TRUE(world.tell(1));
  EXPECT_FALSE(world.tell(0));
  EXPECT_EQ(world.run().size(), 2u);
  EXPECT_EQ(world.run().size(), 0u);
}

struct LanWorld {
  // Routers, and networks that may cost something either way.
  static constexpr uint ROUTERS = 20, NETWORKS = 12;
  HopSets hops;
  Straight first{hops};
  Graph graph{hops};
  std::map<std::pair<uint, uint>, std::pair<uint, uint>> attached;
  // What it costs from a router to a network, and back.

  static VertexId router(uint which) { return {false, Ip4{which + 1}}; }
  static VertexId network(uint which) { return {true, Ip4{0x0a000000 + which}}; }
  bool tellRouter(uint which) {
    std::vector<GraphLink> links;
    for (auto& [ends, costs] : attached)
      if (ends.first == which)
        links.push_back({network(ends.second), costs.first, Ip4{0x0b000000 + which}, LinkType::TRANSIT});
    return graph.set(router(which), 0, links);
  }
  bool tellNetwork(uint which) {
    std::vector<GraphLink> links;
    for (auto& [ends, costs] : attached)
      if (ends.second == which) links.push_back({router(ends.first), 0, Ip4(), LinkType::TRANSIT});
    return graph.set(network(which), 0, links);
  }
  void charge() {
    for (auto& [ends, costs] : attached)
      graph.charge(graph.number(network(ends.second)), graph.number(router(ends.first)), costs.second);
  }
  std::vector<uint32_t> plain() const {
    std::vector<uint32_t> known(ROUTERS, UNREACHABLE);
    known[0] = 0;
    for (bool again = true; again;) {
      again = false;
      for (auto& [from, costs] : attached)
        for (auto& [to, others] : attached) {
          uint32_t cost = costs.first + others.second;
          if (from.second != to.second || known[from.first] == UNREACHABLE) continue;
          if (known[from.first] + cost >= known[to.first]) continue;
          known[to.first] = known[from.first] + cost;
          again = true;
        }
    }
    return known;
  }
};

TEST(Graph, WhatItCostsToLeaveANetworkIsAsAPlainSearchFindsIt) {
  std::mt19937 dice(7);
  LanWorld world;
  for (uint i = 0; i < world.ROUTERS; ++i) world.tellRouter(i);
  for (uint step = 0; step < 300; ++step) {
    uint router = dice() % world.ROUTERS, network = dice() % world.NETWORKS;
    if (dice() % 5 == 0)
      world.attached.erase({router, network});
    else
      world.attached[{router, network}] = {1 + dice() % 20, dice() % 3 * (dice() % 20)};
    world.tellRouter(router);
    world.tellNetwork(network);
    world.charge();
    world.graph.run(world.graph.number(world.router(0)), world.first);
    auto wanted = world.plain();
    for (uint i = 0; i < world.ROUTERS; ++i)
      EXPECT_EQ(world.graph[world.graph.number(world.router(i))].distance, wanted[i]) << step;
  }
}

TEST(Graph, WhatANetworkIsChargedStaysUntilItsLinksAreOthers) {
  LanWorld world;
  for (uint router : {0, 1, 2}) world.attached[{router, 0}] = {5, 7};
  for (uint router : {0, 1, 2}) world.tellRouter(router);
  world.tellNetwork(0);
  world.charge();
  EXPECT_FALSE(world.tellNetwork(0)) << "the same links again";
  auto root = world.graph.number(world.router(0));
  auto distance = [&]() {
    world.graph.run(root, world.first);
    return world.graph[world.graph.number(world.router(1))].distance;
  };
  EXPECT_EQ(distance(), 12u);
  EXPECT_EQ(world.graph.run(root, world.first).size(), 0u);
  world.attached.erase({2, 0});
  EXPECT_TRUE(world.tellNetwork(0));
  EXPECT_EQ(distance(), 5u) << "new links cost nothing yet";
}

TEST(Graph, ANetworkGivesTheGatewayOfWhoIsBehindIt) {
  HopSets hops;
  Straight first(hops);
  Graph graph(hops);
  VertexId self{false, Ip4{1}}, other{false, Ip4{2}}, lan{true, Ip4::of(10, 0, 0, 9)};
  graph.set(self, 0, {{lan, 4, Ip4{3}, LinkType::TRANSIT}});
  graph.set(other, 0, {{lan, 7, Ip4::of(10, 0, 0, 2), LinkType::TRANSIT}});
  graph.set(lan, 0, {{self, 0, Ip4(), LinkType::TRANSIT}, {other, 0, Ip4(), LinkType::TRANSIT}});
  graph.run(graph.number(self), first);
  auto& there = graph[graph.number(other)];
  EXPECT_EQ(there.distance, 4u);
  EXPECT_EQ(hops[there.hops], (std::vector<Hop>{{3, Ip4::of(10, 0, 0, 2)}}));
  EXPECT_TRUE(hops.anyOnLink(graph[graph.number(lan)].hops));
}

TEST(RadixHeap, GivesBackInOrder) {
  std::mt19937_64 dice(3);
  RadixHeap<uint> queue;
  std::multiset<uint64_t> all;
  uint64_t last = 0;
  for (uint i = 0; i < 20000; ++i) {
    if (queue.empty() || dice() % 5 < 3) {
      uint64_t number = last + dice() % (i % 7 == 0 ? 1ull << 40 : 100);
      queue.push(number, i);
      all.insert(number);
    } else {
      auto found = queue.pop();
      ASSERT_EQ(found.first, *all.begin());
      all.erase(all.begin());
      last = found.first;
    }
  }
}

}  // namespace
}  // namespace xylem::ospf

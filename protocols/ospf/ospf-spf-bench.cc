// Shortest paths alone: 10,000 routers and 40,000 links between them, all costs and links random, beside a plain search
// with a binary heap over the same links that finds distances and nothing else.
//
//     bench-ospf-spf [ROUTERS LINKS]

#include <protocols/ospf/graph.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <random>

using namespace xylem::ospf;

namespace {

constexpr uint TIMES = 50;

struct Link {
  uint32_t to, cost;
};
using Links = std::vector<std::vector<Link>>;

Links randomLinks(uint routers, uint count) {
  std::mt19937 dice(1);
  Links links(routers);
  auto add = [&](uint32_t a, uint32_t b) {
    links[a].push_back({b, 1 + uint32_t(dice() % 100)});
    links[b].push_back({a, 1 + uint32_t(dice() % 100)});
  };
  for (uint32_t i = 1; i < routers; ++i) add(i, uint32_t(dice() % i));
  for (uint i = routers; i < count; ++i) add(uint32_t(dice() % routers), uint32_t(dice() % routers));
  return links;
}

std::vector<uint32_t> plain(const Links& links) {
  std::vector<uint32_t> known(links.size(), UNREACHABLE);
  std::priority_queue<std::pair<uint32_t, uint32_t>, std::vector<std::pair<uint32_t, uint32_t>>, std::greater<>> open;
  known[0] = 0;
  open.push({0, 0});
  while (!open.empty()) {
    auto [distance, at] = open.top();
    open.pop();
    if (distance != known[at]) continue;
    for (auto& link : links[at]) {
      if (distance + link.cost >= known[link.to]) continue;
      known[link.to] = distance + link.cost;
      open.push({known[link.to], link.to});
    }
  }
  return known;
}

class Straight final : public FirstHops {
 public:
  explicit Straight(HopSets& hops) : hops(hops) {}
  HopsId first(const GraphLink& link) override { return hops.of({1, link.to.id}); }

 private:
  HopSets& hops;
};

VertexId id(uint32_t router) { return {false, Ip4{router + 1}}; }

template <typename F> double milliseconds(F&& f) {
  auto begin = std::chrono::steady_clock::now();
  for (uint i = 0; i < TIMES; ++i) f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count() / TIMES;
}

}  // namespace

int main(int argc, char** argv) {
  uint routers = argc > 2 ? uint(atoi(argv[1])) : 10000, count = argc > 2 ? uint(atoi(argv[2])) : 40000;
  auto links = randomLinks(routers, count);
  HopSets hops;
  Straight first(hops);
  Graph graph(hops);
  for (uint32_t i = 0; i < routers; ++i) {
    std::vector<GraphLink> list;
    for (auto& link : links[i]) list.push_back({id(link.to), link.cost, Ip4(), LinkType::POINT_TO_POINT});
    graph.set(id(i), 0, list);
  }
  auto root = graph.number(id(0));
  auto mine = milliseconds([&]() { graph.run(root, first); });
  std::vector<uint32_t> known;
  auto theirs = milliseconds([&]() { known = plain(links); });
  for (uint32_t i = 0; i < routers; ++i)
    if (graph[graph.number(id(i))].distance != known[i]) abort();
  printf("%u routers, %u links: %.2f ms with next hops; %.2f ms for a binary heap and distances alone\n", routers,
         count, mine, theirs);
}

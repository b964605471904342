// Shortest paths alone: 10,000 routers and 40,000 links, by the core's graph and by a plain search over adjacency
// vectors that knows neither next hops nor whether links are mutual. Then what one change costs the core's routing
// table: of a stub network, which needs no search, and of a link, which does.

#include <bench/ospf/plain-search.h>
#include <kj/debug.h>
#include <protocols/ospf/routing.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

namespace xylem::bench {
namespace {

using net::Ip4;

constexpr uint ROUTERS = 10000, LINKS = 40000, ROUNDS = 51, MOST_COST = 100;

net::Ip4 idOf(uint router) { return Ip4{0x01000001 + router}; }
net::Ip4Net stubOf(uint router) { return net::Ip4Net(Ip4{0x0a000000 + (router << 8)}, 24); }

class ByNeighbor final : public ospf::FirstHops {
 public:
  explicit ByNeighbor(ospf::HopSets& hops) : hops(hops) {}
  ospf::HopsId first(const ospf::GraphLink& link) override { return hops.of({link.data.bits, link.to.id}); }

 private:
  ospf::HopSets& hops;
};

Adjacency randomGraph() {
  // Connected: each router but the first has a link to one before it.
  Adjacency graph(ROUTERS);
  std::mt19937 dice(11);
  for (uint link = 0; link < LINKS; ++link) {
    uint a = link + 1 < ROUTERS ? link + 1 : uint(dice() % ROUTERS);
    uint b = link + 1 < ROUTERS ? uint(dice() % a) : uint(dice() % ROUTERS);
    auto cost = uint32_t(1 + dice() % MOST_COST);
    graph[a].push_back({b, cost});
    graph[b].push_back({a, cost});
  }
  return graph;
}

ospf::LsaPtr lsaOf(const Adjacency& graph, uint router, int32_t sequence, bool stub = true) {
  ospf::RouterBody body;
  for (auto& arc : graph[router])
    body.links.push_back(
        {ospf::LinkType::POINT_TO_POINT, idOf(arc.to), Ip4{uint32_t(body.links.size() + 1)}, uint16_t(arc.cost)});
  if (stub) body.links.push_back({ospf::LinkType::STUB, stubOf(router).address(), stubOf(router).mask(), 1});
  net::ByteWriter out;
  body.encode(out);
  return std::make_shared<const ospf::Lsa>(ospf::Lsa::make({ospf::Type::ROUTER, idOf(router), idOf(router)}, 0,
                                                           sequence, out.bytes(), kj::origin<ospf::Time>()));
}

template <typename Do> double milliseconds(Do&& act) {
  auto begin = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

struct Samples {
  std::vector<double> all;
  double median() {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  }
  double least() { return *std::min_element(all.begin(), all.end()); }
};

void line(const char* what, Samples samples) {
  printf("%-48s %9.3f %9.3f ms\n", what, samples.median(), samples.least());
}

void searchGraph(const Adjacency& plain) {
  ospf::HopSets hops;
  ByNeighbor first(hops);
  ospf::Graph graph(hops);
  for (uint router = 0; router < ROUTERS; ++router) {
    std::vector<ospf::GraphLink> links;
    for (auto& arc : plain[router])
      links.push_back(
          {{false, idOf(arc.to)}, arc.cost, Ip4{uint32_t(links.size() + 1)}, ospf::LinkType::POINT_TO_POINT});
    graph.set({false, idOf(router)}, 0, links);
  }
  auto root = graph.number({false, idOf(0)});
  Samples core, heap;
  std::vector<uint32_t> distances;
  for (uint round = 0; round < ROUNDS; ++round) {
    core.all.push_back(milliseconds([&] { graph.run(root, first); }));
    heap.all.push_back(milliseconds([&] { distances = plainSearch(plain, 0); }));
  }
  for (uint router = 0; router < ROUTERS; ++router)
    KJ_ASSERT(graph[KJ_ASSERT_NONNULL(graph.find({false, idOf(router)}))].distance == distances[router], router);
  line("search by the core, with next hops", core);
  line("plain binary heap, distances alone", heap);
  printf("%-48s %9.2f\n", "core in times of the plain one", core.median() / heap.median());
}

void changeRouting(Adjacency plain) {
  ospf::HopSets hops;
  ByNeighbor first(hops);
  ospf::Routing routing(hops, idOf(0));
  routing.addArea(ospf::BACKBONE);
  std::vector<ospf::LsaPtr> lsas(ROUTERS);
  int32_t sequence = 1;
  auto tell = [&](uint router, bool stub = true) {
    auto lsa = lsaOf(plain, router, ++sequence, stub);
    routing.change(ospf::BACKBONE, lsas[router].get(), lsa.get());
    lsas[router] = kj::mv(lsa);
  };
  auto update = [&] { return routing.update([&](ospf::AreaId) -> ospf::FirstHops& { return first; }); };
  Samples load, stub, link;
  load.all.push_back(milliseconds([&] {
    for (uint router = 0; router < ROUTERS; ++router) tell(router);
    KJ_ASSERT(update().nets.size() == ROUTERS);
  }));
  std::mt19937 dice(13);
  size_t moved = 0;
  for (uint round = 0; round < ROUNDS; ++round) {
    auto router = uint(1 + dice() % (ROUTERS - 1));
    for (bool there : {false, true}) {
      stub.all.push_back(milliseconds([&] {
        tell(router, there);
        KJ_ASSERT(!routing.isDue() && update().nets.size() == 1);
      }));
    }
    // Its way up, on one side: that is enough for the link to be gone.
    auto whole = plain[router];
    plain[router].erase(plain[router].begin());
    for (bool there : {false, true}) {
      if (there) plain[router] = whole;
      link.all.push_back(milliseconds([&] {
        tell(router);
        moved += update().nets.size();
      }));
    }
  }
  line("all LSAs, one search, all routes", load);
  line("one stub network goes or comes: no search", stub);
  line("one link goes or comes: a search", link);
  printf("%-48s %9.1f\n", "routes that such a link changes, on average", double(moved) / double(2 * ROUNDS));
}

}  // namespace
}  // namespace xylem::bench

int main() {
  using namespace xylem::bench;
  setlinebuf(stdout);
  auto graph = randomGraph();
  printf("%u routers, %u links, each in both directions\n%-48s %9s %9s\n", ROUTERS, LINKS, "", "median", "least");
  searchGraph(graph);
  changeRouting(graph);
  return 0;
}

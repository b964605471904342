// Vertices whose distance falls are pushed again, and what is outdated is passed over when it is popped.

#include <bench/ospf/plain-search.h>

#include <queue>

namespace xylem::bench {

std::vector<uint32_t> plainSearch(const Adjacency& graph, uint32_t root) {
  using Entry = std::pair<uint32_t, uint32_t>;
  std::vector<uint32_t> distances(graph.size(), FAR);
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  distances[root] = 0;
  queue.push({0, root});
  while (!queue.empty()) {
    auto [distance, from] = queue.top();
    queue.pop();
    if (distance != distances[from]) continue;
    for (auto& arc : graph[from]) {
      auto there = distance + arc.cost;
      if (there >= distances[arc.to]) continue;
      distances[arc.to] = there;
      queue.push({there, arc.to});
    }
  }
  return distances;
}

}  // namespace xylem::bench

#pragma once
// Dijkstra's algorithm as anybody would write it: a binary heap and adjacency vectors. What the core's search is held
// against, and what says where a route of the grid should lead.

#include <cstdint>
#include <vector>

namespace xylem::bench {

struct Arc {
  uint32_t to, cost;
};

using Adjacency = std::vector<std::vector<Arc>>;

constexpr uint32_t FAR = 0xffffffff;
// Not reached.

std::vector<uint32_t> plainSearch(const Adjacency& graph, uint32_t root);
// The distance of each vertex.

}  // namespace xylem::bench

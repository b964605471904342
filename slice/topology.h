#pragma once
// Shapes of generated networks, and those of the Internet Topology Zoo (GraphML). Pure: the same request gives the same
// graph, node for node.

#include <kj/time.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace xylem::slice {

struct Graph {
  struct Edge {
    size_t a, b;
    kj::Duration delay = 0 * kj::NANOSECONDS;
    // By the distance of the places, if those are known.
  };
  std::vector<std::string> nodes;
  std::vector<Edge> edges;
  std::vector<size_t> leaves;
  // Nodes that hosts hang on.
};

using Drawn = std::variant<Graph, std::string>;
// Or what is wrong, with a remedy.

Graph line(const std::string& prefix, size_t count);
Graph ring(const std::string& prefix, size_t count);
Drawn grid(const std::string& prefix, std::string_view size);
// "ROWSxCOLUMNS"; nodes PREFIX1-1 to PREFIXr-c.
Drawn tree(const std::string& prefix, std::string_view size);
// "BRANCHESxLEVELS"; nodes are numbered from the root on, level by level; hosts hang on the last level.
Drawn fatTree(const std::string& prefix, size_t ports);
// Al-Fares et al., 2008: (k/2)^2 core switches PREFIXcN, and k pods of k/2 switches PREFIXaP-N and PREFIXeP-N each.
Drawn randomGraph(const std::string& prefix, std::string_view size, uint32_t seed);
// "NODESxLINKS": a random tree and further random links, no two alike.
Drawn graphml(const std::string& prefix, std::string_view text);
// Nodes are called after their labels; parallel edges are one.

constexpr size_t MOST_NODES = 4096;

}  // namespace xylem::slice

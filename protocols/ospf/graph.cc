// Dijkstra's algorithm with a radix heap, networks before routers at the same distance: links from networks may cost
// nothing, and all paths of equal cost into a router are to be known before it is left.
//
// An edge counts when the vertex at its other end has one back, of whatever kind (section 16.1 (2b)).

#include <protocols/ospf/graph.h>

namespace xylem::ospf {

uint32_t Graph::number(VertexId id) {
  auto [at, isNew] = numbers.emplace(id, free.empty() ? uint32_t(vertices.size()) : free.back());
  if (!isNew) return at->second;
  if (free.empty()) {
    vertices.emplace_back();
    edges.emplace_back();
  } else {
    free.pop_back();
  }
  vertices[at->second].id = id;
  return at->second;
}

void Graph::keep(std::vector<bool> used) {
  for (auto& list : edges)
    for (auto& edge : list) used[edge.to] = true;
  for (uint32_t i = 0; i < vertices.size(); ++i) {
    auto at = numbers.find(vertices[i].id);
    bool isFree = at == numbers.end() || at->second != i;
    if (used[i] || vertices[i].present || isFree) continue;
    numbers.erase(at);
    vertices[i] = Vertex();
    free.push_back(i);
  }
}

kj::Maybe<uint32_t> Graph::find(VertexId id) const {
  auto at = numbers.find(id);
  if (at == numbers.end()) return nullptr;
  return at->second;
}

bool Graph::leadsTo(uint32_t from, uint32_t to) const {
  for (auto& edge : edges[from])
    if (edge.to == to) return true;
  return false;
}

void Graph::markMutual(uint32_t from, uint32_t to) {
  bool mutual = leadsTo(to, from);
  for (auto& edge : edges[from])
    if (edge.to == to) edge.mutual = mutual;
}

void Graph::replace(uint32_t at, std::vector<Edge> links) {
  auto old = std::move(edges[at]);
  edges[at] = std::move(links);
  for (auto& edge : old) markMutual(edge.to, at);
  for (auto& edge : edges[at]) {
    edge.mutual = leadsTo(edge.to, at);
    if (edge.mutual) markMutual(edge.to, at);
  }
}

bool Graph::set(VertexId id, uint8_t flags, const std::vector<GraphLink>& links) {
  uint32_t at = number(id);
  std::vector<Edge> wanted;
  wanted.reserve(links.size());
  for (auto& link : links) wanted.push_back({number(link.to), id.network ? 0 : link.cost, link.data, link.type, false});
  auto& vertex = vertices[at];
  auto same = [&](const Edge& a, const Edge& b) {
    return a.to == b.to && (id.network || a.cost == b.cost) && a.data == b.data && a.type == b.type;
  };
  bool unchanged = std::equal(wanted.begin(), wanted.end(), edges[at].begin(), edges[at].end(), same);
  if (vertex.present && vertex.flags == flags && unchanged) return false;
  if (vertex.flags != flags) vertex.marked = true;
  if (!vertex.present) ++present;
  vertex.present = true;
  vertex.flags = flags;
  if (!unchanged) replace(at, std::move(wanted));
  return true;
}

bool Graph::unset(VertexId id) {
  uint32_t at = number(id);
  if (!vertices[at].present) return false;
  --present;
  vertices[at].present = false;
  vertices[at].marked = true;
  vertices[at].flags = 0;
  replace(at, {});
  return true;
}

void Graph::charge(uint32_t network, uint32_t router, uint32_t cost) {
  for (auto& edge : edges[network])
    if (edge.to == router) edge.cost = cost;
}

std::vector<uint32_t> Graph::run(uint32_t root, FirstHops& first) {
  std::vector<std::pair<uint32_t, HopsId>> before;
  before.reserve(vertices.size());
  for (auto& vertex : vertices) {
    before.push_back({vertex.distance, vertex.hops});
    vertex.distance = UNREACHABLE;
    vertex.hops = NO_HOPS;
  }
  queue.clear();
  if (vertices[root].present) {
    vertices[root].distance = 0;
    queue.push(rank(root), root);
  }
  while (!queue.empty()) {
    auto [at, from] = queue.pop();
    if (at / 2 != vertices[from].distance) continue;  // It was reached on a shorter way since.
    if (vertices[from].flags & flags::NO_TRANSIT && from != root) continue;
    for (auto& edge : edges[from])
      if (edge.mutual) relax(from, edge, from == root, first);
  }
  std::vector<uint32_t> changed;
  for (uint32_t i = 0; i < vertices.size(); ++i) {
    auto& vertex = vertices[i];
    if (vertex.marked || before[i] != std::pair(vertex.distance, vertex.hops)) changed.push_back(i);
    vertex.marked = false;
  }
  return changed;
}

void Graph::relax(uint32_t from, const Edge& edge, bool atRoot, FirstHops& first) {
  auto& to = vertices[edge.to];
  uint64_t distance = uint64_t(vertices[from].distance) + edge.cost;
  if (!to.present || distance > to.distance || distance >= UNREACHABLE || to.distance == 0) return;
  auto way = inherited(from, edge, atRoot, first);
  if (way == NO_HOPS) return;
  if (distance == to.distance) {
    to.hops = hops.unite(to.hops, way);
    return;
  }
  to.distance = uint32_t(distance);
  to.hops = way;
  queue.push(rank(edge.to), edge.to);
}

HopsId Graph::inherited(uint32_t from, const Edge& edge, bool atRoot, FirstHops& first) {
  if (atRoot) return first.first(GraphLink{vertices[edge.to].id, edge.cost, edge.data, edge.type});
  auto way = vertices[from].hops;
  if (!vertices[from].id.network || !hops.anyOnLink(way)) return way;
  return acrossNetwork(from, edge.to, way, first);
}

HopsId Graph::acrossNetwork(uint32_t network, uint32_t router, HopsId way, FirstHops& first) {
  // A router may have several links to it, each with data of its own.
  HopsId all = NO_HOPS;
  for (auto& edge : edges[router]) {
    if (edge.to != network) continue;
    auto gateway = [&](uint32_t interface) { return first.gateway(interface, vertices[router].id.id, edge.data); };
    all = hops.unite(all, hops.onLink(way, gateway));
  }
  return all;
}

}  // namespace xylem::ospf

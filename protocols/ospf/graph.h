#pragma once
// The graph of an area, and the shortest paths in it (RFC 2328 section 16.1).
//
//     Graph graph(hops);
//     if (graph.set(Vertex of a router or network, its flags, its links)) due = true;     on each router or network LSA
//     for (auto changed : graph.run(root, first)) ...                                     whose distance or hops differ
//
// Vertices keep their number while they are used, so that others may hold it. The graph stays between runs: an LSA
// changes the edges of its own vertex, and whether edges are mutual is found then and not in each run.

#include <protocols/ospf/hops.h>
#include <protocols/ospf/radix-heap.h>

#include <unordered_map>

namespace xylem::ospf {

constexpr uint32_t UNREACHABLE = 0xffffffff;

struct VertexId {
  bool network = false;
  Ip4 id;
  // A router's ID; of a network, its designated router's address, or, in OSPFv3, its ID.
  uint32_t interface = 0;
  // Of a network in OSPFv3: the ID of the designated router's interface.

  bool operator==(const VertexId&) const = default;
};

struct GraphLink {
  VertexId to;
  uint32_t cost = 0;
  Ip4 data;
  LinkType type = LinkType::POINT_TO_POINT;

  bool operator==(const GraphLink&) const = default;
};

class FirstHops {
  // What the graph does not know: where the root's own links lead.
 public:
  virtual HopsId first(const GraphLink& link) = 0;
  // The way over a link of the root; on a network without a gateway. NO_HOPS: not to be used.
  virtual Ip gateway(uint32_t interface, RouterId router, Ip4 data) { return data; }
  // Of a router on a network that this interface of the root is on too; `data` is that of its link there. None: not to
  // be used.

 protected:
  ~FirstHops() = default;
};

class Graph {
 public:
  explicit Graph(HopSets& hops) : hops(hops) {}
  KJ_DISALLOW_COPY(Graph);

  struct Vertex {
    VertexId id;
    bool present = false;
    // It has an LSA.
    uint8_t flags = 0;
    // Of a router.
    bool marked = false;
    // Its flags changed since the last run.
    uint32_t distance = UNREACHABLE;
    HopsId hops = NO_HOPS;
    // NO_HOPS for the root.

    bool isReachable() const { return distance != UNREACHABLE; }
  };

  uint32_t number(VertexId id);
  // Of a vertex that may be there or not.
  kj::Maybe<uint32_t> find(VertexId id) const;
  const Vertex& operator[](uint32_t number) const { return vertices[number]; }
  size_t size() const { return vertices.size(); }
  // All numbers are below it.

  bool isCrowded() const { return numbers.size() > 2 * present + SPARE; }
  // Many vertices have no LSA: it is worth the time to ask which of them are in use.
  void keep(std::vector<bool> used);
  // By number: those that are held. Those that are not, and have no LSA, and no link leads to, are forgotten, and their
  // numbers given to new ones.

  bool set(VertexId id, uint8_t flags, const std::vector<GraphLink>& links);
  bool unset(VertexId id);
  // Whether a run is due: links or flags have changed. What links of a network cost is not said here: nothing, when
  // they are new.
  void charge(uint32_t network, uint32_t router, uint32_t cost);
  // What links of a network to a router cost from the next run on, until other links are set there (RFC 8042).
  template <typename F> void eachLink(uint32_t from, uint32_t to, F&& f) const {
    for (auto& edge : edges[from])
      if (edge.to == to) f(edge.data);
  }
  // f(Ip4 data)

  std::vector<uint32_t> run(uint32_t root, FirstHops& first);
  // Vertices whose distance, hops or flags are others than after the last run.

 private:
  struct Edge {
    uint32_t to;
    uint32_t cost;
    Ip4 data;
    LinkType type;
    bool mutual;
  };

  bool leadsTo(uint32_t from, uint32_t to) const;
  void replace(uint32_t at, std::vector<Edge> links);
  void markMutual(uint32_t from, uint32_t to);
  void relax(uint32_t from, const Edge& edge, bool atRoot, FirstHops& first);
  HopsId inherited(uint32_t from, const Edge& edge, bool atRoot, FirstHops& first);
  HopsId acrossNetwork(uint32_t network, uint32_t router, HopsId way, FirstHops& first);
  uint64_t rank(uint32_t at) const { return uint64_t(vertices[at].distance) * 2 + !vertices[at].id.network; }

  struct HashId {
    size_t operator()(const VertexId& id) const {
      return net::mix(uint64_t(id.interface) << 32 | id.id.bits, id.network);
    }
  };

  static constexpr size_t SPARE = 64;

  HopSets& hops;
  std::vector<Vertex> vertices;
  std::vector<std::vector<Edge>> edges;
  std::unordered_map<VertexId, uint32_t, HashId> numbers;
  std::vector<uint32_t> free;
  size_t present = 0;
  RadixHeap<uint32_t> queue;
};

}  // namespace xylem::ospf

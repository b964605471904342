#pragma once
// The routing table of OSPF (RFC 2328 section 16): from LSAs to routes, and only as much of it as a change touches.
//
//     routing.change(area, old, lsa);            an LSA came, changed (both), or went (`lsa` is null)
//     auto changed = routing.update(first);      what differs now: destinations and AS boundary routers
//     routing.find(net), routing.boundary(router)
//
// Each destination has the list of its sources: the LSAs that speak of it, with the vertex or the router through which
// it is reached. A change of an LSA marks the destinations whose sources it adds or takes away; a run over an area's
// graph marks those behind vertices that have moved. What is marked is judged again; a search runs only when links
// changed.

#include <protocols/ospf/two-part.h>

#include <kj/function.h>

#include <unordered_set>

namespace xylem::ospf {

enum class PathType : uint8_t { NONE, INTRA, INTER, EXTERNAL1, EXTERNAL2 };

struct Route {
  PathType type = PathType::NONE;
  AreaId area;
  // Through which it leads; of an external one, none.
  uint32_t cost = 0;
  uint32_t cost2 = 0;
  // The external metric of type 2.
  HopsId hops = NO_HOPS;
  // None of what is this router's own.
  uint32_t tag = 0;
  RouterId router;
  // An external one's boundary router.
  bool nssa = false;

  bool operator==(const Route&) const = default;
  bool isThere() const { return type != PathType::NONE; }
  bool isInternal() const { return type == PathType::INTRA || type == PathType::INTER; }
};

class Routing {
 public:
  Routing(HopSets& hops, RouterId self) : hops(hops), self(self) {}
  KJ_DISALLOW_COPY(Routing);

  void addArea(AreaId area);
  void removeArea(AreaId area);
  // All its LSAs have been taken away before.

  void setBorder(bool border);
  // Whether this is an area border router that is connected to the backbone, and so believes the backbone's summaries
  // alone (section 16.2).

  void change(AreaId area, const Lsa* old, const Lsa* now);
  // `area`: of AS scope, any. The bodies are well-formed.
  void hide(std::vector<IpNet> nets);
  // Summaries of these destinations are not believed: they are this router's own ranges.
  void connect(std::map<IpNet, uint32_t> networks);
  // This router's own networks, each with the number of its interface: forwarding addresses may be there.
  void invalidate(AreaId area);
  // Its graph is searched with the next update: the root's own links have changed their meaning.

  struct Changes {
    std::vector<IpNet> nets;
    std::vector<RouterId> boundaries;
    std::vector<AreaId> searched;
  };
  using FirstHopsOf = kj::FunctionParam<FirstHops&(AreaId)>;
  bool isDue() const { return searchDue; }
  // Links have changed: the next update is to search.
  Changes update(FirstHopsOf first);
  Changes updateLeaves();
  // As update, but whatever graph has changed stays as it was searched last.

  const Route* find(IpNet net) const;
  // Null: none.
  const Route* lookup(Ip address) const;
  // The longest match among internal routes.
  const Route* boundary(RouterId router) const;
  // How an AS boundary router is reached; null: it is not.
  const Graph& graph(AreaId area) const { return *areas.at(area)->graph; }
  const TwoPartMetrics& twoPart(AreaId area) const { return areas.at(area)->twoPart; }
  kj::Maybe<const Graph::Vertex&> router(AreaId area, RouterId router) const;
  // A router in an area, if it is reached there.

  template <typename F> void eachRoute(F&& f) const {
    for (auto& [net, entry] : nets)
      if (entry.route.isThere()) f(net, entry.route);
  }
  // f(IpNet, const Route&), in order.
  template <typename F> void eachRouteBehind(kj::Maybe<IpNet> last, F&& f) const {
    auto at = nets.begin();
    KJ_IF_MAYBE (net, last) at = nets.upper_bound(*net);
    for (bool on = true; on && at != nets.end(); ++at)
      if (at->second.route.isThere()) on = f(at->first, at->second.route);
  }
  // The same from there on, while f returns true.
  template <typename F> void eachRouteWithin(IpNet within, F&& f) const {
    for (auto at = nets.lower_bound(within); at != nets.end() && within.covers(at->first); ++at)
      if (at->second.route.isThere()) f(at->first, at->second.route);
  }
  template <typename F> void eachBoundary(F&& f) const {
    for (auto& [router, entry] : boundaries)
      if (entry.route.isThere()) f(router, entry.route);
  }
  // f(RouterId, const Route&), in order.
  kj::Maybe<Announcement> nssaAnnouncement(AreaId area, IpNet net) const;
  // What makes the best route to a destination, if that is an NSSA's external of this area.
  size_t size() const { return nets.size(); }
  size_t boundaryCount() const { return boundaries.size(); }
  // Boundary routers that are known, or of which something is said.

 private:
  struct Entry;
  struct Area {
    std::unique_ptr<Graph> graph;
    bool due = false;
    bool transit = false;
    // A virtual link leads through it.
    std::vector<std::vector<Entry*>> leaves;
    // Of each vertex, once for each source.
    std::map<std::pair<Ip4, RouterId>, std::vector<RouterId>> networks;
    // The routers on each, by its ID and who says so.
    std::map<std::pair<RouterId, Ip4>, RouterBody> routers;
    // In OSPFv3, where a router may have several LSAs.
    TwoPartMetrics twoPart;
    // In OSPFv2.
  };
  struct Source {
    PathType type = PathType::INTRA;
    bool nssa = false, propagate = false;
    AreaId area;
    uint32_t vertex = 0;
    RouterId router;
    uint32_t metric = 0;
    Ip forwarding;
    uint32_t tag = 0;

    auto operator<=>(const Source&) const = default;
  };
  struct Entry {
    const IpNet* net = nullptr;
    // Its key.
    std::vector<Source> sources;
    Route route;
    bool dirty = false;
  };
  struct Boundary {
    std::vector<Source> sources;
    // Summaries of type 4.
    std::unordered_map<Entry*, uint> dependents;
    Route route;
  };
  using Contributions = std::vector<std::pair<IpNet, Source>>;

  Contributions contributions(AreaId area, const Lsa& lsa);
  void changeGraph(AreaId area, const Lsa* old, const Lsa* now);
  bool changeNetwork(Area& area, const Key& key, const Lsa* now);
  bool changeNetwork3(Area& area, const Key& key, const Lsa* now);
  bool changeRouter3(Area& area, const LsaHeader& header, const Lsa* now);
  void changeBoundary(AreaId area, const Lsa* old, const Lsa* now);
  void add(IpNet net, const Source& source);
  void remove(IpNet net, const Source& source);
  void mark(Entry& entry);
  void search(AreaId id, Area& area, FirstHops& first, Changes& changes);
  void judgeTransit(AreaId id, Area& area);
  void judge(Changes& changes);
  void tidy(const std::vector<AreaId>& searched);
  std::vector<bool> usedVertices(AreaId id, Area& area) const;
  std::vector<bool> usedHops() const;
  void judgeBoundary(RouterId router, Changes& changes);
  Route best(const Entry& entry) const;
  Route shortened(Route route, const std::vector<Source>& sources) const;
  void consider(const Source& source, Route& best) const;
  void considerExternal(const Source& source, Route& best) const;
  kj::Maybe<Route> wayToExternal(const Source& source) const;
  HopsId ownHops(Ip address) const;
  Route bestBoundary(RouterId router, const Boundary& boundary) const;
  bool believes(const Source& summary) const;
  const Graph::Vertex& vertexOf(const Source& source) const { return (*areas.at(source.area)->graph)[source.vertex]; }
  void prefer(Route candidate, int order, Route& best) const;

  HopSets& hops;
  const RouterId self;
  bool border = false, searchDue = false;
  std::map<AreaId, std::unique_ptr<Area>> areas;
  std::map<IpNet, Entry> nets;
  std::map<RouterId, Boundary> boundaries;
  std::vector<Entry*> dirty;
  std::unordered_set<Ip4> dirtyBoundaries;
  std::map<Entry*, uint> forwarded;
  // Externals with a forwarding address, which depend on all internal routes.
  std::unordered_set<IpNet> hidden;
  std::map<IpNet, uint32_t> connected;
};

}  // namespace xylem::ospf

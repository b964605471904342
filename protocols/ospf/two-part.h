#pragma once
// The two-part metric of an area (RFC 8042): what its routers say of the way from a network to them, and whether that
// counts. It does when all routers within reach say that they reckon with it; if one does not, all reckon without.
//
//     if (metrics.change(key, now, face)) due = true;     on each opaque LSA of the area
//     metrics.charge(graph);                              before a run
//     if (metrics.judge(graph)) ...                       after it: another one is due
//
// A link of a network to a router costs what the router's own links to it say, the lowest of them if it has several.
// Areas that know nothing of this have nothing here.

#include <protocols/ospf/graph.h>
#include <protocols/ospf/lsa3.h>

#include <map>
#include <set>

namespace xylem::ospf {

class TwoPartMetrics {
 public:
  bool change(const Key& key, const Lsa* now, Face face);
  // An LSA came or changed, or went (null). Whether shortest paths may differ.
  void charge(Graph& graph);
  bool judge(Graph& graph);
  // Whether it counts, by what can be reached now. True: the graph has been charged otherwise.

  bool isTold() const { return metrics > 0; }
  // Some router tells of a link that costs something this way too.
  bool isInUse() const { return inUse; }
  std::vector<RouterId> lacking(const Graph& graph, size_t most) const;
  // Routers within reach that do not say that they reckon with it.

 private:
  using At = std::pair<RouterId, Ip4>;
  // A router, and the ID of a network.
  using Id = std::pair<Ip4, uint32_t>;
  // Data of a link, and the ID of the LSA that tells of it.

  using Links = std::map<Id, uint16_t>;
  using Place = std::pair<At, Id>;

  bool changeLink(const Key& key, const Lsa* now);
  bool put(const Place& place, uint16_t metric);
  bool take(const Place& place);
  static uint16_t metricOf(const Links& links, Ip4 data);
  void charge(Graph& graph, const At& at, const Links& links) const;

  std::map<At, Links> told;
  std::map<Key, Place> places;
  // Where in `told` each LSA is.
  size_t metrics = 0;
  // Those in `told` that are not zero.
  std::set<RouterId> capable;
  std::set<At> charged;
  bool inUse = false;
};

}  // namespace xylem::ospf

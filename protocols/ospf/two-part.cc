// Reachability does not depend on these costs, so one run tells whether they count, and a second one is needed only
// when the answer has changed.
//
// Of two LSAs of one router that tell of the same link, the one with the lower ID counts (RFC 7684 section 3.1), also
// if it has no metric. What is told of a link that is in no router LSA does not count; a link of which nothing is told
// costs nothing.

#include <protocols/ospf/two-part.h>

#include <protocols/ospf/extended-link.h>
#include <protocols/ospf/router-information.h>

#include <utility>

namespace xylem::ospf {

bool TwoPartMetrics::change(const Key& key, const Lsa* now, Face face) {
  if (isExtendedLink(key, face)) return changeLink(key, now);
  if (isV3(face) || key != informationKey(key.router, face)) return false;
  bool knows = false;
  if (now != nullptr)
    KJ_IF_MAYBE (said, RouterInformation::decode(now->body())) knows = said->functions & RouterInformation::TWO_PART;
  bool changed = knows ? capable.insert(key.router).second : capable.erase(key.router) > 0;
  return changed && isTold();
}

uint16_t TwoPartMetrics::metricOf(const Links& links, Ip4 data) {
  auto first = links.lower_bound({data, 0});
  return first == links.end() || first->first.first != data ? 0 : first->second;
}

bool TwoPartMetrics::put(const Place& place, uint16_t metric) {
  auto& [at, id] = place;
  auto& links = told[at];
  auto before = metricOf(links, id.first);
  links[id] = metric;
  metrics += metric > 0;
  return metricOf(links, id.first) != before;
}

bool TwoPartMetrics::take(const Place& place) {
  auto& [at, id] = place;
  auto found = told.find(at);
  auto& links = found->second;
  auto before = metricOf(links, id.first);
  metrics -= links.at(id) > 0;
  links.erase(id);
  bool changed = metricOf(links, id.first) != before;
  if (links.empty()) told.erase(found);
  return changed;
}

bool TwoPartMetrics::changeLink(const Key& key, const Lsa* now) {
  bool changed = false;
  if (auto old = places.find(key); old != places.end()) {
    changed = take(old->second);
    places.erase(old);
  }
  if (now == nullptr) return changed;
  KJ_IF_MAYBE (link, ExtendedLink::decode(now->body())) {
    if (link->type != LinkType::TRANSIT) return changed;
    Place place{{key.router, link->id}, {link->data, key.id.bits}};
    changed = put(place, link->inputCost.orDefault(0)) || changed;
    places.emplace(key, place);
  }
  return changed;
}

void TwoPartMetrics::charge(Graph& graph, const At& at, const Links& links) const {
  KJ_IF_MAYBE (router, graph.find({false, at.first})) {
    KJ_IF_MAYBE (network, graph.find({true, at.second})) {
      kj::Maybe<uint32_t> lowest;
      graph.eachLink(*router, *network, [&](Ip4 data) {
        uint32_t metric = metricOf(links, data);
        lowest = kj::min(metric, lowest.orDefault(metric));
      });
      graph.charge(*network, *router, lowest.orDefault(0));
    }
  }
}

void TwoPartMetrics::charge(Graph& graph) {
  for (auto& at : std::exchange(charged, {})) charge(graph, at, Links());
  if (!inUse) return;
  for (auto& [at, links] : told) {
    charge(graph, at, links);
    charged.insert(at);
  }
}

bool TwoPartMetrics::judge(Graph& graph) {
  bool counts = isTold() && lacking(graph, 1).empty();
  if (counts == inUse) return false;
  inUse = counts;
  charge(graph);
  return true;
}

std::vector<RouterId> TwoPartMetrics::lacking(const Graph& graph, size_t most) const {
  std::vector<RouterId> list;
  for (uint32_t i = 0; i < graph.size() && list.size() < most; ++i) {
    auto& vertex = graph[i];
    if (!vertex.id.network && vertex.isReachable() && capable.count(vertex.id.id) == 0) list.push_back(vertex.id.id);
  }
  return list;
}

}  // namespace xylem::ospf

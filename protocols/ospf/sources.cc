// From LSAs to what they say of the graph and of destinations.
//
// A network has two LSAs while its designated router changes its ID. Who links to the network does so by its address
// alone, so both are one vertex, with the routers of either: all routers see the same graph, whichever came first, and
// when one LSA goes the other stands. A router that is there no longer has no link back, and does not count. In OSPFv3
// a network has the ID of its designated router in its name, and there are two networks then.
//
// In OSPFv3 routers and networks are vertices without addresses. Prefixes hang off them by LSAs of their own, so that a
// change of prefixes is a change of leaves.

#include <protocols/ospf/lsa3.h>
#include <protocols/ospf/routing.h>

#include <algorithm>
#include <set>

namespace xylem::ospf {

namespace {

bool isTopology(Type type) { return type == Type::ROUTER || type == Type::NETWORK; }

std::vector<GraphLink> linksOf(const RouterBody& body) {
  std::vector<GraphLink> links;
  for (auto& link : body.links)
    if (link.type != LinkType::STUB)
      links.push_back({{link.type == LinkType::TRANSIT, link.id, link.type == LinkType::TRANSIT ? link.there : 0},
                       link.metric,
                       link.data,
                       link.type});
  return links;
}

}  // namespace

Routing::Contributions Routing::contributions(AreaId area, const Lsa& lsa) {
  Contributions list;
  auto& key = lsa.header.key;
  Source source;
  source.area = area;
  source.router = key.router;
  switch (key.type) {
    case Type::ROUTER: {
      auto body = KJ_ASSERT_NONNULL(RouterBody::of(lsa));
      source.vertex = areas.at(area)->graph->number({false, key.router});
      for (auto& link : body.links) {
        if (link.type != LinkType::STUB) continue;
        source.metric = link.metric;
        KJ_IF_MAYBE (net, netOf(link.id, link.data)) list.push_back({*net, source});
      }
      break;
    }
    case Type::PREFIXES: {
      auto body = KJ_ASSERT_NONNULL(PrefixesBody::decode(lsa.body(), lsa.header.face));
      if (body.router != key.router) break;
      VertexId vertex{body.network, body.router, body.network ? body.id.bits : 0};
      source.vertex = areas.at(area)->graph->number(vertex);
      for (auto& prefix : body.prefixes) {
        source.metric = prefix.metric;
        if (!(prefix.options & prefixOptions::NU)) list.push_back({prefix.net, source});
      }
      break;
    }
    case Type::NETWORK:
      if (isV3(lsa.header.face)) break;
      source.vertex = areas.at(area)->graph->number({true, key.id});
      KJ_IF_MAYBE (net, netOf(key.id, KJ_ASSERT_NONNULL(NetworkBody::of(lsa)).mask)) list.push_back({*net, source});
      break;
    case Type::SUMMARY:
    case Type::EXTERNAL:
    case Type::NSSA: {
      auto said = KJ_ASSERT_NONNULL(Announcement::of(lsa));
      bool summary = key.type == Type::SUMMARY;
      source.nssa = key.type == Type::NSSA;
      source.type = summary ? PathType::INTER : said.type2 ? PathType::EXTERNAL2 : PathType::EXTERNAL1;
      source.propagate = said.propagate;
      source.area = summary || source.nssa ? area : AreaId();
      source.vertex = summary || source.nssa ? areas.at(area)->graph->number({false, key.router}) : 0;
      source.metric = said.metric;
      source.forwarding = said.forwarding;
      source.tag = said.tag;
      bool usable = said.unicast && said.metric < LS_INFINITY && key.router != self;
      if (usable) list.push_back({said.net, source});
      break;
    }
    default:
      break;
  }
  std::sort(list.begin(), list.end());
  return list;
}

void Routing::change(AreaId area, const Lsa* old, const Lsa* now) {
  auto& header = (now != nullptr ? now : old)->header;
  auto type = header.key.type;
  if (isTopology(type)) changeGraph(area, old, now);
  if (type == Type::OPAQUE_AREA && areas.at(area)->twoPart.change(header.key, now, header.face)) invalidate(area);
  if (type == Type::ASBR_SUMMARY) return changeBoundary(area, old, now);
  auto before = old == nullptr ? Contributions() : contributions(area, *old);
  auto after = now == nullptr ? Contributions() : contributions(area, *now);
  Contributions gone, come;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(come));
  for (auto& [net, source] : gone) remove(net, source);
  for (auto& [net, source] : come) add(net, source);
}

void Routing::changeGraph(AreaId id, const Lsa* old, const Lsa* now) {
  auto& area = *areas.at(id);
  auto& key = (now != nullptr ? now : old)->header.key;
  auto& header = (now != nullptr ? now : old)->header;
  bool changed = false;
  if (isV3(header.face)) {
    changed = key.type == Type::NETWORK ? changeNetwork3(area, key, now) : changeRouter3(area, header, now);
  } else if (key.type == Type::NETWORK) {
    changed = changeNetwork(area, key, now);
  } else if (now == nullptr) {
    changed = area.graph->unset({false, key.router});
  } else {
    auto body = KJ_ASSERT_NONNULL(RouterBody::of(*now));
    changed = area.graph->set({false, key.router}, body.flags, linksOf(body));
  }
  if (changed) area.due = searchDue = true;
}

bool Routing::changeNetwork(Area& area, const Key& key, const Lsa* now) {
  if (now == nullptr)
    area.networks.erase({key.id, key.router});
  else
    area.networks[{key.id, key.router}] = KJ_ASSERT_NONNULL(NetworkBody::of(*now)).routers;
  std::set<RouterId> attached;
  bool any = false;
  for (auto at = area.networks.lower_bound({key.id, RouterId()});
       at != area.networks.end() && at->first.first == key.id; ++at) {
    attached.insert(at->second.begin(), at->second.end());
    any = true;
  }
  VertexId vertex{true, key.id};
  if (!any) return area.graph->unset(vertex);
  std::vector<GraphLink> links;
  for (auto router : attached) links.push_back({{false, router}, 0, Ip4(), LinkType::TRANSIT});
  return area.graph->set(vertex, 0, links);
}

bool Routing::changeNetwork3(Area& area, const Key& key, const Lsa* now) {
  VertexId vertex{true, key.router, key.id.bits};
  if (now == nullptr) return area.graph->unset(vertex);
  std::vector<GraphLink> links;
  auto body = KJ_ASSERT_NONNULL(NetworkBody::of(*now));
  for (auto router : body.routers) links.push_back({{false, router}, 0, Ip4(), LinkType::TRANSIT});
  return area.graph->set(vertex, 0, links);
}

bool Routing::changeRouter3(Area& area, const LsaHeader& header, const Lsa* now) {
  // All its LSAs are one; what it is says that with the lowest ID (RFC 5340 section 4.8.1).
  auto& key = header.key;
  VertexId vertex{false, key.router};
  if (now == nullptr)
    area.routers.erase({key.router, key.id});
  else
    area.routers[{key.router, key.id}] = KJ_ASSERT_NONNULL(RouterBody::of(*now));
  auto first = area.routers.lower_bound({key.router, Ip4()});
  if (first == area.routers.end() || first->first.first != key.router) return area.graph->unset(vertex);
  uint32_t needed = options::R | (header.face == Face::V3 ? options::V6 : 0);
  uint8_t flags = first->second.flags & ~flags::NO_TRANSIT;
  if ((first->second.options & needed) != needed) flags |= flags::NO_TRANSIT;
  std::vector<GraphLink> links;
  for (auto at = first; at != area.routers.end() && at->first.first == key.router; ++at)
    for (auto& link : linksOf(at->second)) links.push_back(link);
  return area.graph->set(vertex, flags, links);
}

void Routing::changeBoundary(AreaId area, const Lsa* old, const Lsa* now) {
  auto& lsa = *(now != nullptr ? now : old);
  auto& key = lsa.header.key;
  auto body = KJ_ASSERT_NONNULL(BoundaryBody::of(lsa));
  if (key.router == self || body.router == self) return;
  Source source;
  source.type = PathType::INTER;
  source.area = area;
  source.router = key.router;
  source.vertex = areas.at(area)->graph->number({false, key.router});
  auto& boundary = boundaries[body.router];
  std::erase_if(boundary.sources, [&](auto& each) { return each.area == area && each.router == key.router; });
  if (now != nullptr) {
    source.metric = body.metric;
    if (source.metric < LS_INFINITY) boundary.sources.push_back(source);
  }
  dirtyBoundaries.insert(body.router);
}

void Routing::add(IpNet net, const Source& source) {
  auto at = nets.try_emplace(net).first;
  auto& entry = at->second;
  entry.net = &at->first;
  entry.sources.push_back(source);
  if (source.type >= PathType::EXTERNAL1 && !source.nssa) {
    ++boundaries[source.router].dependents[&entry];
  } else {
    auto& leaves = areas.at(source.area)->leaves;
    if (leaves.size() <= source.vertex) leaves.resize(source.vertex + 1);
    leaves[source.vertex].push_back(&entry);
  }
  if (!source.forwarding.isUnspecified()) ++forwarded[&entry];
  mark(entry);
}

void Routing::remove(IpNet net, const Source& source) {
  auto& entry = nets.at(net);
  entry.sources.erase(std::find(entry.sources.begin(), entry.sources.end(), source));
  if (source.type >= PathType::EXTERNAL1 && !source.nssa) {
    auto& dependents = boundaries[source.router].dependents;
    if (--dependents[&entry] == 0) dependents.erase(&entry);
    if (dependents.empty()) dirtyBoundaries.insert(source.router);
  } else {
    auto& leaves = areas.at(source.area)->leaves[source.vertex];
    *std::find(leaves.begin(), leaves.end(), &entry) = leaves.back();
    leaves.pop_back();
  }
  if (!source.forwarding.isUnspecified() && --forwarded[&entry] == 0) forwarded.erase(&entry);
  mark(entry);
}

void Routing::mark(Entry& entry) {
  if (!entry.dirty) dirty.push_back(&entry);
  entry.dirty = true;
}

}  // namespace xylem::ospf

// Those of this router's own LSAs that tell more than routes need: what it can do, its name (RFC 7770, RFC 5642), and
// what it costs to go from a network to it (RFC 8042).
//
// Whoever reckons with the two-part metric says so in its router information, which all routers of the area must do
// before any of them does it. One on which nothing of the kind is configured says so when it is told that its area has
// such networks.

#include <protocols/ospf/core.h>

#include <protocols/ospf/extended-link.h>
#include <protocols/ospf/router-information.h>

#include <algorithm>

namespace xylem::ospf {

bool Core::hasTwoPartMetric(const Area& area) const {
  if (isV3(face)) return false;
  auto has = [&](auto& each) { return each.second->area == &area && each.second->settings.inputCost > 0; };
  return area.settings.twoPartMetric || std::any_of(all.begin(), all.end(), has);
}

void Core::makeOpaqueLsas(Area& area, bool wanted) {
  makeRouterInformation(area, wanted && (config.routerInformation || hasTwoPartMetric(area)));
  makeExtendedLinks(area);
}

void Core::makeRouterInformation(Area& area, bool wanted) {
  auto place = placeOf(Scope::AREA, &area, nullptr);
  auto key = informationKey(self, face);
  if (!wanted) return retract(place, key);
  RouterInformation said{RouterInformation::STUB, config.hostname};
  if (config.restarts) said.capabilities |= RouterInformation::RESTARTS;
  if (config.helperTime > 0) said.capabilities |= RouterInformation::HELPS;
  if (hasTwoPartMetric(area)) said.functions |= RouterInformation::TWO_PART;
  net::ByteWriter out;
  said.encode(out);
  originate(place, key, lsaOptions(area), out);
}

std::string Core::hostnameOf(RouterId router) const {
  for (auto& [id, area] : allAreas) {
    auto lsa = area->database.find(informationKey(router, face));
    if (lsa == nullptr) continue;
    KJ_IF_MAYBE (said, RouterInformation::decode(lsa->body())) return said->hostname;
  }
  return {};
}

void Core::makeExtendedLinks(Area& area) {
  auto place = placeOf(Scope::AREA, &area, nullptr);
  std::set<Key> made;
  for (auto& [name, interface] : all) {
    uint16_t cost = interface->settings.inputCost;
    if (isV3(face) || interface->area != &area || cost == 0 || !isTransit(*interface)) continue;
    auto key = extendedLinkKey(self, interface->number);
    net::ByteWriter out;
    ExtendedLink{LinkType::TRANSIT, interface->designated, interface->linkData(), cost}.encode(out);
    originate(place, key, lsaOptions(area), out);
    made.insert(key);
  }
  // Those of interfaces that have gone, or lead to no such network now, are taken back.
  std::vector<Key> others;
  auto& origins = place.database.origins;
  for (auto at = origins.lower_bound(extendedLinkKey(RouterId(), 0)); at != origins.end(); ++at)
    if (isExtendedLink(at->first, face) && at->second.wanted && made.count(at->first) == 0) others.push_back(at->first);
  for (auto& key : others) retract(place, key);
}

}  // namespace xylem::ospf

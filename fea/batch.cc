// The rules of a batch. The checks run over every route that passes, so they read only what they need: a lookup of the
// group is saved when the route before had the same one.

#include <fea/batch.h>

#include <net/if.h>
#include <net/wire.h>

#include <unordered_map>

namespace xylem::fea {

namespace {

kj::Maybe<kj::String> whyNotHop(rib::Hop::Reader hop) {
  auto interface = hop.getInterface();
  if (interface.size() == 0) return kj::str("a hop names no interface");
  if (interface.size() >= IFNAMSIZ) return kj::str("no interface has so long a name: ", interface);
  if (hop.getWeight() < 1 || hop.getWeight() > 256) return kj::str("a weight is 1 to 256, not ", hop.getWeight());
  KJ_IF_MAYBE (gateway, net::read(hop.getGateway())) {
    if (!gateway->isNone() && (gateway->isUnspecified() || gateway->isMulticast() || gateway->isLoopback()))
      return kj::str("no host has the address ", *gateway, ", it is no gateway");
    return nullptr;
  }
  return kj::str("a gateway is no address");
}

kj::Maybe<kj::String> whyNotGroup(rib::NextHopGroup::Reader group) {
  if (group.getId() == 0) return kj::str("no group has the id 0");
  if (group.which() > rib::NextHopGroup::UNREACHABLE) return kj::str("group ", group.getId(), " is of an unknown kind");
  if (!group.isHops()) return nullptr;
  auto hops = group.getHops();
  if (hops.size() > MAX_HOPS) return kj::str("group ", group.getId(), " has more than ", MAX_HOPS, " hops");
  for (auto hop : hops)
    KJ_IF_MAYBE (reason, whyNotHop(hop)) return kj::str("group ", group.getId(), ": ", *reason);
  return nullptr;
}

}  // namespace

net::IpNet netOf(rib::Route::Reader route) {
  KJ_IF_MAYBE (net, net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength()))
    return *net;
  return {};
}

bool isFreed(rib::NextHopGroup::Reader group) { return group.isHops() && group.getHops().size() == 0; }

kj::Maybe<kj::String> whyNot(rib::Batch::Reader batch, size_t groups, kj::FunctionParam<bool(uint32_t)> holds) {
  std::unordered_map<uint32_t, bool> changed;
  if (batch.getGroups().size() > MAX_GROUPS || groups + batch.getGroups().size() > 2 * MAX_GROUPS)
    return kj::str("more than ", MAX_GROUPS, " groups");
  for (auto group : batch.getGroups()) {
    KJ_IF_MAYBE (reason, whyNotGroup(group)) return kj::mv(*reason);
    changed[group.getId()] = !isFreed(group);
  }
  for (auto& [id, there] : changed) groups += size_t(there) - size_t(holds(id));
  if (groups > MAX_GROUPS) return kj::str("more than ", MAX_GROUPS, " groups");

  if (batch.getRoutes().size() > MAX_ROUTES) return kj::str("more than ", MAX_ROUTES, " routes in one batch");
  uint32_t known = 0;
  for (auto route : batch.getRoutes()) {
    if (netOf(route).isNone())
      return kj::str("not a prefix: version ", route.getVersion(), ", length ", route.getLength(), ", bits ",
                     kj::hex(route.getHigh()), ' ', kj::hex(route.getLow()));
    auto id = route.getNextHop();
    if (id == known || id == 0) continue;
    auto at = changed.find(id);
    if (at == changed.end() ? !holds(id) : !at->second) return kj::str("no group ", id, " for ", netOf(route));
    known = id;
  }
  return nullptr;
}

}  // namespace xylem::fea

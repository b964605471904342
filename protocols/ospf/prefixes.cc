// LSAs that OSPFv3 alone has: RFC 5340 sections 4.4.3.8 and 4.4.3.9.
//
// Each router tells a link which address it has there, and which networks the link has. The designated router gathers
// these networks and hangs them off its network LSA; all others that a router has hang off its router LSA. Next hops
// are addresses that neighbours told on their links; in IPv4's address family there are no others, since packets come
// from IPv6 addresses (RFC 5838 section 2.5).
//
// What a link LSA says is known before it is needed: it comes with the exchange of databases, and a network is a way
// only for those that have finished that.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

Ip4 idOf(uint32_t interface) { return Ip4{interface}; }

void addOnce(std::vector<LinkPrefix>& list, const LinkPrefix& prefix) {
  for (auto& each : list) {
    if (each.net != prefix.net) continue;
    each.metric = kj::min(each.metric, prefix.metric);
    each.options |= prefix.options;
    return;
  }
  list.push_back(prefix);
}

}  // namespace

void Core::makePrefixLsas(Area& area) {
  auto place = placeOf(Scope::AREA, &area, nullptr);
  std::set<Key> made;
  auto make = [&](bool network, uint32_t id, std::vector<LinkPrefix> list) {
    if (list.empty()) return;
    Key key{Type::PREFIXES, idOf(id), self};
    net::ByteWriter out;
    PrefixesBody{network, idOf(id), self, kj::mv(list)}.encode(out);
    originate(place, key, 0, out);
    made.insert(key);
  };
  for (auto& [name, interface] : all) {
    if (interface->area != &area || interface->isVirtual) continue;
    makeLinkLsa(*interface);
    auto origin = place.database.origins.find(networkKey(*interface));
    bool network = origin != place.database.origins.end() && origin->second.wanted;
    if (network) make(true, interface->id(), prefixesOn(*interface));
  }
  make(false, 0, ownPrefixes(area));
  std::vector<Key> others;
  for (auto& [key, origin] : place.database.origins)
    if (key.type == Type::PREFIXES && origin.wanted && made.count(key) == 0) others.push_back(key);
  for (auto& key : others) retract(place, key);
}

void Core::makeLinkLsa(Interface& interface) {
  auto place = placeOf(Scope::LINK, interface.area, &interface);
  Key key{Type::LINK, idOf(interface.id()), self};
  bool speaks = interface.isUp() && !interface.settings.passive;
  std::vector<Key> others;
  for (auto& [each, origin] : place.database.origins)
    if (each.type == Type::LINK && origin.wanted && (!speaks || each != key)) others.push_back(each);
  for (auto& each : others) retract(place, each);
  if (!speaks) return;
  LinkBody body;
  body.priority = interface.settings.priority;
  body.options = areaOptions(*interface.area);
  body.address = face == Face::V3 ? interface.address() : globalAddress(interface);
  for (auto& address : addressesOf(interface.link)) addOnce(body.prefixes, {address.net()});
  net::ByteWriter out;
  body.encode(out);
  originate(place, key, 0, out);
}

std::vector<LinkPrefix> Core::ownPrefixes(Area& area) {
  // One address is told as this router's own where virtual links lead through, so that their other ends find it.
  std::vector<LinkPrefix> list;
  Ip end;
  for (auto& [name, interface] : all) {
    if (interface->area != &area || interface->isVirtual || interface->state == InterfaceState::DOWN) continue;
    if (end.isNone()) end = globalAddress(*interface);
    bool transit = isTransit(*interface);
    bool host =
        interface->state == InterfaceState::LOOPBACK || interface->settings.type == NetworkType::POINT_TO_MULTIPOINT;
    for (auto& address : addressesOf(interface->link)) {
      if (host)
        addOnce(list, {IpNet(address.address(), address.address().width()), prefixOptions::LA});
      else if (!transit)
        addOnce(list, {address.net(), 0, interface->settings.cost});
    }
  }
  if (!area.settings.virtualLinks.empty() && !end.isNone()) addOnce(list, {IpNet(end, end.width()), prefixOptions::LA});
  return list;
}

std::vector<LinkPrefix> Core::prefixesOn(Interface& interface) {
  std::vector<LinkPrefix> list;
  for (auto& [key, entry] : interface.links.entries()) {
    bool fits = key.type == Type::LINK && !entry.lsa->isMaxAge(now);
    bool from = key.router == self && key.id == idOf(interface.id());
    for (auto& [each, neighbor] : interface.neighbors)
      from = from || (neighbor->isFull() && neighbor->router == key.router && idOf(neighbor->interfaceId) == key.id);
    if (!fits || !from) continue;
    auto body = KJ_ASSERT_NONNULL(LinkBody::decode(entry.lsa->body(), face));
    for (auto& prefix : body.prefixes)
      if (!(prefix.options & (prefixOptions::NU | prefixOptions::LA))) addOnce(list, {prefix.net});
  }
  std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.net < b.net; });
  return list;
}

uint32_t Core::optionsOn(Interface& interface) {
  uint32_t options = areaOptions(*interface.area);
  for (auto& [each, neighbor] : interface.neighbors) {
    auto lsa = interface.links.find({Type::LINK, idOf(neighbor->interfaceId), neighbor->router});
    if (neighbor->isFull() && lsa != nullptr) options |= KJ_ASSERT_NONNULL(LinkBody::decode(lsa->body(), face)).options;
  }
  return options;
}

void Core::takeLinkLsa(const Place& place, const Lsa* old, const Lsa* now) {
  place.area->prefixesDue = true;
  auto addressIn = [&](const Lsa* lsa) {
    return lsa == nullptr ? Ip() : KJ_ASSERT_NONNULL(LinkBody::decode(lsa->body(), face)).address;
  };
  if (addressIn(old) == addressIn(now)) return;
  routes.invalidate(place.area->id);
  unasked = true;
}

Ip Core::gatewayOf(const Interface& interface, RouterId router, uint32_t id) const {
  // A router that tells nothing of itself on the link is known by where its hellos come from, if that is of any use.
  auto lsa = interface.links.find({Type::LINK, idOf(id), router});
  if (lsa != nullptr) {
    auto address = KJ_ASSERT_NONNULL(LinkBody::decode(lsa->body(), face)).address;
    if (!address.isNone()) return address;
  }
  auto neighbor = interface.neighbors.find(router);
  return face == Face::V3 && neighbor != interface.neighbors.end() ? neighbor->second->address : Ip();
}

Ip Core::ownAddressOf(Area& area, RouterId router) const {
  Ip found;
  for (auto& [key, entry] : area.database.entries()) {
    if (key.type != Type::PREFIXES || key.router != router || area.database.dying.count(key) > 0) continue;
    auto body = KJ_ASSERT_NONNULL(PrefixesBody::decode(entry.lsa->body(), face));
    for (auto& prefix : body.prefixes) {
      bool own = (prefix.options & prefixOptions::LA) && prefix.net.length() == prefix.net.address().width();
      if (own && (found.isNone() || prefix.net.address() < found)) found = prefix.net.address();
    }
  }
  return found;
}

}  // namespace xylem::ospf

// The prefixes of the router's own links are no routes of the writer: they come from the ports' addresses, and so do
// the host's own addresses. A route that the writer has for the same prefix has to stand back.

#include <click/plane-tables.h>
#include <net/if.h>

#include <algorithm>

namespace xylem::click {

RouteSet::RouteSet() : groups(2) { groups[HOST].kind = NextHopGroup::HOST; }

uint32_t RouteSet::placeOf(uint32_t id) {
  auto [place, isNew] = places.try_emplace(id, uint32_t(groups.size()));
  if (isNew) groups.emplace_back();
  return place->second;
}

uint32_t RouteSet::placeOfLink(uint32_t interface) {
  auto [place, isNew] = links.try_emplace(interface, uint32_t(groups.size()));
  if (isNew) groups.push_back({NextHopGroup::HOPS, {{interface, net::Ip()}}, {}});
  return place->second;
}

void RouteSet::set(net::IpNet net, uint32_t place) {
  if (net.is4())
    ip4.insert(net.v4(), place);
  else
    ip6.insert(net.v6(), place);
}

void RouteSet::remove(net::IpNet net) {
  if (net.is4())
    ip4.remove(net.v4());
  else
    ip6.remove(net.v6());
}

PlaneTables& PlaneTables::get() {
  static PlaneTables tables;
  return tables;
}

void PlaneTables::begin() {
  coming = std::make_unique<RouteSet>();
  connect(*coming);
}

void PlaneTables::use() {
  if (coming) current = std::move(coming);
}

void PlaneTables::setPorts(std::vector<Port> ports) {
  for (auto& net : connected)
    for (auto set : {current.get(), coming.get()})
      if (set != nullptr) set->remove(net);
  allPorts = std::move(ports);
  connected.clear();
  connect(*current);
  if (coming) connect(*coming);
}

uint32_t PlaneTables::indexOf(const std::string& name) const {
  for (auto& port : allPorts)
    if (port.name == name) return port.index;
  return if_nametoindex(name.c_str());
}

void PlaneTables::connect(RouteSet& set) {
  connected.clear();
  auto add = [&](net::IpNet net, uint32_t place) {
    set.set(net, place);
    connected.insert(net);
  };
  for (auto& port : allPorts) {
    auto place = set.placeOfLink(port.index);
    for (auto& address : port.addresses) {
      auto ip = address.address();
      if (!ip.isLinkLocal() && address.length() < ip.width()) add(address.net(), place);
    }
  }
  // The host's own come last, over what else there may be.
  for (auto& port : allPorts)
    for (auto& address : port.addresses) {
      auto ip = address.address();
      add(net::IpNet(ip, ip.width()), RouteSet::HOST);
      bool hasBroadcast = ip.is4() && address.length() < 31;
      if (hasBroadcast) add(net::IpNet(net::Ip(address.net().v4().last()), 32), RouteSet::HOST);
    }
}

}  // namespace xylem::click

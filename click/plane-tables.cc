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
  if (isNew) {
    groups.emplace_back();
    setGroup(place->second, {NextHopGroup::HOPS, {{interface, net::Ip()}}, {}});
  }
  return place->second;
}

void RouteSet::setGroup(uint32_t place, NextHopGroup group) {
  groups[place] = std::move(group);
  if (fast != nullptr) writeCode(place);
}

void RouteSet::writeCode(uint32_t place) {
  codes->grow(place / SLOTS_PER_BLOCK + 1);
  auto former = (*codes)[place];
  (*codes)[place] = fast->code(groups[place], *known);
  fast->release(former);
}

void RouteSet::share(FastPath& with, unsigned set, const FastPath::Neighborhood& neighbors) {
  fast = &with;
  known = &neighbors;
  codes = with.slots(set, TABLE_GROUPS);
  for (uint32_t place = 0; place < groups.size(); ++place) writeCode(place);
  ip4.moveTo(with.slots(set, TABLE_4));
  ip6.moveTo(with.slots(set, TABLE_6));
}

void RouteSet::releaseCodes() {
  if (fast == nullptr) return;
  for (uint32_t place = 0; place < codes->blocks() * SLOTS_PER_BLOCK; ++place) fast->release((*codes)[place]);
  codes = nullptr;
  fast = nullptr;
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
  coming = nullptr;
  coming = std::make_unique<RouteSet>();
  if (fast) coming->share(*fast, 1 - half, *this);
  connect(*coming);
}

void PlaneTables::use() {
  if (!coming) return;
  std::swap(current, coming);
  if (fast) {
    half = 1 - half;
    fast->use(half);
  }
  coming = nullptr;
}

void PlaneTables::setFastPath(std::unique_ptr<FastPath> path) {
  fast = std::move(path);
  fast->setPorts(allPorts, *this);
  for (auto& [key, mac] : neighbors) fast->setNeighbor(key.interface, key.address, *this);
  current->share(*fast, half, *this);
  fast->use(half);
  if (coming) coming->share(*fast, 1 - half, *this);
}

void PlaneTables::setNeighbor(uint32_t interface, net::Ip address, net::Mac mac) {
  auto [known, isNew] = neighbors.try_emplace({interface, address}, mac);
  if (!isNew && known->second == mac) return;
  known->second = mac;
  if (fast) fast->setNeighbor(interface, address, *this);
}

void PlaneTables::removeNeighbor(uint32_t interface, net::Ip address) {
  if (neighbors.erase({interface, address}) > 0 && fast) fast->setNeighbor(interface, address, *this);
}

void PlaneTables::setPorts(std::vector<Port> ports) {
  for (auto& net : connected)
    for (auto set : {current.get(), coming.get()})
      if (set != nullptr) set->remove(net);
  allPorts = std::move(ports);
  if (fast) fast->setPorts(allPorts, *this);
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

#pragma once
// What the FEA programs: routes, next-hop groups, neighbors. There is one set in a process, and all graphs use it, so
// that a new graph has what the former one had.

#include <click/route-table.h>
#include <net/mac.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace xylem::click {

struct NextHop {
  uint32_t interface = 0;
  // Its index; 0 is this host.
  net::Ip gateway;
  // None: the destination is on the link.
};

struct NextHopGroup {
  enum Kind : uint8_t { HOPS, HOST, BLACKHOLE, UNREACHABLE };
  Kind kind = UNREACHABLE;
  std::vector<NextHop> hops;
  std::vector<uint16_t> shares;
  // For several hops: of each share of the flows, which hop.

  const NextHop& pick(uint32_t flowHash) const {
    return hops.size() == 1 ? hops[0] : hops[shares[flowHash % shares.size()]];
  }
};

class RouteSet {
  // A table and its groups. Values are places in `groups`.
 public:
  RouteSet();

  RouteTable4 ip4;
  RouteTable6 ip6;
  std::vector<NextHopGroup> groups;
  static constexpr uint32_t NONE = 0, HOST = 1;
  // The first two groups: no route, and this host.

  uint32_t placeOf(uint32_t id);
  // Of the group that the writer calls so; it is made if it is not there.
  uint32_t placeOfLink(uint32_t interface);
  // Of the group of what is on that interface's link.
  void set(net::IpNet net, uint32_t place);
  void remove(net::IpNet net);
  const NextHopGroup& lookup(net::Ip4 address) const { return at(ip4.lookup(address)); }
  const NextHopGroup& lookup(net::Ip6 address) const { return at(ip6.lookup(address)); }

 private:
  const NextHopGroup& at(uint32_t place) const { return groups[place < groups.size() ? place : NONE]; }

  std::unordered_map<uint32_t, uint32_t> places, links;
};

struct Port {
  std::string name;
  uint32_t index = 0;
  net::Mac mac;
  uint32_t mtu = 1500;
  std::vector<net::IfAddr> addresses;
  bool operator==(const Port&) const = default;
};

class PlaneTables {
 public:
  static PlaneTables& get();

  const RouteSet& routes() const { return *current; }
  void begin();
  // A new set, for `filling`.
  RouteSet& filling() { return coming ? *coming : *current; }
  void use();
  // The new set takes the place of the former one.

  void setPorts(std::vector<Port> ports);
  const std::vector<Port>& ports() const { return allPorts; }
  uint32_t indexOf(const std::string& name) const;
  // Of the port of that name, or of any other interface; 0 if there is none.
  bool isConnected(net::IpNet net) const { return connected.count(net) > 0; }
  // It is the prefix of a link, or an own address.

  void setNeighbor(uint32_t interface, net::Ip address, net::Mac mac) { neighbors[{interface, address}] = mac; }
  void removeNeighbor(uint32_t interface, net::Ip address) { neighbors.erase({interface, address}); }
  const net::Mac* neighbor(uint32_t interface, net::Ip address) const {
    auto found = neighbors.find({interface, address});
    return found == neighbors.end() ? nullptr : &found->second;
  }
  size_t neighborCount() const { return neighbors.size(); }

 private:
  struct Key {
    uint32_t interface;
    net::Ip address;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const { return key.address.hashCode() * 31 + key.interface; }
  };

  void connect(RouteSet& set);

  std::unique_ptr<RouteSet> current = std::make_unique<RouteSet>(), coming;
  std::vector<Port> allPorts;
  std::set<net::IpNet> connected;
  std::unordered_map<Key, net::Mac, Hash> neighbors;
};

}  // namespace xylem::click

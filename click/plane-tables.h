#pragma once
// What the FEA programs: routes, next-hop groups, neighbors. There is one set in a process, and all graphs use it, so
// that a new graph has what the former one had.

#include <click/fast-path.h>
#include <click/route-table.h>

#include <set>
#include <unordered_map>

namespace xylem::click {

class RouteSet {
  // A table and its groups. Values are places in `groups`.
 public:
  RouteSet();
  RouteSet(RouteSet&&) = delete;
  ~RouteSet() { releaseCodes(); }

  RouteTable4 ip4;
  RouteTable6 ip6;
  static constexpr uint32_t NONE = 0, HOST = 1;
  // The first two groups: no route, and this host.

  uint32_t placeOf(uint32_t id);
  // Of the group that the writer calls so; it is made if it is not there.
  uint32_t placeOfLink(uint32_t interface);
  // Of the group of what is on that interface's link.
  void setGroup(uint32_t place, NextHopGroup group);
  void set(net::IpNet net, uint32_t place);
  void remove(net::IpNet net);
  const NextHopGroup& lookup(net::Ip4 address) const { return at(ip4.lookup(address)); }
  const NextHopGroup& lookup(net::Ip6 address) const { return at(ip6.lookup(address)); }
  size_t groupCount() const { return groups.size(); }

  void share(FastPath& with, unsigned set, const FastPath::Neighborhood& neighbors);
  // From now on the set is that one of the fast path, too.

 private:
  const NextHopGroup& at(uint32_t place) const { return groups[place < groups.size() ? place : NONE]; }

  void writeCode(uint32_t place);
  void releaseCodes();

  std::vector<NextHopGroup> groups;
  std::unordered_map<uint32_t, uint32_t> places, links;
  FastPath* fast = nullptr;
  const FastPath::Neighborhood* known = nullptr;
  std::unique_ptr<Slots> codes;
  // Of the groups, for the fast path.
};

class PlaneTables final : public FastPath::Neighborhood {
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

  void setNeighbor(uint32_t interface, net::Ip address, net::Mac mac);
  void removeNeighbor(uint32_t interface, net::Ip address);
  const net::Mac* neighbor(uint32_t interface, net::Ip address) const override {
    auto found = neighbors.find({interface, address});
    return found == neighbors.end() ? nullptr : &found->second;
  }
  size_t neighborCount() const { return neighbors.size(); }

  void setFastPath(std::unique_ptr<FastPath> path);
  // Once: it has all tables from now on.
  FastPath* fastPath() const { return fast.get(); }

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

  std::unique_ptr<FastPath> fast;
  uint32_t half = 0;
  // Which of the fast path's sets is the current one.
  std::unique_ptr<RouteSet> current = std::make_unique<RouteSet>(), coming;
  std::vector<Port> allPorts;
  std::set<net::IpNet> connected;
  std::unordered_map<Key, net::Mac, Hash> neighbors;
};

}  // namespace xylem::click

#pragma once
// Link-state IDs of this router's own summaries and externals: one for each destination. Those of IPv4 are addresses
// within it (RFC 2328 appendix E), different also for destinations that share their address and differ in length. Those
// of IPv6 say nothing (RFC 5340 section 4.4.3.4), but are the same after a restart, as far as they can be.
//
//     for (auto other : ids.assign(net)) ...      announce these again: their IDs have changed
//     KJ_IF_MAYBE (id, ids.find(net)) ...         none: it cannot be told, ids.isLeftOut(net)
//     for (auto other : ids.release(net)) ...     announce these: they were left out, and there may be room

#include <protocols/ospf/lsa.h>

#include <map>
#include <set>

namespace xylem::ospf {

class LinkStateIds {
 public:
  std::vector<IpNet> assign(IpNet net);
  // Gives an ID to a destination that has none. Others, less specific, whose ID it had to take are given back: they
  // have another one, or none until they are assigned again.
  std::vector<IpNet> release(IpNet net);
  kj::Maybe<Ip4> find(IpNet net) const;
  bool isLeftOut(IpNet net) const { return left.count(net) > 0; }
  // All IDs within it are those of more specific destinations.

  const std::map<IpNet, Ip4>& all() const { return byNet; }

 private:
  kj::Maybe<Ip4> free(Ip4Net net) const;
  kj::Maybe<Ip4> evictable(Ip4Net net) const;
  void give(IpNet net, Ip4 id);

  std::map<Ip4, IpNet> byId;
  std::map<IpNet, Ip4> byNet;
  std::set<IpNet> left;
};

}  // namespace xylem::ospf

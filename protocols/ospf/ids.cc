// Host bits of an ID say nothing to those who read it, so any address within a destination may be its ID. The usual
// ones come first: its address, then its last address, as appendix E has it. When both are taken, any other will do,
// and when there is none, as for a host whose address is the ID of a whole network, the less specific destination gives
// way, since it has more to choose from. Each that gives way is less specific than the one before, so that comes to an
// end.
//
// IDs of IPv6 destinations are hashes; when one is taken, the next that is free is.

#include <protocols/ospf/ids.h>

namespace xylem::ospf {

kj::Maybe<Ip4> LinkStateIds::find(IpNet net) const {
  auto at = byNet.find(net);
  if (at == byNet.end()) return nullptr;
  return at->second;
}

kj::Maybe<Ip4> LinkStateIds::free(Ip4Net net) const {
  if (byId.count(net.address()) == 0) return net.address();
  for (auto id = net.last(); id != net.address(); --id.bits)
    if (byId.count(id) == 0) return id;
  return nullptr;
}

kj::Maybe<Ip4> LinkStateIds::evictable(Ip4Net net) const {
  for (auto at = byId.lower_bound(net.address()); at != byId.end() && net.contains(at->first); ++at)
    if (at->second.length() < net.length()) return at->first;
  return nullptr;
}

void LinkStateIds::give(IpNet net, Ip4 id) {
  byId[id] = net;
  byNet[net] = id;
  left.erase(net);
}

std::vector<IpNet> LinkStateIds::assign(IpNet net) {
  std::vector<IpNet> moved;
  if (!net.is4()) {
    if (byNet.count(net) > 0) return moved;
    Ip4 id{net.hashCode()};
    while (id.isUnspecified() || byId.count(id) > 0) ++id.bits;
    give(net, id);
    return moved;
  }
  for (auto next = net; byNet.count(next) == 0;) {
    KJ_IF_MAYBE (id, free(next.v4())) {
      give(next, *id);
      break;
    }
    auto taken = evictable(next.v4());
    if (taken == nullptr) {
      if (next == net) left.insert(net);
      break;
    }
    auto id = KJ_ASSERT_NONNULL(taken);
    auto other = byId.at(id);
    byNet.erase(other);
    give(next, id);
    moved.push_back(other);
    next = other;
  }
  return moved;
}

std::vector<IpNet> LinkStateIds::release(IpNet net) {
  left.erase(net);
  auto at = byNet.find(net);
  if (at == byNet.end()) return {};
  auto id = at->second;
  byId.erase(id);
  byNet.erase(at);
  std::vector<IpNet> hopeful;
  for (auto& each : left)
    if (each.contains(Ip(id))) hopeful.push_back(each);
  return hopeful;
}

}  // namespace xylem::ospf

// Next hops as values.

#include <kj/vector.h>
#include <net/wire.h>
#include <protocols/kit/next-hops.h>

namespace xylem::kit {

uint NextHops::hashCode() const {
  uint sum = kind;
  for (auto& hop : hops) {
    sum = net::mix(sum, hop.gateway.hashCode() * 31 + hop.weight);
    sum = net::mix(sum, kj::hashCode(kj::StringPtr(hop.interface.c_str())));
  }
  return sum;
}

void NextHops::write(rib::NextHopGroup::Builder group) const {
  if (kind == BLACKHOLE) return group.setBlackhole();
  if (kind == UNREACHABLE) return group.setUnreachable();
  auto list = group.initHops(hops.size());
  for (auto i : kj::indices(list)) {
    net::write(hops[i].gateway, list[i].initGateway());
    list[i].setInterface(hops[i].interface.c_str());
    list[i].setWeight(hops[i].weight);
  }
}

kj::String KJ_STRINGIFY(const NextHops& nextHops) {
  if (nextHops.kind == NextHops::BLACKHOLE) return kj::str("blackhole");
  if (nextHops.kind == NextHops::UNREACHABLE) return kj::str("unreachable");
  auto words = KJ_MAP(hop, nextHops.hops) {
    kj::Vector<kj::String> parts;
    if (!hop.gateway.isNone()) parts.add(kj::str("via ", hop.gateway));
    if (!hop.interface.empty()) parts.add(kj::str("dev ", hop.interface.c_str()));
    if (hop.weight != 1) parts.add(kj::str("weight ", hop.weight));
    return kj::strArray(parts, " ");
  };
  return kj::strArray(words, ", ");
}

}  // namespace xylem::kit

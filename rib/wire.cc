// What comes from an origin is checked whole before any of it is applied: whoever sends nonsense hurts nobody else, and
// leaves nothing half done.

#include <kj/debug.h>
#include <net/wire.h>
#include <rib/wire.h>

namespace xylem::rib {

namespace {

kj::Maybe<kj::String> readHop(Hop::Reader from, NextHop& to) {
  KJ_IF_MAYBE (gateway, net::read(from.getGateway())) {
    to.gateway = *gateway;
  } else {
    return kj::str("a gateway that is no address");
  }
  if (from.getInterface().size() > 0) {
    KJ_IF_MAYBE (name, InterfaceName::parse(from.getInterface())) {
      to.interface = *name;
    } else {
      return kj::str("an impossible interface name");
    }
  }
  to.weight = from.getWeight();
  if (to.weight == 0 || to.weight > MAX_WEIGHT)
    return kj::str("weight ", to.weight, " is not within 1 to ", MAX_WEIGHT);
  if (to.gateway.isNone()) {
    if (to.interface.isNone()) return kj::str("a hop with neither gateway nor interface");
    return nullptr;
  }
  if (to.gateway.isUnspecified() || to.gateway.isMulticast() || to.gateway.isLoopback())
    return kj::str(to.gateway, " cannot be a gateway");
  if (to.interface.isNone() && to.gateway.is6() && to.gateway.isLinkLocal())
    return kj::str("link-local gateway ", to.gateway, " without an interface");
  return nullptr;
}

kj::Maybe<kj::String> readGroup(NextHopGroup::Reader from, NextHops& to) {
  switch (from.which()) {
    case NextHopGroup::BLACKHOLE:
      to.kind = NextHops::BLACKHOLE;
      return nullptr;
    case NextHopGroup::UNREACHABLE:
      to.kind = NextHops::UNREACHABLE;
      return nullptr;
    case NextHopGroup::HOPS:
      break;
    default:
      return kj::str("an unknown kind of group");
  }
  auto hops = from.getHops();
  if (hops.size() > MAX_HOPS) return kj::str("a group of ", hops.size(), " hops; ", MAX_HOPS, " are possible");
  for (auto hop : hops) {
    KJ_IF_MAYBE (problem, readHop(hop, to.hops.emplace_back())) return kj::mv(*problem);
  }
  return nullptr;
}

bool isOver4(const NextHops& nextHops) {
  for (auto& hop : nextHops.hops)
    if (hop.gateway.is4()) return true;
  return false;
}

kj::Maybe<kj::String> readGroups(Batch::Reader batch, Table::Totals totals, Origin& origin, Checked& checked) {
  size_t hops = 0;
  if (batch.getGroups().size() > MAX_BATCH) return kj::str("more than ", MAX_BATCH, " groups in one batch");
  for (auto group : batch.getGroups()) {
    auto id = group.getId();
    if (id == 0) return kj::str("a group with id 0");
    NextHops nextHops;
    KJ_IF_MAYBE (problem, readGroup(group, nextHops)) return kj::str("group ", id, ": ", *problem);
    hops += nextHops.hops.size();
    if (hops > MAX_BATCH) return kj::str("more than ", MAX_BATCH, " hops in one batch");
    checked.groups.erase(id);
    if (nextHops.leads())
      checked.groups.emplace(id, kj::mv(nextHops));
    else
      checked.dropped.insert(id);
  }
  for (auto& group : checked.groups)
    if (origin.groups.count(group.first) == 0) ++totals.groups;
  if (totals.groups > MAX_GROUPS) return kj::str("more than ", MAX_GROUPS, " groups");
  return nullptr;
}

class GroupsOf {
  // What a batch's routes may refer to. Routes of one group come in runs, so the last one is remembered.
 public:
  GroupsOf(const Checked& checked, Table& table, Origin& origin) : checked(checked), table(table), origin(origin) {}

  bool find(uint32_t id) {
    if (id == last) return known;
    last = id;
    auto fresh = checked.groups.find(id);
    if (fresh != checked.groups.end()) {
      over4 = isOver4(fresh->second);
      return known = true;
    }
    if (checked.dropped.count(id) > 0) return known = false;
    KJ_IF_MAYBE (group, table.groupOf(origin, id)) {
      over4 = table.groups[*group].over4;
      return known = true;
    }
    return known = false;
  }
  bool over4 = false;

 private:
  const Checked& checked;
  Table& table;
  Origin& origin;
  uint32_t last = 0;
  bool known = false;
};

bool isPrefix(Route::Reader route) {
  // As net::netFromParts, without making one: this is done for every route.
  auto length = route.getLength();
  if (route.getVersion() == 4) {
    return length <= 32 && route.getHigh() == 0 && route.getLow() >> 32 == 0 &&
           (uint32_t(route.getLow()) & ~net::Ip4::mask(length).bits) == 0;
  }
  if (route.getVersion() != 6 || length > 128) return false;
  auto mask = net::Ip6::mask(length);
  return (route.getHigh() & ~mask.high) == 0 && (route.getLow() & ~mask.low) == 0;
}

}  // namespace

kj::OneOf<Checked, kj::String> check(Batch::Reader batch, Table& table, Origin& origin) {
  Checked checked;
  auto totals = table.totalsOf(origin);
  KJ_IF_MAYBE (problem, readGroups(batch, totals, origin, checked)) return kj::mv(*problem);
  auto routes = batch.getRoutes();
  if (routes.size() > MAX_BATCH) return kj::str("more than ", MAX_BATCH, " routes in one batch");
  if (totals.routes + routes.size() > MAX_ROUTES) return kj::str("more than ", MAX_ROUTES, " routes");
  if (table.candidates.different() + routes.size() > table.mostOffers)
    return kj::str("more than ", table.mostOffers, " different combinations of group, metric and tag");
  GroupsOf groups(checked, table, origin);
  for (auto i : kj::indices(routes)) {
    auto route = routes[i];
    if (!isPrefix(route))
      return kj::str("route ", i, " of the batch is no prefix: version ", route.getVersion(), ", length ",
                     route.getLength(), ", address ", kj::hex(route.getHigh()), ":", kj::hex(route.getLow()));
    if (route.getNextHop() == 0) continue;
    if (!groups.find(route.getNextHop()))
      return kj::str("route ", i, " of the batch has unknown group ", route.getNextHop());
    if (groups.over4 && route.getVersion() == 6)
      return kj::str("route ", i, " of the batch is IPv6, group ", route.getNextHop(), " is IPv4");
  }
  return kj::mv(checked);
}

void apply(Batch::Reader batch, Checked&& checked, Table& table, Origin& origin) {
  for (auto& group : checked.groups) table.define(origin, group.first, kj::mv(group.second));
  uint32_t id = 0, group = 0;
  for (auto route : batch.getRoutes()) {
    if (route.getNextHop() != id && route.getNextHop() != 0) {
      id = route.getNextHop();
      group = KJ_ASSERT_NONNULL(table.groupOf(origin, id));
    }
    if (route.getVersion() == 4) {
      net::Ip4Net net(net::Ip4{uint32_t(route.getLow())}, route.getLength());
      if (route.getNextHop() == 0)
        table.remove(origin, net);
      else
        table.put(origin, net, group, route.getMetric(), route.getTag());
    } else {
      net::Ip6Net net(net::Ip6{route.getHigh(), route.getLow()}, route.getLength());
      if (route.getNextHop() == 0)
        table.remove(origin, net);
      else
        table.put(origin, net, group, route.getMetric(), route.getTag());
    }
  }
  for (auto dropped : checked.dropped)
    if (checked.groups.count(dropped) == 0) table.undefine(origin, dropped);
}

// ---- the other way

void write(const std::vector<NextHop>& hops, capnp::List<Hop>::Builder to) {
  for (auto i : kj::indices(to)) {
    net::write(hops[i].gateway, to[i].initGateway());
    to[i].setInterface(hops[i].interface.toString());
    to[i].setWeight(hops[i].weight);
  }
}

void write(const NextHops& nextHops, NextHopGroup::Builder to) {
  if (nextHops.kind == NextHops::BLACKHOLE) return to.setBlackhole();
  if (nextHops.kind == NextHops::UNREACHABLE) return to.setUnreachable();
  write(nextHops.hops, to.initHops(nextHops.hops.size()));
}

void write(const Way& way, Rib::Way::Builder to) {
  net::write(way.address, to.initAddress());
  to.setReachable(way.reachable);
  to.setMetric(way.metric);
  to.setDistance(way.distance);
  to.setProtocol(way.protocol.c_str());
  write(way.hops, to.initHops(way.hops.size()));
}

void write(const FibBatch& batch, Table& table, Batch::Builder to) {
  auto groups = to.initGroups(batch.groups.size() + batch.dropped.size());
  for (auto i : kj::indices(batch.groups)) {
    groups[i].setId(batch.groups[i]);
    write(table.groups[batch.groups[i]].resolved, groups[i]);
  }
  for (auto i : kj::indices(batch.dropped)) {
    groups[batch.groups.size() + i].setId(batch.dropped[i]);
    groups[batch.groups.size() + i].initHops(0);
  }
  auto routes = to.initRoutes(batch.routes.size());
  for (auto i : kj::indices(batch.routes)) {
    auto& from = batch.routes[i];
    auto route = routes[i];
    route.setHigh(from.high);
    route.setLow(from.low);
    route.setNextHop(from.group);
    route.setMetric(from.metric);
    route.setTag(from.tag);
    route.setLength(from.length);
    route.setVersion(from.version);
  }
}

void write(kj::ArrayPtr<const Followed> followed, Batch::Builder to) {
  auto routes = to.initRoutes(followed.size());
  for (auto i : kj::indices(followed)) {
    auto& from = followed[i];
    auto parts = net::partsOf(from.net);
    auto route = routes[i];
    route.setHigh(parts.high);
    route.setLow(parts.low);
    route.setLength(parts.length);
    route.setVersion(parts.version);
    if (from.source < 0) continue;
    route.setNextHop(from.group);
    route.setOwnMetric(from.ownMetric);
    route.setMetric(from.metric);
    route.setTag(from.tag);
    route.setSource(uint8_t(from.source));
  }
}

}  // namespace xylem::rib

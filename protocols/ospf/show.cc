// Tables that can be long (databases, routes) are told page by page, in an order that does not depend on what happens
// between two pages: the next page begins behind the last row of the one before. Where there are several cores, their
// rows follow each other.

#include <protocols/ospf/show.h>

#include <net/wire.h>
#include <protocols/ospf/content.h>
#include <protocols/ospf/signalling.h>

#include <algorithm>
#include <sstream>

namespace xylem::ospf {

namespace {

constexpr size_t PAGE = 500;

uint32_t secondsUntil(Time due, Time now) {
  return due > now && due != NEVER ? uint32_t((due - now) / kj::SECONDS) : 0;
}

kj::StringPtr nameOf(const Interface& interface) {
  if (interface.isVirtual) return "virtual"_kj;
  constexpr kj::StringPtr NAMES[] = {"broadcast"_kj, "point-to-point"_kj, "nbma"_kj, "point-to-multipoint"_kj,
                                     "loopback"_kj};
  return NAMES[uint(interface.settings.type)];
}

kj::StringPtr nameOf(PathType type) {
  constexpr kj::StringPtr NAMES[] = {"none"_kj, "intra"_kj, "inter"_kj, "external-1"_kj, "external-2"_kj};
  return NAMES[uint(type)];
}

kj::String hopsOf(const Core& core, const Route& route) {
  if (route.hops == NO_HOPS) return kj::str("connected");
  kj::Vector<kj::String> parts;
  for (auto& hop : core.hops()[route.hops]) {
    kj::StringPtr name = "?"_kj;
    KJ_IF_MAYBE (interface, core.interface(hop.interface)) name = interface->name.c_str();
    if (hop.gateway.isUnspecified())
      parts.add(kj::str("dev ", name));
    else
      parts.add(kj::str("via ", hop.gateway, " dev ", name));
  }
  return kj::strArray(parts, ", ");
}

struct Cursor {
  // A place in the order of all LSAs.
  uint family = 0;
  std::string where;
  Key key;

  static kj::Maybe<Cursor> parse(kj::StringPtr text) {
    Cursor cursor;
    uint type = 0;
    std::istringstream in(text.cStr());
    if (!(in >> cursor.family >> cursor.where >> type >> cursor.key.id.bits >> cursor.key.router.bits)) return nullptr;
    cursor.key.type = Type(type);
    return cursor;
  }
  kj::String text() const {
    return kj::str(family, ' ', where.c_str(), ' ', uint(key.type), ' ', key.id.bits, ' ', key.router.bits);
  }
};

struct Row {
  // An LSA of one of the databases.
  const Core* core;
  std::string where;
  const Lsa* lsa;

  Cursor place() const { return {familyOf(core->face), where, lsa->header.key}; }
};

using Databases = std::map<std::string, std::vector<const Database*>>;

Databases databasesOf(const Core& core) {
  Databases all;
  for (auto& [id, each] : core.areas()) all[kj::str(id).cStr()].push_back(&each->database);
  for (auto& [name, interface] : core.interfaces()) all[name].push_back(&interface->links);
  all["as"].push_back(&core.external());
  return all;
}

struct Filter {
  // Each empty: all.
  kj::StringPtr type, area;
  kj::Maybe<RouterId> router;

  bool takes(const Key& key, Face face) const {
    return (type.size() == 0 || type == nameOf(key.type, face)) && router.orDefault(key.router) == key.router;
  }
};

void addRows(const Cursor& last, const Core& core, const Filter& filter, size_t most, std::vector<Row>& rows) {
  // Behind `last`, the first ones in order.
  bool inside = last.family == familyOf(core.face);
  for (auto& [where, databases] : databasesOf(core)) {
    if (rows.size() == most) return;
    if ((inside && where < last.where) || (filter.area.size() > 0 && filter.area != where.c_str())) continue;
    bool begun = inside && where == last.where;
    std::vector<const Lsa*> found;
    for (auto database : databases) {
      auto& keys = database->inOrder();
      auto at = begun ? std::upper_bound(keys.begin(), keys.end(), last.key) : keys.begin();
      for (size_t count = rows.size(); at != keys.end() && count < most; ++at) {
        auto lsa = filter.takes(*at, core.face) ? database->find(*at) : nullptr;
        if (lsa == nullptr) continue;
        found.push_back(lsa);
        ++count;
      }
    }
    std::sort(found.begin(), found.end(), [](auto a, auto b) { return a->header.key < b->header.key; });
    for (auto lsa : found)
      if (rows.size() < most) rows.push_back({&core, where, lsa});
  }
}

kj::StringPtr familyName(const Core& core) { return familyOf(core.face) == 6 ? "ipv6"_kj : "ipv4"_kj; }

void fill(const Row& row, Time now, schema::Show::Lsa::Builder out) {
  auto& header = row.lsa->header;
  out.setArea(row.where.c_str());
  out.setType(nameOf(header.key.type, header.face));
  net::write(header.key.id, out.initId());
  net::write(header.key.router, out.initRouter());
  out.setAge(row.lsa->age(now));
  out.setSequence(kj::str("0x", kj::hex(uint32_t(header.sequence))));
  out.setChecksum(kj::str("0x", kj::hex(header.checksum)));
  out.setLength(header.length);
  out.setContent(contentOf(*row.lsa));
  out.setOwn(header.key.router == row.core->self);
  out.setFamily(familyName(*row.core));
  out.setHostname(row.core->hostnameOf(header.key.router).c_str());
}

void fill(const Core& core, const Neighbor& neighbor, Time now, schema::Show::Neighbor::Builder out) {
  auto& interface = neighbor.interface;
  net::write(neighbor.address, out.initAddress());
  net::write(neighbor.router, out.initRouter());
  out.setInterface(interface.name.c_str());
  out.setState(nameOf(neighbor.state));
  if (interface.elects())
    out.setRole(neighbor.identity == interface.designated ? "designated"_kj
                : neighbor.identity == interface.backup   ? "backup"_kj
                                                          : "other"_kj);
  if (neighbor.state == NeighborState::INIT && neighbor.trouble.size() == 0)
    out.setProblem("its hellos do not list this router: it does not hear it, or does not take it for a neighbor");
  else
    out.setProblem(neighbor.trouble);
  out.setSince(uint32_t((now - neighbor.since) / kj::SECONDS));
  out.setDead(secondsUntil(neighbor.deadAt, now));
  net::write(interface.area->id, out.initArea());
  out.setPriority(neighbor.priority);
  out.setWanted(uint32_t(neighbor.wanted.size()));
  out.setUnacknowledged(uint32_t(neighbor.unacknowledged.size()));
  out.setRetransmissions(neighbor.retransmissions);
  out.setBadPackets(neighbor.badPackets);
  out.setRestarting(neighbor.graceUntil != nullptr);
  out.setRestart(neighbor.restart);
  out.setHostname(core.hostnameOf(neighbor.router).c_str());
  KJ_IF_MAYBE (extended, neighbor.signalled)
    out.setSignalling(Signalling{*extended}.text());
  else if (neighbor.badSignals > 0)
    out.setSignalling(kj::str("not believed ", neighbor.badSignals, " times: it had ", neighbor.badSignal));
}

void fill(const Interface& interface, schema::Show::Interface::Builder out) {
  out.setName(interface.name.c_str());
  net::write(interface.area->id, out.initArea());
  if (!interface.primary.isNone()) net::write(interface.primary, out.initAddress());
  out.setType(nameOf(interface));
  out.setState(nameOf(interface.state));
  out.setCost(interface.settings.cost);
  out.setInputCost(interface.settings.inputCost);
  net::write(interface.designated, out.initDesignated());
  net::write(interface.backup, out.initBackup());
  out.setNeighbors(uint32_t(interface.neighbors.size()));
  uint32_t full = 0;
  for (auto& [key, neighbor] : interface.neighbors) full += neighbor->state == NeighborState::FULL;
  out.setFull(full);
  out.setPassive(interface.settings.passive);
  out.setPriority(interface.settings.priority);
  out.setHello(interface.settings.helloInterval);
  out.setDead(interface.settings.deadInterval);
  out.setMtu(interface.mtu());
}

void fill(const Core& core, IpNet net, const Route& route, schema::Show::Route::Builder out) {
  net::write(net, out.initNet());
  out.setType(nameOf(route.type));
  out.setCost(route.cost);
  out.setCost2(route.cost2);
  if (route.isInternal()) out.setArea(kj::str(route.area));
  out.setNextHop(hopsOf(core, route));
  out.setTag(route.tag);
  out.setInstalled(core.isInstalled(net));
}

std::vector<Ip> silentOn(const Interface& interface) {
  // Neighbours that are configured, are greeted one by one, and have not been heard.
  std::vector<Ip> silent;
  if (!interface.isUp() || interface.multicasts() || interface.settings.passive) return silent;
  for (auto address : interface.settings.neighbors) {
    bool heard = interface.rejected.count(address) > 0;
    for (auto& [slot, each] : interface.neighbors) heard = heard || each->address == address;
    if (!heard) silent.push_back(address);
  }
  return silent;
}

void fill(const Interface& interface, Ip silent, schema::Show::Neighbor::Builder row) {
  net::write(silent, row.initAddress());
  row.setInterface(interface.name.c_str());
  row.setState(nameOf(NeighborState::ATTEMPT));
  row.setProblem("hellos are sent to it, and nothing has been heard");
  net::write(interface.area->id, row.initArea());
}

void fill(const Interface& interface, net::Ip address, const Rejected& rejected, schema::Show::Neighbor::Builder row) {
  net::write(address, row.initAddress());
  net::write(rejected.router, row.initRouter());
  row.setInterface(interface.name.c_str());
  row.setState("rejected");
  row.setProblem(rejected.reason);
  net::write(interface.area->id, row.initArea());
  row.setBadPackets(rejected.count);
}

void fill(const Interface& interface, schema::Show::Statistics::Builder row) {
  auto& counters = interface.counters;
  row.setInterface(interface.name.c_str());
  row.setHellosIn(counters.received[1]);
  row.setHellosOut(counters.sent[1]);
  row.setDescriptionsIn(counters.received[2]);
  row.setDescriptionsOut(counters.sent[2]);
  row.setRequestsIn(counters.received[3]);
  row.setRequestsOut(counters.sent[3]);
  row.setUpdatesIn(counters.received[4]);
  row.setUpdatesOut(counters.sent[4]);
  row.setAcknowledgmentsIn(counters.received[5]);
  row.setAcknowledgmentsOut(counters.sent[5]);
  row.setBad(counters.bad);
  row.setBadReason(counters.badReason);
}

void fill(const Search& search, Time now, schema::Show::Search::Builder row) {
  row.setAgo(uint32_t((now - search.at) / kj::MILLISECONDS));
  row.setTook(uint32_t(search.took / kj::MICROSECONDS));
  kj::Vector<kj::String> areas;
  for (auto area : search.areas) areas.add(kj::str(area));
  row.setAreas(kj::strArray(areas, " "));
  row.setChanges(search.changes);
}

kj::String twoPartOf(const Core& core, const Area& area) {
  constexpr size_t NAMED = 3;
  auto& metrics = core.routing().twoPart(area.id);
  if (!metrics.isTold() && !core.hasTwoPartMetric(area)) return kj::str();
  if (metrics.isInUse()) return kj::str("in use");
  auto& graph = core.routing().graph(area.id);
  auto lacking = metrics.lacking(graph, graph.size());
  if (lacking.empty()) return kj::str("ready: no router tells of an input cost");
  std::sort(lacking.begin(), lacking.end());
  kj::Vector<kj::String> names;
  for (auto router : lacking) {
    if (names.size() == NAMED) break;
    auto name = core.hostnameOf(router);
    names.add(name.empty() ? kj::str(router) : kj::str(router, " (", name.c_str(), ')'));
  }
  if (lacking.size() > NAMED) names.add(kj::str(lacking.size() - NAMED, " more"));
  return kj::str("not in use: not announced by ", kj::strArray(names, ", "));
}

struct BorderRouter {
  const Core* core;
  RouterId router;
  AreaId area;
  uint8_t flags;
  Route route;
};

void addBorderRouters(const Core& core, std::vector<BorderRouter>& list) {
  for (auto& [id, area] : core.areas()) {
    auto& graph = core.routing().graph(id);
    for (uint32_t i = 0; i < graph.size(); ++i) {
      auto& vertex = graph[i];
      uint8_t which = vertex.flags & (flags::B | flags::E);
      if (vertex.id.network || which == 0 || !vertex.isReachable() || vertex.id.id == core.self) continue;
      list.push_back({&core, vertex.id.id, id, which, {PathType::INTRA, id, vertex.distance, 0, vertex.hops}});
    }
  }
  core.routing().eachBoundary([&](RouterId router, const Route& route) {
    if (route.type == PathType::INTER) list.push_back({&core, router, route.area, flags::E, route});
  });
}

void fill(const BorderRouter& each, schema::Show::BorderRouter::Builder out) {
  bool both = each.flags == (flags::B | flags::E);
  net::write(each.router, out.initRouter());
  net::write(each.area, out.initArea());
  out.setRole(both ? "border, boundary"_kj : each.flags == flags::B ? "border"_kj : "boundary"_kj);
  out.setType(nameOf(each.route.type));
  out.setCost(each.route.cost);
  out.setNextHop(hopsOf(*each.core, each.route));
}

template <typename Params> kj::StringPtr familyIn(Params params) {
  // OSPFv2 has one, and does not ask which.
  if constexpr (requires { params.getFamily(); })
    return params.getFamily();
  else
    return nullptr;
}

template <typename Api> class Show final : public Api::Server {
  using Server = typename Api::Server;

 public:
  Show(const Cores& cores, kj::Timer& clock) : cores(cores), clock(clock) {}

 private:
  template <typename Context, typename Each> void eachCore(Context& context, Each each) {
    auto wanted = familyIn(context.getParams());
    for (auto& [face, core] : cores)
      if (wanted.size() == 0 || wanted == familyName(*core)) each(*core);
  }

  template <typename Context, typename Each> void eachInterface(Context& context, kj::StringPtr name, Each each) {
    eachCore(context, [&](const Core& core) {
      for (auto& [key, interface] : core.interfaces())
        if (name.size() == 0 || name == key.c_str()) each(core, *interface);
    });
  }

  kj::Promise<void> neighbor(typename Server::NeighborContext context) override {
    std::vector<std::pair<const Core*, const Neighbor*>> list;
    std::vector<std::tuple<const Core*, const Interface*, Ip, const Rejected*>> rejected;
    std::vector<std::tuple<const Core*, const Interface*, Ip>> silent;
    eachInterface(context, context.getParams().getInterface(), [&](const Core& core, const Interface& interface) {
      for (auto& [key, each] : interface.neighbors) list.push_back({&core, each.get()});
      for (auto& [address, each] : interface.rejected) rejected.push_back({&core, &interface, address, &each});
      for (auto address : silentOn(interface)) silent.push_back({&core, &interface, address});
    });
    auto out = context.getResults().initNeighbor(uint(list.size() + rejected.size() + silent.size()));
    uint i = 0;
    for (auto& [core, each] : list) {
      out[i].setFamily(familyName(*core));
      fill(*core, *each, clock.now(), out[i++]);
    }
    for (auto& [core, interface, address, each] : rejected) {
      out[i].setFamily(familyName(*core));
      fill(*interface, address, *each, out[i++]);
    }
    for (auto& [core, interface, address] : silent) {
      out[i].setFamily(familyName(*core));
      fill(*interface, address, out[i++]);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> interfaces(typename Server::InterfacesContext context) override {
    std::vector<std::pair<const Core*, const Interface*>> list;
    eachInterface(context, context.getParams().getName(), [&](const Core& core, const Interface& interface) {
      list.push_back({&core, &interface});
    });
    auto out = context.getResults().initInterfaces(uint(list.size()));
    for (uint i = 0; i < list.size(); ++i) {
      out[i].setFamily(familyName(*list[i].first));
      fill(*list[i].second, out[i]);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> database(typename Server::DatabaseContext context) override {
    auto params = context.getParams();
    Filter filter{params.getType(), params.getArea(), RouterId::parse(params.getBy())};
    if (params.getBy().size() > 0 && filter.router == nullptr) return kj::READY_NOW;
    Cursor last;
    if (params.getAfter().size() > 0) {
      auto parsed = Cursor::parse(params.getAfter());
      if (parsed == nullptr) return kj::READY_NOW;
      last = KJ_ASSERT_NONNULL(parsed);
    }
    std::vector<Row> rows;
    eachCore(context, [&](const Core& core) {
      if (familyOf(core.face) >= last.family) addRows(last, core, filter, PAGE + 1, rows);
    });
    bool more = rows.size() > PAGE;
    if (more) rows.pop_back();
    auto out = context.getResults().initLsas(uint(rows.size()));
    for (uint i = 0; i < rows.size(); ++i) fill(rows[i], clock.now(), out[i]);
    if (more) context.getResults().setNext(rows.back().place().text());
    return kj::READY_NOW;
  }

  kj::Promise<void> routes(typename Server::RoutesContext context) override {
    auto after = IpNet::parse(context.getParams().getAfter());
    std::vector<std::tuple<const Core*, IpNet, const Route*>> page;
    bool more = false;
    eachCore(context, [&](const Core& core) {
      core.routing().eachRouteBehind(after, [&](IpNet net, const Route& route) {
        more = page.size() == PAGE;
        if (!more) page.push_back({&core, net, &route});
        return !more;
      });
    });
    auto out = context.getResults().initRoutes(uint(page.size()));
    uint i = 0;
    for (auto& [core, net, route] : page) fill(*core, net, *route, out[i++]);
    if (more) context.getResults().setNext(kj::str(std::get<1>(page.back())));
    return kj::READY_NOW;
  }

  kj::Promise<void> borderRouters(typename Server::BorderRoutersContext context) override {
    std::vector<BorderRouter> list;
    eachCore(context, [&](const Core& core) { addBorderRouters(core, list); });
    auto out = context.getResults().initRouters(uint(list.size()));
    for (uint i = 0; i < list.size(); ++i) {
      out[i].setFamily(familyName(*list[i].core));
      fill(list[i], out[i]);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> searches(typename Server::SearchesContext context) override {
    std::vector<std::pair<const Core*, const Search*>> list;
    eachCore(context, [&](const Core& core) {
      for (auto at = core.searches().rbegin(); at != core.searches().rend(); ++at) list.push_back({&core, &*at});
    });
    std::stable_sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.second->at > b.second->at; });
    auto out = context.getResults().initSearches(uint(list.size()));
    for (uint i = 0; i < list.size(); ++i) {
      out[i].setFamily(familyName(*list[i].first));
      fill(*list[i].second, clock.now(), out[i]);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> statistics(typename Server::StatisticsContext context) override {
    std::vector<std::pair<const Core*, const Interface*>> list;
    eachInterface(context, nullptr, [&](const Core& core, const Interface& interface) {
      list.push_back({&core, &interface});
    });
    auto out = context.getResults().initStatistics(uint(list.size()));
    for (uint i = 0; i < list.size(); ++i) {
      out[i].setFamily(familyName(*list[i].first));
      fill(*list[i].second, out[i]);
    }
    return kj::READY_NOW;
  }

  const Cores& cores;
  kj::Timer& clock;
};

}  // namespace

schema::Show::Client showOf(const Cores& cores, kj::Timer& clock) { return kj::heap<Show<schema::Show>>(cores, clock); }

schema3::Show::Client show3Of(const Cores& cores, kj::Timer& clock) {
  return kj::heap<Show<schema3::Show>>(cores, clock);
}

void fillState(const Core& core, schema::State::Builder state) {
  net::write(core.self, state.initRouterId());
  state.setBorder(core.isBorder());
  auto areas = state.initArea(uint(core.areas().size()));
  uint i = 0;
  for (auto& [id, area] : core.areas()) {
    auto out = areas[i++];
    uint32_t interfaces = 0, full = 0;
    for (auto& [name, interface] : core.interfaces()) {
      if (interface->area != area.get()) continue;
      ++interfaces;
      for (auto& [key, neighbor] : interface->neighbors) full += neighbor->state == NeighborState::FULL;
    }
    net::write(id, out.initId());
    out.setInterfaces(interfaces);
    out.setFull(full);
    out.setLsas(uint32_t(area->database.size()));
    out.setChecksum(area->database.checksum());
    out.setTwoPartMetric(twoPartOf(core, *area));
  }
  state.setExternals(uint32_t(core.external().size()));
  state.setRoutes(uint32_t(core.routing().size()));
  state.setSearches(core.searched());
  state.setOriginated(core.originated());
}

}  // namespace xylem::ospf

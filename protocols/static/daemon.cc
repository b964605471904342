// Each distance is an origin of its own to the RIB, so that a floating route is nothing special: the RIB lets the
// lowest distance win whose next hops have a way. One at the usual distance is always held, so that the RIB knows when
// this daemon has nothing to say.

#include <net/wire.h>
#include <protocols/static/daemon.h>

namespace xylem::statics {

namespace {

constexpr uint8_t DISTANCE = 1;
constexpr size_t MAX_HOPS = 64;
constexpr size_t MAX_DISTANCES = 32;
constexpr size_t PAGE = 1000;

net::Ip addressOf(Config::NextHop::Reader hop) { return net::read(hop.getAddress()).orDefault(net::Ip()); }
net::IpNet netOf(Config::Route::Reader route) { return net::read(route.getNet()).orDefault(net::IpNet()); }

bool isInterfaceName(kj::StringPtr name) {
  for (unsigned char c : name)
    if (c <= ' ' || c == '/' || c == 127) return false;
  return name.size() > 0 && name.size() <= 15 && name != "." && name != "..";
}

kj::Maybe<kj::String> whyNoGateway(net::Ip gateway, net::IpNet net, bool onLink) {
  if (gateway.isNone()) return kj::str("expected an address");
  if (gateway.version() != net.version())
    return kj::str(gateway, " is IPv", gateway.version(), ", the route is IPv", net.version());
  if (gateway.isUnspecified() || gateway.isMulticast() || gateway.isLoopback())
    return kj::str(gateway, " is not the address of a neighbour");
  if (gateway.is6() && gateway.isLinkLocal() && !onLink)
    return kj::str(gateway, " is on every link: say which, by its `interface`");
  return nullptr;
}

kj::Maybe<kj::String> whyNoDestination(net::IpNet net, bool drops) {
  if (net.isNone()) return kj::str("expected a prefix");
  if (net.length() > 0 && net.address().isMulticast()) return kj::str("a multicast prefix has no unicast route");
  if (net.isMartian() && !drops) return kj::str("nothing can be reached there; such a prefix can only be dropped");
  return nullptr;
}

void checkRoute(Config::Route::Reader route, xrl::Problems& problems) {
  auto net = netOf(route);
  auto path = kj::str("route ", net);
  auto hops = route.getNextHop().size() + route.getInterface().size();
  bool drops = route.getBlackhole() || route.getUnreachable();
  KJ_IF_MAYBE (why, whyNoDestination(net, drops)) problems.add(kj::str(path), kj::mv(*why));
  if (route.getBlackhole() && route.getUnreachable())
    problems.add(kj::str(path, " unreachable"), kj::str("the route is a blackhole already"));
  if (drops && hops > 0)
    problems.add(kj::str(path, route.getBlackhole() ? " blackhole" : " unreachable"),
                 kj::str("a route either drops packets or has next hops"));
  if (!drops && hops == 0)
    problems.add(kj::str(path), kj::str("needs a `next-hop`, an `interface`, `blackhole` or `unreachable`"));
  if (hops > MAX_HOPS) problems.add(kj::str(path), kj::str(hops, " next hops; at most ", MAX_HOPS, " are possible"));
  for (auto hop : route.getNextHop()) {
    auto at = kj::str(path, " next-hop ", addressOf(hop));
    bool onLink = hop.getInterface().size() > 0;
    KJ_IF_MAYBE (why, whyNoGateway(addressOf(hop), net, onLink)) problems.add(kj::str(at), kj::mv(*why));
    if (onLink && !isInterfaceName(hop.getInterface()))
      problems.add(kj::str(at, " interface"), kj::str("no interface can have this name"));
  }
  for (auto link : route.getInterface())
    if (!isInterfaceName(link.getName()))
      problems.add(kj::str(path, " interface ", link.getName()), kj::str("no interface can have this name"));
}

}  // namespace

void checkRoutes(Config::Reader config, xrl::Problems& problems) {
  std::map<uint8_t, net::IpNet> distances{{DISTANCE, {}}};
  for (auto route : config.getRoute()) checkRoute(route, problems);
  if (problems.list.size() > 0) return;
  for (auto& offer : offersOf(config))
    for (auto& at : offer.second) distances.emplace(at.first, offer.first);
  if (distances.size() > MAX_DISTANCES)
    problems.add(kj::str("route"),
                 kj::str(distances.size(), " different distances; at most ", MAX_DISTANCES, " are possible"));
}

Offers offersOf(Config::Reader config) {
  Offers offers;
  for (auto route : config.getRoute()) {
    auto& byDistance = offers[netOf(route)];
    auto at = [&](uint8_t own) -> kit::NextHops& {
      auto distance = own == 0 ? route.getDistance() : own;
      return byDistance.try_emplace(distance, Offer{{}, route.getMetric(), route.getTag()}).first->second.nextHops;
    };
    if (route.getBlackhole()) at(0).kind = kit::NextHops::BLACKHOLE;
    if (route.getUnreachable()) at(0).kind = kit::NextHops::UNREACHABLE;
    for (auto hop : route.getNextHop())
      at(hop.getDistance()).hops.push_back({addressOf(hop), hop.getInterface().cStr(), hop.getWeight()});
    for (auto link : route.getInterface())
      at(link.getDistance()).hops.push_back({{}, link.getName().cStr(), link.getWeight()});
  }
  return offers;
}

class Daemon::Shown final : public Show::Server {
 public:
  explicit Shown(Daemon& daemon) : daemon(daemon) {}

 private:
  kj::Promise<void> routes(RoutesContext context) override {
    auto params = context.getParams();
    auto within = KJ_REQUIRE_NONNULL(net::read(params.getNet()), "no prefix");
    auto after = net::IpNet::parse(params.getAfter()).orDefault(net::IpNet());
    daemon.list(within, after, context.getResults());
    return kj::READY_NOW;
  }
  Daemon& daemon;
};

Daemon::Daemon(xrl::Process& process) : Configured(process) {
  process.wants("rib");
  process.offers->add<Show>([this](xrl::Caller&) { return kj::heap<Shown>(*this); });
}

kit::Routes& Daemon::routesAt(uint8_t distance) {
  auto& routes = origins[distance];
  if (routes.get() == nullptr) routes = kj::heap<kit::Routes>(process, distance);
  return *routes;
}

xrl::Task<void> Daemon::commit(Config::Reader config) {
  auto wanted = offersOf(config);
  for (auto& [net, byDistance] : offers)
    for (auto& [distance, offer] : byDistance) {
      auto same = wanted.find(net);
      if (same == wanted.end() || same->second.count(distance) == 0) routesAt(distance).remove(net);
    }
  for (auto& [net, byDistance] : wanted)
    for (auto& [distance, offer] : byDistance) routesAt(distance).put(net, offer.nextHops, offer.metric, offer.tag);
  offers = kj::mv(wanted);
  routesAt(DISTANCE);
  std::erase_if(origins, [](auto& each) { return each.first != DISTANCE && each.second->size() == 0; });
  for (auto& each : origins) each.second->synced();
  co_return;
}

void Daemon::state(State::Builder state) {
  size_t offered = 0;
  for (auto& each : origins) offered += each.second->size();
  state.setRoutes(uint32_t(offers.size()));
  state.setOffers(uint32_t(offered));
}

void Daemon::list(net::IpNet within, net::IpNet after, Show::RoutesResults::Builder results) {
  struct Row {
    net::IpNet net;
    uint8_t distance;
    const Offer& offer;
  };
  kj::Vector<Row> rows;
  auto at = after.isNone() ? offers.begin() : offers.upper_bound(after);
  for (; at != offers.end() && rows.size() < PAGE; ++at) {
    if (!within.isNone() && !within.covers(at->first)) continue;
    for (auto& [distance, offer] : at->second) rows.add(Row{at->first, distance, offer});
  }
  if (at != offers.end()) results.setNext(kj::str(std::prev(at)->first));
  auto out = results.initRoutes(rows.size());
  for (auto i : kj::indices(rows)) {
    net::write(rows[i].net, out[i].initNet());
    out[i].setDistance(rows[i].distance);
    out[i].setNextHop(kj::str(rows[i].offer.nextHops));
    out[i].setMetric(rows[i].offer.metric);
    out[i].setTag(rows[i].offer.tag);
  }
}

}  // namespace xylem::statics

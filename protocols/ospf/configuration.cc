// What is left out follows from the rest: the dead interval from the hello interval, a cost from the bandwidth.

#include <protocols/ospf/configuration.h>

#include <net/wire.h>
#include <policy/compiled.h>

#include <set>

namespace xylem::ospf {

namespace {

constexpr uint16_t PLAIN_COST = 10;

template <typename Group> Authentication authenticationOf(Group from) {
  if (from.isPassword()) return Authentication(kj::str(from.getPassword()));
  if (!from.isKey()) return Authentication();
  kj::Vector<SecretKey> keys;
  for (auto key : from.getKey())
    keys.add(SecretKey{key.getId(), Algorithm(uint16_t(key.getAlgorithm())), kj::str(key.getSecret()),
                       key.getAcceptOnly(), key.getExtended()});
  return Authentication(kj::mv(keys));
}

uint16_t costOf(schema::Config::Reader config, schema::Config::Interface::Reader interface) {
  if (interface.getCost() > 0) return interface.getCost();
  if (interface.getBandwidth() == 0) return PLAIN_COST;
  uint32_t cost = config.getReferenceBandwidth() / interface.getBandwidth();
  return uint16_t(kj::max(1u, kj::min(cost, uint32_t(MAX_LINK_METRIC - 1))));
}

uint32_t deadOf(uint32_t dead, uint16_t hello) { return dead > 0 ? dead : 4u * hello; }

InterfaceSettings interfaceOf(schema::Config::Reader config, AreaId area, schema::Config::Interface::Reader from) {
  InterfaceSettings settings;
  settings.area = area;
  settings.type = NetworkType(uint16_t(from.getType()));
  settings.passive = from.getPassive();
  settings.cost = costOf(config, from);
  settings.priority = from.getPriority();
  settings.helloInterval = from.getHelloInterval();
  settings.deadInterval = deadOf(from.getDeadInterval(), from.getHelloInterval());
  settings.retransmitInterval = from.getRetransmitInterval();
  settings.transmitDelay = from.getTransmitDelay();
  settings.ignoreMtu = from.getIgnoreMtu();
  for (auto neighbor : from.getNeighbor()) settings.neighbors.insert(net::read(neighbor.getAddress()));
  settings.authentication = authenticationOf(from.getAuthentication());
  return settings;
}

std::map<IpNet, RangeSettings> rangesOf(capnp::List<schema::Config::Range>::Reader from) {
  std::map<IpNet, RangeSettings> ranges;
  for (auto range : from) {
    KJ_IF_MAYBE (net, net::read(range.getNet())) {
      auto& mine = ranges[*net];
      mine.advertise = !range.getHide();
      if (range.getCost() > 0) mine.cost = range.getCost();
    }
  }
  return ranges;
}

AreaSettings areaOf(schema::Config::Area::Reader from) {
  AreaSettings settings;
  settings.type = AreaType(uint16_t(from.getType()));
  settings.summaries = !from.getNoSummary();
  settings.defaultCost = from.getDefaultCost();
  settings.defaultRoute = from.getDefaultRoute();
  settings.translateAlways = from.getTranslateAlways();
  settings.ranges = rangesOf(from.getRange());
  settings.externalRanges = rangesOf(from.getExternalRange());
  for (auto link : from.getVirtualLink()) {
    auto& mine = settings.virtualLinks[net::read(link.getRouter())];
    mine.helloInterval = link.getHelloInterval();
    mine.deadInterval = deadOf(link.getDeadInterval(), link.getHelloInterval());
    mine.authentication = authenticationOf(link.getAuthentication());
  }
  return settings;
}

template <typename Link> void checkLink(kj::StringPtr path, Link link, xrl::Problems& problems) {
  // An interface or a virtual link.
  auto authentication = link.getAuthentication();
  if (!authenticationOf(authentication).maySend())
    problems.add(kj::str(path, " authentication key"),
                 kj::str("all keys are accept-only, so there is none to sign with"));
  if (authentication.isKey())
    for (auto key : authentication.getKey())
      if (key.getExtended() && key.getAlgorithm() == schema::Config::Algorithm::MD5)
        problems.add(kj::str(path, " authentication key ", key.getId(), " extended"),
                     kj::str("keyed MD5 cannot sign the sender's address; an HMAC can"));
  uint32_t dead = deadOf(link.getDeadInterval(), link.getHelloInterval());
  if (dead <= link.getHelloInterval())
    problems.add(kj::str(path, " dead-interval"),
                 kj::str("neighbors are dead before their next hello; it is longer than the hello interval, ",
                         link.getHelloInterval()));
}

void checkInterface(kj::StringPtr path, schema::Config::Interface::Reader interface, xrl::Problems& problems) {
  checkLink(path, interface, problems);
  using Type = schema::Config::InterfaceType;
  bool one = interface.getType() == Type::NBMA || interface.getType() == Type::POINT_TO_MULTIPOINT;
  if (interface.getNeighbor().size() > 0 && !one)
    problems.add(kj::str(path, " neighbor"), kj::str("neighbors of a link of this type find each other"));
}

}  // namespace

Settings settingsOf(schema::Config::Reader config) {
  Settings settings;
  settings.router = net::read(config.getRouterId());
  settings.stubRouter = config.getStubRouter();
  settings.alternativeBorder = config.getBorder() == schema::Config::Border::ALTERNATIVE;
  if (config.getAnnounceDefault().getAlways()) settings.announceDefault = config.getAnnounceDefault().getMetric();
  settings.helperTime = config.getGracefulRestart().getHelperTime();
  settings.restarts = config.getGracefulRestart().getRestartTime() > 0;
  settings.ignoreChanges = config.getGracefulRestart().getIgnoreChanges();
  settings.hostname = config.getHostname().cStr();
  settings.routerInformation = config.getRouterInformation() || !settings.hostname.empty();
  auto timers = config.getTimers();
  settings.delays = {timers.getSearchInitial(), timers.getSearchShort(),    timers.getSearchLong(),
                     timers.getSearchLearn(),   timers.getSearchHoldDown(), timers.getLsaHold(),
                     timers.getLsaMax(),        timers.getLsaArrival()};
  for (auto area : config.getArea()) {
    auto id = net::read(area.getId());
    settings.areas[id] = areaOf(area);
    for (auto interface : area.getInterface())
      settings.interfaces[interface.getName().cStr()] = interfaceOf(config, id, interface);
  }
  return settings;
}

void findProblems(schema::Config::Reader config, kj::StringPtr self, xrl::Problems& problems) {
  std::set<std::string> seen;
  if (net::read(config.getRouterId()).isUnspecified())
    problems.add(kj::str("router-id"), kj::str("0.0.0.0 identifies no router"));
  for (auto letter : config.getHostname())
    if (letter <= ' ' || letter > '~')
      return problems.add(kj::str("hostname"), kj::str("a name of letters, digits and signs of ASCII, without spaces"));
  for (auto area : config.getArea()) {
    auto id = net::read(area.getId());
    auto path = kj::str("area ", id);
    bool normal = area.getType() == schema::Config::AreaType::NORMAL;
    if (id == BACKBONE && !normal)
      problems.add(kj::str(path, " type"), kj::str("the backbone can be neither a stub area nor an NSSA"));
    bool nssa = area.getType() == schema::Config::AreaType::NSSA;
    if (area.getExternalRange().size() > 0 && !nssa)
      problems.add(kj::str(path, " external-range"), kj::str("only an NSSA's external routes are translated"));
    bool through = area.getVirtualLink().size() > 0;
    if (through && (id == BACKBONE || !normal))
      problems.add(kj::str(path, " virtual-link"),
                   kj::str("virtual links lead through normal areas other than the backbone"));
    for (auto link : area.getVirtualLink())
      checkLink(kj::str(path, " virtual-link ", net::read(link.getRouter())), link, problems);
    for (auto interface : area.getInterface()) {
      auto at = kj::str(path, " interface ", interface.getName());
      if (!seen.insert(interface.getName().cStr()).second)
        problems.add(kj::str(at), kj::str("an interface can be in one area only"));
      checkInterface(at, interface, problems);
    }
  }
  for (auto each : config.getRedistribute()) {
    auto path = kj::str("redistribute ", each.getProtocol());
    if (each.getPolicy().size() > 0)
      KJ_IF_MAYBE (why, policy::whyUnknown(config.getPolicy(), each.getPolicy()))
        problems.add(kj::str(path, " policy"), kj::mv(*why));
    if (each.getProtocol() == self)
      problems.add(kj::mv(path), kj::str("a protocol cannot redistribute its own routes"));
  }
}

}  // namespace xylem::ospf

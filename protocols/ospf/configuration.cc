// What is left out follows from the rest: the dead interval from the hello interval, a cost from the bandwidth.
//
// The statements of OSPFv3 are those of OSPFv2 but for addresses, keys and instances, and are said once for each
// address family; both are read by the same code.

#include <protocols/ospf/configuration.h>

#include <net/wire.h>
#include <policy/compiled.h>

#include <algorithm>
#include <set>

namespace xylem::ospf {

namespace {

constexpr uint16_t PLAIN_COST = 10;
constexpr uint8_t FIRST_IP4 = 64, LAST_IP6 = 31;
// IDs of instances (RFC 5838 section 2.1).

using Interface2 = schema::Config::Interface::Reader;
using Interface3 = schema3::Config::Interface::Reader;

SecretKey keyOf(schema::Config::Key::Reader key) {
  return {key.getId(), Algorithm(uint16_t(key.getAlgorithm())), kj::str(key.getSecret()), key.getAcceptOnly(),
          key.getExtended()};
}

SecretKey keyOf(schema3::Config::Key::Reader key) {
  auto algorithm = Algorithm(uint(Algorithm::HMAC_SHA1) + uint16_t(key.getAlgorithm()));
  return {key.getId(), algorithm, kj::str(key.getSecret()), key.getAcceptOnly()};
}

template <typename Group> Authentication authenticationOf(Group from) {
  if constexpr (requires { from.getPassword(); })
    if (from.isPassword()) return Authentication(kj::str(from.getPassword()));
  if (!from.isKey()) return Authentication();
  kj::Vector<SecretKey> keys;
  for (auto key : from.getKey()) keys.add(keyOf(key));
  return Authentication(kj::mv(keys));
}

uint8_t instanceOf(Interface2, Face) { return 0; }
uint8_t instanceOf(Interface3 interface, Face face) {
  if (interface.getInstanceId() > 0) return interface.getInstanceId();
  return face == Face::V3_IP4 ? FIRST_IP4 : 0;
}

Face faceOf(schema3::Config::Family::Reader family) {
  return family.getFamily() == schema3::Config::AddressFamily::IPV4 ? Face::V3_IP4 : Face::V3;
}

uint32_t deadOf(uint32_t dead, uint16_t hello) { return dead > 0 ? dead : 4u * hello; }

template <typename Interface> uint16_t costOf(uint32_t reference, Interface interface) {
  if (interface.getCost() > 0) return interface.getCost();
  if (interface.getBandwidth() == 0) return PLAIN_COST;
  uint32_t cost = reference / interface.getBandwidth();
  return uint16_t(kj::max(1u, kj::min(cost, uint32_t(MAX_LINK_METRIC - 1))));
}

template <typename Interface> uint16_t inputCostOf(Interface interface) {
  // OSPFv3 has none.
  if constexpr (requires { interface.getInputCost(); })
    return interface.getInputCost();
  else
    return 0;
}

template <typename Interface>
InterfaceSettings interfaceOf(uint32_t reference, Face face, AreaId area, Interface from) {
  InterfaceSettings settings;
  settings.area = area;
  settings.type = NetworkType(uint16_t(from.getType()));
  settings.passive = from.getPassive();
  settings.cost = costOf(reference, from);
  settings.inputCost = inputCostOf(from);
  settings.priority = from.getPriority();
  settings.helloInterval = from.getHelloInterval();
  settings.deadInterval = deadOf(from.getDeadInterval(), from.getHelloInterval());
  settings.retransmitInterval = from.getRetransmitInterval();
  settings.transmitDelay = from.getTransmitDelay();
  settings.ignoreMtu = from.getIgnoreMtu();
  settings.instance = instanceOf(from, face);
  for (auto neighbor : from.getNeighbor()) settings.neighbors.insert(net::read(neighbor.getAddress()));
  settings.authentication = authenticationOf(from.getAuthentication());
  return settings;
}

template <typename Ranges> std::map<IpNet, RangeSettings> rangesOf(Ranges from) {
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

template <typename Area> AreaSettings areaOf(Area from) {
  AreaSettings settings;
  settings.type = AreaType(uint16_t(from.getType()));
  settings.summaries = !from.getNoSummary();
  settings.defaultCost = from.getDefaultCost();
  settings.defaultRoute = from.getDefaultRoute();
  settings.translateAlways = from.getTranslateAlways();
  if constexpr (requires { from.getTwoPartMetric(); }) settings.twoPartMetric = from.getTwoPartMetric();
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

template <typename Block>
Wanted wantedOf(Block block, Face face, RouterId router, schema::Config::GracefulRestart::Reader restart) {
  // `block`: all that is said of one core.
  Wanted wanted;
  auto& settings = wanted.settings;
  settings.router = router;
  settings.helperTime = restart.getHelperTime();
  settings.restarts = restart.getRestartTime() > 0;
  settings.ignoreChanges = restart.getIgnoreChanges();
  settings.stubRouter = block.getStubRouter();
  settings.alternativeBorder = block.getBorder() == schema::Config::Border::ALTERNATIVE;
  if (block.getAnnounceDefault().getAlways()) settings.announceDefault = block.getAnnounceDefault().getMetric();
  auto timers = block.getTimers();
  settings.delays = {timers.getSearchInitial(), timers.getSearchShort(),    timers.getSearchLong(),
                     timers.getSearchLearn(),   timers.getSearchHoldDown(), timers.getLsaHold(),
                     timers.getLsaMax(),        timers.getLsaArrival()};
  for (auto area : block.getArea()) {
    auto id = net::read(area.getId());
    settings.areas[id] = areaOf(area);
    for (auto interface : area.getInterface())
      settings.interfaces[interface.getName().cStr()] = interfaceOf(block.getReferenceBandwidth(), face, id, interface);
  }
  for (auto each : block.getRedistribute())
    wanted.redistributed[each.getProtocol().cStr()] = {{!each.getType1(), each.getMetric(), each.getTag(), Ip()},
                                                       each.getPolicy().cStr()};
  return wanted;
}

template <typename Config> void takeRouter(Config config, Settings& settings) {
  settings.hostname = config.getHostname().cStr();
  settings.routerInformation = config.getRouterInformation() || !settings.hostname.empty();
  settings.signalling = config.getLinkLocalSignalling();
}

// ---- problems

bool isUnsignable(schema::Config::Key::Reader key) {
  return key.getExtended() && key.getAlgorithm() == schema::Config::Algorithm::MD5;
}
bool isUnsignable(schema3::Config::Key::Reader) { return false; }

template <typename Link> void checkLink(kj::StringPtr path, Link link, xrl::Problems& problems) {
  // An interface or a virtual link.
  auto authentication = link.getAuthentication();
  if (!authenticationOf(authentication).maySend())
    problems.add(kj::str(path, " authentication key"),
                 kj::str("all keys are accept-only, so there is none to sign with"));
  if (authentication.isKey())
    for (auto key : authentication.getKey())
      if (isUnsignable(key))
        problems.add(kj::str(path, " authentication key ", key.getId(), " extended"),
                     kj::str("keyed MD5 cannot sign the sender's address; an HMAC can"));
  uint32_t dead = deadOf(link.getDeadInterval(), link.getHelloInterval());
  if (dead <= link.getHelloInterval())
    problems.add(kj::str(path, " dead-interval"),
                 kj::str("neighbors are dead before their next hello; it is longer than the hello interval, ",
                         link.getHelloInterval()));
}

template <typename Interface> void checkInterface(kj::StringPtr path, Interface interface, xrl::Problems& problems) {
  checkLink(path, interface, problems);
  using Type = schema::Config::InterfaceType;
  bool one = interface.getType() == Type::NBMA || interface.getType() == Type::POINT_TO_MULTIPOINT;
  if (interface.getNeighbor().size() > 0 && !one)
    problems.add(kj::str(path, " neighbor"), kj::str("neighbors of a link of this type find each other"));
  bool elects = interface.getType() == Type::BROADCAST || interface.getType() == Type::NBMA;
  if (inputCostOf(interface) > 0 && !elects)
    problems.add(kj::str(path, " input-cost"), kj::str("only a link with a designated router has one"));
}

void checkFamily(kj::StringPtr, Interface2, Face, xrl::Problems&) {}
void checkFamily(kj::StringPtr path, Interface3 interface, Face face, xrl::Problems& problems) {
  uint8_t id = instanceOf(interface, face);
  bool fits = face == Face::V3_IP4 ? id >= FIRST_IP4 : id <= LAST_IP6;
  if (!fits)
    problems.add(kj::str(path, " instance-id"),
                 face == Face::V3_IP4 ? kj::str("for IPv4, 64 to 95") : kj::str("for IPv6, 0 to 31"));
  for (auto neighbor : interface.getNeighbor()) {
    auto address = net::read(neighbor.getAddress());
    if (!address.isLinkLocal())
      problems.add(kj::str(path, " neighbor ", address), kj::str("expected a link-local address"));
  }
}

template <typename Ranges> void checkRanges(kj::StringPtr path, Ranges ranges, Face face, xrl::Problems& problems) {
  for (auto range : ranges) {
    KJ_IF_MAYBE (net, net::read(range.getNet())) {
      if (IpNet(*net).version() != familyOf(face))
        problems.add(kj::str(path, " ", *net), kj::str("it is not of this address family"));
    }
  }
}

template <typename Area> void checkArea(kj::StringPtr path, Area area, Face face, xrl::Problems& problems) {
  bool backbone = net::read(area.getId()) == BACKBONE;
  bool normal = area.getType() == schema::Config::AreaType::NORMAL;
  bool through = area.getVirtualLink().size() > 0;
  if (backbone && !normal)
    problems.add(kj::str(path, " type"), kj::str("the backbone can be neither a stub area nor an NSSA"));
  if (through && (backbone || !normal))
    problems.add(kj::str(path, " virtual-link"),
                 kj::str("virtual links lead through normal areas other than the backbone"));
  if (through && face == Face::V3_IP4)
    problems.add(kj::str(path, " virtual-link"), kj::str("there are none for IPv4 (RFC 5838 section 2.8)"));
  for (auto link : area.getVirtualLink())
    checkLink(kj::str(path, " virtual-link ", net::read(link.getRouter())), link, problems);
  checkRanges(kj::str(path, " range"), area.getRange(), face, problems);
  checkRanges(kj::str(path, " external-range"), area.getExternalRange(), face, problems);
  if (area.getExternalRange().size() > 0 && area.getType() != schema::Config::AreaType::NSSA)
    problems.add(kj::str(path, " external-range"), kj::str("only an NSSA's external routes are translated"));
}

template <typename Block>
void checkBlock(kj::StringPtr before, Block block, Face face, policy::schema::Options::Reader policies,
                kj::StringPtr self, xrl::Problems& problems) {
  std::set<std::string> seen;
  for (auto area : block.getArea()) {
    auto path = kj::str(before, "area ", net::read(area.getId()));
    checkArea(path, area, face, problems);
    for (auto interface : area.getInterface()) {
      auto at = kj::str(path, " interface ", interface.getName());
      if (!seen.insert(interface.getName().cStr()).second)
        problems.add(kj::str(at), kj::str("an interface can be in one area only"));
      checkInterface(at, interface, problems);
      checkFamily(at, interface, face, problems);
    }
  }
  for (auto each : block.getRedistribute()) {
    auto path = kj::str(before, "redistribute ", each.getProtocol());
    if (each.getPolicy().size() > 0)
      KJ_IF_MAYBE (why, policy::whyUnknown(policies, each.getPolicy()))
        problems.add(kj::str(path, " policy"), kj::mv(*why));
    if (each.getProtocol() == self)
      problems.add(kj::mv(path), kj::str("a protocol cannot redistribute its own routes"));
  }
}

template <typename Config> void checkRouter(Config config, xrl::Problems& problems) {
  if (net::read(config.getRouterId()).isUnspecified())
    problems.add(kj::str("router-id"), kj::str("0.0.0.0 identifies no router"));
  auto name = config.getHostname();
  if (std::any_of(name.begin(), name.end(), [](char letter) { return letter <= ' ' || letter > '~'; }))
    problems.add(kj::str("hostname"), kj::str("a name of letters, digits and signs of ASCII, without spaces"));
}

}  // namespace

std::map<Face, Wanted> wantedOf(schema::Config::Reader config) {
  std::map<Face, Wanted> all;
  auto wanted = wantedOf(config, Face::V2, net::read(config.getRouterId()), config.getGracefulRestart());
  takeRouter(config, wanted.settings);
  all.emplace(Face::V2, kj::mv(wanted));
  return all;
}

std::map<Face, Wanted> wantedOf(schema3::Config::Reader config) {
  std::map<Face, Wanted> all;
  for (auto family : config.getAddressFamily()) {
    auto face = faceOf(family);
    auto wanted = wantedOf(family, face, net::read(config.getRouterId()), config.getGracefulRestart());
    takeRouter(config, wanted.settings);
    all.emplace(face, kj::mv(wanted));
  }
  return all;
}

void findProblems(schema::Config::Reader config, kj::StringPtr self, xrl::Problems& problems) {
  checkRouter(config, problems);
  checkBlock("", config, Face::V2, config.getPolicy(), self, problems);
}

void findProblems(schema3::Config::Reader config, kj::StringPtr self, xrl::Problems& problems) {
  checkRouter(config, problems);
  for (auto family : config.getAddressFamily()) {
    auto face = faceOf(family);
    auto before = kj::str("address-family ", familyOf(face) == 6 ? "ipv6 " : "ipv4 ");
    checkBlock(before, family, face, config.getPolicy(), self, problems);
  }
}

}  // namespace xylem::ospf

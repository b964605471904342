// Families: those of the neighbour's own address, and whatever is said.

#include <protocols/bgp/settings.h>

#include <net/wire.h>

#include <set>

namespace xylem::bgp {

namespace {

using Config = schema::Config;

std::vector<std::string> textsOf(capnp::List<capnp::Text>::Reader list) {
  std::vector<std::string> texts;
  for (auto each : list) texts.push_back(each.cStr());
  return texts;
}

kj::Maybe<Role> roleOf(Config::Role role) {
  switch (role) {
    case Config::Role::NONE:
      return nullptr;
    case Config::Role::PROVIDER:
      return Role::PROVIDER;
    case Config::Role::CUSTOMER:
      return Role::CUSTOMER;
    case Config::Role::PEER:
      return Role::PEER;
    case Config::Role::ROUTE_SERVER:
      return Role::ROUTE_SERVER;
    case Config::Role::ROUTE_SERVER_CLIENT:
      return Role::ROUTE_SERVER_CLIENT;
  }
  return nullptr;
}

bool isMember(Config::Reader config, uint32_t as) {
  for (auto each : config.getConfederation().getMember())
    if (each == as) return true;
  return false;
}

FamilySettings familyOf(Config::Neighbor::Reader neighbor, Config::Family::Reader family, bool on) {
  FamilySettings settings;
  settings.on = on && !family.getDisable();
  settings.import = textsOf(family.getImport().size() > 0 ? family.getImport() : neighbor.getImport());
  settings.exportNames = textsOf(family.getExport().size() > 0 ? family.getExport() : neighbor.getExport());
  settings.maxPrefixes = family.getMaxPrefixes();
  settings.warnOnly = family.getOnMax() == Config::OnMax::WARN;
  settings.restartAfter = family.getRestartAfter();
  settings.addPathReceive = family.getAddPathReceive();
  settings.addPathSend = family.getAddPathSend();
  settings.defaultOriginate = family.getDefaultOriginate();
  settings.maxAdvertised = family.getMaxAdvertised();
  return settings;
}

Capabilities capabilitiesOf(Config::Reader config, const PeerSettings& peer) {
  Capabilities offered;
  auto restart = config.getGracefulRestart();
  for (auto family : FamilySet::all()) {
    auto& settings = peer.families[family];
    if (!settings.on) continue;
    offered.families.add(family);
    offered.addPath[family] = {settings.addPathReceive, settings.addPathSend > 0};
    if (!restart.getDisable()) offered.longLived[family] = {true, restart.getLongLived()};
    bool over6 = peer.address.is6() || peer.address.isNone();
    if (isIp4(family) && over6) offered.extendedNextHop.add(family);
  }
  offered.routeRefresh = offered.enhancedRefresh = offered.extendedMessages = true;
  offered.as4 = config.getLocalAs();
  offered.role = peer.terms.role;
  if (!restart.getDisable()) {
    GracefulRestart graceful;
    graceful.notification = true;
    graceful.time = restart.getTime();
    graceful.families = graceful.forwarding = offered.families;
    offered.gracefulRestart = graceful;
  }
  return offered;
}

std::string identityOf(Config::Reader config, const PeerSettings& peer) {
  auto& session = peer.session;
  kj::Vector<kj::String> families;
  for (auto family : FamilySet::all()) {
    auto& settings = peer.families[family];
    families.add(kj::str(settings.on, settings.addPathReceive, settings.addPathSend));
  }
  uint role = 99;
  KJ_IF_MAYBE (ours, peer.terms.role) role = uint(*ours);
  return kj::str(config.getLocalAs(), ' ', config.getConfederation().getIdentifier(), ' ', session.identifier, ' ',
                 kj::strArray(session.localAs, ","), ' ', session.peerAs, ' ', uint(peer.terms.kind), ' ', peer.address,
                 ' ', peer.interface.c_str(), ' ', peer.transport.local, ' ', peer.transport.port, ' ',
                 uint(peer.transport.hops), ' ', uint(peer.transport.minHops), ' ', session.holdTime, ' ',
                 session.keepalive / kj::SECONDS, ' ', session.passive, ' ', session.strictRole, ' ', role, ' ',
                 session.enforceFirstAs, ' ', peer.terms.clusterId, ' ', peer.terms.client, ' ',
                 peer.terms.routeServerClient, ' ', kj::strArray(families, " "), ' ',
                 config.getGracefulRestart().getDisable(), ' ', config.getGracefulRestart().getLongLived(), ' ',
                 peer.transport.password.c_str())
      .cStr();
}

Neighbor::Kind kindOf(Config::Reader config, Config::Neighbor::Reader from, uint32_t ours) {
  auto as = from.getRemoteAs();
  if (as == 0) return from.getExternal() ? Neighbor::EXTERNAL : Neighbor::INTERNAL;
  return as == ours ? Neighbor::INTERNAL : isMember(config, as) ? Neighbor::CONFEDERATION : Neighbor::EXTERNAL;
}

Terms termsOf(Config::Reader config, Config::Neighbor::Reader from) {
  Terms terms;
  terms.ownAs = config.getLocalAs();
  terms.confederation = config.getConfederation().getIdentifier();
  terms.kind = kindOf(config, from, terms.ownAs);
  bool outside = terms.kind == Neighbor::EXTERNAL;
  terms.localAs = from.getLocalAs() != 0                ? from.getLocalAs()
                  : outside && terms.confederation != 0 ? terms.confederation
                                                        : terms.ownAs;
  terms.peerAs = from.getRemoteAs();
  terms.routerId = net::read(config.getRouterId());
  terms.clusterId = net::read(config.getClusterId());
  if (terms.clusterId.isUnspecified()) terms.clusterId = terms.routerId;
  terms.client = from.getRouteReflectorClient();
  terms.routeServerClient = from.getRouteServerClient();
  terms.role = roleOf(from.getRole());
  terms.allowOwnAs = from.getAllowOwnAs();
  terms.asOverride = from.getAsOverride();
  terms.removePrivateAs = from.getRemovePrivateAs();
  terms.nextHopSelf = from.getNextHopSelf();
  terms.nextHopUnchanged = from.getNextHopUnchanged();
  return terms;
}

PeerSettings peerOf(Config::Reader config, Config::Neighbor::Reader from, net::Ip address) {
  PeerSettings peer;
  peer.name = from.getName().cStr();
  peer.group = from.getGroup().cStr();
  peer.description = from.getDescription().cStr();
  peer.address = address;
  if (address.isNone()) peer.interface = peer.name;
  peer.shutdown = from.getShutdown();
  peer.shutdownMessage = from.getShutdownMessage().cStr();
  peer.terms = termsOf(config, from);
  bool outside = peer.terms.kind == Neighbor::EXTERNAL;
  auto set = [&](Family family, Config::Family::Reader said, bool on) {
    peer.families[family] = familyOf(from, said, on);
  };
  set(Family::IPV4_UNICAST, from.getIp4(), address.is4() || from.hasIp4());
  set(Family::IPV6_UNICAST, from.getIp6(), address.is6() || address.isNone() || from.hasIp6());
  set(Family::IPV4_MULTICAST, from.getIp4Multicast(), from.hasIp4Multicast());
  set(Family::IPV6_MULTICAST, from.getIp6Multicast(), from.hasIp6Multicast());

  peer.transport.local = KJ_REQUIRE_NONNULL(net::read(from.getLocalAddress()));
  peer.transport.port = from.getPort();
  peer.transport.password = from.getPassword().cStr();
  uint hops = outside ? kj::max(from.getMultihop(), 1) : 255;
  peer.transport.hops = from.getTtlSecurity() != 0 ? 255 : uint8_t(hops);
  peer.transport.minHops = from.getTtlSecurity() != 0 ? uint8_t(256 - from.getTtlSecurity()) : 0;

  auto& session = peer.session;
  session.localAs = {peer.terms.localAs};
  session.peerAs = from.getRemoteAs() != 0 || from.getExternal() ? from.getRemoteAs() : peer.terms.ownAs;
  session.confederation = peer.terms.kind == Neighbor::CONFEDERATION;
  session.enforceFirstAs = outside && !from.getAnyFirstAs() && !from.getRouteServerClient();
  session.identifier = peer.terms.routerId;
  session.strictRole = from.getStrictRole();
  session.passive = from.getPassive();
  session.holdTime = from.getHoldTime();
  session.keepalive = from.getKeepalive() * kj::SECONDS;
  session.connectRetry = from.getConnectRetry() * kj::SECONDS;
  session.capabilities = capabilitiesOf(config, peer);
  for (auto each : from.getCondition())
    peer.conditions.push_back(
        {KJ_REQUIRE_NONNULL(net::read(each.getNet())), each.getAbsent(), each.getPolicy().cStr()});
  peer.identity = identityOf(config, peer);
  return peer;
}

kj::Maybe<net::Ip> addressOf(Config::Neighbor::Reader neighbor) { return net::Ip::parse(neighbor.getName()); }

void checkNeighbor(Config::Reader config, Config::Neighbor::Reader neighbor, xrl::Problems& problems) {
  auto path = kj::str("neighbor ", neighbor.getName());
  auto add = [&](kj::StringPtr where, kj::String text) { problems.add(kj::str(path, where), kj::mv(text)); };
  if (neighbor.getRemoteAs() == 0 && !neighbor.getExternal())
    add("", kj::str("whose AS is it? expected \"remote-as\", or \"external\" for any other AS"));
  auto hold = neighbor.getHoldTime();
  if (hold == 1 || hold == 2) add(" hold-time", kj::str("expected 0, or at least 3 seconds (RFC 4271 section 4.2)"));
  bool internal = kindOf(config, neighbor, config.getLocalAs()) == Neighbor::INTERNAL;
  if (neighbor.getRouteReflectorClient() && !internal)
    add(" route-reflector-client", kj::str("only an internal neighbor is reflected to"));
  if (neighbor.getRouteServerClient() && internal)
    add(" route-server-client", kj::str("an internal neighbor is no client of a route server"));
  if (neighbor.getTtlSecurity() != 0 && neighbor.getMultihop() != 0)
    add(" multihop", kj::str("\"ttl-security\" already says how far away the neighbor may be"));
  if (neighbor.getListen().size() > 0) add(" listen", kj::str("only groups listen"));
  auto local = KJ_REQUIRE_NONNULL(net::read(neighbor.getLocalAddress()));
  KJ_IF_MAYBE (address, addressOf(neighbor)) {
    if (!local.isNone() && local.version() != address->version())
      add(" local-address", kj::str(local, " is of another version than the neighbor's address"));
  } else if (neighbor.getName().size() > 15) {
    add("", kj::str("this is neither an address nor the name of an interface"));
  }
}

}  // namespace

void check(Config::Reader config, xrl::Problems& problems) {
  std::set<std::string> groups;
  for (auto group : config.getGroup()) {
    groups.insert(group.getName().cStr());
    for (auto net : group.getListen())
      if (KJ_REQUIRE_NONNULL(net::read(net)).isNone())
        problems.add(kj::str("group ", group.getName(), " listen"), kj::str("expected a prefix"));
    if (group.getListen().size() > 0 && group.getRemoteAs() == 0 && !group.getExternal())
      problems.add(kj::str("group ", group.getName()),
                   kj::str("whose AS is it? expected \"remote-as\", or \"external\" for any other AS"));
  }
  for (auto neighbor : config.getNeighbor()) {
    checkNeighbor(config, neighbor, problems);
    if (neighbor.getGroup().size() > 0 && groups.count(neighbor.getGroup().cStr()) == 0)
      problems.add(kj::str("neighbor ", neighbor.getName(), " group ", neighbor.getGroup()),
                   kj::str("there is no group of this name"));
  }
  if (net::read(config.getRouterId()).isUnspecified())
    problems.add(kj::str("router-id"), kj::str("0.0.0.0 names no router (RFC 6286)"));
  for (auto each : config.getRedistribute())
    if (each.getProtocol() == "bgp")
      problems.add(kj::str("redistribute bgp"), kj::str("a protocol cannot redistribute its own routes"));

  if (config.hasDampening() && config.getDampening().getReuse() >= config.getDampening().getSuppress())
    problems.add(kj::str("dampening reuse"), kj::str("expected less than \"suppress\""));

  policy::Compiled policies(config.getPolicy());
  for (auto& problem : policies.problems())
    if (!problem.warning) problems.add(kj::str("policy ", problem.path), kj::str(problem.text));
  auto known = [&](kj::String path, capnp::List<capnp::Text>::Reader names) {
    for (auto name : names)
      KJ_IF_MAYBE (why, policy::whyUnknown(config.getPolicy(), name))
        problems.add(kj::str(path, " ", name), kj::mv(*why));
  };
  auto both = [&](kj::StringPtr path, auto reader) {
    known(kj::str(path, " import"), reader.getImport());
    known(kj::str(path, " export"), reader.getExport());
  };
  auto all = [&](kj::StringPtr kind, Config::Neighbor::Reader neighbor) {
    auto path = kj::str(kind, ' ', neighbor.getName());
    both(path, neighbor);
    both(kj::str(path, " ip4"), neighbor.getIp4());
    both(kj::str(path, " ip6"), neighbor.getIp6());
    both(kj::str(path, " ip4-multicast"), neighbor.getIp4Multicast());
    both(kj::str(path, " ip6-multicast"), neighbor.getIp6Multicast());
    for (auto each : neighbor.getCondition())
      KJ_IF_MAYBE (why, policy::whyUnknown(config.getPolicy(), each.getPolicy()))
        problems.add(kj::str(path, " condition ", KJ_REQUIRE_NONNULL(net::read(each.getNet())), " policy"),
                     kj::mv(*why));
  };
  for (auto neighbor : config.getNeighbor()) all("neighbor", neighbor);
  for (auto group : config.getGroup()) all("group", group);
  for (auto each : config.getNetwork())
    known(kj::str("network ", KJ_REQUIRE_NONNULL(net::read(each.getNet())), " policy"), each.getPolicy());
  for (auto each : config.getAggregate())
    known(kj::str("aggregate ", KJ_REQUIRE_NONNULL(net::read(each.getNet())), " policy"), each.getPolicy());
  for (auto each : config.getRedistribute())
    known(kj::str("redistribute ", each.getProtocol(), " policy"), each.getPolicy());
}

SpeakerSettings settingsOf(Config::Reader config) {
  SpeakerSettings settings;
  settings.localAs = config.getLocalAs();
  settings.routerId = net::read(config.getRouterId());
  settings.distanceExternal = config.getDistance().getExternal();
  settings.distanceInternal = config.getDistance().getInternal();
  auto best = config.getBestPath();
  settings.decision.ignorePathLength = best.getIgnorePathLength();
  settings.decision.alwaysCompareMed = best.getAlwaysCompareMed();
  settings.decision.missingMedWorst = best.getMissingMedWorst();
  settings.decision.preferOldest = best.getPreferOldest();
  auto multipath = config.getMultipath();
  settings.decision.multipath = {Multipath::Rule(uint16_t(multipath.getRelax())), multipath.getExternal(),
                                 multipath.getInternal()};
  settings.linkBandwidth = multipath.getLinkBandwidth();
  auto restart = config.getGracefulRestart();
  settings.restartTime = restart.getTime();
  settings.selectionTime = restart.getSelection();
  settings.staleTime = restart.getStale();
  for (auto neighbor : config.getNeighbor())
    settings.peers[neighbor.getName().cStr()] = peerOf(config, neighbor, addressOf(neighbor).orDefault(net::Ip()));
  for (auto group : config.getGroup()) {
    if (group.getListen().size() == 0) continue;
    Listening listening{group.getName().cStr(), {}, group.getListenLimit(), {}};
    for (auto net : group.getListen()) listening.nets.push_back(KJ_REQUIRE_NONNULL(net::read(net)));
    bool four = listening.nets[0].is4();
    listening.peer = peerOf(config, group, four ? net::Ip(net::Ip4()) : net::Ip(net::Ip6()));
    listening.peer.group = listening.group;
    listening.peer.session.passive = true;
    settings.listening.push_back(kj::mv(listening));
  }
  for (auto each : config.getRedistribute())
    settings.redistribute[each.getProtocol().cStr()] = {each.getProtocol().cStr(), textsOf(each.getPolicy())};
  for (auto each : config.getNetwork())
    settings.networks[KJ_REQUIRE_NONNULL(net::read(each.getNet()))] = {"", textsOf(each.getPolicy())};
  for (auto each : config.getAggregate()) {
    auto net = KJ_REQUIRE_NONNULL(net::read(each.getNet()));
    settings.aggregates[net] = {"", textsOf(each.getPolicy())};
    if (each.getSummaryOnly()) settings.summaries.insert(net);
  }
  if (config.hasDampening()) {
    auto dampening = config.getDampening();
    settings.dampening = {dampening.getHalfLife(), dampening.getSuppress(), dampening.getReuse(),
                          dampening.getMaxSuppress()};
  }
  return settings;
}

}  // namespace xylem::bgp

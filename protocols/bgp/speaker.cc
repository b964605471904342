// Work that follows from messages is done by one task, a slice of each kind in turn. It stops when there is nothing to
// do, and is woken by whoever makes some.
//
// After a restart (the RIB still has routes of an earlier life) nobody is told anything, and the RIB not that all is
// there, until all neighbours have said that they have told their routes, or the selection time is over (RFC 4724
// section 4.1).

#include <protocols/bgp/speaker.h>

#include <net/wire.h>
#include <protocols/bgp/rib-link.h>
#include <xrl/log.h>

#include <random>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr uint STEPS = 512;
// Destinations, some 0.2 ms.
constexpr auto SLICE = 2 * kj::MILLISECONDS;
constexpr auto REUSE_INTERVAL = 5 * kj::SECONDS;

uint64_t randomSeed() {
  std::random_device device;
  return uint64_t(device()) << 32 | device();
}

auto reporting(kj::StringPtr work) {
  return [work](kj::Exception&& bug) { xrl::log::error("work stopped", "work", work, "reason", bug.getDescription()); };
}

}  // namespace

Speaker::Speaker(xrl::Process& process)
    : process(process),
      loop(process.loop),
      tasks(*this),
      sockets(process),
      interfaces(
          process, [this](const kit::Interface&) { interfaceChanged(); },
          [this](const kit::Interface&) { interfaceChanged(); }),
      pool(nextHops, randomSeed()),
      neighbors(1),
      sets(nextHops),
      ip4(*this, Family::IPV4_UNICAST),
      multicast4(*this, Family::IPV4_MULTICAST),
      ip6(*this, Family::IPV6_UNICAST),
      multicast6(*this, Family::IPV6_MULTICAST),
      rpki({loop, sockets, tasks}, [this]() { wake(); }),
      dumps(*this),
      stations(*this),
      compiled(std::make_shared<policy::Compiled>(policy::schema::Options::Reader())),
      byIndex(1),
      origination(*this),
      revalidation(*this),
      rib(kj::heap<RibLink>(*this)),
      listener(loop, sockets, [this](kj::AutoCloseFd fd, const net::Endpoint& from) { welcome(kj::mv(fd), from); }),
      working(kj::Promise<void>(work()).eagerlyEvaluate(reporting("tables"))) {
  neighbors[0].kind = Neighbor::LOCAL;
  process.wants("rib");
  process.wants("fea");
}

Speaker::~Speaker() noexcept(false) {
  working = nullptr;
  byName.clear();
}

void Speaker::taskFailed(kj::Exception&& exception) {
  xrl::log::error("task failed", "reason", exception.getDescription());
}

// ---- work

bool Speaker::slice() {
  // Whether there is more to do.
  bool more = revalidation.step(STEPS), busy = false;
  each([&](auto& tables) {
    more = tables.step(STEPS) || more;
    busy = tables.table.isBusy() || busy;
  });
  if (!busy) nextHops.settled();
  if (!isRestarting) each([&](auto& tables) { more = tables.groups.step(STEPS) || more; });
  return stations.step(STEPS) || more;
}

Task<void> Speaker::work() {
  for (;;) {
    bool more = true;
    auto& clock = kj::systemPreciseMonotonicClock();
    auto until = clock.now() + SLICE;
    while (more && clock.now() < until) more = slice();
    for (auto& [name, peer] : byName) peer->flush();
    rib->wake();
    if (more) {
      // The loop polls its descriptors before it comes back.
      auto turn = loop.timer().afterDelay(0 * kj::SECONDS);
      co_await kj::mv(turn);
    } else {
      // After a restart, the RIB drops what it is not told before it hears that all is told.
      if (hasHeardAll && (!isRestarting || nextHops.areKnown())) endRestart();
      auto ring = bell.wait();
      co_await kj::mv(ring);
      auto turn = kj::evalLast([]() {});
      co_await kj::mv(turn);
    }
  }
}

void Speaker::begin(bool restarting) {
  begun = true;
  isRestarting = restarting;
  if (restarting) xrl::log::info("graceful restart", "selection", settings.selectionTime);
  for (auto& [name, peer] : byName) peer->start();
  selecting = loop.timer()
                  .afterDelay(settings.selectionTime * kj::SECONDS)
                  .then([this]() { endRestart(); })
                  .eagerlyEvaluate(reporting("restart"));
  heardAll();
}

void Speaker::heardAll() {
  // The RIB may be there before it is known who the neighbors are.
  if (!begun || settings.localAs == 0) return;
  for (auto& [name, peer] : byName)
    if (!peer->hasEnded()) return;
  hasHeardAll = true;
  wake();
}

void Speaker::endRestart() {
  hasHeardAll = false;
  if (isRestarting) xrl::log::info("routes selected");
  isRestarting = false;
  rib->synced();
  wake();
}

// ---- who calls

kj::Maybe<Peer&> Speaker::peerFor(net::Ip from, uint scope) {
  for (auto& [name, peer] : byName) {
    if (peer->settings.interface.empty()) {
      if (peer->address() == from) return *peer;
    } else if (scope != 0 && peer->scopeOf() == scope) {
      return *peer;
    }
  }
  for (auto& group : settings.listening) {
    bool fits = false;
    for (auto& net : group.nets) fits = fits || net.contains(from);
    if (!fits) continue;
    uint have = 0;
    for (auto& [name, peer] : byName) have += peer->dynamic && peer->settings.group == group.group;
    if (have >= group.limit) {
      xrl::log::warn("too many dynamic neighbors", "group", group.group.c_str(), "from", from);
      return nullptr;
    }
    auto wanted = group.peer;
    auto name = wanted.name = kj::str(from).cStr();
    wanted.address = from;
    auto index = indexFor(name);
    auto& made = byName[name] = kj::heap<Peer>(*this, index, kj::mv(wanted), true);
    byIndex[index] = made.get();
    made->start();
    return *made;
  }
  return nullptr;
}

void Speaker::welcome(kj::AutoCloseFd fd, const net::Endpoint& from) {
  if (!begun || retired) return;
  KJ_IF_MAYBE (peer, peerFor(from.address, from.scope)) {
    if (!peer->settings.shutdown) peer->incoming(kj::mv(fd), from.address, from.scope);
  } else {
    xrl::log::debug("unknown caller", "from", from.address);
  }
}

void Speaker::interfaceChanged() {
  for (auto& [name, peer] : byName) peer->interfaceChanged();
}

void Speaker::setKeys() {
  Listener::Keys wanted;
  for (auto& [name, peer] : settings.peers)
    if (!peer.address.isNone() && !peer.transport.password.empty())
      wanted[net::IpNet(peer.address, peer.address.width())] = peer.transport.password;
  for (auto& group : settings.listening)
    for (auto& net : group.nets)
      if (!group.peer.transport.password.empty()) wanted[net] = group.peer.transport.password;
  listener.setKeys(kj::mv(wanted));
}

uint16_t Speaker::indexFor(const std::string& name) {
  // A name keeps its index for good: paths of an earlier session may still be in the tables.
  auto found = indices.find(name);
  if (found != indices.end()) return found->second;
  KJ_REQUIRE(neighbors.size() < NOBODY, "there have been too many neighbors");
  auto index = uint16_t(neighbors.size());
  neighbors.emplace_back();
  byIndex.push_back(nullptr);
  indices[name] = index;
  return index;
}

kj::Maybe<Peer&> Speaker::find(kj::StringPtr name) {
  auto found = byName.find(name.cStr());
  if (found == byName.end()) return nullptr;
  return *found->second;
}

void Speaker::remove(Peer& peer) {
  // It may be on the stack.
  auto found = byName.find(peer.settings.name);
  if (found == byName.end() || found->second.get() != &peer) return;
  auto own = kj::mv(found->second);
  byName.erase(found);
  tasks.add(kj::evalLast([this, own = kj::mv(own)]() mutable {
    auto index = own->index;
    each([&](auto& tables) { tables.table.flush(index); });
    if (byIndex[index] == own.get()) byIndex[index] = nullptr;
    own = nullptr;
    wake();
  }));
}

// ---- configuration

void Speaker::configure(schema::Config::Reader config) {
  bool first = settings.localAs == 0;
  retired = false;
  auto next = std::make_shared<policy::Compiled>(config.getPolicy());
  auto wanted = settingsOf(config);
  std::set<std::string> changed;
  auto compare = [&](const std::vector<std::string>& names) {
    for (auto& name : names)
      if (!compiled->same(*next, name.c_str())) changed.insert(name);
  };
  auto compareAll = [&](const PeerSettings& peer) {
    for (auto family : FamilySet::all()) {
      compare(peer.families[family].import);
      compare(peer.families[family].exportNames);
    }
    for (auto& condition : peer.conditions) compare({condition.policy});
  };
  for (auto& [name, peer] : wanted.peers) compareAll(peer);
  for (auto& group : wanted.listening) compareAll(group.peer);
  compiled = kj::mv(next);
  settings = kj::mv(wanted);
  Decision chosen(settings.decision);
  decision = kj::mv(chosen);
  each([&](auto& tables) {
    if (!first) tables.table.redecide(decision);
    KJ_IF_MAYBE (feed, tables.feed) feed->setWeighted(settings.linkBandwidth);
  });
  rpki.configure(config.getRpki());
  dumps.configure(config.getMrt());
  stations.configure(config.getBmp());
  rib->setDistances(settings.distanceExternal, settings.distanceInternal);
  each([&](auto& tables) { applyWatches(tables); });
  applyPeers(changed);
  setKeys();
  origination.configure();
  reusing = kj::Promise<void>(reuse()).eagerlyEvaluate(reporting("dampening"));
  wake();
  heardAll();
}

template <typename Net> void Speaker::applyWatches(Tables<Net>& tables) {
  auto as = [](net::IpNet net, auto& into) {
    if (net.version() != Net::VERSION) return;
    if constexpr (Net::VERSION == 4)
      into.insert(net.v4());
    else
      into.insert(net.v6());
  };
  std::set<Net> exactly, below, summaries;
  if (safiOf(tables.family) == 1) {
    auto add = [&](const PeerSettings& peer) {
      for (auto& condition : peer.conditions) as(condition.net, exactly);
    };
    for (auto& [name, peer] : settings.peers) add(peer);
    for (auto& group : settings.listening) add(group.peer);
    for (auto& [net, own] : settings.aggregates) as(net, below);
    for (auto& net : settings.summaries) as(net, summaries);
  }
  if (exactly != tables.watchedExactly || below != tables.watchedBelow) {
    tables.presence.watch(exactly, below);
    tables.watchedExactly = kj::mv(exactly);
    tables.watchedBelow = kj::mv(below);
  }
  tables.setSummaries(summaries);
  tables.dampening.configure(settings.dampening);
}

Task<void> Speaker::reuse() {
  each([](auto& tables) { tables.reuse(); });
  while (settings.dampening.halfLife > 0) {
    co_await loop.timer().afterDelay(REUSE_INTERVAL);
    each([](auto& tables) { tables.reuse(); });
  }
}

bool Speaker::isThere(net::IpNet net) { return net.is4() ? ip4.presence.has(net.v4()) : ip6.presence.has(net.v6()); }

void Speaker::setDiscard(net::IpNet net, bool wanted) { rib->setDiscard(net, wanted); }

void Speaker::presenceChanged(net::IpNet net, bool below) {
  // Called amid work on the tables.
  if (below) return origination.update(net);
  for (auto& [name, peer] : byName) peer->conditionsChanged();
}

bool Speaker::isWanted(const Peer& peer) const {
  bool isNamed = settings.peers.count(peer.settings.name) > 0;
  if (!peer.dynamic) return isNamed;
  auto isOurs = [&](auto& group) { return group.group == peer.settings.group; };
  return !isNamed && std::any_of(settings.listening.begin(), settings.listening.end(), isOurs);
}

void Speaker::applyPeers(const std::set<std::string>& changed) {
  std::vector<std::string> gone;
  for (auto& [name, peer] : byName)
    if (!isWanted(*peer)) gone.push_back(name);
  for (auto& name : gone) {
    auto& peer = *byName[name];
    peer.stop({Code::CEASE, cease::PEER_DECONFIGURED, {}});
    remove(peer);
  }
  for (auto& [name, peer] : byName) {
    if (!peer->dynamic) continue;
    for (auto& group : settings.listening) {
      if (group.group != peer->settings.group) continue;
      auto wanted = group.peer;
      wanted.name = peer->settings.name;
      wanted.address = peer->settings.address;
      peer->configure(kj::mv(wanted), changed);
    }
  }
  for (auto& [name, wanted] : settings.peers) {
    auto found = byName.find(name);
    if (found != byName.end()) {
      found->second->configure(wanted, changed);
      continue;
    }
    auto index = indexFor(name);
    auto& made = byName[name] = kj::heap<Peer>(*this, index, wanted, false);
    byIndex[index] = made.get();
    neighbors[index].kind = wanted.terms.kind;
    if (begun) made->start();
  }
}

void Speaker::retire() {
  retired = true;
  for (auto& [name, peer] : byName) peer->stop(Notification{Code::CEASE, cease::ADMINISTRATIVE_SHUTDOWN, {}});
  schema::Config::Reader none;
  rpki.configure(none.getRpki());
  dumps.configure(none.getMrt());
  stations.retire();
  origination.retire();
  rib->forget();
}

size_t Speaker::memory() {
  auto sum = pool.memory();
  each([&](auto& tables) {
    auto memory = tables.table.memory();
    sum += memory.trie + memory.destinations + memory.paths + memory.pathIds + tables.groups.bytes();
    KJ_IF_MAYBE (feed, tables.feed) sum += feed->bytes();
  });
  return sum;
}

}  // namespace xylem::bgp

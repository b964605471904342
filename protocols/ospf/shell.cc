// The shell: no decision about the protocol is made here.
//
// After a start, the routes of an earlier life stay in the RIB until this one says `synced`: when its neighbours, which
// it asks to keep their adjacencies meanwhile, have given it back what it knew (core.h, restart). If there were none, a
// dead interval is waited for, by which all neighbours have been found and their databases fetched.

#include <protocols/ospf/shell.h>

#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/ospf/configuration.h>
#include <protocols/ospf/show.h>
#include <time.h>
#include <xrl/log.h>

#include <random>

namespace xylem::ospf {

namespace {

Random randomSource() {
  return [generator = std::mt19937(std::random_device()())]() mutable { return uint32_t(generator()); };
}

uint32_t epochAt(Time now) { return uint32_t(time(nullptr) - (now - kj::origin<Time>()) / kj::SECONDS); }

constexpr uint32_t MAX_METRIC = LS_INFINITY - 1;

}  // namespace

Shell::Shell(xrl::Process& process)
    : xrl::Configured<schema::Config, schema::State>(process),
      loop(process.loop),
      sockets(process),
      interfaces(
          process, [this](const kit::Interface& each) { changed(each); },
          [this](const kit::Interface& each) { gone(each); }),
      timing(nullptr) {
  process.wants("rib");
  process.offers->add<schema::Show>([this](xrl::Caller&) { return showOf(core, loop.timer()); });
  timing = kj::Promise<void>(keepTime()).eagerlyEvaluate(nullptr);
}

// ---- configuration

void Shell::check(schema::Config::Reader config, xrl::Problems& problems) {
  findProblems(config, process.name, problems);
}

kj::Maybe<kj::String> Shell::whyRestart(schema::Config::Reader config) {
  KJ_IF_MAYBE (mine, core) {
    if ((*mine)->self != net::read(config.getRouterId())) return kj::str("the router ID has changed");
  }
  return nullptr;
}

xrl::Task<void> Shell::commit(schema::Config::Reader config) {
  setDistance(config.getDistance());
  if (core == nullptr) {
    auto& made = core.emplace(
        kj::heap<Core>(static_cast<Actions&>(*this), net::read(config.getRouterId()), randomSource(), epochAt(now())));
    made->stopwatch = kj::Function<Time()>([]() { return kj::systemPreciseMonotonicClock().now(); });
    beginning = kj::Promise<void>(begin(config.getGracefulRestart().getRestartTime())).eagerlyEvaluate(nullptr);
  }
  auto settings = settingsOf(config);
  configured.clear();
  for (auto& [name, interface] : settings.interfaces)
    configured[name] = !interface.passive && interface.type != NetworkType::LOOPBACK;
  std::erase_if(bound, [this](auto& each) { return configured.count(each.first) == 0 || !configured[each.first]; });
  auto& mine = *KJ_ASSERT_NONNULL(core);
  mine.configure(kj::mv(settings), now());
  for (auto& [name, interface] : interfaces.all()) changed(interface);

  std::map<std::string, Rule> wanted;
  for (auto each : config.getRedistribute())
    wanted[each.getProtocol().cStr()] = {{!each.getType1(), each.getMetric(), each.getTag(), Ip()},
                                         each.getPolicy().cStr()};
  redistribute(kj::mv(wanted));
  bell.ring();
  co_return;
}

void Shell::setDistance(uint8_t wanted) {
  if (routes != nullptr && wanted == distance) return;
  distance = wanted;
  routes = nullptr;
  routes.emplace(process, distance);
  KJ_IF_MAYBE (mine, core) (*mine)->tellAll(now());
}

xrl::Task<void> Shell::begin(uint32_t restartTime) {
  // Routes that the RIB keeps tell that an earlier life did not end as it should have.
  constexpr auto PATIENCE = 2 * kj::SECONDS;
  uint32_t stale = 0;
  auto asked = KJ_ASSERT_NONNULL(routes).whenOpened().then([&stale](uint32_t count) { stale = count; });
  auto told = asked.catch_([](kj::Exception&&) {});
  auto either = told.exclusiveJoin(loop.timer().afterDelay(PATIENCE));
  co_await kj::mv(either);
  begun = true;
  auto& mine = *KJ_ASSERT_NONNULL(core);
  bool again = stale > 0 && restartTime > 0;
  if (again) {
    xrl::log::info("restart begins", "routes", stale, "seconds", restartTime);
    mine.restart(restartTime * kj::SECONDS, now());
  } else {
    syncing = kj::Promise<void>(becomeSynced()).eagerlyEvaluate(nullptr);
  }
  for (auto& [name, interface] : interfaces.all()) changed(interface);
  bell.ring();
}

void Shell::restarted() {
  xrl::log::info("restart ended");
  KJ_IF_MAYBE (mine, routes) mine->synced();
}

xrl::Task<void> Shell::becomeSynced() {
  // The longest that a neighbour takes to be found is the wait for a designated router, which is its dead interval.
  constexpr auto EXCHANGE = 10 * kj::SECONDS;
  co_await loop.timer().afterDelay(1 * kj::SECONDS);
  uint32_t longest = 0;
  KJ_IF_MAYBE (mine, core) {
    for (auto& [name, interface] : (*mine)->interfaces()) longest = kj::max(longest, interface->settings.deadInterval);
  }
  co_await loop.timer().afterDelay(longest * kj::SECONDS + EXCHANGE);
  KJ_IF_MAYBE (mine, routes) mine->synced();
}

xrl::Task<void> Shell::retire() {
  KJ_IF_MAYBE (mine, core) (*mine)->retire(now());
  redistribution = nullptr;
  routes = nullptr;
  co_return;
}

// ---- redistribution

void Shell::redistribute(std::map<std::string, Rule> wanted) {
  if (wanted == rules) return;
  std::vector<kit::Redistribution::Source> sources;
  bool others = wanted.size() != rules.size();
  for (auto& [protocol, rule] : wanted) {
    sources.push_back({protocol, rule.policy});
    others = others || rules.count(protocol) == 0 || rules.at(protocol).policy != rule.policy;
  }
  rules = kj::mv(wanted);
  auto& mine = *KJ_ASSERT_NONNULL(core);
  for (auto each = redistributed.begin(); each != redistributed.end();) {
    if (rules.count(each->second.protocol) > 0) {
      offer(each->first, each->second);
      ++each;
    } else {
      mine.withdraw(each->first, now());
      each = redistributed.erase(each);
    }
  }
  if (!others) return;
  redistribution = nullptr;
  if (sources.empty()) return;
  redistribution.emplace(
      process, kj::mv(sources), uint8_t(4),
      [this](const kit::Redistribution::Route& route) {
        kj::Maybe<uint32_t> own;
        if (route.ownMetric) own = route.metric;
        auto& mine = redistributed[route.net] = {route.protocol.cStr(), route.tag, own};
        offer(route.net, mine);
        bell.ring();
      },
      [this](net::IpNet which) {
        redistributed.erase(which);
        KJ_ASSERT_NONNULL(core)->withdraw(which, now());
        bell.ring();
      });
}

void Shell::offer(IpNet net, const Redistributed& route) {
  auto& rule = rules.at(route.protocol);
  External external = rule.external;
  bool tagged = rule.external.tag != 0 && (rule.policy.empty() || route.tag == 0);
  external.metric = kj::min(route.ownMetric.orDefault(external.metric), MAX_METRIC);
  if (!tagged) external.tag = route.tag;
  KJ_ASSERT_NONNULL(core)->redistribute(net, external, now());
}

// ---- interfaces, packets, time

void Shell::attach(const kit::Interface& interface) {
  // A socket of its own for each configured interface that is there and is to speak.
  auto at = configured.find(interface.name);
  if (at == configured.end() || !at->second) return;
  auto& socket = bound[interface.name];
  if (socket.get() != nullptr && socket->index() == interface.index) return;
  socket = kj::heap<Socket>(
      loop, sockets, interface, [this, name = interface.name]() { tellLink(name); },
      [this, name = interface.name](const Socket::Packet& packet) {
        KJ_ASSERT_NONNULL(core)->receive(name, packet.from, packet.multicast, packet.bytes, now());
        bell.ring();
      });
}

void Shell::tellLink(const std::string& name) {
  // To the core an interface runs only when it can send there, or what it says first would be lost.
  auto at = configured.find(name);
  if (!begun || at == configured.end()) return;
  KJ_IF_MAYBE (interface, interfaces.find(name.c_str())) {
    auto socket = bound.find(name);
    bool ready = !at->second || (socket != bound.end() && socket->second->isOpen());
    Link link{interface->running && ready, interface->index, interface->mtu, interface->addresses};
    KJ_ASSERT_NONNULL(core)->link(name, kj::mv(link), now());
    bell.ring();
  }
}

void Shell::changed(const kit::Interface& interface) {
  attach(interface);
  tellLink(interface.name);
}

void Shell::gone(const kit::Interface& interface) {
  bound.erase(interface.name);
  KJ_IF_MAYBE (mine, core) (*mine)->link(interface.name, Link(), now());
  bell.ring();
}

xrl::Task<void> Shell::keepTime() {
  for (;;) {
    auto change = bell.wait();
    kj::Maybe<Time> due;
    KJ_IF_MAYBE (mine, core) due = (*mine)->deadline();
    KJ_IF_MAYBE (when, due) {
      auto tick = loop.timer().atTime(kj::max(*when, now()));
      auto either = change.exclusiveJoin(kj::mv(tick));
      co_await kj::mv(either);
      KJ_ASSERT_NONNULL(core)->tick(now());
    } else {
      co_await kj::mv(change);
    }
  }
}

void Shell::send(kj::StringPtr interface, Ip source, Ip to, bool far, kj::Array<kj::byte> packet) {
  auto socket = bound.find(interface.cStr());
  if (socket != bound.end()) socket->second->send(source, to, far, packet);
}

void Shell::put(IpNet net, kj::ArrayPtr<const Way> ways, uint32_t metric, uint32_t tag) {
  kit::NextHops nextHops;
  if (ways.size() == 0) nextHops.kind = kit::NextHops::BLACKHOLE;
  for (auto& way : ways) nextHops.hops.push_back({way.gateway, way.interface.cStr(), 1});
  KJ_IF_MAYBE (mine, routes) mine->put(net, nextHops, metric, tag);
}

void Shell::remove(IpNet net) {
  KJ_IF_MAYBE (mine, routes) mine->remove(net);
}

void Shell::tell(const Neighbor& neighbor, NeighborState before) {
  bool full = neighbor.state == NeighborState::FULL;
  xrl::log::info(full ? "neighbor full" : "neighbor lost", "router", neighbor.router, "address", neighbor.address,
                 "interface", neighbor.interface.name.c_str(), "state", nameOf(neighbor.state));
}

void Shell::leftOut(IpNet net) {
  xrl::log::warn("destination not announced", "net", net, "reason", "its link-state IDs are those of routes within it");
}

// ---- state

void Shell::state(schema::State::Builder state) {
  KJ_IF_MAYBE (mine, core) fillState(**mine, state);
}

}  // namespace xylem::ospf

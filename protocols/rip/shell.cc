// The shell: no decision about the protocol is made here.
//
// After a start, the routes of an earlier life stay in the RIB until this one says `synced`. That is when each
// neighbour has had the time to send its regular update.

#include <protocols/rip/shell.h>

#include <kj/debug.h>
#include <policy/compiled.h>
#include <time.h>
#include <xrl/log.h>

#include <random>

namespace xylem::rip {

namespace {

constexpr size_t PAGE = 500;
// Routes of an answer to `show`.

kj::StringPtr nameOf(Source source) {
  switch (source) {
    case Source::LEARNED:
      return "learned"_kj;
    case Source::CONNECTED:
      return "connected"_kj;
    case Source::REDISTRIBUTED:
      return "redistributed"_kj;
  }
  KJ_UNREACHABLE;
}

Authentication authenticationOf(Config::Interface::Reader interface) {
  auto from = interface.getAuthentication();
  if (from.isPassword()) return Authentication(kj::str(from.getPassword()));
  if (!from.isKey()) return Authentication();
  kj::Vector<Key> keys;
  for (auto key : from.getKey())
    keys.add(Key{key.getId(), Algorithm(uint16_t(key.getAlgorithm())), kj::str(key.getSecret()), key.getAcceptOnly()});
  return Authentication(kj::mv(keys));
}
Authentication authenticationOf(ripng::Config::Interface::Reader) { return Authentication(); }

Random randomSource() {
  return [generator = std::mt19937(std::random_device()())]() mutable { return uint32_t(generator()); };
}

uint32_t epochAt(Time now) { return uint32_t(time(nullptr) - (now - kj::origin<Time>()) / kj::SECONDS); }

uint32_t secondsUntil(Time due, Time now) { return due > now ? (due - now) / kj::SECONDS : 0; }

template <typename Net> kj::Maybe<Net> netOf(net::IpNet net);
template <> kj::Maybe<net::Ip4Net> netOf(net::IpNet net) {
  if (!net.is4()) return nullptr;
  return net.v4();
}
template <> kj::Maybe<net::Ip6Net> netOf(net::IpNet net) {
  if (!net.is6()) return nullptr;
  return net.v6();
}

}  // namespace

template <typename F> class Shell<F>::AsShow final : public Wire<F>::Show::Server {
 public:
  explicit AsShow(Shell& shell) : shell(shell) {}

 private:
  kj::Promise<void> routes(typename Wire<F>::Show::Server::RoutesContext context) override {
    auto& known = shell.core.table().routes();
    auto at = known.begin();
    auto after = context.getParams().getAfter();
    if (after.size() > 0)
      at = known.upper_bound(
          KJ_REQUIRE_NONNULL(F::Net::parse(after), "`after` is the `next` of an earlier answer", after));
    kj::Vector<typename std::map<typename F::Net, Route<F>>::const_iterator> page;
    for (; at != known.end() && page.size() < PAGE; ++at) page.add(at);

    auto list = context.getResults().initRoutes(page.size());
    for (auto i : kj::indices(page)) {
      auto& [net, route] = *page[i];
      auto out = list[i];
      net::write(net::IpNet(net), out.initNet());
      if (!route.nextHop.isUnspecified()) net::write(net::Ip(route.nextHop), out.initNextHop());
      if (!route.from.isUnspecified()) net::write(net::Ip(route.from), out.initFrom());
      out.setInterface(route.interface.c_str());
      out.setMetric(route.metric);
      out.setSource(nameOf(route.source));
      out.setTag(route.tag);
      KJ_IF_MAYBE (due, route.due) out.setExpires(secondsUntil(*due, shell.now()));
    }
    if (at != known.end()) context.getResults().setNext(kj::str(page.back()->first));
    return kj::READY_NOW;
  }

  Shell& shell;
};

template <typename F>
Shell<F>::Shell(xrl::Process& process)
    : xrl::Configured<Config, State>(process),
      loop(process.loop),
      sockets(process),
      core(*this, randomSource(), epochAt(process.loop.timer().now())),
      interfaces(
          process, [this](const kit::Interface& each) { changed(each); },
          [this](const kit::Interface& each) { gone(each); }),
      timing(nullptr) {
  process.wants("rib");
  process.offers->template add<typename Wire<F>::Show>([this](xrl::Caller&) { return kj::heap<AsShow>(*this); });
  timing = kj::Promise<void>(keepTime()).eagerlyEvaluate(nullptr);
}

// ---- configuration

template <typename F> void Shell<F>::check(typename Config::Reader config, xrl::Problems& problems) {
  if (config.getTimeout() < config.getUpdateInterval())
    problems.add(kj::str("timeout"),
                 kj::str("routes time out before the next update is due; the timeout is at least the "
                         "update interval, ",
                         config.getUpdateInterval()));
  for (auto interface : config.getInterface()) {
    auto path = kj::str("interface ", interface.getName());
    if (!authenticationOf(interface).maySend())
      problems.add(kj::str(path, " authentication key"),
                   kj::str("all keys are accept-only, so there is none to sign with"));
    for (auto neighbor : interface.getNeighbor()) {
      auto address = net::read(neighbor);
      bool good = !address.isUnspecified() && !address.isMulticast() && (IS_RIP<F> || address.isLinkLocal());
      if (!good)
        problems.add(kj::str(path, " neighbor ", address),
                     kj::str(address, " is no address of a neighbor; expected ",
                             IS_RIP<F> ? "a unicast address" : "a link-local address"));
    }
  }
  for (auto each : config.getRedistribute()) {
    auto path = kj::str("redistribute ", each.getProtocol());
    if (each.getPolicy().size() > 0)
      KJ_IF_MAYBE (why, policy::whyUnknown(config.getPolicy(), each.getPolicy()))
        problems.add(kj::str(path, " policy"), kj::mv(*why));
    if (each.getProtocol() == this->process.name)
      problems.add(kj::mv(path), kj::str("a protocol cannot redistribute its own routes"));
  }
}

template <typename F> xrl::Task<void> Shell<F>::commit(typename Config::Reader config) {
  setDistance(config.getDistance());

  Settings<F> settings;
  settings.updateInterval = config.getUpdateInterval() * kj::SECONDS;
  settings.timeout = config.getTimeout() * kj::SECONDS;
  settings.garbageCollect = config.getGarbageCollect() * kj::SECONDS;
  configured.clear();
  for (auto interface : config.getInterface()) {
    configured.insert(interface.getName().cStr());
    auto& port = settings.interfaces[interface.getName().cStr()];
    port.metric = interface.getMetric();
    port.passive = interface.getPassive();
    port.horizon = Horizon(uint16_t(interface.getHorizon()));
    for (auto neighbor : interface.getNeighbor()) port.neighbors.push_back(net::read(neighbor));
    port.authentication = authenticationOf(interface);
  }
  for (auto& [name, interface] : interfaces.all()) attach(interface);
  if (syncing == nullptr)
    syncing = kj::Promise<void>(becomeSynced(settings.updateInterval * 7 / 6)).eagerlyEvaluate(nullptr);
  core.configure(kj::mv(settings), now());
  bound.keep([this](auto& name) { return configured.count(name) > 0; });

  std::map<std::string, Rule> wanted;
  for (auto each : config.getRedistribute())
    wanted[each.getProtocol().cStr()] = {each.getMetric() > 0 ? each.getMetric() : config.getDefaultMetric(),
                                         each.getTag(), each.getPolicy().cStr()};
  redistribute(kj::mv(wanted));
  bell.ring();
  co_return;
}

template <typename F> void Shell<F>::setDistance(uint8_t wanted) {
  if (routes != nullptr && wanted == distance) return;
  distance = wanted;
  routes = nullptr;
  routes.emplace(this->process, distance);
  for (auto& [net, route] : core.table().routes())
    if (route.source == Source::LEARNED && route.isReachable())
      put(net, route.nextHop, route.interface, route.metric, route.tag);
}

template <typename F> xrl::Task<void> Shell<F>::becomeSynced(kj::Duration delay) {
  co_await loop.timer().afterDelay(delay);
  KJ_IF_MAYBE (mine, routes) mine->synced();
}

template <typename F> xrl::Task<void> Shell<F>::retire() {
  core.retire(now());
  redistribution = nullptr;
  routes = nullptr;
  co_return;
}

// ---- redistribution

template <typename F> void Shell<F>::redistribute(std::map<std::string, Rule> wanted) {
  bool others = kit::changeRules(
      rules, kj::mv(wanted), redistributed, [this](auto net, auto& route) { offer(net, route); },
      [this](auto net) { core.withdraw(net, now()); });
  if (!others) return;
  redistribution = nullptr;
  if (rules.empty()) return;
  redistribution.emplace(
      this->process, kit::sourcesOf(rules), F::Address::VERSION,
      [this](const kit::Redistribution::Route& route) {
        KJ_IF_MAYBE (net, netOf<typename F::Net>(route.net)) {
          auto& mine =
              redistributed[*net] = {route.protocol.cStr(), route.tag, route.ownMetric ? kj::max(route.metric, 1u) : 0};
          offer(*net, mine);
          bell.ring();
        }
      },
      [this](net::IpNet which) {
        KJ_IF_MAYBE (net, netOf<typename F::Net>(which)) {
          redistributed.erase(*net);
          core.withdraw(*net, now());
          bell.ring();
        }
      });
}

template <typename F> void Shell<F>::offer(typename F::Net net, const Redistributed& route) {
  auto& rule = rules.at(route.protocol);
  Offer<F> offer;
  bool tagged = rule.tag != 0 && (rule.policy.empty() || route.tag == 0);
  offer.metric = route.ownMetric == 0 ? rule.metric : uint8_t(kj::min(route.ownMetric, UNREACHABLE - 1u));
  offer.tag = tagged ? rule.tag : uint16_t(route.tag);
  core.redistribute(net, kj::mv(offer), now());
}

// ---- interfaces, packets, time

template <typename F> void Shell<F>::attach(const kit::Interface& interface) {
  // A socket of its own for each configured interface that is there.
  if (configured.count(interface.name) == 0) return;
  bound.attach(interface, [&]() {
    return kj::heap<Socket<F>>(
        loop, sockets, interface, [this, name = interface.name]() { tell(name); },
        [this, name = interface.name](const Datagram<F>& datagram) {
          core.receive(name, datagram, now());
          bell.ring();
        });
  });
}

template <typename F> void Shell<F>::tell(const std::string& name) {
  // To the core an interface runs only when it can send there, or what it says first would be lost.
  KJ_IF_MAYBE (interface, interfaces.find(name.c_str())) {
    bool open = bound.open(name) != nullptr;
    core.link(name, Link{interface->running && open, interface->mtu, interface->addresses}, now());
    bell.ring();
  }
}

template <typename F> void Shell<F>::changed(const kit::Interface& interface) {
  attach(interface);
  tell(interface.name);
}

template <typename F> void Shell<F>::gone(const kit::Interface& interface) {
  bound.erase(interface.name);
  core.link(interface.name, Link{}, now());
  bell.ring();
}

template <typename F> xrl::Task<void> Shell<F>::keepTime() {
  for (;;) {
    auto change = bell.wait();
    KJ_IF_MAYBE (due, core.deadline()) {
      auto tick = loop.timer().atTime(kj::max(*due, now()));
      auto either = change.exclusiveJoin(kj::mv(tick));
      co_await kj::mv(either);
      core.tick(now());
    } else {
      co_await kj::mv(change);
    }
  }
}

template <typename F>
void Shell<F>::send(const std::string& interface, typename F::Address to, uint16_t port, kj::Array<kj::byte> packet) {
  KJ_IF_MAYBE (socket, bound.open(interface)) socket->send(to, port, packet);
}

template <typename F>
void Shell<F>::put(typename F::Net net, typename F::Address nextHop, const std::string& interface, uint8_t metric,
                   uint16_t tag) {
  KJ_IF_MAYBE (mine, routes) mine->put(net, kit::NextHops::via(nextHop, interface.c_str()), metric, tag);
}

template <typename F> void Shell<F>::remove(typename F::Net net) {
  KJ_IF_MAYBE (mine, routes) mine->remove(net);
}

// ---- state

template <typename F> void Shell<F>::state(typename State::Builder state) {
  state.setRoutes(core.table().routes().size());
  state.setTriggered(core.triggered());
  auto list = state.initInterface(core.ports().size());
  uint i = 0;
  for (auto& [name, port] : core.ports()) {
    auto out = list[i++];
    out.setName(name.c_str());
    out.setUp(port->active());
    out.setRoutes(core.table().learnedFrom(name));
    out.setPacketsSent(port->counters.packetsSent);
    out.setPacketsReceived(port->counters.packetsReceived);
    out.setBadPackets(port->counters.badPackets);
    out.setBadRoutes(port->counters.badRoutes);
    out.setBadReason(port->counters.badReason);
    auto neighbors = out.initNeighbor(port->neighbors.size());
    uint k = 0;
    for (auto& [address, neighbor] : port->neighbors) {
      auto each = neighbors[k++];
      net::write(net::Ip(address), each.initAddress());
      each.setLastHeard((now() - neighbor.lastHeard) / kj::SECONDS);
      each.setBadPackets(neighbor.badPackets);
      each.setBadRoutes(neighbor.badRoutes);
    }
  }
}

template class Shell<Rip>;
template class Shell<Ripng>;

}  // namespace xylem::rip

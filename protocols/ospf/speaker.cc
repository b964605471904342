// No decision about the protocol is made here.
//
// After a start, the routes of an earlier life stay in the RIB until this one says `synced`: when its neighbours, which
// it asks to keep their adjacencies meanwhile, have given it back what it knew (core.h, restart). If there were none, a
// dead interval is waited for, by which all neighbours have been found and their databases fetched.

#include <protocols/ospf/speaker.h>

#include <kj/debug.h>
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

// ---- one core

class Speaker::Voice final : private Actions {
 public:
  Voice(Speaker& speaker, Face face, RouterId router)
      : core(static_cast<Actions&>(*this), router, randomSource(), epochAt(speaker.now()), face), speaker(speaker) {
    core.stopwatch = kj::Function<Time()>([]() { return kj::systemPreciseMonotonicClock().now(); });
  }

  Core core;

  void commit(Wanted wanted) {
    speaking.clear();
    for (auto& [name, interface] : wanted.settings.interfaces)
      speaking[name] = !interface.passive && interface.type != NetworkType::LOOPBACK;
    sockets.keep([this](auto& name) { return speaks(name); });
    core.configure(kj::mv(wanted.settings), speaker.now());
    sockets.each([this](auto& name, Socket& socket) { socket.setChecksum(!isSigned(name)); });
    redistribute(kj::mv(wanted.redistributed));
  }

  void retire() {
    core.retire(speaker.now());
    redistribution = nullptr;
  }

  void changed(const kit::Interface& interface) {
    attach(interface);
    tellLink(interface.name);
  }

  void gone(const kit::Interface& interface) {
    sockets.erase(interface.name);
    core.link(interface.name, Link(), speaker.now());
  }

 private:
  struct Redistributed {
    std::string protocol;
    uint32_t tag;
    kj::Maybe<uint32_t> ownMetric;
    // As a policy has set it.
  };

  bool speaks(const std::string& name) const {
    auto at = speaking.find(name);
    return at != speaking.end() && at->second;
  }

  bool isSigned(const std::string& name) const {
    auto at = core.interfaces().find(name);
    return at != core.interfaces().end() && at->second->settings.authentication.signers().size() > 0;
  }

  void attach(const kit::Interface& interface) {
    // A socket of its own for each configured interface that is there and is to speak.
    if (!speaks(interface.name)) return;
    sockets.attach(interface, [&]() {
      auto socket = kj::heap<Socket>(
          speaker.process.loop, speaker.sockets, interface, core.face,
          [this, name = interface.name]() { tellLink(name); },
          [this, name = interface.name](const Socket::Packet& packet) {
            core.receive(name, packet.from, packet.multicast, packet.bytes, speaker.now());
            speaker.bell.ring();
          });
      socket->setChecksum(!isSigned(interface.name));
      return socket;
    });
  }

  void tellLink(const std::string& name) {
    // To the core an interface runs only when it can send there, or what it says first would be lost.
    if (!speaker.begun || speaking.count(name) == 0) return;
    KJ_IF_MAYBE (interface, speaker.interfaces.find(name.c_str())) {
      bool ready = !speaks(name) || sockets.open(name) != nullptr;
      Link link{interface->running && ready, interface->index, interface->mtu, interface->addresses};
      core.link(name, kj::mv(link), speaker.now());
      speaker.bell.ring();
    }
  }

  // ---- redistribution

  void redistribute(std::map<std::string, Rule> wanted) {
    bool others = kit::changeRules(
        rules, kj::mv(wanted), redistributed, [this](IpNet net, auto& route) { offer(net, route); },
        [this](IpNet net) { core.withdraw(net, speaker.now()); });
    if (!others) return;
    redistribution = nullptr;
    if (!rules.empty()) follow(kit::sourcesOf(rules));
  }

  void follow(std::vector<kit::Redistribution::Source> sources) {
    redistribution.emplace(
        speaker.process, kj::mv(sources), familyOf(core.face),
        [this](const kit::Redistribution::Route& route) {
          kj::Maybe<uint32_t> own;
          if (route.ownMetric) own = route.metric;
          auto& mine = redistributed[route.net] = {route.protocol.cStr(), route.tag, own};
          offer(route.net, mine);
          speaker.bell.ring();
        },
        [this](IpNet which) {
          redistributed.erase(which);
          core.withdraw(which, speaker.now());
          speaker.bell.ring();
        });
  }

  void offer(IpNet net, const Redistributed& route) {
    auto& rule = rules.at(route.protocol);
    External external = rule.external;
    bool tagged = rule.external.tag != 0 && (rule.policy.empty() || route.tag == 0);
    external.metric = kj::min(route.ownMetric.orDefault(external.metric), MAX_METRIC);
    if (!tagged) external.tag = route.tag;
    core.redistribute(net, external, speaker.now());
  }

  // ---- what the core wants done

  void send(kj::StringPtr interface, Ip source, Ip to, bool far, kj::Array<kj::byte> packet) override {
    KJ_IF_MAYBE (socket, sockets.open(interface.cStr())) socket->send(source, to, far, kj::mv(packet));
  }

  void put(IpNet net, kj::ArrayPtr<const Way> ways, uint32_t metric, uint32_t tag) override {
    kit::NextHops nextHops;
    if (ways.size() == 0) nextHops.kind = kit::NextHops::BLACKHOLE;
    for (auto& way : ways) nextHops.hops.push_back({way.gateway, way.interface.cStr(), 1});
    KJ_IF_MAYBE (mine, speaker.routes) mine->put(net, nextHops, metric, tag);
  }

  void remove(IpNet net) override {
    KJ_IF_MAYBE (mine, speaker.routes) mine->remove(net);
  }

  void tell(const Neighbor& neighbor, NeighborState before) override {
    bool full = neighbor.state == NeighborState::FULL;
    xrl::log::info(full ? "neighbor full" : "neighbor lost", "router", neighbor.router, "address", neighbor.address,
                   "interface", neighbor.interface.name.c_str(), "state", nameOf(neighbor.state));
  }

  void leftOut(IpNet net) override {
    xrl::log::warn("destination not announced", "net", net, "reason",
                   "its link-state IDs are those of routes within it");
  }

  void restarted() override { speaker.restarted(); }

  Speaker& speaker;
  kit::PerLink<Socket> sockets;
  std::map<std::string, bool> speaking;
  // Interfaces; whether they need a socket.
  std::map<std::string, Rule> rules;
  std::map<IpNet, Redistributed> redistributed;
  kj::Maybe<kit::Redistribution> redistribution;
};

// ---- all of them

Speaker::Speaker(xrl::Process& process)
    : process(process),
      sockets(process),
      interfaces(
          process, [this](const kit::Interface& each) { changed(each); },
          [this](const kit::Interface& each) { gone(each); }),
      timing(nullptr) {
  process.wants("rib");
  timing = kj::Promise<void>(keepTime()).eagerlyEvaluate(nullptr);
}

Speaker::~Speaker() = default;

void Speaker::commit(std::map<Face, Wanted> wanted, uint8_t distance, uint32_t restartTime) {
  setDistance(distance);
  std::vector<Face> others;
  for (auto& [face, voice] : voices)
    if (wanted.count(face) == 0) others.push_back(face);
  for (auto face : others) silence(face);
  for (auto& [face, each] : wanted) {
    auto& voice = voices[face];
    if (voice.get() == nullptr) voice = kj::heap<Voice>(*this, face, each.settings.router);
    shown[face] = &voice->core;
    voice->commit(kj::mv(each));
  }
  if (beginning == nullptr) beginning = kj::Promise<void>(begin(restartTime)).eagerlyEvaluate(nullptr);
  for (auto& [name, interface] : interfaces.all()) changed(interface);
  bell.ring();
}

void Speaker::silence(Face face) {
  auto& voice = *voices.at(face);
  if (voice.core.isRestarting()) restarted();
  voice.retire();
  KJ_IF_MAYBE (mine, routes)
    for (auto& net : voice.core.installedRoutes()) mine->remove(net);
  shown.erase(face);
  voices.erase(face);
}

void Speaker::setDistance(uint8_t wanted) {
  if (routes != nullptr && wanted == distance) return;
  distance = wanted;
  routes = nullptr;
  routes.emplace(process, distance);
  for (auto& [face, voice] : voices) voice->core.tellAll(now());
}

void Speaker::retire() {
  for (auto& [face, voice] : voices) voice->retire();
  routes = nullptr;
}

// ---- start, restart

xrl::Task<void> Speaker::begin(uint32_t restartTime) {
  // Routes that the RIB keeps tell that an earlier life did not end as it should have.
  constexpr auto PATIENCE = 2 * kj::SECONDS;
  uint32_t stale = 0;
  auto asked = KJ_ASSERT_NONNULL(routes).whenOpened().then([&stale](uint32_t count) { stale = count; });
  auto told = asked.catch_([](kj::Exception&&) {});
  auto either = told.exclusiveJoin(process.loop.timer().afterDelay(PATIENCE));
  co_await kj::mv(either);
  begun = true;
  bool again = stale > 0 && restartTime > 0;
  if (again) {
    xrl::log::info("restart begins", "routes", stale, "seconds", restartTime);
    restarting = uint(voices.size());
    for (auto& [face, voice] : voices) voice->core.restart(restartTime * kj::SECONDS, now());
  } else {
    syncing = kj::Promise<void>(becomeSynced()).eagerlyEvaluate(nullptr);
  }
  for (auto& [name, interface] : interfaces.all()) changed(interface);
  bell.ring();
}

void Speaker::restarted() {
  if (--restarting > 0) return;
  xrl::log::info("restart ended");
  KJ_IF_MAYBE (mine, routes) mine->synced();
}

xrl::Task<void> Speaker::becomeSynced() {
  // The longest that a neighbour takes to be found is the wait for a designated router, which is its dead interval.
  constexpr auto EXCHANGE = 10 * kj::SECONDS;
  co_await process.loop.timer().afterDelay(1 * kj::SECONDS);
  uint32_t longest = 0;
  for (auto& [face, voice] : voices)
    for (auto& [name, interface] : voice->core.interfaces())
      longest = kj::max(longest, interface->settings.deadInterval);
  co_await process.loop.timer().afterDelay(longest * kj::SECONDS + EXCHANGE);
  KJ_IF_MAYBE (mine, routes) mine->synced();
}

// ---- interfaces, time

void Speaker::changed(const kit::Interface& interface) {
  for (auto& [face, voice] : voices) voice->changed(interface);
}

void Speaker::gone(const kit::Interface& interface) {
  for (auto& [face, voice] : voices) voice->gone(interface);
  bell.ring();
}

xrl::Task<void> Speaker::keepTime() {
  for (;;) {
    auto change = bell.wait();
    kj::Maybe<Time> due;
    for (auto& [face, voice] : voices)
      KJ_IF_MAYBE (when, voice->core.deadline()) due = kj::min(*when, due.orDefault(*when));
    KJ_IF_MAYBE (when, due) {
      auto tick = process.loop.timer().atTime(kj::max(*when, now()));
      auto either = change.exclusiveJoin(kj::mv(tick));
      co_await kj::mv(either);
      for (auto& [face, voice] : voices)
        if (voice->core.deadline().orDefault(NEVER) <= now()) voice->core.tick(now());
    } else {
      co_await kj::mv(change);
    }
  }
}

}  // namespace xylem::ospf

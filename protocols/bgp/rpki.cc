// Caches are asked each by a client of its own, and what they say is put together in one set, in which a Roa stays as
// long as any of them says it.
//
// A change is remembered as a prefix. Tens of thousands come at once when a cache is heard for the first time, so they
// wait in a queue; whoever looks at routes again takes them one by one.

#include <protocols/bgp/rpki.h>

#include <net/wire.h>
#include <xrl/log.h>

namespace xylem::bgp {

using xrl::Task;

kj::StringPtr nameOf(policy::Validity validity) {
  constexpr kj::StringPtr NAMES[] = {"not-found"_kj, "valid"_kj, "invalid"_kj, "unknown"_kj};
  return NAMES[uint(validity)];
}

namespace {

kj::StringPtr nameOf(RtrClient::State state) {
  constexpr kj::StringPtr NAMES[] = {"idle"_kj, "connecting"_kj, "asking"_kj, "receiving"_kj, "up-to-date"_kj};
  return NAMES[uint(state)];
}

CacheSettings settingsOf(schema::Config::Cache::Reader config) {
  CacheSettings settings;
  settings.server = {KJ_REQUIRE_NONNULL(net::read(config.getAddress())), config.getPort(),
                     KJ_REQUIRE_NONNULL(net::read(config.getLocalAddress()))};
  settings.preference = config.getPreference();
  settings.lifetime = config.getLifetime() * kj::SECONDS;
  return settings;
}

}  // namespace

class Rpki::Cache final : private RtrActions, private ServerLink::User {
 public:
  Cache(Rpki& rpki, std::string name, CacheSettings wanted)
      : name(kj::mv(name)),
        settings(wanted),
        rpki(rpki),
        link(rpki.shell, *this, wanted.server),
        client(*this, wanted.lifetime),
        timing(kj::Promise<void>(keepTime()).eagerlyEvaluate(nullptr)) {}
  KJ_DISALLOW_COPY(Cache);

  const std::string name;
  const CacheSettings settings;

  void start() {
    client.start(now());
    bell.ring();
  }
  void stop() {
    client.stop();
    bell.ring();
  }
  const RtrClient& core() const { return client; }
  bool hasData() const { return client.size() > 0 || client.serial() != nullptr; }
  bool isComplete() const { return client.serial() != nullptr; }
  bool hasFailed() const { return client.lastError().size() > 0; }
  RtrClient::Time now() const { return rpki.shell.loop.timer().now(); }

 private:
  Task<void> keepTime() {
    for (;;) {
      auto change = bell.wait();
      KJ_IF_MAYBE (due, client.deadline()) {
        auto tick = rpki.shell.loop.timer().atTime(kj::max(*due, now()));
        auto either = change.exclusiveJoin(kj::mv(tick));
        co_await kj::mv(either);
        bool hadData = hasData();
        client.tick(now());
        if (hadData && !hasData()) {
          xrl::log::warn("rpki cache expired", "cache", name.c_str());
          rpki.choose();
        }
      } else {
        co_await kj::mv(change);
      }
    }
  }

  // Of the client.
  void connect() override { link.connect(); }
  void send(net::Bytes bytes) override { link.send(bytes); }
  void close() override { link.close(); }
  void add(const Roa& roa) override { rpki.add(roa); }
  void remove(const Roa& roa) override { rpki.remove(roa); }
  void synced() override {
    xrl::log::info("rpki cache synced", "cache", name.c_str(), "roas", client.size());
    rpki.choose();
  }

  // Of the connection.
  void connected() override {
    client.connected(now());
    bell.ring();
  }
  void lost(kj::StringPtr reason) override {
    xrl::log::info("rpki cache lost", "cache", name.c_str(), "reason", reason);
    client.lost(now());
    rpki.choose();
    bell.ring();
  }
  void received(Bytes bytes) override {
    client.receive(bytes, now());
    bell.ring();
  }
  void written() override {}

  Rpki& rpki;
  ServerLink link;
  RtrClient client;
  xrl::Bell bell;
  kj::Promise<void> timing;
};

Rpki::Rpki(ServerLink::Shell shell, kj::Function<void()> wake) : shell(shell), wake(kj::mv(wake)) {}
Rpki::~Rpki() noexcept(false) {}

void Rpki::check(schema::Config::Rpki::Reader config, xrl::Problems& problems) {
  for (auto cache : config.getCache()) {
    auto to = KJ_REQUIRE_NONNULL(net::read(cache.getAddress()));
    auto local = KJ_REQUIRE_NONNULL(net::read(cache.getLocalAddress()));
    auto path = kj::str("rpki cache ", cache.getName());
    if (to.isNone()) problems.add(kj::str(path, " address"), kj::str("expected an address"));
    if (!to.isNone() && !local.isNone() && local.version() != to.version())
      problems.add(kj::str(path, " local-address"), kj::str(local, " is of another version than the cache's address"));
  }
}

void Rpki::configure(schema::Config::Rpki::Reader config) {
  std::map<std::string, CacheSettings> wanted;
  for (auto cache : config.getCache()) wanted[cache.getName().cStr()] = settingsOf(cache);
  bool wasConfigured = !caches.empty();
  for (auto at = caches.begin(); at != caches.end();) {
    auto found = wanted.find(at->first);
    if (found != wanted.end() && found->second == at->second->settings) {
      ++at;
      continue;
    }
    at->second->stop();
    leaving.push_back(kj::mv(at->second));
    at = caches.erase(at);
  }
  for (auto& [name, settings] : wanted)
    if (caches.count(name) == 0) caches[name] = kj::heap<Cache>(*this, name, settings);
  if (wasConfigured == caches.empty()) {
    // What was unknown is not found, or the other way round.
    touch(net::IpNet(net::Ip4Net()));
    touch(net::IpNet(net::Ip6Net()));
  }
  choose();
}

void Rpki::choose() {
  for (auto& [name, cache] : caches) {
    bool isNeeded = true, isReplaced = false;
    for (auto& [other, better] : caches) {
      if (better->settings.preference >= cache->settings.preference) continue;
      isNeeded = isNeeded && better->hasFailed() && !better->hasData();
      isReplaced = isReplaced || better->isComplete();
    }
    if (isNeeded && !cache->core().isRunning()) cache->start();
    if (isReplaced && cache->core().isRunning()) cache->stop();
  }
}

void Rpki::add(const Roa& roa) {
  if (roas.add(roa)) touch(roa.net);
}
void Rpki::remove(const Roa& roa) {
  if (roas.remove(roa)) touch(roa.net);
}
void Rpki::touch(net::IpNet net) {
  if (!changes.empty() && changes.back() == net) return;
  changes.push_back(net);
  wake();
}

kj::Maybe<net::IpNet> Rpki::touched() {
  std::erase_if(leaving, [](auto& cache) { return cache->core().size() == 0; });
  if (changes.empty()) return nullptr;
  return changes.front();
}

void Rpki::fill(capnp::List<schema::Show::Cache>::Builder list) const {
  uint i = 0;
  for (auto& [name, cache] : caches) {
    auto out = list[i++];
    auto& core = cache->core();
    auto& settings = cache->settings;
    auto inSeconds = [](kj::Duration duration) { return uint32_t(duration / kj::SECONDS); };
    out.setName(name.c_str());
    net::write(settings.server.address, out.initAddress());
    out.setPort(settings.server.port);
    out.setPreference(settings.preference);
    out.setState(nameOf(core.state()));
    out.setVersion(core.version());
    KJ_IF_MAYBE (serial, core.serial()) out.setSerial(*serial);
    out.setRoas(uint32_t(core.size()));
    out.setRefresh(inSeconds(core.timers().refresh));
    out.setRetry(inSeconds(core.timers().retry));
    out.setExpire(inSeconds(core.lifetime()));
    KJ_IF_MAYBE (at, core.expiry())
      if (*at > cache->now()) out.setExpiresIn(inSeconds(*at - cache->now()));
    out.setLastError(core.lastError());
  }
}

}  // namespace xylem::bgp

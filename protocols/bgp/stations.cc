// A station has a Monitor for each family, for as long as it is configured: while nobody is connected, no view is open,
// and looking at what has changed costs next to nothing.
//
// Of a peer whose session is up there is one view before policy and one after, as is wanted, but a single Peer Up and
// Peer Down. The Loc-RIB counts as a peer of its own, with an OPEN that this router might have sent (RFC 9069 section
// 5.1).

#include <protocols/bgp/stations.h>

#include <net/wire.h>
#include <protocols/bgp/monitor.h>
#include <protocols/bgp/speaker.h>
#include <unistd.h>
#include <xrl/log.h>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr size_t FULL = 256 << 10;
// Bytes that wait for a station before it is told more.
constexpr auto STALL = 2 * kj::MINUTES;
// Nothing is taken for so long: it is left.

struct StationSettings {
  ServerAddress server;
  bool prePolicy = false, postPolicy = false, localRib = false;
  kj::Duration statistics = 0 * kj::SECONDS, retry = 30 * kj::SECONDS;

  bool operator==(const StationSettings&) const = default;
};

StationSettings settingsOf(schema::Config::Station::Reader config) {
  StationSettings settings;
  settings.server = {KJ_REQUIRE_NONNULL(net::read(config.getAddress())), config.getPort(),
                     KJ_REQUIRE_NONNULL(net::read(config.getLocalAddress()))};
  settings.prePolicy = config.getPrePolicy();
  settings.postPolicy = config.getPostPolicy();
  settings.localRib = config.getLocalRib();
  settings.statistics = config.getStatisticsInterval() * kj::SECONDS;
  settings.retry = config.getConnectRetry() * kj::SECONDS;
  return settings;
}

bmp::DownReason reasonOf(Cause cause) {
  switch (cause) {
    case Cause::STOPPED:
    case Cause::NOTIFICATION_SENT:
      return bmp::DownReason::LOCAL_NOTIFICATION;
    case Cause::NOTIFICATION_RECEIVED:
      return bmp::DownReason::REMOTE_NOTIFICATION;
    case Cause::CONNECTION_LOST:
    case Cause::PEER_RESTARTED:
      return bmp::DownReason::REMOTE;
    case Cause::SEND_HOLD:
      return bmp::DownReason::LOCAL;
  }
  return bmp::DownReason::LOCAL;
}

std::string hostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace

class Stations::Station final : private ServerLink::User {
 public:
  Station(Speaker& speaker, std::string name, StationSettings wanted)
      : name(kj::mv(name)),
        settings(wanted),
        speaker(speaker),
        link({speaker.loop, speaker.sockets, speaker.tasks}, *this, wanted.server),
        ip4(speaker.ip4.table, speaker.pool, Family::IPV4_UNICAST),
        multicast4(speaker.multicast4.table, speaker.pool, Family::IPV4_MULTICAST),
        ip6(speaker.ip6.table, speaker.pool, Family::IPV6_UNICAST),
        multicast6(speaker.multicast6.table, speaker.pool, Family::IPV6_MULTICAST),
        progress(speaker.now()),
        watching(kj::Promise<void>(watch()).eagerlyEvaluate(nullptr)) {
    link.connect();
    if (settings.statistics > 0 * kj::SECONDS) reporting = kj::Promise<void>(report()).eagerlyEvaluate(nullptr);
  }
  KJ_DISALLOW_COPY(Station);

  const std::string name;
  const StationSettings settings;

  void leave() {
    if (isThere) {
      bmp::termination(bmp::Termination::CLOSED_FOR_EVER, out);
      send();
    }
    forgetAll();
    link.finish();
    watching = nullptr;
    reporting = nullptr;
    calling = nullptr;
  }
  bool isBusy() const { return ip4.isBusy() || ip6.isBusy() || multicast4.isBusy() || multicast6.isBusy(); }

  void up(Peer& peer) {
    if (!isThere || !(settings.prePolicy || settings.postPolicy)) return;
    auto& negotiated = KJ_ASSERT_NONNULL(peer.core().negotiated());
    auto opens = KJ_ASSERT_NONNULL(peer.core().opens());
    auto& connection = KJ_ASSERT_NONNULL(peer.connection());
    bmp::PeerUp session;
    session.localAddress = connection.here().address;
    session.localPort = connection.here().port;
    session.remotePort = connection.there().port;
    session.sent = opens.sent;
    session.received = opens.received;
    bmp::peerUp(headerOf({peer.index}), session, out);
    each([&](auto& monitor) {
      if (!peer.channel(monitor.family).up) return;
      bool addPath = negotiated.addPathReceive.has(monitor.family);
      if (settings.prePolicy) monitor.watch({peer.index, bmp::Rib::ADJ_IN_PRE_POLICY, addPath});
      if (settings.postPolicy) monitor.watch({peer.index, bmp::Rib::ADJ_IN_POST_POLICY, addPath});
    });
    send();
  }

  void down(Peer& peer, const Down& down) {
    if (!isThere || !(settings.prePolicy || settings.postPolicy)) return;
    each([&](auto& monitor) { monitor.forget(peer.index); });
    bmp::peerDown(headerOf({peer.index}), reasonOf(down.cause), down.notification, out);
    send();
  }

  bool step(uint destinations) {
    bool more = false;
    each([&](auto& monitor) { more = step(monitor, destinations) || more; });
    return more;
  }

  void fill(schema::Show::Station::Builder to) {
    to.setName(name.c_str());
    net::write(settings.server.address, to.initAddress());
    to.setPort(settings.server.port);
    to.setState(isThere ? "connected"_kj : "calling"_kj);
    if (isThere) to.setUptime(uint32_t((speaker.now() - since) / kj::SECONDS));
    to.setMessages(messages);
    to.setPending(link.waiting());
    size_t memory = 0;
    each([&](auto& monitor) { memory += monitor.bytes(); });
    to.setMemory(memory);
    to.setLastError(lastError.c_str());
  }

 private:
  template <typename F> void each(F&& f) {
    f(ip4);
    f(ip6);
    f(multicast4);
    f(multicast6);
  }

  template <typename T> bool step(T& monitor, uint destinations) {
    if (!monitor.isBusy() || link.waiting() >= FULL) return false;
    monitor.step(destinations, [this](const View& view, Bytes update) {
      bmp::routeMonitoring(headerOf(view), update, out);
      send();
    });
    return monitor.isBusy() && link.waiting() < FULL;
  }

  bmp::Peer headerOf(View view) const {
    bmp::Peer header;
    header.rib = view.rib;
    header.at = kj::systemPreciseCalendarClock().now();
    if (view.rib == bmp::Rib::LOCAL) {
      header.as = speaker.settings.localAs;
      header.identifier = speaker.settings.routerId;
      header.table = "global"_kj;
    } else {
      auto& neighbor = speaker.neighbors[view.peer];
      header.address = neighbor.address;
      header.as = neighbor.as;
      header.identifier = neighbor.routerId;
    }
    return header;
  }

  void send() {
    // One message.
    ++messages;
    link.send(out.bytes());
    out.truncate(0);
  }

  void openLocal() {
    Open open;
    open.as = speaker.settings.localAs;
    open.identifier = speaker.settings.routerId;
    open.capabilities.as4 = open.as;
    open.capabilities.families = FamilySet::all();
    open.capabilities.extendedMessages = true;
    auto bytes = encodeOpen(open);
    View view{0, bmp::Rib::LOCAL};
    bmp::PeerUp session;
    session.sent = session.received = bytes;
    bmp::peerUp(headerOf(view), session, out);
    send();
    each([&](auto& monitor) { monitor.watch(view); });
  }

  void forgetAll() {
    isThere = false;
    each([&](auto& monitor) { monitor.forgetAll(); });
    speaker.wake();
  }

  void connected() override {
    xrl::log::info("station connected", "station", name.c_str());
    isThere = true;
    since = progress = speaker.now();
    auto host = hostName();
    bmp::initiation({host.c_str(), "Xylem"}, out);
    send();
    if (settings.localRib) openLocal();
    for (auto& [each, peer] : speaker.peers())
      if (peer->state() == State::ESTABLISHED) up(*peer);
    speaker.wake();
  }

  void lost(kj::StringPtr reason) override {
    if (isThere) xrl::log::warn("station lost", "station", name.c_str(), "reason", reason);
    lastError = reason.cStr();
    forgetAll();
    calling =
        speaker.loop.timer().afterDelay(settings.retry).then([this]() { link.connect(); }).eagerlyEvaluate(nullptr);
  }

  void received(Bytes) override {}
  // It has nothing to say (RFC 7854 section 3.2).

  void written() override {
    progress = speaker.now();
    if (link.waiting() < FULL) speaker.wake();
  }

  Task<void> watch() {
    for (;;) {
      co_await speaker.loop.timer().afterDelay(STALL / 4);
      if (link.waiting() == 0) progress = speaker.now();
      if (!isThere || speaker.now() - progress < STALL) continue;
      link.close();
      lost("it takes nothing");
    }
  }

  Task<void> report() {
    for (;;) {
      co_await speaker.loop.timer().afterDelay(settings.statistics);
      // What it cannot take is no use to it later.
      if (!isThere || link.waiting() >= FULL) continue;
      for (auto& [each, peer] : speaker.peers())
        if (peer->state() == State::ESTABLISHED) reportOn(*peer);
    }
  }

  void reportOn(Peer& peer) {
    bmp::Statistics values;
    speaker.each([&](auto& tables) {
      auto counts = tables.table.counts(peer.index);
      values.adjRibIn += counts.received;
      values.rejectedPrefixes += uint32_t(counts.received - counts.accepted);
      values.localRib += tables.table.size();
      if (peer.channel(tables.family).up) values.adjRibOut += tables.groups.advertised(peer.index);
    });
    bmp::statistics(headerOf({peer.index}), values, out);
    send();
  }

  Speaker& speaker;
  ServerLink link;
  Monitor<net::Ip4Net> ip4, multicast4;
  Monitor<net::Ip6Net> ip6, multicast6;
  net::ByteWriter out;
  bool isThere = false;
  Time since = kj::origin<Time>(), progress;
  uint64_t messages = 0;
  std::string lastError;
  kj::Promise<void> calling = nullptr, reporting = nullptr, watching;
};

Stations::Stations(Speaker& speaker) : speaker(speaker) {}
Stations::~Stations() noexcept(false) {}

void Stations::check(schema::Config::Bmp::Reader config, xrl::Problems& problems) {
  for (auto station : config.getStation()) {
    auto to = KJ_REQUIRE_NONNULL(net::read(station.getAddress()));
    auto local = KJ_REQUIRE_NONNULL(net::read(station.getLocalAddress()));
    auto path = kj::str("bmp station ", station.getName());
    if (to.isNone()) problems.add(kj::str(path, " address"), kj::str("expected an address"));
    if (!to.isNone() && !local.isNone() && local.version() != to.version())
      problems.add(kj::str(path, " local-address"),
                   kj::str(local, " is of another version than the station's address"));
    if (!station.getPrePolicy() && !station.getPostPolicy() && !station.getLocalRib())
      problems.add(kj::str(path),
                   kj::str("nothing to tell: expected \"pre-policy\", \"post-policy\" or \"local-rib\""));
  }
}

void Stations::configure(schema::Config::Bmp::Reader config) {
  std::map<std::string, StationSettings> wanted;
  for (auto station : config.getStation()) wanted[station.getName().cStr()] = settingsOf(station);
  for (auto at = all.begin(); at != all.end();) {
    auto found = wanted.find(at->first);
    if (found != wanted.end() && found->second == at->second->settings) {
      ++at;
      continue;
    }
    at->second->leave();
    leaving.push_back(kj::mv(at->second));
    at = all.erase(at);
  }
  for (auto& [name, settings] : wanted)
    if (all.count(name) == 0) all[name] = kj::heap<Station>(speaker, name, settings);
}

void Stations::retire() {
  for (auto& [name, station] : all) {
    station->leave();
    leaving.push_back(kj::mv(station));
  }
  all.clear();
}

void Stations::up(Peer& peer) {
  for (auto& [name, station] : all) station->up(peer);
}

void Stations::down(Peer& peer, const Down& down) {
  for (auto& [name, station] : all) station->down(peer, down);
}

bool Stations::step(uint destinations) {
  bool more = false;
  for (auto& [name, station] : all) more = station->step(destinations) || more;
  for (auto& station : leaving) more = station->step(destinations) || more;
  std::erase_if(leaving, [](auto& station) { return !station->isBusy(); });
  return more;
}

void Stations::fill(capnp::List<schema::Show::Station>::Builder list) {
  uint i = 0;
  for (auto& [name, station] : all) station->fill(list[i++]);
}

}  // namespace xylem::bgp

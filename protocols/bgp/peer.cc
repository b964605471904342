// The session decides, this carries out: connections and timers. What a session does to the tables is in
// peer-session.cc.
//
// Writing is pulled: when the system has taken what it was given, the peer takes the next messages out of its update
// groups, a stretch at a time, so that a keepalive or a notification is never behind more than that.

#include <protocols/bgp/peer.h>

#include <net/wire.h>
#include <protocols/bgp/speaker.h>
#include <xrl/log.h>
#include <xrl/socket-options.h>

#include <cerrno>
#include <cstring>
#include <random>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr size_t STRETCH = 64 << 10;
// Bytes of updates that the connection is given at a time.
constexpr uint BUDGET = 64;
// Messages that are handled before others have their turn.

uint32_t chance() {
  static std::mt19937 generator{std::random_device()()};
  return uint32_t(generator());
}

size_t wholeMessages(Bytes bytes, size_t most) {
  // How many bytes of whole messages there are, at least one of them, within about so many bytes.
  size_t at = 0;
  while (at < most && bytes.size() - at >= HEADER_SIZE) {
    size_t length = size_t(bytes[at + 16]) << 8 | bytes[at + 17];
    if (bytes.size() - at < length) break;
    at += length;
  }
  return at;
}

}  // namespace

kj::Function<void(kj::Exception&&)> Peer::reporting(kj::StringPtr work) {
  return [this, work](kj::Exception&& bug) {
    xrl::log::error("work stopped", "neighbor", settings.name.c_str(), "work", work, "reason", bug.getDescription());
  };
}

Peer::Peer(Speaker& speaker, uint16_t index, PeerSettings wanted, bool dynamic)
    : index(index),
      dynamic(dynamic),
      settings(kj::mv(wanted)),
      speaker(speaker),
      session(settings.session, *this, Random([]() { return chance(); })),
      timing(kj::Promise<void>(keepTime()).eagerlyEvaluate(reporting("timing"))) {}

Peer::~Peer() noexcept(false) {
  for (auto& connection : connections)
    if (connection.get() != nullptr) Connection::drop(kj::mv(connection), speaker.tasks);
}

Task<void> Peer::keepTime() {
  for (;;) {
    auto change = bell.wait();
    KJ_IF_MAYBE (due, session.deadline()) {
      auto tick = speaker.loop.timer().atTime(kj::max(*due, speaker.now()));
      auto either = change.exclusiveJoin(kj::mv(tick));
      co_await kj::mv(either);
      session.tick(speaker.now());
    } else {
      co_await kj::mv(change);
    }
    bool isConnected = connections[0].get() != nullptr || connections[1].get() != nullptr;
    if (!dynamic || keepsRoutes() || isConnected) continue;
    // Who called is gone, whether a session came of it or not.
    speaker.remove(*this);
    co_return;
  }
}

// ---- what is wanted

void Peer::start() {
  if (settings.shutdown) return;
  if (!settings.interface.empty() && discovery == nullptr)
    discovery = kj::heap<Discovery>(speaker.loop, speaker.sockets, speaker.interfaces, settings.interface,
                                    [this](net::Ip6 address) { discovered(address); });
  if (address().isNone()) return;
  auto offered = settings.session;
  KJ_IF_MAYBE (graceful, offered.capabilities.gracefulRestart) graceful->restarting = speaker.restarting();
  session.configure(kj::mv(offered));
  session.start(speaker.now());
  bell.ring();
}

void Peer::stop(const Notification& reason) {
  session.stop(reason, speaker.now());
  bell.ring();
}

void Peer::reset(const Notification& reason) {
  session.reset(reason, speaker.now());
  bell.ring();
}

void Peer::configure(PeerSettings wanted, const std::set<std::string>& changed) {
  bool anew = wanted.identity != settings.identity;
  bool wasDown = settings.shutdown;
  std::swap(settings, wanted);
  if (settings.shutdown) {
    if (!wasDown) stop({Code::CEASE, cease::ADMINISTRATIVE_SHUTDOWN, communication(settings.shutdownMessage.c_str())});
    return;
  }
  session.configure(settings.session);
  if (wasDown) return start();
  if (anew) return reset({Code::CEASE, cease::OTHER_CONFIGURATION, {}});
  bool judgesAnew = wanted.terms.allowOwnAs != settings.terms.allowOwnAs;
  speaker.each([&](auto& tables) {
    bool other = wanted.families[tables.family].import != settings.families[tables.family].import;
    reconfigure(tables, judgesAnew || other, changed);
  });
}

template <typename T> void Peer::reconfigure(T& tables, bool judgesAnew, const std::set<std::string>& changed) {
  auto& mine = channel(tables.family);
  auto& wanted = family(tables.family);
  if (!mine.up) return;
  auto touches = [&](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](auto& name) { return changed.count(name) > 0; });
  };
  auto key = mine.terms.groupKey();
  auto version = mine.terms.version;
  bool tellsOtherwise = touches(wanted.exportNames);
  for (auto& condition : settings.conditions) tellsOtherwise = tellsOtherwise || changed.count(condition.policy) > 0;
  setTerms(mine, tables.family);
  mine.terms.version = tellsOtherwise ? version + 1 : version;
  if (judgesAnew || touches(wanted.import)) {
    mine.recent->clear();
    tables.table.reimport(index);
  }
  if (key != mine.terms.groupKey()) tables.regroup(*this);
  mine.owesDefault = mine.isTold != wanted.defaultOriginate;
  limit(tables.family, tables.table.counts(index).received);
  speaker.wake();
}

void Peer::conditionsChanged() {
  if (settings.conditions.empty()) return;
  speaker.each([&](auto& tables) { reconfigure(tables, false, {}); });
}

void Peer::clear(bool in, bool out) {
  if (!in && !out) {
    reset({Code::CEASE, cease::ADMINISTRATIVE_RESET, {}});
    // One that was stopped, for it had too many prefixes, may try again.
    return start();
  }
  speaker.each([&](auto& tables) {
    auto& mine = channel(tables.family);
    if (!mine.up) return;
    if (in) {
      mine.recent->clear();
      tables.table.reimport(index);
    }
    if (out) tables.groups.refresh(index, false);
  });
  speaker.wake();
}

// ---- connections

void Peer::connect() { opening = kj::Promise<void>(open()).eagerlyEvaluate(reporting("connecting")); }

uint Peer::scopeOf() const {
  if (settings.interface.empty()) return 0;
  KJ_IF_MAYBE (interface, speaker.interfaces.find(settings.interface.c_str())) return interface->index;
  return 0;
}

Task<void> Peer::open() {
  auto to = address();
  auto asked = speaker.sockets.tcp([this, to](fea::Fea::TcpOptions::Builder options) {
    options.setVersion(to.version());
    auto& transport = settings.transport;
    if (!transport.local.isNone()) net::write(transport.local, options.initAddress());
    if (!settings.interface.empty()) options.setInterface(settings.interface.c_str());
    options.setHops(transport.hops);
    options.setMinHops(transport.minHops);
    if (transport.password.empty()) return;
    auto key = options.initKeys(1)[0];
    net::write(net::IpNet(to, to.width()), key.initPeer());
    key.setKey(kj::StringPtr(transport.password.c_str()).asBytes());
  });
  kj::Maybe<kj::AutoCloseFd> socket;
  auto given = asked.then([&socket](kj::AutoCloseFd fd) { socket = kj::mv(fd); });
  auto caught = given.catch_([this](kj::Exception&& problem) {
    xrl::log::warn("no socket", "neighbor", settings.name.c_str(), "reason", problem.getDescription());
  });
  co_await kj::mv(caught);
  KJ_IF_MAYBE (fd, socket) {
    connections[0] =
        kj::heap<Connection>(speaker.loop, owner(), Way::OUTGOING, kj::mv(*fd), to, settings.transport.port, scopeOf());
  } else {
    session.lost(Way::OUTGOING, speaker.now());
    bell.ring();
  }
}

void Peer::interfaceChanged() {
  KJ_IF_MAYBE (there, discovery) (*there)->interfaceChanged();
}

void Peer::discovered(net::Ip address) {
  // Another one than before is taken when the session with that one has ended.
  if (address == found || session.state() == State::ESTABLISHED) return;
  bool first = found.isNone();
  found = address;
  xrl::log::info("neighbor found", "neighbor", settings.name.c_str(), "address", address);
  if (first) start();
}

void Peer::incoming(kj::AutoCloseFd fd, net::Ip from, uint scope) {
  if (!settings.interface.empty()) discovered(from);
  auto version = address().version();
  auto& transport = settings.transport;
  bool isSecured = transport.minHops == 0 || xrl::setMinHops(fd, version, transport.minHops);
  if (!isSecured || !xrl::setHops(fd, version, transport.hops))
    xrl::log::error("cannot set hops", "neighbor", settings.name.c_str(), "reason", strerror(errno));
  if (!isSecured) return;
  auto refusal = session.incoming(speaker.now());
  auto connection = kj::heap<Connection>(speaker.loop, owner(), Way::INCOMING, kj::mv(fd), nullptr, 0, scope);
  KJ_IF_MAYBE (reason, refusal) {
    connection->send(encodeNotification(*reason));
    Connection::finish(kj::mv(connection), speaker.tasks);
  } else {
    connections[1] = kj::mv(connection);
  }
  bell.ring();
}

void Peer::send(Way to, Bytes message) {
  if (connections[uint(to)].get() != nullptr) connections[uint(to)]->send(message);
}

void Peer::close(Way which) {
  if (which == Way::OUTGOING) opening = nullptr;
  auto& connection = connections[uint(which)];
  if (connection.get() != nullptr) Connection::drop(kj::mv(connection), speaker.tasks);
}

void Peer::sendAndClose(Way which, Bytes message) {
  auto& connection = connections[uint(which)];
  if (connection.get() == nullptr) return;
  connection->send(message);
  Connection::finish(kj::mv(connection), speaker.tasks);
}

bool Peer::hasUnread(Way which) {
  auto& connection = connections[uint(which)];
  return connection.get() != nullptr && connection->hasUnread();
}

void Peer::connected(Way which) {
  session.connected(which, speaker.now());
  bell.ring();
}

void Peer::lost(Way which, kj::StringPtr reason) {
  xrl::log::debug("connection lost", "neighbor", settings.name.c_str(), "reason", reason);
  auto& connection = connections[uint(which)];
  if (connection.get() != nullptr) Connection::drop(kj::mv(connection), speaker.tasks);
  session.lost(which, speaker.now());
  bell.ring();
}

size_t Peer::received(Way which, Bytes bytes) {
  auto taken = session.receive(which, bytes, speaker.now(), BUDGET);
  bell.ring();
  return taken;
}

void Peer::written(Way which, size_t waiting) {
  session.written(which, waiting > 0, speaker.now());
  if (waiting == 0) flush();
  bell.ring();
}

template <typename T> void Peer::write(T& tables, Connection& connection) {
  auto& mine = channel(tables.family);
  if (!mine.up) return;
  // It goes before the group announces another default route, and comes after that one is withdrawn.
  bool inTurn = mine.isTold || tables.groups.advertised(index) == 0 || tables.groups.hasCaughtUp(index);
  if (mine.owesDefault && inTurn && !speaker.restarting()) {
    mine.owesDefault = false;
    mine.isTold = family(tables.family).defaultOriginate;
    session.transmit(tables.defaultRoute(*this, !mine.isTold), speaker.now());
  }
  limitAdvertised(tables.family, tables.groups.advertised(index));
  while (mine.up && connection.waiting() < STRETCH) {
    auto bytes = tables.groups.peek(index);
    auto size = wholeMessages(bytes, STRETCH);
    if (size == 0) return;
    session.transmit(bytes.slice(0, size), speaker.now());
    tables.groups.consumed(index, size);
    speaker.wake();
  }
}

void Peer::flush() {
  if (session.state() != State::ESTABLISHED) return;
  auto& connection = connections[uint(way)];
  if (connection.get() == nullptr || connection->waiting() >= STRETCH) return;
  speaker.each([&](auto& tables) { write(tables, *connection); });
  bell.ring();
}

// ---- limits

void Peer::limit(Family which, size_t received) {
  auto& mine = channel(which);
  auto most = family(which).maxPrefixes;
  bool full = mine.up && most > 0 && received > most;
  if (full == mine.full) return;
  mine.full = full;
  if (full) refuse(which, most, false);
}

void Peer::limitAdvertised(Family which, size_t advertised) {
  auto& mine = channel(which);
  auto most = family(which).maxAdvertised;
  bool isFlooded = most > 0 && advertised > most;
  if (isFlooded == mine.isFlooded) return;
  mine.isFlooded = isFlooded;
  if (isFlooded) refuse(which, most, true);
}

void Peer::refuse(Family which, uint32_t most, bool isOwn) {
  auto& said = family(which);
  xrl::log::warn(isOwn ? "too many prefixes for a neighbor" : "too many prefixes", "neighbor", settings.name.c_str(),
                 "family", nameOf(which), "limit", most);
  if (said.warnOnly) return;
  Notification reason{Code::CEASE, cease::MAX_PREFIXES, {}};
  reason.data = {0,
                 uint8_t(afiOf(which)),
                 safiOf(which),
                 uint8_t(most >> 24),
                 uint8_t(most >> 16),
                 uint8_t(most >> 8),
                 uint8_t(most)};
  stop(reason);
  if (said.restartAfter == 0) return;
  auto again = speaker.loop.timer().afterDelay(said.restartAfter * kj::SECONDS);
  waiting = again.then([this]() { start(); }).eagerlyEvaluate(reporting("restart"));
}

kj::Maybe<const Connection&> Peer::connection() const {
  auto& mine = connections[uint(way)];
  if (session.state() != State::ESTABLISHED || mine.get() == nullptr) return nullptr;
  return *mine;
}

kj::Maybe<uint32_t> Peer::uptime() const {
  if (session.state() != State::ESTABLISHED) return nullptr;
  return uint32_t((speaker.now() - since) / kj::SECONDS);
}

}  // namespace xylem::bgp

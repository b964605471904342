// The life of a session.
//
// RFC 4271 has a state machine for each connection and lets implementations join them; here a session has two slots and
// its state is that of the connection that has come farthest.
//
// Collisions. Where the RFC waits for OpenConfirm, this settles a collision with the first OPEN, if the other
// connection still waits for its own: the identifiers are known then, and both ends decide alike. The lesser connection
// ends with its own OPEN or when the better one is established, not before: FRR gives up both when it hears in OpenSent
// that one is too many. To a connection in OpenConfirm this end has committed itself with a KEEPALIVE,
// and the peer may be established on it by now; to close it for the rule's sake could leave none. So the second
// connection is held: its OPEN is not answered until the first one is established, which closes the second, or ends. A
// connection that the peer closes as the lesser of two is no error, for the better one may be about to come in.
//
// A peer with graceful restart that connects while a session is established has restarted: its old connection is
// closed without a word, and its routes are kept (RFC 4724 section 4.2). But a session that has only just been
// established may be the better one of two that collided, and the other one is seen only now.
//
// A hold timer that runs out while bytes are waiting blames the peer for what this process did not do in time, so it
// starts again. The send hold timer ends a connection without NOTIFICATION: nothing can be written (RFC 9687).
//
// An action may bring about any event, so a connection is taken out of its slot before its end is told, and whoever
// goes on after an action asks by `id` whether the connection is still the same.

#include <protocols/bgp/session.h>

namespace xylem::bgp {

namespace {

constexpr uint MAX_DOUBLINGS = 16;
constexpr auto SETTLED = 5 * kj::SECONDS;
// A connection that comes in later than this after a session is up is no collision.
constexpr Way WAYS[] = {Way::OUTGOING, Way::INCOMING};

Notification wrongState(State state, Type type) {
  uint8_t subcode = state == State::OPEN_SENT      ? state::IN_OPEN_SENT
                    : state == State::OPEN_CONFIRM ? state::IN_OPEN_CONFIRM
                                                   : state::IN_ESTABLISHED;
  return {Code::STATE, subcode, {uint8_t(type)}};
}

Notification unsupported(FamilySet families) {
  // Names the capabilities that are missed (RFC 5492 section 3).
  Capabilities missed;
  missed.families = families;
  net::ByteWriter out;
  missed.write(out);
  auto bytes = out.bytes();
  return {Code::OPEN, open::UNSUPPORTED_CAPABILITY, {bytes.begin(), bytes.end()}};
}

}  // namespace

kj::StringPtr nameOf(State state) {
  constexpr const char* NAMES[] = {"idle", "connect", "active", "open-sent", "open-confirm", "established"};
  return NAMES[uint(state)];
}

State Session::state() const {
  auto farthest = kj::max(connections[0].state, connections[1].state);
  if (farthest != State::IDLE || !running || startAt != nullptr) return farthest;
  return State::ACTIVE;
}

kj::Maybe<Way> Session::establishedWay() const {
  for (auto way : WAYS)
    if (connections[uint(way)].state == State::ESTABLISHED) return way;
  return nullptr;
}

kj::Maybe<const Negotiated&> Session::negotiated() const {
  KJ_IF_MAYBE (way, establishedWay()) return connections[uint(*way)].agreed;
  return nullptr;
}

kj::Maybe<Session::Opens> Session::opens() const {
  KJ_IF_MAYBE (way, establishedWay()) {
    auto& connection = connections[uint(*way)];
    return Opens{connection.sentOpen, connection.receivedOpen};
  }
  return nullptr;
}

kj::Maybe<const Context&> Session::context() const {
  KJ_IF_MAYBE (way, establishedWay()) return connections[uint(*way)].context;
  return nullptr;
}

kj::Duration Session::jittered(kj::Duration duration) {
  // RFC 4271 section 10: three quarters to the whole.
  return duration / 1000 * (750 + random() % 251);
}

// ---- beginning and ending

void Session::start(Time now) {
  if (running) return;
  running = true;
  errors = 0;
  begin(now);
}

void Session::begin(Time now) {
  startAt = nullptr;
  if (!settings.passive) attempt(now);
}

void Session::attempt(Time now) {
  retryAt = now + jittered(settings.connectRetry);
  at(Way::OUTGOING).state = State::CONNECT;
  ++count.attempts;
  actions.connect();
}

void Session::stop(const Notification& reason, Time now) {
  running = false;
  startAt = retryAt = nullptr;
  closeAll(reason, Cause::STOPPED, now);
}

void Session::reset(const Notification& reason, Time now) {
  if (!running) return;
  auto before = errors;
  closeAll(reason, Cause::NOTIFICATION_SENT, now);
  errors = before;
  if (running) idle(false, now);
}

void Session::closeAll(const Notification& reason, Cause cause, Time now) {
  for (auto way : WAYS)
    if (at(way).isOpen())
      fail(way, reason, now, cause);
    else if (at(way).state != State::IDLE)
      end(way, cause, Farewell::CLOSE, {}, now);
}

void Session::idle(bool isError, Time now) {
  // Nothing is left: wait, then begin anew.
  retryAt = nullptr;
  auto wait = settings.idleHold;
  if (isError) {
    wait = kj::min(settings.maxIdleHold, wait * (int64_t(1) << kj::min(errors, MAX_DOUBLINGS)));
    ++errors;
  }
  startAt = now + jittered(wait);
}

void Session::note(const Notification& notification, bool sent, Time now) {
  error = LastError{notification, sent, now};
}

void Session::fail(Way way, Notification notification, Time now, Cause cause) {
  // End a connection that is open with a NOTIFICATION.
  auto& connection = at(way);
  bool wouldKeep = connection.state == State::ESTABLISHED && connection.agreed.notificationRestart;
  bool isFinal = notification.code == Code::CEASE &&
                 (notification.subcode == cease::ADMINISTRATIVE_SHUTDOWN ||
                  notification.subcode == cease::PEER_DECONFIGURED || notification.subcode == cease::MAX_PREFIXES);
  if (wouldKeep && isFinal) notification = notification.hardReset();
  ++count.sent[uint(Type::NOTIFICATION)];
  note(notification, true, now);
  end(way, cause, Farewell::SEND_AND_CLOSE, notification, now);
}

void Session::end(Way way, Cause cause, Farewell farewell, const Notification& notification, Time now) {
  auto ending = kj::mv(at(way));
  at(way) = Connection();
  bool wasEstablished = ending.state == State::ESTABLISHED;
  if (wasEstablished && now - establishedAt >= settings.stable) errors = 0;
  if (running && at(other(way)).state == State::IDLE) {
    bool isTurnedAway =
        cause == Cause::NOTIFICATION_RECEIVED && !wasEstablished && notification.code == Code::CEASE &&
        (notification.subcode == cease::COLLISION || notification.subcode == cease::CONNECTION_REJECTED);
    if (isTurnedAway || cause == Cause::PEER_RESTARTED)
      retryLater(now);
    else
      idle(true, now);
  }
  if (farewell == Farewell::SEND_AND_CLOSE) actions.sendAndClose(way, encodeNotification(notification));
  if (farewell == Farewell::CLOSE) actions.close(way);
  if (at(other(way)).held) release(other(way), now);
  if (!wasEstablished) return;
  Down down{cause, notification};
  bool restarts = ending.agreed.gracefulRestart != nullptr;
  if (cause == Cause::CONNECTION_LOST || cause == Cause::PEER_RESTARTED)
    down.keepRoutes = restarts;
  else if (cause != Cause::STOPPED)
    down.keepRoutes = restarts && ending.agreed.notificationRestart && !notification.isHardReset();
  actions.down(down);
}

// ---- connections

kj::Maybe<Notification> Session::incoming(Time now) {
  if (!running || startAt != nullptr) return Notification{Code::CEASE, cease::CONNECTION_REJECTED};
  KJ_IF_MAYBE (way, establishedWay()) {
    bool mayHaveRestarted = at(*way).agreed.gracefulRestart != nullptr && now - establishedAt >= SETTLED;
    if (!mayHaveRestarted) return Notification{Code::CEASE, cease::COLLISION};
    end(*way, Cause::PEER_RESTARTED, Farewell::CLOSE, {}, now);
    if (!running) return Notification{Code::CEASE, cease::CONNECTION_REJECTED};
  }
  if (at(Way::INCOMING).state != State::IDLE) return Notification{Code::CEASE, cease::COLLISION};
  return nullptr;
}

void Session::connected(Way way, Time now) {
  auto& connection = at(way);
  auto expected = way == Way::OUTGOING ? State::CONNECT : State::IDLE;
  if (!running || connection.state != expected || establishedWay() != nullptr) return actions.close(way);
  connection = Connection();
  connection.id = ++lastId;
  if (way == Way::OUTGOING) retryAt = nullptr;
  connection.state = State::OPEN_SENT;
  connection.holdAt = now + settings.openHold;
  auto& ours = connection.ours;
  ours.as = settings.localAs[localAsIndex % settings.localAs.size()];
  ours.holdTime = settings.holdTime;
  ours.identifier = settings.identifier;
  ours.capabilities = settings.capabilities;
  if (ours.capabilities.as4 != nullptr) ours.capabilities.as4 = ours.as;
  ++count.sent[uint(Type::OPEN)];
  auto message = encodeOpen(ours);
  connection.sentOpen = kj::heapArray(message.asPtr());
  send(way, message, now);
}

void Session::lost(Way way, Time now) {
  auto& connection = at(way);
  if (connection.state == State::IDLE) return;
  if (connection.state > State::OPEN_SENT) return end(way, Cause::CONNECTION_LOST, Farewell::NONE, {}, now);
  // No error: connect again when it is time (RFC 4271 section 8.2.2).
  connection = Connection();
  if (at(other(way)).state == State::IDLE) retryLater(now);
}

void Session::retryLater(Time now) {
  if (!settings.passive && retryAt == nullptr) retryAt = now + jittered(settings.connectRetry);
}

void Session::send(Way way, Bytes messages, Time now) {
  auto& connection = at(way);
  if (connection.sendHoldAt == nullptr)
    connection.sendHoldAt = now + kj::max(settings.sendHold, connection.agreed.holdTime * 2);
  actions.send(way, messages);
}

void Session::written(Way way, bool isMoreWaiting, Time now) {
  auto& connection = at(way);
  connection.sendHoldAt = nullptr;
  if (isMoreWaiting && connection.isOpen())
    connection.sendHoldAt = now + kj::max(settings.sendHold, connection.agreed.holdTime * 2);
}

void Session::transmit(Bytes messages, Time now) {
  KJ_IF_MAYBE (way, establishedWay()) {
    auto& connection = at(*way);
    size_t size = 0;
    for (size_t from = 0; from < messages.size(); from += size) {
      KJ_REQUIRE(messages.size() - from >= HEADER_SIZE, "whole messages are sent");
      size = size_t(messages[from + 16]) << 8 | messages[from + 17];
      KJ_REQUIRE(size >= HEADER_SIZE && size <= messages.size() - from, "whole messages are sent");
      ++count.sent[messages[from + 18] % count.sent.size()];
    }
    if (connection.keepaliveAt != nullptr) connection.keepaliveAt = now + jittered(connection.agreed.keepalive);
    send(*way, messages, now);
  }
}

// ---- messages

size_t Session::receive(Way way, Bytes bytes, Time now, uint budget) {
  auto& connection = at(way);
  size_t taken = 0;
  auto id = connection.id;
  auto isSame = [&] { return connection.id == id && connection.isOpen(); };
  while (budget > 0 && isSame()) {
    auto rest = bytes.slice(taken, bytes.size());
    if (!connection.partial.empty()) {
      size_t more = complete(way, rest, now, budget);
      taken += more;
      if (more == rest.size()) break;
      continue;
    }
    auto framed = frame(rest, connection.agreed.maxReceived);
    if (framed.is<Need>()) {
      connection.partial.addAll(rest);
      return bytes.size();
    }
    if (framed.is<Notification>()) {
      fail(way, kj::mv(framed.get<Notification>()), now);
      break;
    }
    auto& one = framed.get<Frame>();
    taken += one.whole.size();
    --budget;
    message(way, one, now);
  }
  return isSame() ? taken : bytes.size();
}

size_t Session::complete(Way way, Bytes bytes, Time now, uint& budget) {
  // Bytes that a message was waiting for, up to its end.
  auto& connection = at(way);
  size_t taken = 0;
  for (;;) {
    auto framed = frame(connection.partial, connection.agreed.maxReceived);
    if (framed.is<Notification>()) {
      fail(way, kj::mv(framed.get<Notification>()), now);
      return taken;
    }
    if (framed.is<Frame>()) {
      auto whole = kj::mv(connection.partial);
      connection.partial = kj::Vector<kj::byte>();
      --budget;
      message(way, framed.get<Frame>(), now);
      return taken;
    }
    size_t more = kj::min(framed.get<Need>().bytes - connection.partial.size(), bytes.size() - taken);
    if (more == 0) return taken;
    connection.partial.addAll(bytes.slice(taken, taken + more));
    taken += more;
  }
}

void Session::message(Way way, const Frame& frame, Time now) {
  auto& connection = at(way);
  ++count.received[uint(frame.type)];
  if (frame.type == Type::NOTIFICATION) return notified(way, frame, now);
  if (connection.state == State::OPEN_SENT && frame.type == Type::OPEN) {
    auto decoded = decodeOpen(frame.body);
    if (decoded.is<Notification>()) return fail(way, kj::mv(decoded.get<Notification>()), now);
    connection.receivedOpen = kj::heapArray(frame.whole);
    return opened(way, kj::mv(decoded.get<Open>()), now);
  }
  if (connection.state == State::OPEN_CONFIRM && frame.type == Type::KEEPALIVE) {
    connection.isConfirmed = true;
    return connection.held ? void() : establish(way, now);
  }
  if (connection.state != State::ESTABLISHED || frame.type == Type::OPEN)
    return fail(way, wrongState(connection.state, frame.type), now);
  if (frame.type == Type::ROUTE_REFRESH) return refreshed(way, frame, now);
  restartHold(connection, now);
  if (frame.type == Type::UPDATE) updated(way, frame, now);
}

void Session::notified(Way way, const Frame& frame, Time now) {
  auto notification = KJ_ASSERT_NONNULL(decodeNotification(frame.body));
  note(notification, false, now);
  if (notification.code == Code::OPEN && notification.subcode == open::BAD_PEER_AS) ++localAsIndex;
  end(way, Cause::NOTIFICATION_RECEIVED, Farewell::CLOSE, notification, now);
}

kj::Maybe<Notification> Session::refusal(const Open& ours, const Open& theirs) const {
  if (settings.peerAs != 0 && theirs.as != settings.peerAs) return Notification{Code::OPEN, open::BAD_PEER_AS};
  bool internal = ours.as == theirs.as;
  if (internal && ours.identifier == theirs.identifier) return Notification{Code::OPEN, open::BAD_IDENTIFIER};
  if (theirs.holdTime != 0 && theirs.holdTime < settings.minHoldTime)
    return Notification{Code::OPEN, open::UNACCEPTABLE_HOLD_TIME};
  auto families = negotiate(ours, theirs).families;
  if (families.empty() || !families.covers(settings.required))
    return unsupported(settings.required.empty() ? ours.capabilities.families : settings.required);
  KJ_IF_MAYBE (role, ours.capabilities.role) {
    if (internal) return nullptr;
    bool fits = !settings.strictRole;
    KJ_IF_MAYBE (given, theirs.capabilities.role) fits = rolesFit(*role, *given);
    if (!fits) return Notification{Code::OPEN, open::ROLE_MISMATCH};
  }
  return nullptr;
}

bool Session::survives(Way way, const Open& ours, const Open& theirs, Time now) {
  // Settles a collision. The connection that the higher identifier began stays; of equal ones, the higher AS
  // (RFC 6286 section 2.3).
  auto& rival = at(other(way));
  bool isSettled = at(way).isLesser && rival.state == State::OPEN_CONFIRM;
  if (rival.state != State::OPEN_SENT && !isSettled) return true;
  bool isOursHigher = ours.identifier != theirs.identifier ? ours.identifier > theirs.identifier : ours.as > theirs.as;
  if ((way == Way::OUTGOING) == isOursHigher) return rival.isLesser = true;
  fail(way, {Code::CEASE, cease::COLLISION}, now);
  return false;
}

void Session::opened(Way way, Open theirs, Time now) {
  auto& connection = at(way);
  KJ_IF_MAYBE (bad, refusal(connection.ours, theirs)) return fail(way, kj::mv(*bad), now);
  if (!survives(way, connection.ours, theirs, now)) return;
  auto& agreed = connection.agreed = negotiate(connection.ours, theirs);
  if (settings.keepalive > 0 * kj::SECONDS) agreed.keepalive = kj::min(agreed.keepalive, settings.keepalive);
  connection.context = Context::of(agreed);
  connection.context.confederation = settings.confederation && !agreed.internal;
  if (settings.enforceFirstAs && !agreed.internal) connection.context.firstAs = agreed.peerAs;
  connection.state = State::OPEN_CONFIRM;
  connection.held = at(other(way)).state == State::OPEN_CONFIRM;
  if (!connection.held) confirm(way, now);
}

void Session::confirm(Way way, Time now) {
  auto& connection = at(way);
  if (connection.agreed.holdTime > 0 * kj::SECONDS) restartHold(connection, now);
  sendKeepalive(way, now);
}

void Session::release(Way way, Time now) {
  auto& connection = at(way);
  auto id = connection.id;
  connection.held = false;
  confirm(way, now);
  if (connection.id == id && connection.isConfirmed) establish(way, now);
}

void Session::sendKeepalive(Way way, Time now) {
  auto& connection = at(way);
  connection.keepaliveAt = nullptr;
  if (connection.agreed.keepalive > 0 * kj::SECONDS)
    connection.keepaliveAt = now + jittered(connection.agreed.keepalive);
  ++count.sent[uint(Type::KEEPALIVE)];
  send(way, keepalive(), now);
}

void Session::restartHold(Connection& connection, Time now) {
  connection.holdAt = nullptr;
  if (connection.agreed.holdTime > 0 * kj::SECONDS) connection.holdAt = now + connection.agreed.holdTime;
}

void Session::establish(Way way, Time now) {
  auto rival = other(way);
  auto& connection = at(way);
  auto id = connection.id;
  connection.state = State::ESTABLISHED;
  restartHold(connection, now);
  establishedAt = now;
  retryAt = nullptr;
  ++count.established;
  if (at(rival).isOpen())
    fail(rival, {Code::CEASE, cease::COLLISION}, now);
  else if (at(rival).state != State::IDLE)
    end(rival, Cause::NOTIFICATION_SENT, Farewell::CLOSE, {}, now);
  if (connection.id == id) actions.established(way, connection.agreed);
}

void Session::updated(Way way, const Frame& frame, Time now) {
  auto& connection = at(way);
  actions.arrived(frame.whole);
  auto outcome = split(frame.body, connection.context);
  if (outcome.is<Notification>()) return fail(way, kj::mv(outcome.get<Notification>()), now);
  auto& update = outcome.get<Update>();
  KJ_IF_MAYBE (family, update.endOfRib) return actions.endOfRib(*family);
  auto id = connection.id;
  actions.update(update);
  for (auto& finding : update.findings) {
    if (connection.id != id) return;
    KJ_IF_MAYBE (family, finding.family) {
      connection.context.families.remove(*family);
      actions.disabled(*family);
    }
  }
}

void Session::refreshed(Way way, const Frame& frame, Time now) {
  auto& connection = at(way);
  auto outcome = decodeRefresh(frame);
  if (outcome.is<Notification>()) return fail(way, kj::mv(outcome.get<Notification>()), now);
  if (outcome.is<Ignored>()) return;
  auto& refresh = outcome.get<Refresh>();
  bool agreed = refresh.kind == Refresh::REQUEST ? connection.agreed.routeRefresh : connection.agreed.enhancedRefresh;
  if (agreed && connection.context.families.has(refresh.family)) actions.refresh(refresh);
}

// ---- time

void Session::tick(Time now) {
  auto isDue = [&](const kj::Maybe<Time>& when) {
    KJ_IF_MAYBE (time, when) return now >= *time;
    return false;
  };
  if (running && isDue(startAt)) begin(now);
  if (running && isDue(retryAt)) {
    retryAt = nullptr;
    auto& outgoing = at(Way::OUTGOING);
    if (outgoing.state == State::CONNECT) {
      outgoing = Connection();
      actions.close(Way::OUTGOING);
    }
    if (running && outgoing.state == State::IDLE && !at(Way::INCOMING).isOpen()) attempt(now);
  }
  for (auto way : WAYS) {
    auto& connection = at(way);
    if (connection.isOpen() && isDue(connection.sendHoldAt)) {
      note({Code::SEND_HOLD_TIMER_EXPIRED}, false, now);
      end(way, Cause::SEND_HOLD, Farewell::CLOSE, {Code::SEND_HOLD_TIMER_EXPIRED}, now);
    }
    if (connection.isOpen() && isDue(connection.holdAt)) expire(way, now);
    if (connection.isOpen() && isDue(connection.keepaliveAt)) sendKeepalive(way, now);
  }
}

void Session::expire(Way way, Time now) {
  auto& connection = at(way);
  if (connection.state > State::OPEN_SENT && actions.hasUnread(way)) return restartHold(connection, now);
  fail(way, {Code::HOLD_TIMER_EXPIRED}, now);
}

kj::Maybe<Time> Session::deadline() const {
  kj::Maybe<Time> first;
  auto consider = [&](const kj::Maybe<Time>& when) {
    KJ_IF_MAYBE (time, when) first = kj::min(*time, first.orDefault(*time));
  };
  if (running) {
    consider(startAt);
    consider(retryAt);
  }
  for (auto& connection : connections) {
    consider(connection.holdAt);
    consider(connection.keepaliveAt);
    consider(connection.sendHoldAt);
  }
  return first;
}

}  // namespace xylem::bgp

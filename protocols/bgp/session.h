#pragma once
// A session with one peer: the state machine of RFC 4271 section 8 as events in, actions out. It opens no socket and
// reads no clock.
//
//       start stop reset   incoming connected lost   receive written   transmit   tick
//              \                    |                     |              |         /     each with the time it is
//               v                   v                     v              v        v
//                 Session  =  at most one connection of each Way, OUTGOING and INCOMING
//                                   |                              |
//             connect send close sendAndClose         established update endOfRib refresh disabled down
//                                   v                              v                     deadline(): when to `tick`
//                                   next
//                               Actions                         Actions
//
// Two connections live side by side until the peer's OPEN tells which one stays (RFC 4271 section 6.8); both sides
// choose the same, whatever order things come in.
//
// Any event may be given from within an action.

#include <protocols/bgp/update.h>

#include <kj/function.h>

namespace xylem::bgp {

using Time = kj::TimePoint;
using Random = kj::Function<uint32_t()>;

enum class Way : uint8_t { OUTGOING, INCOMING };
enum class State : uint8_t { IDLE, CONNECT, ACTIVE, OPEN_SENT, OPEN_CONFIRM, ESTABLISHED };
kj::StringPtr nameOf(State state);

struct Settings {
  std::vector<uint32_t> localAs;
  // At least one. When the peer finds it bad, the next one is tried, and after the last the first again.
  uint32_t peerAs = 0;
  // 0: any.
  bool confederation = false;
  // The peer is of another member AS of this confederation.
  bool enforceFirstAs = false;
  // Paths of an external peer begin with its AS.
  net::Ip4 identifier;
  Capabilities capabilities;
  // What to offer. The number in `as4` is filled in; restart flags are given by whoever knows of a restart.
  FamilySet required;
  // Without these, there is no session.
  bool strictRole = false;
  // A peer that does not say its role is refused (RFC 9234 section 4.2).
  bool passive = false;
  uint16_t holdTime = 90, minHoldTime = 3;
  // Seconds. 0 from either side is no hold time, and always acceptable.
  kj::Duration keepalive = 0 * kj::SECONDS;
  // At most; never more than a third of the hold time, which 0 stands for.
  kj::Duration connectRetry = 30 * kj::SECONDS;
  kj::Duration openHold = 4 * kj::MINUTES;
  // Until the peer's OPEN.
  kj::Duration sendHold = 8 * kj::MINUTES;
  // RFC 9687; at least twice the hold time.
  kj::Duration idleHold = 1 * kj::SECONDS, maxIdleHold = 2 * kj::MINUTES;
  // After an error: doubles with each, up to the second.
  kj::Duration stable = 5 * kj::MINUTES;
  // A session that was up for so long is forgiven what came before.
};

enum class Cause : uint8_t {
  STOPPED,
  NOTIFICATION_SENT,
  NOTIFICATION_RECEIVED,
  CONNECTION_LOST,
  PEER_RESTARTED,
  SEND_HOLD
};

struct Down {
  Cause cause;
  Notification notification;
  // Sent or received, if the cause says so.
  bool keepRoutes = false;
  // Graceful restart: those of the families in Negotiated::gracefulRestart are stale and stay (RFC 4724 section 4.2,
  // RFC 8538 section 4).
};

class Actions {
 public:
  virtual void connect() = 0;
  // Ends in `connected` or `lost`, unless it is closed before.
  virtual void send(Way way, Bytes messages) = 0;
  virtual void close(Way way) = 0;
  // Also an attempt to connect. Nothing more is told of it.
  virtual void sendAndClose(Way way, Bytes message) = 0;
  // Send, shut down, and read until the end before closing, or else what was sent may be lost.
  virtual bool hasUnread(Way way) = 0;
  // Bytes of this connection wait to be received: it is not the peer who is late then.

  virtual void established(Way way, const Negotiated& negotiated) = 0;
  virtual void arrived(Bytes) {}
  // An UPDATE, whole, before anything is made of it: for those who keep records.
  virtual void update(const Update& update) = 0;
  virtual void endOfRib(Family family) = 0;
  virtual void refresh(const Refresh& refresh) = 0;
  virtual void disabled(Family family) = 0;
  // Its routes go, and none are taken in this session any more.
  virtual void down(const Down& down) = 0;
  // Of a session that was established.
};

struct LastError {
  Notification notification;
  bool sent = false;
  Time at = kj::origin<Time>();
};

struct Counters {
  std::array<uint64_t, 6> sent{}, received{};
  // By Type.
  uint64_t established = 0, attempts = 0;
};

class Session {
 public:
  static constexpr uint NO_BUDGET = 0xffffffff;

  Session(Settings settings, Actions& actions, Random random)
      : settings(kj::mv(settings)), actions(actions), random(kj::mv(random)) {}
  KJ_DISALLOW_COPY(Session);

  void configure(Settings wanted) { settings = kj::mv(wanted); }
  // For the next connection; one that is there is what it is until `reset`.
  void start(Time now);
  void stop(const Notification& reason, Time now);
  // Until the next start. A shutdown of a peer that would keep routes is a hard reset (RFC 8538 section 3). To be
  // restarted gracefully oneself, let the connection go without a word.
  void reset(const Notification& reason, Time now);
  // Begin anew, soon.

  kj::Maybe<Notification> incoming(Time now);
  // A connection comes in. Nothing: bind it to Way::INCOMING, whose older one is closed by now, and say `connected`.
  // Otherwise it is not wanted: send this and close it.
  void connected(Way way, Time now);
  void lost(Way way, Time now);
  // The attempt has failed, or the peer or the network has ended the connection.
  size_t receive(Way way, Bytes bytes, Time now, uint budget = NO_BUDGET);
  // Handles so many messages at most. Returns how many bytes it has taken: those behind must come again. Part of a
  // message is kept here.
  void written(Way way, bool isMoreWaiting, Time now);
  // The system took bytes that were sent. Without it, a connection ends by the send hold timer.
  void transmit(Bytes messages, Time now);
  // Send to an established peer: whole messages.

  void tick(Time now);
  kj::Maybe<Time> deadline() const;

  State state() const;
  kj::Maybe<const Negotiated&> negotiated() const;
  // While it is established.
  kj::Maybe<const Context&> context() const;
  // What its UPDATEs are read by; while it is established.
  struct Opens {
    Bytes sent, received;
  };
  kj::Maybe<Opens> opens() const;
  // The OPEN messages, whole, that it began with; also while it is established.
  const Counters& counters() const { return count; }
  const kj::Maybe<LastError>& lastError() const { return error; }
  size_t buffered() const { return connections[0].partial.size() + connections[1].partial.size(); }

 private:
  struct Connection {
    State state = State::IDLE;
    // IDLE: there is none. ACTIVE does not occur.
    uint64_t id = 0;
    // No other that is open has had it.
    bool held = false, isConfirmed = false;
    // In OPEN_CONFIRM: it waits for how the other one ends; the peer has said KEEPALIVE.
    bool isLesser = false;
    // In OPEN_SENT: of two that collided, this one ends.
    kj::Vector<kj::byte> partial;
    kj::Maybe<Time> holdAt, keepaliveAt, sendHoldAt;
    Open ours;
    kj::Array<kj::byte> sentOpen, receivedOpen;
    Negotiated agreed;
    Context context;

    bool isOpen() const { return state >= State::OPEN_SENT; }
  };

  Connection& at(Way way) { return connections[uint(way)]; }
  static Way other(Way way) { return way == Way::OUTGOING ? Way::INCOMING : Way::OUTGOING; }
  kj::Maybe<Way> establishedWay() const;
  kj::Duration jittered(kj::Duration duration);

  void begin(Time now);
  void attempt(Time now);
  void idle(bool isError, Time now);
  void closeAll(const Notification& reason, Cause cause, Time now);
  void fail(Way way, Notification notification, Time now, Cause cause = Cause::NOTIFICATION_SENT);
  enum class Farewell { NONE, CLOSE, SEND_AND_CLOSE };
  void end(Way way, Cause cause, Farewell farewell, const Notification& notification, Time now);
  void retryLater(Time now);
  void note(const Notification& notification, bool sent, Time now);

  void send(Way way, Bytes messages, Time now);
  void sendKeepalive(Way way, Time now);
  size_t complete(Way way, Bytes bytes, Time now, uint& budget);
  void message(Way way, const Frame& frame, Time now);
  void notified(Way way, const Frame& frame, Time now);
  void opened(Way way, Open theirs, Time now);
  kj::Maybe<Notification> refusal(const Open& ours, const Open& theirs) const;
  bool survives(Way way, const Open& ours, const Open& theirs, Time now);
  void confirm(Way way, Time now);
  void release(Way way, Time now);
  void establish(Way way, Time now);
  void updated(Way way, const Frame& frame, Time now);
  void refreshed(Way way, const Frame& frame, Time now);
  void restartHold(Connection& connection, Time now);
  void expire(Way way, Time now);

  Settings settings;
  Actions& actions;
  Random random;
  std::array<Connection, 2> connections;
  bool running = false;
  kj::Maybe<Time> startAt, retryAt;
  // The end of idle hold; the next attempt to connect.
  uint errors = 0;
  // In a row.
  Time establishedAt = kj::origin<Time>();
  size_t localAsIndex = 0;
  uint64_t lastId = 0;
  Counters count;
  kj::Maybe<LastError> error;
};

}  // namespace xylem::bgp

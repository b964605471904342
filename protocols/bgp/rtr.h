#pragma once
// The router's side of the RPKI to Router protocol (RFC 8210, and RFC 6810 with caches that know no better): events in,
// actions out. It opens no socket and reads no clock.
//
//     start stop  connected lost  receive  tick          each with the time it is
//            \         |            |       /
//             v        v            v      v
//                  RtrClient  = what one cache says, and how old that is
//                      |                       |
//           connect send close             add remove synced          deadline(): when to `tick` next
//
// Roas are added and removed as they come. A new whole set is laid over the old one: what it lacks goes when it is
// complete, a part with each tick. So does everything that is too old, or was learned before `stop`.
//
// A cache that cannot be reached is called again after a second, then two, and so on up to its retry interval; one that
// was reached and did not answer well, after that interval, once it has told it (RFC 8210 section 6).

#include <protocols/bgp/rtr-pdu.h>

#include <kj/time.h>

#include <map>

namespace xylem::bgp {

class RtrActions {
 public:
  virtual void connect() = 0;
  // Ends in `connected` or `lost`, unless it is closed before.
  virtual void send(net::Bytes bytes) = 0;
  virtual void close() = 0;
  virtual void add(const Roa& roa) = 0;
  virtual void remove(const Roa& roa) = 0;
  virtual void synced() = 0;
  // The cache has said all that it knows.
};

class RtrClient {
 public:
  using Time = kj::TimePoint;
  enum class State : uint8_t { IDLE, CONNECT, QUERY, DATA, READY };
  // Waiting to connect, connecting, waiting for an answer, receiving one, up to date.

  static constexpr size_t MAX_ROAS = 4 << 20;

  struct Timers {
    // As the cache says.
    kj::Duration refresh = 3600 * kj::SECONDS, retry = 600 * kj::SECONDS, expire = 7200 * kj::SECONDS;
  };

  explicit RtrClient(RtrActions& actions, kj::Duration lifetime = 0 * kj::SECONDS)
      : actions(actions), wantedLifetime(lifetime) {}
  // Roas are good for so long after the cache was last heard; 0: for as long as the cache says.
  KJ_DISALLOW_COPY(RtrClient);

  void start(Time now);
  void stop();
  // All Roas are on their way out.
  void connected(Time now);
  void lost(Time now);
  void receive(net::Bytes bytes, Time now);
  void tick(Time now);
  kj::Maybe<Time> deadline() const;

  State state() const { return phase; }
  uint8_t version() const { return speaks; }
  size_t size() const { return roas.size(); }
  kj::Maybe<uint32_t> serial() const { return lastSerial; }
  bool isRunning() const { return running; }
  const Timers& timers() const { return times; }
  kj::Duration lifetime() const { return wantedLifetime > 0 * kj::SECONDS ? wantedLifetime : times.expire; }
  kj::Maybe<Time> expiry() const { return expireAt; }
  // When all that is known is too old.
  kj::StringPtr lastError() const { return error; }
  // Why the last connection ended; empty: it did not yet.

 private:
  using Pdu = rtr::Pdu;
  using Fault = rtr::Fault;

  void query(Time now);
  void disconnect(kj::StringPtr reason, Time now);
  void fail(Fault fault, kj::StringPtr reason, net::Bytes pdu, Time now);
  bool pdu(net::Bytes whole, Time now);
  void handle(const Pdu& pdu, net::Bytes whole, Time now);
  bool agreeOn(const rtr::Header& header, net::Bytes whole, Time now);
  void response(const Pdu& pdu, net::Bytes whole, Time now);
  void prefix(const Pdu& pdu, net::Bytes whole, Time now);
  void endOfData(const Pdu& pdu, net::Bytes whole, Time now);
  void errorReport(Fault fault, Time now);
  void sweep(size_t most);
  void forgetAll();

  RtrActions& actions;
  const kj::Duration wantedLifetime;
  State phase = State::IDLE;
  bool running = false;
  kj::Vector<kj::byte> partial;
  uint8_t speaks = 1;
  bool isAgreed = false;
  // On the version, in this connection.
  kj::Maybe<uint16_t> session;
  kj::Maybe<uint32_t> lastSerial;
  // Nothing: only the whole set will do.
  bool isWhole = false;
  // What is being received is the whole set.
  std::map<Roa, uint32_t> roas;
  // Each with the set that it was in last.
  uint32_t generation = 0;
  kj::Maybe<Roa> sweepFrom;
  // What comes from there on and was not in the last set goes.
  Timers times;
  bool isTimed = false;
  // The cache has told them.
  kj::Duration backOff = 1 * kj::SECONDS;
  kj::Maybe<Time> wakeAt, expireAt;
  // Time to connect, to ask, or to stop waiting; the end of what is known.
  kj::StringPtr error;
};

}  // namespace xylem::bgp

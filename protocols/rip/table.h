#pragma once
// The routing table of RIP: what is learned, what is local, and their timers (RFC 2453 sections 3.5 to 3.9).

#include <protocols/rip/packet.h>

#include <kj/function.h>
#include <kj/time.h>

#include <map>
#include <set>
#include <string>

namespace xylem::rip {

using Time = kj::TimePoint;
// Monotonic; whoever drives the core says what time it is.

enum class Source { LEARNED, CONNECTED, REDISTRIBUTED };

template <typename F> struct Route {
  Source source = Source::LEARNED;
  std::string interface;
  // It leads there; empty for some of what is redistributed.
  typename F::Address nextHop;
  // The gateway; unspecified for what is local.
  typename F::Address from;
  // The router that announced it.
  uint16_t tag = 0;
  uint8_t metric = UNREACHABLE;
  // Of a route that is unreachable, it is announced as such until it is forgotten.
  kj::Maybe<Time> due;
  // When it times out or, unreachable, is forgotten.
  uint64_t changed = 0;
  // The number of its last change, of all changes to the table.

  bool isReachable() const { return metric < UNREACHABLE; }
};

template <typename F> struct Offer {
  // A route of another protocol.
  uint8_t metric = 1;
  uint16_t tag = 0;
  typename F::Address nextHop;
  std::string interface;
  // Where it leads, if it leads to a single place: whoever is on the link with that gateway is told of it.

  bool operator==(const Offer&) const = default;
};

template <typename F> class Actions {
  // What the core wants done.
 public:
  virtual void send(const std::string& interface, typename F::Address to, uint16_t port,
                    kj::Array<kj::byte> packet) = 0;
  // From the protocol's own port. `to` may be the multicast group.
  virtual void put(typename F::Net net, typename F::Address nextHop, const std::string& interface, uint8_t metric,
                   uint16_t tag) = 0;
  // To the RIB: a learned route, new or changed.
  virtual void remove(typename F::Net net) = 0;
  // To the RIB: it is no longer reachable this way.

 protected:
  ~Actions() = default;
};

template <typename F> class Table {
 public:
  using Address = typename F::Address;
  using Net = typename F::Net;

  explicit Table(Actions<F>& actions) : actions(actions) {}

  kj::Duration timeout = 180 * kj::SECONDS;
  kj::Duration garbageCollect = 120 * kj::SECONDS;

  void learn(const Entry<F>& entry, Address from, const std::string& interface, Time now);
  // An entry of a response: `metric` with the cost of the interface added, `nextHop` specified.

  void connect(const std::string& interface, const std::set<Net>& nets, Time now);
  // These are the networks on an interface now; none takes them all away.
  void redistribute(Net net, Offer<F> offer, Time now);
  void withdraw(Net net, Time now);
  // Local routes win over what is learned; connected ones over redistributed ones.

  void drop(const std::string& interface, kj::FunctionParam<bool(Address nextHop)> lost, Time now);
  // What was learned there is unreachable, as far as its gateway is lost.

  void expire(Time now);
  kj::Maybe<Time> deadline() const;
  // When to call `expire`.

  uint64_t changes() const { return change; }
  // The number of the last change.
  const std::map<Net, Route<F>>& routes() const { return known; }
  size_t learnedFrom(const std::string& interface) const;
  // Reachable routes learned on an interface.

 private:
  using Known = std::map<Net, Route<F>>;
  using Place = typename Known::iterator;

  void settle(Net net, Time now);
  kj::Maybe<Route<F>> local(Net net) const;
  void adopt(Place at, Route<F> route, Time now);
  void lose(Place at, Time now);
  void schedule(Place at, kj::Maybe<Time> due);

  Actions<F>& actions;
  Known known;
  std::set<std::pair<Time, Net>> timers;
  std::set<std::pair<Net, std::string>> connected;
  std::map<Net, Offer<F>> offers;
  uint64_t change = 0;
};

}  // namespace xylem::rip

#pragma once
// The core of RIPv2 and RIPng: events in, actions out. It opens no socket, reads no clock, knows no IPC.
//
//             configure  link  receive  redistribute  tick  retire
//                 |       |       |          |         |      |        each with the time it is
//                 v       v       v          v         v      v
//               Core  = one Table, and a Port for each configured interface
//                 |                  |                        |
//                 v                  v                        v
//         Actions::send     Actions::put, remove      deadline(): when to `tick` next
//
// Core<Rip> and Core<Ripng> differ by what packet.h and a few lines of port.cc and core.cc say. Whoever drives a core
// calls `tick` at its deadline, asking for it again after each event; that is all there is to timing.

#include <protocols/rip/port.h>

namespace xylem::rip {

template <typename F> struct Settings {
  kj::Duration updateInterval = 30 * kj::SECONDS;
  kj::Duration timeout = 180 * kj::SECONDS;
  kj::Duration garbageCollect = 120 * kj::SECONDS;
  std::map<std::string, PortSettings<F>> interfaces;
};

template <typename F> struct Datagram {
  // What came in on an interface.
  typename F::Address from;
  uint16_t port = F::PORT;
  bool multicast = false;
  // Sent to the group.
  kj::Maybe<uint8_t> hops;
  // Its hop limit, if it is known; RIPng wants 255 of what is multicast.
  Bytes bytes;
};

template <typename F> class Core {
 public:
  using Address = typename F::Address;
  using Net = typename F::Net;

  Core(Actions<F>& actions, Random random, uint32_t epoch = 0)
      : actions(actions), random(kj::mv(random)), epoch(epoch), routes(actions) {}
  // `epoch`: for time zero, a number that grows by at most one a second over restarts, such as the seconds since 1970
  // (see port.cc, sequence).
  KJ_DISALLOW_COPY(Core);

  void configure(Settings<F> settings, Time now);
  // The whole configuration. Interfaces that are no longer in it are told that everything is unreachable this way.
  void link(const std::string& interface, Link link, Time now);
  // An interface appeared or changed; one that went away has a Link that is not running.
  void receive(const std::string& interface, const Datagram<F>& datagram, Time now);
  void redistribute(Net net, Offer<F> offer, Time now);
  // New or changed. Metric 1 to 15.
  void withdraw(Net net, Time now);
  void tick(Time now);
  void retire(Time now);
  // Say goodbye on all interfaces; nothing is sent from then on, whatever comes.

  kj::Maybe<Time> deadline() const;
  // When to call `tick`. It may be in the past.

  const Table<F>& table() const { return routes; }
  const std::map<std::string, kj::Own<Port<F>>>& ports() const { return all; }
  uint64_t triggered() const { return triggeredUpdates; }

 private:
  void refresh(Port<F>& port, Time now);
  void drop(Port<F>& port, kj::StringPtr reason, Address from);
  void request(Port<F>& port, const Datagram<F>& datagram, const Packet<F>& packet, Time now);
  kj::Maybe<kj::StringPtr> refusal(const Datagram<F>& datagram) const;
  void respond(Port<F>& port, const Datagram<F>& datagram, const Packet<F>& packet, Neighbor& neighbor, Time now);

  Actions<F>& actions;
  Random random;
  uint32_t epoch;
  Table<F> routes;
  kj::Duration updateInterval = 30 * kj::SECONDS;
  std::map<std::string, kj::Own<Port<F>>> all;
  std::map<std::string, Link> links;
  bool retired = false;
  uint64_t announced = 0;
  // All changes up to this one have been triggered.
  Time triggerAt = kj::origin<Time>();
  // No triggered update before this.
  uint64_t triggeredUpdates = 0;
};

}  // namespace xylem::rip

#pragma once
// One interface that speaks RIP: whom it knows there, and what it sends there.
//
// An update of a long table does not leave in one go: a burst of packets, a short gap, the next burst. What is under
// way is a Job that holds the last prefix sent and not a place in the table, so the table may change meanwhile.

#include <protocols/rip/table.h>

#include <kj/function.h>

#include <deque>
#include <vector>

namespace xylem::rip {

enum class Horizon { NONE, SPLIT, POISON_REVERSE };

template <typename F> struct PortSettings {
  uint8_t metric = 1;
  // Added to what is learned here; 1 to 15.
  bool passive = false;
  // Send to `neighbors` only.
  Horizon horizon = Horizon::POISON_REVERSE;
  std::vector<typename F::Address> neighbors;
  // Sent to one by one, and heard even if they are not on the link's network.
  Authentication authentication;
  // RIPv2 only.
};

struct Link {
  // What the system says of an interface.
  bool running = false;
  uint mtu = 1500;
  std::vector<net::IfAddr> addresses;
  // Of either version.
};

struct Neighbor {
  // A router heard on an interface.
  Time lastHeard = kj::origin<Time>();
  uint64_t badPackets = 0;
  uint64_t badRoutes = 0;
  kj::Maybe<uint32_t> sequence;
  // Of its last authenticated packet.
};

struct Counters {
  uint64_t packetsSent = 0;
  uint64_t packetsReceived = 0;
  uint64_t badPackets = 0;
  uint64_t badRoutes = 0;
  uint64_t requestsIgnored = 0;
  // Because too many are being answered.
  kj::StringPtr badReason;
  // Of the last bad packet.
};

using Random = kj::Function<uint32_t()>;

template <typename F> class Port {
 public:
  using Address = typename F::Address;
  using Net = typename F::Net;

  Port(std::string name, Actions<F>& actions, const Table<F>& table, Random& random, uint32_t epoch)
      : name(kj::mv(name)), actions(actions), table(table), random(random), epoch(epoch) {}
  KJ_DISALLOW_COPY(Port);

  const std::string name;
  PortSettings<F> settings;
  Link link;
  Counters counters;
  std::map<Address, Neighbor> neighbors;
  // At most MAX_NEIGHBORS; forgotten when they are silent for the table's timeout.

  static constexpr size_t MAX_NEIGHBORS = 1024;

  bool usable() const;
  // The link runs and has an address that the protocol can send from.
  std::set<Net> networks() const;
  // On the link, worth announcing.
  bool isOwn(Address address) const;
  bool isOnLink(Address address) const;
  // A router that may speak to this one here: by its address on the link's networks (IPv4) or link-local (IPv6), or
  // configured.

  bool active() const { return running; }
  void start(kj::Duration interval, Time now);
  // Ask all neighbours for their tables, begin with updates.
  void stop();
  // Forget the neighbours, send no more.
  void goodbye(Time now);
  // Announce everything as unreachable, at once.

  void update(kj::Duration interval, Time now);
  // Begin a regular update, if it is time for one.
  void announceChanges();
  // Send what has changed since the last update began.
  void answer(Address to, uint16_t port);
  // Send the whole table to one that asked for it.
  void answer(Address to, uint16_t port, const Packet<F>& request, Time now);
  // Send what is known of the entries of a request: without split horizon (RFC 2453 section 3.9.1).

  void run(Time now);
  // Send, of what has been begun, as much as may leave now.
  kj::Maybe<Time> deadline() const;
  // When to call `update` and `run`.

 private:
  struct Job {
    struct One {
      Address address;
      uint16_t port;
    };
    kj::Maybe<One> only;
    // Otherwise to the group and the neighbours.
    uint64_t since = 0;
    // Routes that changed later.
    kj::Maybe<Net> last;
    // Sent already, with all before it.
  };

  kj::Maybe<Entry<F>> entryFor(Net net, const Route<F>& route) const;
  Address nextHopFor(const Route<F>& route) const;
  bool sendNext(Job& job, Time now);
  void transmit(kj::Maybe<typename Job::One> only, Composer<F>& packet, Time now);
  uint32_t sequence(Time now) const;
  void forgetSilent(Time now);

  Actions<F>& actions;
  const Table<F>& table;
  Random& random;
  uint32_t epoch;
  bool running = false;
  Time updateAt = kj::origin<Time>();
  Time sendAt = kj::origin<Time>();
  std::deque<Job> jobs;
  uint64_t announced = 0;
  // All changes up to this one have been sent, or are in a job.
};

kj::Duration between(kj::Duration min, kj::Duration max, Random& random);
// A random time, to the millisecond.

}  // namespace xylem::rip

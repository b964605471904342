#pragma once
// The routing table, IPv4 and IPv6: who offers which routes, who wins, and who is to hear of it.
//
// An *origin* offers routes in one administrative distance. For each prefix the routes of all origins compete: the
// lowest distance wins, then the lowest metric, then the origin that has existed longest. Distance 255 never wins; nor
// does a route whose next-hop group is unresolved (groups.h), for as long as it is. The origin `connected`, distance 0,
// has a route for the prefix of each address on an interface that is up and running; those are not written to the
// forwarding table, since the system has them by itself.
//
// Changes take effect in lookups at once. What follows from them elsewhere (groups that resolve through a prefix,
// routes of a group that has become live or dead, routes to sweep) is done in slices by advance(). Finding the routes
// of a group takes a walk through the table, about 0.2 us a prefix: it happens only when a group becomes live or dead,
// not when its way changes.

#include <kj/map.h>
#include <kj/string.h>
#include <rib/candidates.h>
#include <rib/groups.h>

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace xylem::rib {

constexpr uint16_t CONNECTED = 0;
constexpr uint16_t NOBODY = 0xffff;
constexpr uint8_t NEVER = 255;
// A distance.
constexpr size_t MAX_ORIGINS = 4096;

struct Origin {
  enum State { SYNCING, SYNCED, STALE, LEAVING };
  uint16_t id;
  kj::String protocol;
  uint8_t distance;
  State state = SYNCING;
  uint64_t life = 0;
  // Different for each opening, of whatever origin.
  uint8_t generation = 0;
  // Counts those who have held this origin, round and round.
  uint8_t kept = 0;
  // So many generations before the present one have routes that are not to be swept (yet).
  std::array<uint32_t, 2> routes{};
  // IPv4 and IPv6.
  uint32_t old = 0;
  // Of these, routes that were announced before the present generation, and not again.
  bool sweepWaiting = false, sweeping = false;
  std::map<uint32_t, uint32_t> groups;
  // Ours by its ids, which it chooses.
  kj::HashMap<NextHops, uint32_t> heirlooms;
  // Groups of the earlier generation, which the present one takes over when it offers the same.

  bool isSwept(const Candidate& candidate) const { return uint8_t(generation - candidate.generation) > kept; }
  uint32_t total() const { return routes[0] + routes[1]; }
};

struct InterfaceState {
  InterfaceName name;
  uint32_t index = 0;
  bool live = false;
  // Up and running.
  std::vector<net::IfAddr> addresses;
};

class Follower;

struct FibRoute {
  uint64_t high, low;
  uint32_t group, metric, tag;
  // Group 0: withdrawn.
  uint8_t length, version;
};
struct FibBatch {
  kj::Vector<uint32_t> groups;
  // To be told before the routes.
  kj::Vector<uint32_t> dropped;
  // No route uses them any more. Never in a batch with routes.
  kj::Vector<FibRoute> routes;

  bool isEmpty() const { return groups.empty() && dropped.empty() && routes.empty(); }
};

class Table final : private Groups::Ways {
 public:
  Table();
  ~Table() noexcept(false);
  KJ_DISALLOW_COPY(Table);

  Groups groups;
  Candidates candidates;
  uint32_t mostOffers = Offers::MOST - MAX_ORIGINS;
  // A batch that could bring more different ones is refused (wire.h). There is room left for connected routes.
  uint32_t now = 0;
  // Seconds; kept by the owner. Routes carry it as their age.

  // ---- origins
  Origin& open(kj::StringPtr protocol, uint8_t distance);
  // An origin for a new holder: fresh, or the one of that name and distance, whose routes then are old.
  void synced(Origin& origin);
  // Its old routes go.
  void stale(Origin& origin) { origin.state = Origin::STALE; }
  // Its holder has died; until somebody opens it again, or withdraws it, nothing changes.
  void withdraw(Origin& origin);
  // All its routes go, and then the origin itself.
  kj::Maybe<Origin&> origin(uint16_t id);
  template <typename F> void eachOrigin(F&& f) {
    for (auto& each : origins)
      if (each != nullptr) f(*each);
  }

  void define(Origin& origin, uint32_t id, NextHops&& offered);
  // What it means by this group, from now on for all its routes with it.
  void undefine(Origin& origin, uint32_t id);
  kj::Maybe<uint32_t> groupOf(Origin& origin, uint32_t id);

  struct Totals {
    size_t groups, routes;
  };
  Totals totalsOf(const Origin& origin);
  // Of all origins of its protocol, with groups that it no longer means but routes or the forwarding table still have.

  template <typename Net> void put(Origin& origin, Net net, uint32_t group, uint32_t metric, uint32_t tag);
  template <typename Net> bool remove(Origin& origin, Net net);
  // Whether it had one.

  // ---- interfaces
  void setInterface(const InterfaceState& state);
  void dropInterface(const InterfaceName& name);

  // ---- work that follows
  bool isBusy() const { return groups.isBusy() || walkWanted || walk.going; }
  // While this is so, some consequences have not been told to anybody yet.
  void advance(uint steps);
  // Do some of it: up to that many prefixes or groups.

  // ---- the forwarding table (fib-feed.cc)
  void attachFib();
  // From now on tell it everything that is in use, then what changes.
  void detachFib();
  bool fibPending() const;
  size_t fibBacklog() const { return ip4.queue.size() + ip6.queue.size(); }
  void takeFib(FibBatch& batch, size_t most);
  // What it is to be told next: changes are coalesced by prefix, and told in the order in which prefixes changed.
  void repeat(net::IpNet net);
  // Tell it again about this prefix, if there is a route in use.

  // ---- questions
  struct Found {
    net::IpNet net;
    Offer offer;
  };
  kj::Maybe<Found> bestWay(net::Ip address);
  // The route in use for it: the longest prefix that has one.
  uint32_t prefixes(uint8_t version) const { return version == 4 ? ip4.prefixes : ip6.prefixes; }
  size_t bytes() const { return ip4.trie.bytes() + ip6.trie.bytes() + candidates.bytes(); }

  net::Trie<net::Ip4Net, uint32_t>& trie4() { return ip4.trie; }
  net::Trie<net::Ip6Net, uint32_t>& trie6() { return ip6.trie; }
  // The first candidate of each prefix, see `winnerFrom`; a prefix may be without any.
  const Candidate* candidateFrom(uint32_t head) const;
  // Who wins, as stored, and what it says; null: nobody.
  const Offer* winnerFrom(uint32_t head) const {
    auto winner = candidateFrom(head);
    return winner == nullptr ? nullptr : &candidates.offerOf(*winner);
  }
  static uint32_t firstOf(uint32_t head) { return head & ~QUEUED; }

  std::vector<Follower*> followers;
  // They add and remove themselves.

 private:
  static constexpr uint32_t QUEUED = 1u << 31;
  // In a trie's value: the prefix is in `queue`.

  template <typename Net> struct Family {
    net::Trie<Net, uint32_t> trie;
    uint32_t prefixes = 0;
    // With a candidate.
    std::deque<Net> queue;
    uint64_t taken = 0;
    // From the queue, ever.
    typename net::Trie<Net, uint32_t>::Cursor push;
    bool pushed = true;
    // Of a new forwarding table: how far it has been told everything.
    uint64_t end() const { return taken + queue.size(); }
  };
  struct Used {
    // The winner of a prefix, by value.
    uint16_t origin = NOBODY;
    uint32_t group = 0, metric = 0, tag = 0;
    bool operator==(const Used&) const = default;
  };
  struct Walk {
    bool going = false;
    int stage = 0;
    net::Trie<net::Ip4Net, uint32_t>::Cursor at4;
    net::Trie<net::Ip6Net, uint32_t>::Cursor at6;
    std::vector<uint32_t> groups;
    std::vector<uint16_t> sweeps;
  };

  template <typename Net> Family<Net>& familyOf() {
    if constexpr (Net::VERSION == 4)
      return ip4;
    else
      return ip6;
  }
  void eachWay(net::Ip address, kj::FunctionParam<bool(uint32_t group)> accept) override;
  template <typename Net, typename Accept> void eachWayIn(typename Net::Address address, Accept&& accept);
  Used used(uint32_t head) const;
  bool isWalked(uint32_t head) const;
  // Some group of the prefix's routes has become live or dead, and not everybody has been told.
  uint32_t find(uint32_t head, uint16_t origin) const;
  void link(uint32_t& head, uint32_t handle);
  void unlink(uint32_t& head, uint32_t handle);
  template <typename Net> void unuse(Net net, uint32_t& head, uint32_t handle);
  template <typename Net> void changed(Net net, uint32_t& head, const Used& before);
  template <typename Net> void mayHaveChanged(Net net, uint32_t& head, uint16_t origin);
  // The prefix, which has or had a route of this origin, is not as it was when it was last told of.
  template <typename Net> void enqueue(Net net, uint32_t& head);
  void addRoute(uint32_t group) { ++groups[group].routes; }
  void dropRoute(uint32_t group);
  void releaseGroup(uint32_t group);
  void retire(uint32_t group);
  void collectFlips();
  void releaseAll(Origin& origin);
  void connect(net::IpNet net, uint32_t index, bool there);

  void beginWalk();
  void walkSome(uint steps);
  bool walkStep();
  template <typename Net> void visit(Net net, uint32_t& head);
  void endWalk();
  void endSweep(Origin& origin);

  template <typename Net> void pushFib(Family<Net>& family, FibBatch& batch, size_t most);
  template <typename Net> void drainFib(Family<Net>& family, FibBatch& batch, size_t most);
  template <typename Net> void tellFib(Net net, uint32_t head, FibBatch& batch);
  void tellGroup(uint32_t group, FibBatch& batch);
  void dropFromFib(uint32_t group);
  void dropGroups(FibBatch& batch);

  Family<net::Ip4Net> ip4;
  Family<net::Ip6Net> ip6;
  std::vector<std::unique_ptr<Origin>> origins;
  std::map<InterfaceName, InterfaceState> interfaces;
  std::map<net::IpNet, std::set<uint32_t>> connected;
  // Indexes of the live interfaces with this prefix; the lowest has the route.
  uint64_t lives = 0;
  std::map<std::string, uint32_t> tallies;
  // Groups of each protocol.
  Walk walk;
  bool walkWanted = false;
  bool fibAttached = false;
  std::vector<uint32_t> fibGroups;
  // Known to the forwarding table, and changed.
  std::deque<uint32_t> dropping;
  // Groups that it is to forget when it has been told of what changed before.
};

}  // namespace xylem::rib

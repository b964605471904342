#pragma once
// Next-hop groups and how they are resolved.
//
// A group is what an origin offers under one of its ids: hops, of which some name only a gateway (recursive next hops).
// It is resolved to hops that each name an interface:
//
//   - a hop with an interface is alive while the interface is up and running;
//   - a hop with only a gateway takes the ways of the best route to the gateway: the longest prefix that has a usable
//     route, the default route included. A route that depends on this group itself, directly or through others, is
//     passed over in favour of the next shorter prefix, so nothing ever resolves through itself. If the best route
//     drops packets, the hop is dead.
//
// The ways of several hops are flattened and merged, by weight. A group without a living hop is unresolved, and its
// routes do not compete.
//
// Routes that would be usable only while they are not used can make resolution go round and round; a group that has
// changed MAX_CHANGES times without the table coming to rest stays unresolved until something else changes.

#include <kj/function.h>
#include <kj/map.h>
#include <net/trie.h>
#include <rib/next-hop.h>

#include <deque>
#include <map>
#include <memory>

namespace xylem::rib {

constexpr uint MAX_CHANGES = 64;
constexpr size_t MAX_LOOKED = 256;
// Groups that are looked at to find out whether a way goes in a circle; a way through more is passed over.

struct Group {
  NextHops offered;
  NextHops resolved;
  bool live = false;
  // resolved.leads(), for the quick path.
  bool circular = false;
  // Unresolved because it has changed MAX_CHANGES times.
  bool over4 = false;
  // Some gateway is an IPv4 address.
  uint32_t holders = 0;
  // Origins' ids that mean this group.
  uint32_t routes = 0;
  // Candidates that use it.
  uint32_t* tally = nullptr;
  // Counts the groups of its owner, if somebody counts.

  // What the forwarding table knows of it (fib-feed.cc).
  bool inFib = false, changedForFib = false, dropping = false;
  uint64_t dropAfter4 = 0, dropAfter6 = 0;
  // The walk through the table for its routes after it became live or dead (walk.cc).
  bool walkWaiting = false, walking = false;

  bool isFor6() const { return !over4 && !offered.hops.empty() && offered.hops[0].gateway.is6(); }
  bool isWalked() const { return walkWaiting || walking; }
  bool isWanted() const { return routes > 0 ? live || isWalked() : holders > 0 && live; }
  // By the forwarding table: it has, or may still have, routes with it.

  // Of resolution:
  bool dirty = false;
  uint changes = 0;
  std::vector<uint32_t> vias;
  // Groups that its recursive hops go through.
  std::vector<uint32_t> looked;
  // Groups whose own resolution had a say in this one's.
  kj::HashSet<uint32_t> lookers;
  // The reverse of `looked`.
  kj::HashSet<uint32_t> trackedThrough;
  // Watches with trackers whose address is reached through it.
};

struct Watch {
  // An address whose way matters to somebody.
  net::Ip address;
  kj::HashSet<uint32_t> groups;
  // With this gateway, recursively.
  uint32_t trackers = 0;
  uint32_t through = 0;
  // The group that trackers were told of.
  bool dirty = false;
};

class Groups {
 public:
  class Ways {
   public:
    virtual void eachWay(net::Ip address, kj::FunctionParam<bool(uint32_t group)> accept) = 0;
    // The groups of the usable routes of all prefixes that contain the address, the longest first, until one is
    // accepted. (A prefix has at most one route in use.)
  };
  explicit Groups(Ways& ways) : ways(ways) { list.add(nullptr); }
  KJ_DISALLOW_COPY(Groups);

  // ---- groups
  uint32_t add(NextHops&& offered);
  // With one holder; resolved at once.
  void change(uint32_t group, NextHops&& offered);
  void release(uint32_t group);
  // One holder less.
  void hold(uint32_t group) { ++(*this)[group].holders; }
  void resolve(uint32_t group);
  // At once, and not in its turn.
  void free(uint32_t group);
  // Forget it: it has neither holders nor routes, and the forwarding table does not know it.

  Group& operator[](uint32_t group) { return *list[group]; }
  const Group& operator[](uint32_t group) const { return *list[group]; }
  kj::Maybe<Group&> find(uint32_t group) {
    if (group >= list.size() || list[group] == nullptr) return nullptr;
    return *list[group];
  }
  bool isLive(uint32_t group) const { return list[group]->live; }
  uint32_t end() const { return uint32_t(list.size()); }
  size_t size() const { return count; }

  // ---- interfaces
  void setInterface(const InterfaceName& name, bool live);
  bool isUp(const InterfaceName& name) const;

  // ---- addresses
  template <typename Net> void prefixChanged(Net net, bool fresh) {
    // The route in use to this prefix is, or may be, another than before. `fresh`: by somebody's doing, not as the
    // consequence of resolution itself.
    auto& trie = watchedOf<Net>();
    if (trie.empty()) return;
    trie.eachWithin(net, [&](Net, uint32_t watch) { touch(watch, fresh); });
  }
  uint32_t track(net::Ip address);
  void untrack(uint32_t watch);
  kj::Maybe<Watch&> watch(uint32_t watch) {
    if (watches[watch] == nullptr) return nullptr;
    return *watches[watch];
  }
  void reached(uint32_t watch, uint32_t through);
  // A tracker was told that this address is reached through that group, or 0.
  uint32_t wayTo(net::Ip address);
  // The group of the best usable route, or 0.

  // ---- work
  bool isBusy() const { return !dirty.empty(); }
  void resolveSome(uint most);
  void atRest();
  // The table has come to rest: what was circular may be tried again when something changes.

  // What resolution has found, for the table to act on and to clear. Some may be gone meanwhile.
  std::vector<uint32_t> flipped;
  // Became live or dead.
  std::vector<uint32_t> regrouped;
  // Have other resolved hops and are live.
  std::vector<uint32_t> moved;
  // Watches with trackers whose way may be another.

  kj::String whyDead(const Group& group);
  // For people: what keeps it from being resolved.

 private:
  struct Link {
    bool live = false;
    kj::HashSet<uint32_t> groups;
  };
  template <typename Net> net::Trie<Net, uint32_t>& watchedOf() {
    if constexpr (Net::VERSION == 4)
      return watched4;
    else
      return watched6;
  }
  void markDirty(uint32_t group);
  void touch(uint32_t watch, bool fresh = false);
  void attach(uint32_t id, Group& group);
  void detach(uint32_t id, Group& group);
  uint32_t watchOf(net::Ip address);
  void dropIfUnused(uint32_t watch);
  void setResolved(uint32_t id, NextHops&& resolved, std::vector<uint32_t>&& vias);
  uint32_t findVia(uint32_t id, net::Ip gateway, std::vector<uint32_t>& looked);
  bool depends(uint32_t group, uint32_t on, std::vector<uint32_t>& seen) const;

  Ways& ways;
  kj::Vector<std::unique_ptr<Group>> list;
  kj::Vector<uint32_t> freed;
  size_t count = 0;
  std::map<InterfaceName, Link> links;
  net::Trie<net::Ip4Net, uint32_t> watched4;
  net::Trie<net::Ip6Net, uint32_t> watched6;
  kj::Vector<std::unique_ptr<Watch>> watches;
  kj::Vector<uint32_t> freedWatches;
  std::deque<uint32_t> dirty;
  std::vector<uint32_t> restless;
};

}  // namespace xylem::rib

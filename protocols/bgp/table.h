#pragma once
// Table: all paths to all destinations of one address family, the best one first, and who has yet to hear of changes
// (RFC 4271 section 3.2: Adj-RIBs-In and Loc-RIB in one).
//
//     Table<net::Ip4Net> table(pool, nextHops, neighbors, decision);
//     Dirty dirty;
//     table.attach(dirty, Interest::BEST);
//     table.announce(peer, 0, net, received, accepted, seconds);
//     for (uint32_t at; (at = dirty.take()) != Dirty::NONE;) {
//       KJ_IF_MAYBE (path, table.best(at)) use(table.netOf(at), path->accepted);
//       table.settle(at);
//     }
//
// A path has the attributes as received and as accepted by the import policy; AttributePool::NONE as the latter: it is
// rejected, kept to be asked about and in case the policy changes. A peer is its index among the neighbors; what a
// session learns is thrown away or taken over by the next one through a mark on all of its paths, which costs nothing
// at once: `markStale`, and later `sweepStale`.
//
// What touches many destinations (sweeps, another policy, next hops that change) is done by `step`, some destinations
// at a time, one pass for all that is wanted at the beginning of the pass. Meanwhile the order of paths may be that of
// yesterday; it is right at every destination where `step` has been.
//
// A destination is a small index that does not change while it has paths, or some consumer has not looked at it since
// it lost the last one: a consumer calls `settle` when it has taken a mark and dealt with it.

#include <net/trie.h>
#include <protocols/bgp/chunked.h>
#include <protocols/bgp/decision.h>
#include <protocols/bgp/dirty.h>
#include <protocols/bgp/prefixes.h>

namespace xylem::bgp {

enum class Interest : uint8_t {
  BEST,  // Another best path, or other attributes of it.
  USED,  // The paths that are used together: with multipath any, else the best.
  ANY,
  // Any path.
};

struct Path {
  AttributeId received;
  AttributeId accepted;
  uint32_t next;
  // 0: it is the last one.
  uint32_t since;
  // When it came with these attributes.
  uint16_t peer;
  uint16_t epoch;
  // Of the peer, when it was announced last.
};

template <typename Net> class Importer {
 public:
  virtual AttributeId accept(uint16_t peer, Net net, AttributeId received, bool stale) = 0;
  // What the import policy makes of it, held once for the table, or NONE. `stale`: the peer has not announced it again
  // since markStale.

 protected:
  ~Importer() = default;
};

template <typename Net_> class Table {
 public:
  using Net = Net_;

  Table(AttributePool& pool, NextHops& nextHops, const std::vector<Neighbor>& neighbors, const Decision& decision)
      : pool(pool), nextHops(nextHops), neighbors(neighbors), decision(&decision) {
    paths.grow();
  }
  ~Table();
  KJ_DISALLOW_COPY(Table);

  // ---- changes
  void announce(uint16_t peer, uint32_t pathId, Net net, AttributeId received, AttributeId accepted, uint32_t now);
  // Now and until withdrawn, in place of what that peer announced under that path identifier (RFC 7911; else 0). It
  // holds both sets for itself. `now` is in seconds.
  bool withdraw(uint16_t peer, uint32_t pathId, Net net);
  // Whether it was there.

  // ---- work by slices
  void markStale(uint16_t peer);
  void sweepStale(uint16_t peer);
  // Remove what is stale now, unless it is announced again before the sweep comes by.
  void flush(uint16_t peer) {
    markStale(peer);
    sweepStale(peer);
  }
  // The session is gone for good. The next one may announce at once.
  void reimport(uint16_t peer);
  // Ask the importer again for all paths of that peer.
  void reimportAt(uint32_t at) { reimports.mark(at); }
  // For all paths to that destination.
  void touch(uint32_t at) { mark(at, true); }
  // Whatever consumers make of it may be another now.
  void nextHopsChanged();
  // Put in order again where a next hop is `changed`; NextHops::settled is for the caller, when all tables are through.
  void redecide(const Decision& decision);
  // Everywhere, by another decision process.
  bool step(uint destinations, Importer<Net>& importer);
  // Look at so many. Returns whether there is more to do.
  bool isBusy() const { return wanted.any || pass.any || !reimports.empty(); }

  // ---- what there is
  uint32_t end() const { return firsts.size(); }
  // Behind the highest index.
  kj::Maybe<uint32_t> find(Net net) const {
    auto found = trie.find(net);
    if (found == nullptr) return nullptr;
    return *found;
  }
  const net::Trie<Net, uint32_t>& index() const { return trie; }
  // To walk in the order of prefixes, or to search. It may hold destinations without paths.
  bool exists(uint32_t at) const { return (firsts[at] & FREE) == 0; }
  Net netOf(uint32_t at) const { return prefixes[at]; }
  Path path(uint32_t index) const {
    auto& stored = paths[index];
    return {stored.received, acceptedOf(index), stored.next, stored.since, stored.peer, stored.epoch};
  }
  uint32_t pathIdOf(uint32_t index) const { return pathIds.get(index); }
  const Neighbor& neighbor(uint16_t peer) const { return neighbors[peer]; }
  const Decision& decisionProcess() const { return *decision; }
  bool isMultipath() const {
    auto& multipath = decision->settings().multipath;
    return multipath.external > 1 || multipath.internal > 1;
  }
  bool isStale(const Path& path) const { return path.epoch != epochOf(path.peer); }

  uint32_t bestIndex(uint32_t at) const {
    // 0: it has no usable path.
    auto first = firsts[at];
    if ((first & FREE) != 0 || first == 0) return 0;
    return isUsable(path(first)) ? first : 0;
  }
  kj::Maybe<Path> best(uint32_t at) const {
    auto index = bestIndex(at);
    if (index == 0) return nullptr;
    return path(index);
  }
  bool isUsable(const Path& path) const {
    return path.accepted != AttributePool::NONE && isReachable(path, pool.summary(path.accepted));
  }
  template <typename F> void eachPath(uint32_t at, F&& f) const {
    // f(uint32_t index, const Path&), best first.
    if (!exists(at)) return;
    for (auto index = firsts[at]; index != 0; index = paths[index].next) f(index, path(index));
  }
  void candidates(uint32_t at, std::vector<Candidate>& out) const;
  // As Decision takes them, best first: for multipath, and for whyNot.

  struct Counts {
    size_t received = 0, accepted = 0;
  };
  Counts counts(uint16_t peer) const { return peer < peers.size() ? peers[peer].counts : Counts(); }
  size_t size() const { return trie.size(); }
  // Destinations.

  // ---- consumers
  void attach(Dirty& dirty, Interest interest);
  // From the beginning: everything is marked.
  void adopt(Dirty& dirty, Interest interest) { consumers.push_back({&dirty, interest}); }
  // As it is: a copy of one that is attached.
  void detach(Dirty& dirty);
  void settle(uint32_t at);

  struct Memory {
    size_t trie, destinations, paths, pathIds;
  };
  Memory memory() const;

 private:
  static constexpr uint32_t FREE = uint32_t(1) << 31;
  // In `firsts`: the destination is free, the rest is the next free one plus 1.
  static constexpr AttributeId REJECTED = ~AttributeId(0);
  // In `others`.

  struct Stored {
    // A path, without what it was accepted as.
    AttributeId received;
    uint32_t next, since;
    uint16_t peer, epoch;
  };
  struct Consumer {
    Dirty* dirty;
    Interest interest;
  };
  struct PeerState {
    uint16_t epoch = 0;
    Counts counts;
  };
  struct Wanted {
    // Of one pass.
    bool any = false, nextHops = false, all = false;
    std::vector<bool> sweep, import;
    std::vector<uint16_t> epochs;
    // Beside `sweep`: what is older goes.

    bool sweeps(const Stored& path) const {
      return path.peer < sweep.size() && sweep[path.peer] && int16_t(path.epoch - epochs[path.peer]) < 0;
    }
    bool imports(const Stored& path) const { return path.peer < import.size() && import[path.peer]; }
  };
  struct Head {
    // What BEST consumers see of a destination. It does not ask what can be reached: that may have changed since they
    // looked.
    uint32_t first;
    AttributeId accepted;
    bool operator==(const Head&) const = default;
  };

  uint32_t destinationOf(Net net);
  uint32_t findPath(uint32_t at, uint16_t peer, uint32_t pathId) const;
  uint32_t newPath(uint32_t pathId);
  void freePath(uint32_t index);
  AttributeId acceptedOf(uint32_t index) const {
    auto other = others.get(index);
    return other == 0 ? paths[index].received : other == REJECTED ? AttributePool::NONE : other;
  }
  void setAccepted(uint32_t index, AttributeId accepted);
  void unlink(uint32_t at, uint32_t index);
  bool isInvolvedByMed(uint32_t at, uint32_t index) const;
  void link(uint32_t at, uint32_t index);
  void rearrange(uint32_t at);
  Head headOf(uint32_t at) const {
    auto first = firsts[at];
    return {first, acceptedOf(first)};
  }
  void changed(uint32_t at, Head before) { mark(at, !(headOf(at) == before)); }
  void mark(uint32_t at, bool best);
  Candidate candidateOf(uint32_t index) const;
  bool isReachable(const Path& path, const Summary& attributes) const {
    return neighbors[path.peer].kind == Neighbor::LOCAL || nextHops[attributes.nextHop].reachable;
  }
  const Summary& summaryOf(const Path& path) const {
    return pool.summary(path.accepted != AttributePool::NONE ? path.accepted : path.received);
  }
  const NextHop& nextHopOf(const Path& path) const { return nextHops[summaryOf(path).nextHop]; }
  uint16_t epochOf(uint16_t peer) const { return peer < peers.size() ? peers[peer].epoch : 0; }
  PeerState& stateOf(uint16_t peer) {
    if (peer >= peers.size()) peers.resize(peer + 1);
    return peers[peer];
  }
  void count(uint32_t index, int by);
  void hold(AttributeId id) {
    if (id != AttributePool::NONE) pool.hold(id);
  }
  void release(AttributeId id) {
    if (id != AttributePool::NONE) pool.release(id);
  }
  void want(std::vector<bool>& list, uint16_t peer);
  bool concerns(uint32_t at) const;
  void visit(uint32_t at, Importer<Net>& importer);
  void import(uint32_t at, uint32_t index, Importer<Net>& importer);
  void visitAgain(uint32_t at, Importer<Net>& importer);
  bool visitPath(uint32_t at, uint32_t index, Importer<Net>& importer);
  bool usesChangedHop(uint32_t index) const { return pass.nextHops && nextHopOf(path(index)).changed; }
  void sweep(uint32_t at);

  AttributePool& pool;
  NextHops& nextHops;
  const std::vector<Neighbor>& neighbors;
  const Decision* decision;

  net::Trie<Net, uint32_t> trie;
  Chunked<uint32_t> firsts;
  Prefixes<Net> prefixes;
  // Of a destination: its first path and its prefix.
  uint32_t freeDestination = 0;
  // Plus 1.
  Chunked<Stored> paths;
  Sparse<AttributeId> others;
  // What a path was accepted as, where that is not what was received.
  Sparse<uint32_t> pathIds;
  uint32_t freedPath = 0;
  std::vector<PeerState> peers;
  std::vector<Consumer> consumers;

  Wanted wanted, pass;
  uint32_t passAt = 0;
  Dirty reimports;
  mutable std::vector<Candidate> scratch;
};

extern template class Table<net::Ip4Net>;
extern template class Table<net::Ip6Net>;

}  // namespace xylem::bgp

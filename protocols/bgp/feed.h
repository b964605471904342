#pragma once
// Feed: what the RIB is told. For each destination the next hops to use, as the id of a set of them, so that a million
// routes hang on a few sets, and a change in the way to a next hop is no change of any route (prefix independent
// convergence).
//
//     NextHopSets sets(nextHops);
//     Feed<net::Ip4Net> feed(table, pool, sets);
//     feed.collect(1000, [&](net::Ip4Net net, uint32_t set) { ... });   // 0: no longer
//     for (auto& event : sets.events()) ...                             // tell of new sets before, of old ones after
//
// The sets of IPv4 and IPv6 tables may be the same object. Paths of this router's own are not fed.

#include <protocols/bgp/table.h>

#include <map>

namespace xylem::bgp {

struct WeightedHop {
  uint32_t nextHop;
  // NextHops; held by the set.
  uint8_t weight = 1;

  auto operator<=>(const WeightedHop&) const = default;
};

struct NextHopSet {
  bool internal = false;
  // Learned from an internal peer: the RIB gives such routes another distance.
  std::vector<WeightedHop> ways;
  // In ascending order.

  auto operator<=>(const NextHopSet&) const = default;
};

class NextHopSets {
 public:
  explicit NextHopSets(NextHops& nextHops) : nextHops(nextHops) { list.emplace_back(); }
  ~NextHopSets();
  KJ_DISALLOW_COPY(NextHopSets);

  uint32_t intern(const NextHopSet& set);
  // Its id, one more user; never 0.
  void hold(uint32_t id) { ++list[id].users; }
  void release(uint32_t id);
  bool isUsed(uint32_t id) const { return list[id].users > 0; }
  const NextHopSet& operator[](uint32_t id) const { return list[id].at->first; }
  size_t size() const { return ids.size(); }

  struct Event {
    uint32_t id;
    bool used;
  };
  std::vector<Event> events();
  // Sets that came into use, or went out of use, since the last call, in that order. The id of one that went is not
  // used again before this was called.

 private:
  struct Place {
    std::map<NextHopSet, uint32_t>::const_iterator at;
    uint32_t users = 0;
  };

  NextHops& nextHops;
  std::map<NextHopSet, uint32_t> ids;
  std::vector<Place> list;
  std::vector<uint32_t> freed, going;
  std::vector<Event> news;
};

enum class Fed : uint8_t { NOTHING, EXTERNAL, INTERNAL };
// What kind of route the RIB had.

template <typename Net> class Feed {
 public:
  Feed(Table<Net>& table, AttributePool& pool, NextHopSets& sets);
  ~Feed();
  KJ_DISALLOW_COPY(Feed);

  bool isBusy() const { return !dirty.empty(); }
  template <typename F> size_t collect(size_t most, F&& f) {
    // f(Net, uint32_t set, Fed before) for what has changed, set 0 for a destination that is no longer reachable. Looks
    // at so many destinations and returns how many it told of.
    size_t told = 0;
    for (uint32_t at; most > 0 && (at = dirty.take()) != Dirty::NONE; --most) {
      if (at >= table.end() || !table.exists(at)) continue;
      auto before = Fed::NOTHING;
      if (update(at, before)) {
        f(table.netOf(at), fed[at], before);
        ++told;
      }
      table.settle(at);
    }
    return told;
  }
  void setWeighted(bool wanted);
  // By the link bandwidth community, where all paths of a set have it.
  void repeat();
  // Tell everything again: the RIB has forgotten.

  size_t bytes() const { return fed.bytes() + dirty.bytes(); }

 private:
  bool update(uint32_t at, Fed& before);
  uint32_t setFor(uint32_t at);
  uint32_t single(const Path& path);
  void weigh(const std::vector<uint32_t>& paths, std::vector<WeightedHop>& ways) const;
  bool isInternal(const Path& path) const;

  Table<Net>& table;
  AttributePool& pool;
  NextHopSets& sets;
  bool weighted = false;
  Dirty dirty;
  Chunked<uint32_t> fed;
  // The set that the RIB has for a destination, held here.
  std::vector<uint32_t> singles[2];
  // By next hop: the set of it alone, not held; external, internal.
  std::vector<Candidate> candidates;
  std::vector<uint32_t> paths;
  NextHopSet scratch;
};

kj::Maybe<float> linkBandwidth(const AttributePool& pool, AttributeId id);
// In bytes a second (draft-ietf-idr-link-bandwidth), if the community is there.

extern template class Feed<net::Ip4Net>;
extern template class Feed<net::Ip6Net>;

}  // namespace xylem::bgp

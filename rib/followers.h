#pragma once
// Those who follow the table: the routes in use of some protocols, for redistribution; and the ways to some addresses.

#include <policy/compiled.h>
#include <rib/table.h>

#include <string>

namespace xylem::rib {

struct Followed {
  // What a follower is told of a prefix.
  net::IpNet net;
  int source;
  // Index of the protocol in its list, or -1: not, or no longer, of one of them.
  uint32_t group, metric, tag;
  bool ownMetric = false;
  // The metric is the policy's.
};

struct Wanted {
  // What a follower wants to hear of.
  std::vector<std::string> protocols;
  std::vector<std::string> policies;
  // One for each protocol, or empty: all its routes. One that there is not accepts none.
  uint8_t version;
  // 4, 6, or 0 for both.
};

class Follower {
  // First told all there is, then what has changed, each prefix once however often it did. What it has not taken
  // yet costs some ten bytes a prefix and holds up nobody else.
 public:
  Follower(Table& table, const policy::Compiled& policies, Wanted wanted);
  ~Follower() noexcept(false);
  KJ_DISALLOW_COPY(Follower);

  const Wanted wanted;

  bool pending() const { return !told4 || !told6 || !changed4.empty() || !changed6.empty(); }
  bool toldAll() const { return told4 && told6; }
  void take(kj::Vector<Followed>& out, size_t most);
  // What it is to be told next. May be nothing, though more is pending: then there is more to look through.

  void change(const policy::Compiled& before, const policy::Compiled& now);
  // Other policies are in force from now on. If its own mean something else, it looks through the table again.

  // What the table calls:
  template <typename Net> void changed(Net net, uint16_t before, uint16_t after) {
    if (!follows(before) && !follows(after)) return;
    if constexpr (Net::VERSION == 4) {
      if (wanted.version != 6) changed4.insert(net, 0);
    } else {
      if (wanted.version != 4) changed6.insert(net, 0);
    }
  }
  void opened(const Origin& origin);
  void closed(const Origin& origin);

 private:
  bool follows(uint16_t origin) const { return origin < sources.size() && sources[origin] >= 0; }
  template <typename Net>
  void takeFrom(net::Trie<Net, uint32_t>& trie, typename net::Trie<Net, uint32_t>::Cursor& cursor, bool& told,
                net::Trie<Net, uint8_t>& changed, kj::Vector<Followed>& out, size_t most);
  Followed look(net::IpNet net, uint32_t head);
  bool apply(const std::string& policy, Followed& to);
  // False: it is not accepted.

  Table& table;
  const policy::Compiled* policies;
  std::vector<int> sources;
  // Of each origin.
  bool again = false;
  // Some of what the walk comes to may have been told of and now not be accepted.
  net::Trie<net::Ip4Net, uint32_t>::Cursor at4;
  net::Trie<net::Ip6Net, uint32_t>::Cursor at6;
  bool told4, told6;
  net::Trie<net::Ip4Net, uint8_t> changed4;
  net::Trie<net::Ip6Net, uint8_t> changed6;
};

struct Way {
  // How an address is reached.
  net::Ip address;
  bool reachable = false;
  uint32_t metric = 0;
  uint8_t distance = 0;
  std::string protocol;
  std::vector<NextHop> hops;
  // Each with an interface.

  bool operator==(const Way&) const = default;
};

class Trackers;

class Tracker {
  // Wants to know the ways to some addresses, first as they are, then when they change.
 public:
  explicit Tracker(Trackers& trackers);
  ~Tracker() noexcept(false);
  KJ_DISALLOW_COPY(Tracker);

  bool watch(net::Ip address);
  // Whether it is new.
  void unwatch(net::Ip address);
  size_t size() const { return told.size(); }

  bool pending() const { return !changed.empty(); }
  void take(std::vector<Way>& out, size_t most, bool complete);
  // Until the table is `complete` after a start, it is not said of an address that there is no way to it: there may
  // have been one before.

 private:
  friend class Trackers;
  struct Told {
    uint32_t watch;
    bool ever = false;
    Way way;
  };
  Trackers& trackers;
  std::map<net::Ip, Told> told;
  std::set<net::Ip> changed, waiting;
  // To be looked at again, and when the table is complete.
};

class Trackers {
 public:
  explicit Trackers(Table& table) : table(table) {}
  void collect();
  // Tell the trackers what the table has found to be changed.
  Way wayTo(net::Ip address);

 private:
  friend class Tracker;
  Table& table;
  std::set<Tracker*> all;
};

}  // namespace xylem::rib

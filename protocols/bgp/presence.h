#pragma once
// Presence: whether a table has a usable path to some prefixes, or to anything below them, live. For aggregates (RFC
// 4271 section 9.2.2.2) and for announcements that depend on others.
//
//     Presence<net::Ip4Net> presence(table, [&](net::Ip4Net net, bool below) { ... });
//     presence.watch({net}, {aggregate});
//     while (presence.step(512)) ...;          // a slice of work; calls back for what is another than before
//     presence.has(net); presence.hasBelow(aggregate);
//
// What is below a prefix does not include it. With nothing to watch, it costs nothing.

#include <kj/function.h>
#include <protocols/bgp/table.h>

#include <set>

namespace xylem::bgp {

template <typename Net> class Presence {
 public:
  using Changed = kj::Function<void(Net net, bool below)>;

  Presence(Table<Net>& table, Changed changed) : table(table), changed(kj::mv(changed)) {}
  ~Presence();
  KJ_DISALLOW_COPY(Presence);

  void watch(std::set<Net> exactly, std::set<Net> below);
  // These from now on. Those that stay are only told of again when they change.
  bool step(uint destinations);
  // Whether there is more to do.

  bool has(Net net) const { return exact.find(net) != nullptr && exact.find(net)->count > 0; }
  bool hasBelow(Net net) const { return under.find(net) != nullptr && under.find(net)->count > 0; }
  // Of watched ones, as last told.

 private:
  struct Watched {
    uint32_t count = 0;
    bool told = false;
  };
  void count(Net net, int by);
  void tell(net::Trie<Net, Watched>& trie, bool below);

  Table<Net>& table;
  Changed changed;
  Dirty dirty;
  bool attached = false, counting = false;
  // Counting: from the beginning, and until the end of the table nothing is told.
  Chunked<uint8_t> counted;
  // By destination: it was there.
  net::Trie<Net, Watched> exact, under;
};

extern template class Presence<net::Ip4Net>;
extern template class Presence<net::Ip6Net>;

}  // namespace xylem::bgp

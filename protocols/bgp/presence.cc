// Each destination that can be used counts once for the watched prefixes that cover it. When others are watched, all
// are counted anew, and what comes out is told at the end, so that nobody hears of what is only not counted yet.

#include <protocols/bgp/presence.h>

namespace xylem::bgp {

template <typename Net> Presence<Net>::~Presence() {
  if (attached) table.detach(dirty);
}

template <typename Net> void Presence<Net>::watch(std::set<Net> exactly, std::set<Net> below) {
  auto replace = [](net::Trie<Net, Watched>& trie, const std::set<Net>& wanted) {
    net::Trie<Net, Watched> made;
    for (auto& net : wanted) {
      auto before = trie.find(net);
      made.insert(net, {0, before != nullptr && before->told});
    }
    trie = kj::mv(made);
  };
  replace(exact, exactly);
  replace(under, below);
  if (attached) table.detach(dirty);
  attached = exact.size() + under.size() > 0;
  counting = attached;
  counted = {};
  if (attached) table.attach(dirty, Interest::BEST);
}

template <typename Net> void Presence<Net>::count(Net net, int by) {
  auto found = exact.find(net);
  if (found != nullptr) found->count += uint32_t(by);
  under.eachCovering(net, [&](Net above, Watched& watched) {
    if (above != net) watched.count += uint32_t(by);
  });
  if (counting) return;
  if (found != nullptr && (found->count > 0) != found->told) {
    found->told = found->count > 0;
    changed(net, false);
  }
  // Whoever is told may announce and withdraw, but not watch others.
  under.eachCovering(net, [&](Net above, Watched& watched) {
    if ((watched.count > 0) == watched.told) return;
    watched.told = watched.count > 0;
    changed(above, true);
  });
}

template <typename Net> void Presence<Net>::tell(net::Trie<Net, Watched>& trie, bool below) {
  trie.each([&](Net net, Watched& watched) {
    if ((watched.count > 0) == watched.told) return;
    watched.told = watched.count > 0;
    changed(net, below);
  });
}

template <typename Net> bool Presence<Net>::step(uint destinations) {
  if (!attached) return false;
  for (uint32_t at; destinations > 0 && (at = dirty.take()) != Dirty::NONE; --destinations) {
    if (at >= table.end() || !table.exists(at)) continue;
    counted.growTo(at + 1);
    bool now = table.bestIndex(at) != 0;
    if (now != (counted[at] != 0)) {
      counted[at] = now;
      count(table.netOf(at), now ? 1 : -1);
    }
    table.settle(at);
  }
  if (!dirty.empty()) return true;
  if (counting) {
    counting = false;
    tell(exact, false);
    tell(under, true);
  }
  return !dirty.empty();
}

template class Presence<net::Ip4Net>;
template class Presence<net::Ip6Net>;

}  // namespace xylem::bgp

#pragma once
// Redistribution: the routes of other protocols that are in use, as the RIB sees them, live.
//
//     kit::Redistribution from(process, {{"static", "POLICY"}, {"connected", ""}}, 4, [&](auto& route) { ... },
//     [&](auto net) { ... });

#include <kj/function.h>
#include <net/trie.h>
#include <rib/rib.capnp.h>
#include <xrl/remote.h>

#include <string>
#include <vector>

namespace xylem::kit {

class Redistribution {
 public:
  struct Route {
    net::IpNet net;
    kj::StringPtr protocol;
    uint32_t metric, tag;
    bool ownMetric;
    // The metric was set by a policy, for whom the route is redistributed to.
  };
  struct Source {
    std::string protocol;
    std::string policy;
    // Only routes that it accepts, as it changes them. Empty: all.
  };

  Redistribution(xrl::Process& process, std::vector<Source> sources, uint8_t version,
                 kj::Function<void(const Route&)> put, kj::Function<void(net::IpNet)> remove);
  // `version`: 4, 6, or 0 for both. `put` is called for each route at first and for each that is new or has changed,
  // `remove` for one that is no longer in use, no longer accepted, or now of a protocol that was not asked for. When
  // the RIB was away, `put` may be called for a route again, and `remove` is called for those that have gone meanwhile.
  KJ_DISALLOW_COPY(Redistribution);

  bool complete() const { return heard; }
  // The RIB has told of all routes at least once.

 private:
  class Follower;
  friend class Follower;

  kj::Promise<void> session(rib::Rib::Client rib);
  void take(net::IpNet net, const kj::Maybe<Route>& route);
  void sweep();

  const std::vector<Source> sources;
  const uint8_t version;
  kj::Function<void(const Route&)> put;
  kj::Function<void(net::IpNet)> remove;
  net::Trie<net::Ip4Net, uint8_t> ip4;
  net::Trie<net::Ip6Net, uint8_t> ip6;
  // What `put` was called for, and in which session last.
  uint8_t sessions = 0;
  bool heard = false;
  xrl::Remote<rib::Rib> remote;
};

template <typename Rules> std::vector<Redistribution::Source> sourcesOf(const Rules& rules) {
  // Rules by protocol; each has a `policy`.
  std::vector<Redistribution::Source> sources;
  for (auto& [protocol, rule] : rules) sources.push_back({protocol, rule.policy});
  return sources;
}

template <typename Rules, typename Routes, typename Offer, typename Withdraw>
bool changeRules(Rules& rules, Rules wanted, Routes& routes, Offer&& offer, Withdraw&& withdraw) {
  // Rules by protocol, and the routes that have come by them, each with its `protocol`: those whose protocol has a rule
  // still are offered again, the others withdrawn and forgotten. Whether another Redistribution is needed from now on.
  if (wanted == rules) return false;
  bool others = wanted.size() != rules.size();
  for (auto& [protocol, rule] : wanted)
    others = others || rules.count(protocol) == 0 || rules.at(protocol).policy != rule.policy;
  rules = kj::mv(wanted);
  for (auto each = routes.begin(); each != routes.end();) {
    if (rules.count(each->second.protocol) > 0) {
      offer(each->first, each->second);
      ++each;
    } else {
      withdraw(each->first);
      each = routes.erase(each);
    }
  }
  return others;
}

}  // namespace xylem::kit

#pragma once
// Dampening: routes that come and go are not used until they have been quiet (RFC 2439).
//
//     Dampening<net::Ip4Net> dampening;
//     dampening.configure(settings);
//     dampening.flap(peer, net, Flap::WITHDRAWN, now);
//     if (dampening.isSuppressed(peer, net)) ...               // keep the route, but do not use it
//     dampening.reuse(now, [&](uint16_t peer, Net net) { ... });   // it may be used again
//
// A flap adds to the penalty of a prefix from a peer, which halves with every half-life. Above one threshold the route
// is suppressed, and below another it is free again. What has not flapped is not remembered.

#include <net/ip.h>

#include <cstdint>
#include <map>
#include <utility>

namespace xylem::bgp {

struct DampeningSettings {
  uint32_t halfLife = 0;
  // Seconds; 0: there is no dampening. Penalties are as in RFC 2439 section 4.8.5: a withdrawal is 1000.
  uint32_t suppress = 2000, reuse = 750;
  uint32_t most = 3600;
  // Seconds: nothing is suppressed for longer after its last flap.

  bool operator==(const DampeningSettings&) const = default;
};

enum class Flap : uint8_t { WITHDRAWN, CHANGED };

template <typename Net> class Dampening {
 public:
  struct History {
    float penalty = 0;
    // At `since`.
    uint32_t since = 0;
    // Seconds.
    uint32_t flaps = 0;
    bool suppressed = false;
  };
  using Histories = std::map<std::pair<uint16_t, Net>, History>;

  void configure(const DampeningSettings& wanted) { settings = wanted; }
  bool isOn() const { return settings.halfLife > 0; }

  void flap(uint16_t peer, Net net, Flap kind, uint32_t now);
  bool isSuppressed(uint16_t peer, Net net) const {
    if (histories.empty()) return false;
    auto found = histories.find({peer, net});
    return found != histories.end() && found->second.suppressed;
  }
  template <typename F> void reuse(uint32_t now, F&& f) {
    // f(uint16_t peer, Net) for each that is no longer suppressed; also forgets what has become unimportant. Looks at
    // all: for every few seconds.
    for (auto at = histories.begin(); at != histories.end();) {
      auto& [key, history] = *at;
      auto left = isOn() ? penalty(history, now) : 0;
      bool isFree = history.suppressed && left < float(settings.reuse);
      if (isFree) history.suppressed = false;
      auto [peer, net] = key;
      at = left < float(settings.reuse) / 2 ? histories.erase(at) : std::next(at);
      if (isFree) f(peer, net);
    }
  }
  float penalty(const History& history, uint32_t now) const;
  const Histories& all() const { return histories; }

 private:
  DampeningSettings settings;
  Histories histories;
};

extern template class Dampening<net::Ip4Net>;
extern template class Dampening<net::Ip6Net>;

}  // namespace xylem::bgp

// Penalties are computed when they are looked at, so that an idle history costs nothing.

#include <protocols/bgp/dampening.h>

#include <algorithm>
#include <cmath>

namespace xylem::bgp {

namespace {
constexpr float WITHDRAWAL = 1000, CHANGE = 500;
}  // namespace

template <typename Net> float Dampening<Net>::penalty(const History& history, uint32_t now) const {
  return history.penalty * std::exp2(-float(now - history.since) / float(settings.halfLife));
}

template <typename Net> void Dampening<Net>::flap(uint16_t peer, Net net, Flap kind, uint32_t now) {
  if (!isOn()) return;
  auto& history = histories[{peer, net}];
  // RFC 2439 section 4.2: with this ceiling, it falls to the reuse threshold in the longest time allowed.
  auto ceiling = float(settings.reuse) * std::exp2(float(settings.most) / float(settings.halfLife));
  auto added = kind == Flap::WITHDRAWN ? WITHDRAWAL : CHANGE;
  history.penalty = std::min(penalty(history, now) + added, ceiling);
  history.since = now;
  ++history.flaps;
  if (history.penalty > float(settings.suppress)) history.suppressed = true;
}

template class Dampening<net::Ip4Net>;
template class Dampening<net::Ip6Net>;

}  // namespace xylem::bgp

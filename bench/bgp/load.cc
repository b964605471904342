// Origins come in random order, as from a router that keeps its updates by hash of their attributes; an origin's own
// prefixes in that of their addresses. They are withdrawn in the same order.

#include <bench/bgp/load.h>

#include <algorithm>

namespace xylem::bench {

namespace {

using Share = kj::ArrayPtr<const Route>;

// What routers drop as a matter of course, and what hides the link to the peers.
bool isUnusable(const Route& route) {
  static const auto LINK4 = net::IpNet(net::Ip4::of(10, 0, 0, 0), 8);
  static const auto LINK6 = net::IpNet(net::Ip6{0x20010db800000000, 0}, 32);
  auto overlaps = [&](net::IpNet link) { return route.net.covers(link) || link.covers(route.net); };
  return route.net.isMartian() || overlaps(LINK4) || overlaps(LINK6);
}

// Origins in random order, the first `most` prefixes of these.
Share shuffle(kj::ArrayPtr<Route> routes, size_t most) {
  auto rank = [](const Route& route) { return std::pair(net::mix(route.origin, 77), route.origin); };
  std::stable_sort(routes.begin(), routes.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
  return routes.slice(0, std::min(most, routes.size()));
}

Feed makeFeed(Share share, uint peer, uint8_t version, uint32_t salt, size_t& attributes) {
  // Beyond the numbers that are private, or stand for others.
  constexpr uint32_t FIRST_ORIGIN = 100000;
  net::ByteWriter announcement(share.size() * 24), withdrawal(share.size() * 8);
  std::vector<net::IpNet> nets;
  for (size_t begin = 0; begin < share.size();) {
    auto origin = share[begin].origin;
    nets.clear();
    for (; begin < share.size() && share[begin].origin == origin; ++begin) nets.push_back(share[begin].net);
    auto group = kj::arrayPtr(nets.data(), nets.size());
    announce(announcement, attributesOf(announcerAs(peer), FIRST_ORIGIN + origin, salt),
             announcerAddress(peer, version), group);
    ++attributes;
  }
  nets.clear();
  for (auto& route : share) nets.push_back(route.net);
  withdraw(withdrawal, kj::arrayPtr(nets.data(), nets.size()));
  return {peer, version, announcement.finish(), withdrawal.finish()};
}

}  // namespace

net::Ip routerAddress(uint8_t version) {
  if (version == 4) return net::Ip4::of(10, 0, 0, 1);
  return net::Ip6{0x20010db800000000, 1};
}

net::Ip receiverAddress(uint8_t version) {
  if (version == 4) return net::Ip4::of(10, 0, 0, 2);
  return net::Ip6{0x20010db800000000, 2};
}

net::Ip announcerAddress(uint peer, uint8_t version) {
  if (version == 4) return net::Ip4::of(10, 0, 0, uint8_t(10 + peer));
  return net::Ip6{0x20010db800000000, 0x10 + peer};
}

Load makeLoad(Table table, size_t ip4, size_t ip6, uint peers, Sharing sharing) {
  Load load;
  std::erase_if(table, isUnusable);
  auto whole = kj::arrayPtr(table.data(), table.size());
  auto border = std::partition_point(table.begin(), table.end(), [](const Route& route) { return route.net.is4(); });
  auto count4 = size_t(border - table.begin());
  Share shares[] = {shuffle(whole.slice(0, count4), ip4), shuffle(whole.slice(count4, table.size()), ip6)};
  load.ip4 = shares[0].size();
  for (auto share : shares)
    for (auto& route : share) load.nets.push_back(route.net);
  for (uint8_t version : {4, 6}) {
    auto share = shares[version == 6];
    if (share.size() == 0) continue;
    for (uint peer = 0; peer < peers; ++peer) {
      auto begin = share.size() * peer / peers, end = share.size() * (peer + 1) / peers;
      auto own = sharing == Sharing::SAME ? share : share.slice(begin, end);
      load.feeds.push_back(makeFeed(own, peer, version, sharing == Sharing::SAME ? peer : 0, load.attributes));
    }
  }
  return load;
}

}  // namespace xylem::bench

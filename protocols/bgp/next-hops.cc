// Next hops by index. There are thousands at most, so nothing here is sparing.

#include <protocols/bgp/next-hops.h>

#include <kj/debug.h>

#include <algorithm>

namespace xylem::bgp {

uint32_t NextHops::hold(net::Ip address, net::Ip6 linkLocal) {
  if (address.isNone()) return 0;
  auto [at, fresh] = indices.try_emplace(Key{address, linkLocal}, 0);
  if (fresh) {
    if (freed.empty()) {
      at->second = end();
      list.emplace_back();
    } else {
      at->second = freed.back();
      freed.pop_back();
    }
    list[at->second] = NextHop{address, linkLocal};
    news.push_back({at->second, address, true});
  }
  ++list[at->second].users;
  return at->second;
}

void NextHops::release(uint32_t index) {
  if (index == 0) return;
  auto& hop = list[index];
  KJ_ASSERT(hop.users > 0);
  if (--hop.users > 0) return;
  indices.erase(Key{hop.address, hop.linkLocal});
  news.push_back({index, hop.address, false});
  hop = NextHop();
  freed.push_back(index);
}

bool NextHops::set(uint32_t index, bool reachable, uint32_t metric) {
  auto& hop = list[index];
  hop.known = true;
  bool flips = hop.reachable != reachable;
  if (!flips && hop.metric == metric) return false;
  hop.changed = true;
  hop.flipped |= flips;
  hop.reachable = reachable;
  hop.metric = metric;
  return true;
}

bool NextHops::areKnown() const {
  return std::all_of(list.begin(), list.end(), [](auto& hop) { return hop.known || hop.users == 0; });
}

void NextHops::settled() {
  for (auto& hop : list) hop.changed = hop.flipped = false;
}

std::vector<NextHops::Event> NextHops::events() { return std::exchange(news, {}); }

}  // namespace xylem::bgp

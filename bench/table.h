#pragma once
// Tables of the size and shape of the Internet's.

#include <net/ip.h>

#include <vector>

namespace xylem::bench {

struct Route {
  net::IpNet net;
  uint32_t origin;
};
using Table = std::vector<Route>;
// In address order, IPv4 first, each prefix once.

Table generateTable(size_t ip4 = 1170000, size_t ip6 = 280000);
// The same at each call: lengths of prefixes, prefixes per origin, and how many of an origin's lie side by side are
// distributed as in the default-free zone.

Table readTable(kj::StringPtr file);
// Lines `prefix origin-as ...`.

}  // namespace xylem::bench

#pragma once
// Which of a known set of prefixes can be reached, at one cache miss a change:
//
//     Reachable reachable(nets.size());
//     for (auto net : nets) reachable.expect(net);
//     reachable.set(net, true);
//     if (reachable.count() == nets.size()) ...

#include <net/ip.h>

#include <vector>

namespace xylem::bench {

class Reachable {
 public:
  explicit Reachable(size_t most);
  // Room for so many prefixes.

  void expect(net::IpNet net);
  void set(net::IpNet net, bool reachable);
  size_t count() const { return there; }
  // Of those that are expected.
  size_t strangers() const { return unknown; }
  // Changes of prefixes that nobody expects.

 private:
  uint64_t& find(net::IpNet net);

  std::vector<uint64_t> slots;
  // Key and, as its last bit, whether it is reachable; 0 is a free one.
  size_t there = 0, unknown = 0;
};

}  // namespace xylem::bench

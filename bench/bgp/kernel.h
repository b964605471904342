#pragma once
// What the kernel of another network namespace has, seen without much cost to it.

#include <bench/bare.h>
#include <kj/io.h>

#include <vector>

namespace xylem::bench {

class Kernel {
 public:
  explicit Kernel(kj::StringPtr path);
  // Of the namespace, as in /run/netns.

  uint64_t ip4();
  // A walk through the kernel's trie: some ten milliseconds for a full table.
  uint64_t ip6();
  bool has(net::Ip4Net net);
  kj::Own<fea::Netlink> watch();
  // A socket that hears of all changes of IPv4 routes from now on.

 private:
  template <typename Do> auto inside(Do&& act) {
    enter(there);
    KJ_DEFER(enter(here));
    return act();
  }
  static void enter(int netns);

  kj::AutoCloseFd here, there;
  kj::Own<fea::Netlink> netlink;
};

class Arrival {
  // Whether all routes of a load have come to the kernel, or have gone. Asks for single prefixes, spread over the load,
  // one after the other; only when all of these are as they should be is the whole table counted.
 public:
  Arrival(Kernel& kernel, kj::ArrayPtr<const net::IpNet> nets, size_t ip4);
  // Of these prefixes the first `ip4` are IPv4. What the kernel has now is what is there besides.

  void expect(bool there);
  // From now on.
  bool complete();
  // To be asked again and again; does nothing as long as the last look is too recent.

 private:
  Kernel& kernel;
  std::vector<net::Ip4Net> samples;
  size_t ip4, ip6;
  uint64_t base4, base6;
  bool wanted = true;
  size_t next = 0;
  double idleUntil = 0;
};

}  // namespace xylem::bench

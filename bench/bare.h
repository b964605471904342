#pragma once
// The least that writing routes to the kernel can cost: messages of fixed layout with nexthop objects, 256 to a system
// call, and nothing else. And the eyes that see what the kernel has.

#include <fea/kernel-routes.h>

#include <vector>

namespace xylem::bench {

class BareLoop {
 public:
  void hop(uint32_t id, net::Ip gateway, kj::StringPtr interface);
  void install(net::IpNet net, uint32_t hop);
  void withdraw(net::IpNet net);
  void flush();

 private:
  template <typename Fixed> void add(Fixed& message, size_t size);

  fea::Netlink netlink;
  fea::RouteMessage<net::Ip4> message4{177, 300};
  fea::RouteMessage<net::Ip6> message6{177, 300};
  std::vector<kj::byte> buffer = std::vector<kj::byte>(64 << 10);
  size_t used = 0, count = 0, last = 0;
  uint32_t sequence = 1000;
};

class Watch {
  // Sees changes in the kernel.
 public:
  Watch();
  void untilRoute(bool there, net::Ip4Net net);
  // Blocks until the kernel tells that it has this route, or no longer.
  void untilNexthop();
  // Until a nexthop object has been replaced.

 private:
  void until(kj::FunctionParam<bool(const nlmsghdr&)> is);
  fea::Netlink netlink;
};

uint64_t ip4Routes();
uint64_t ip6Routes();
// In this network namespace, the kernel's own counts. The first takes a walk through the kernel's trie,
// the second nothing.

}  // namespace xylem::bench

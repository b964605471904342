// A listener on all routes would cost whoever writes them a third. A look costs some microseconds, and is taken every
// two milliseconds; the count at the end takes at most a quarter of a core. IPv6 routes are counted by the kernel
// itself.

#include <bench/bgp/kernel.h>
#include <bench/bgp/session.h>
#include <fcntl.h>
#include <sched.h>

namespace xylem::bench {

namespace {

constexpr size_t SAMPLES = 64;
constexpr double PAUSE = 0.002;

kj::AutoCloseFd openNetns(kj::StringPtr path) {
  int fd;
  KJ_SYSCALL(fd = open(path.cStr(), O_RDONLY | O_CLOEXEC), path);
  return kj::AutoCloseFd(fd);
}

}  // namespace

Kernel::Kernel(kj::StringPtr path) : here(openNetns("/proc/self/ns/net")), there(openNetns(path)) {
  netlink = inside([] { return kj::heap<fea::Netlink>(); });
}

void Kernel::enter(int netns) { KJ_SYSCALL(setns(netns, CLONE_NEWNET)); }

uint64_t Kernel::ip4() { return inside(ip4Routes); }
uint64_t Kernel::ip6() { return inside(ip6Routes); }

bool Kernel::has(net::Ip4Net net) {
  // The route for the address itself: of a prefix that has no longer one at its beginning, this is its own.
  fea::Message lookup(RTM_GETROUTE, 0, rtmsg{.rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_flags = RTM_F_FIB_MATCH});
  lookup.put(RTA_DST, net::Ip(net.address()));
  netlink->send(lookup.bytes());
  bool found = false;
  netlink->receive([&](const nlmsghdr& answer) {
    if (answer.nlmsg_type == RTM_NEWROUTE) found = fea::RouteRow(answer).net == net::IpNet(net);
  });
  return found;
}

kj::Own<fea::Netlink> Kernel::watch() {
  auto socket = inside([] { return kj::heap<fea::Netlink>(64 << 20); });
  socket->subscribe(RTNLGRP_IPV4_ROUTE);
  return socket;
}

Arrival::Arrival(Kernel& kernel, kj::ArrayPtr<const net::IpNet> nets, size_t ip4)
    : kernel(kernel), ip4(ip4), ip6(nets.size() - ip4), base4(kernel.ip4()), base6(kernel.ip6()) {
  for (size_t part = 0; part < SAMPLES; ++part) {
    // The last of the part, so that the last of all is one; no longer prefixes than /24 are in a table.
    for (auto at = ip4 * (part + 1) / SAMPLES; at > ip4 * part / SAMPLES; --at) {
      if (nets[at - 1].length() != 24) continue;
      samples.push_back(nets[at - 1].v4());
      break;
    }
  }
}

void Arrival::expect(bool there) {
  wanted = there;
  next = 0;
  idleUntil = 0;
}

bool Arrival::complete() {
  auto begin = now();
  if (begin < idleUntil) return false;
  idleUntil = begin + PAUSE;
  for (; next < samples.size(); ++next)
    if (kernel.has(samples[next]) != wanted) return false;
  if (kernel.ip6() - base6 != (wanted ? ip6 : 0)) return false;
  auto seen4 = kernel.ip4() - base4;
  idleUntil = now() + 3 * (now() - begin) + PAUSE;
  return seen4 == (wanted ? ip4 : 0);
}

}  // namespace xylem::bench

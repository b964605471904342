#pragma once
// The Linux kernel as the forwarding plane, by netlink.
//
// Routes are in the main table, with a protocol number and a metric (priority) of their own: so they are never mistaken
// for those of other people, and lose to the kernel's own routes to connected prefixes. The plane remembers nothing
// about a route: the kernel is its memory.

#include <fea/forwarder.h>
#include <xrl/loop.h>

namespace xylem::fea {

struct KernelOptions {
  uint8_t protocol = 178;
  // Whose routes, nexthop objects and addresses these are (`ip route show proto 178`).
  uint32_t metric = 300;
  // Of every route. Connected prefixes have 0, in IPv6 256; what router advertisements bring has 1024.
  size_t eventBuffer = 8 << 20;
  // Bytes of events that may wait to be read.
};

kj::Own<Forwarder> openKernel(xrl::Loop& loop, Forwarder::Listener& listener, KernelOptions options = {});
// The kernel, in the network namespace of this thread. Needs CAP_NET_ADMIN. The listener must outlive it.

}  // namespace xylem::fea

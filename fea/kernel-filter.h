#pragma once
// What the plane wants to hear from the kernel, as a socket filter: the rest is never queued.

#include <fea/netlink.h>

namespace xylem::fea {

void ignoreOwn(const Netlink& events, uint32_t ownPort, uint8_t protocol);
// Let through only: links and addresses; of routes, those of this protocol that are deleted and any that replaced
// another; of nexthop objects all; of routes and nexthop objects none that the socket with this port has caused.

}  // namespace xylem::fea

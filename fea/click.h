#pragma once
// The click plane: a process of its own forwards the packets, and the kernel stands by.
//
// The kernel is programmed as it is alone: the router's own packets go by its routes, it finds the neighbors, and it
// forwards while the click process is not there. That process takes from the devices what is to be forwarded before the
// kernel sees it (click/click.capnp).

#include <fea/forwarder.h>
#include <xrl/process.h>

namespace xylem::fea {

kj::Own<Forwarder> openClick(xrl::Process& process, Forwarder::Listener& listener);
// In the network namespace of this thread. Needs CAP_NET_ADMIN. The listener must outlive it.

}  // namespace xylem::fea

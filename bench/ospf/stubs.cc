// What leads somewhere else may be written in place, or go and come again: what counts is what is there at the end.

#include <bench/bgp/session.h>
#include <bench/ospf/stubs.h>
#include <kj/debug.h>

namespace xylem::bench {

void Stubs::mark() {
  for (auto& route : routes) route.changed = false;
}

void Stubs::receive() {
  for (;;) {
    auto received = netlink->receive([&](const nlmsghdr& message) {
      if (message.nlmsg_type != RTM_NEWROUTE && message.nlmsg_type != RTM_DELROUTE) return;
      fea::RouteRow row(message);
      if (row.isCopy || !row.net.is4()) return;
      KJ_IF_MAYBE (router, grid.ownerOf(row.net.v4())) {
        auto& route = routes[*router];
        bool there = message.nlmsg_type == RTM_NEWROUTE;
        present = present + there - route.there;
        route = {there, true};
        lastChange = now();
      }
    });
    KJ_REQUIRE(received != fea::Netlink::Received::OVERRUN, "the kernel has told more than could be heard");
    if (received == fea::Netlink::Received::NOTHING) return;
  }
}

}  // namespace xylem::bench

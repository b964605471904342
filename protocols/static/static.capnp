@0xd5bbdcf024463ed7;
# Static routes.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::statics");

struct Config $Tree.path("protocols static") {
  # Static routes, IPv4 and IPv6.

  route @0 :List(Route);
  # A route to a prefix.

  struct Route {
    net @0 :Net.IpNet $Tree.key;
    # Destination.
    nextHop @1 :List(NextHop);
    # A gateway. Those of the same distance share the traffic; the lowest distance that has a way is used.
    interface @2 :List(Link);
    # A link on which the destination is.
    blackhole @3 :Bool;
    # Drop packets silently.
    unreachable @4 :Bool;
    # Drop packets, and tell the sender.
    distance @5 :UInt8 = 1 $Tree.range(min = 1, max = 255);
    # Administrative distance: the lower wins against other protocols; 255 is never used.
    metric @6 :UInt32;
    # Metric.
    tag @7 :UInt32;
    # A mark for policies.
  }
  struct NextHop {
    address @0 :Net.Ip $Tree.key;
    # Address of the gateway. Without an interface, it is reached by the best route to it.
    interface @1 :Text $Tree.length(min = 1, max = 15);
    # The link on which the gateway is.
    weight @2 :UInt16 = 1 $Tree.range(min = 1, max = 256);
    # Share of the traffic.
    distance @3 :UInt8 $Tree.range(min = 1, max = 255);
    # Distance of this next hop, if not the route's: a higher one makes it a backup.
  }
  struct Link {
    name @0 :Text $Tree.key $Tree.length(min = 1, max = 15);
    # Name of the interface.
    weight @1 :UInt16 = 1 $Tree.range(min = 1, max = 256);
    # Share of the traffic.
    distance @2 :UInt8 $Tree.range(min = 1, max = 255);
    # Distance of this link, if not the route's: a higher one makes it a backup.
  }
}

struct State {
  routes @0 :UInt32;
  # Routes configured.
  offers @1 :UInt32;
  # Routes offered to the RIB: one for each distance.
}

interface Show $Xrl.access(guest) {
  # Static routes as configured; `show route` tells which are in use.

  routes @0 (net :Net.IpNet $Xrl.bare, after :Text) -> (routes :List(Row), next :Text)
      $Xrl.command("show static routes");
  # Static routes, or those in a prefix.

  struct Row {
    net @0 :Net.IpNet;
    # Destination.
    distance @1 :UInt8;
    # Administrative distance.
    nextHop @2 :Text;
    # Next hops.
    metric @3 :UInt32;
    # Metric.
    tag @4 :UInt32 $Xrl.detail;
    # Mark for policies.
  }
}

@0xb1f4f1f0a7d35c51;
# RIPng, the Routing Information Protocol for IPv6 (RFC 2080).

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Policy = import "/policy/policy.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Rip = import "rip.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::ripng");

struct Config $Tree.path("protocols ripng") {
  # Routing Information Protocol for IPv6.

  interface @0 :List(Interface);
  # Interface that speaks RIPng. Its networks are announced.
  redistribute @1 :List(Rip.Config.Redistribute);
  # Routes of other protocols that are announced.
  updateInterval @2 :UInt16 = 30 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
  # Time between regular updates, varied by up to a sixth.
  timeout @3 :UInt16 = 180 $Tree.range(min = 1, max = 10800) $Net.unit("seconds");
  # Time after which a route that is no longer announced is taken for unreachable.
  garbageCollect @4 :UInt16 = 120 $Tree.range(min = 1, max = 10800) $Net.unit("seconds");
  # Time for which an unreachable route is announced as such before it is forgotten.
  distance @5 :UInt8 = 120 $Tree.range(min = 1, max = 255);
  # Administrative distance of RIPng routes.
  defaultMetric @6 :UInt8 = 1 $Tree.range(min = 1, max = 15);
  # Metric of redistributed routes that are given none.
  policy @7 :Policy.Options $Tree.shared("policy");

  struct Interface {
    name @0 :Text $Tree.key $Tree.refers("interfaces interface") $Tree.length(min = 1, max = 15);
    # Name of the interface.
    metric @1 :UInt8 = 1 $Tree.range(min = 1, max = 15);
    # Cost that is added to the metric of routes learned here.
    passive @2 :Bool;
    # Listen, and send only to the neighbors listed here.
    horizon @3 :Rip.Config.Horizon = poisonReverse;
    # How routes learned here are announced here.
    neighbor @4 :List(Net.Ip6);
    # Routers, by link-local address, that updates are sent to one by one, as on links without multicast.
  }
}

struct State {
  routes @0 :UInt32;
  # Routes in the table, unreachable ones included.
  triggered @1 :UInt64;
  # Triggered updates sent.
  interface @2 :List(Rip.State.Interface);
  # Interfaces that speak the protocol.
}

interface Show $Xrl.access(guest) {
  routes @0 (after :Text) -> (routes :List(Rip.Show.Route), next :Text) $Xrl.command("show ripng routes");
  # Routes known to RIPng, in order of their destinations.
}

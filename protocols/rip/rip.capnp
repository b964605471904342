@0xb1f4f1f0a7d35c50;
# RIPv2, the Routing Information Protocol (RFC 2453), with authentication (RFC 2082, RFC 4822).

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Policy = import "/policy/policy.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::rip");

struct Config $Tree.path("protocols rip") {
  # Routing Information Protocol, version 2.

  interface @0 :List(Interface);
  # Interface that speaks RIP. Its networks are announced.
  redistribute @1 :List(Redistribute);
  # Routes of other protocols that are announced.
  updateInterval @2 :UInt16 = 30 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
  # Time between regular updates, varied by up to a sixth.
  timeout @3 :UInt16 = 180 $Tree.range(min = 1, max = 10800) $Net.unit("seconds");
  # Time after which a route that is no longer announced is taken for unreachable.
  garbageCollect @4 :UInt16 = 120 $Tree.range(min = 1, max = 10800) $Net.unit("seconds");
  # Time for which an unreachable route is announced as such before it is forgotten.
  distance @5 :UInt8 = 120 $Tree.range(min = 1, max = 255);
  # Administrative distance of RIP routes.
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
    horizon @3 :Horizon = poisonReverse;
    # How routes learned here are announced here.
    neighbor @4 :List(Net.Ip4);
    # Routers that updates are sent to one by one, as on links without multicast.
    authentication :union {
      # How packets are authenticated; packets that are not are dropped.
      none @5 :Void;
      # Not at all; authenticated packets are dropped.
      password @6 :Text $Tree.secret $Tree.length(min = 1, max = 16);
      # A password in each packet, in clear.
      key @7 :List(Key);
      # Keys that sign packets. The one with the lowest id that is not accept-only signs; all are accepted.
    }
  }

  struct Key {
    id @0 :UInt8 $Tree.key;
    # Number of the key, the same on all routers.
    algorithm @1 :Algorithm = hmacSha256;
    # How the key signs.
    secret @2 :Text $Tree.secret $Tree.mandatory $Tree.length(min = 1, max = 128);
    # The key itself. Keyed MD5 uses its first 16 bytes.
    acceptOnly @3 :Bool;
    # Accept packets signed with this key, but do not sign with it.
  }

  struct Redistribute {
    protocol @0 :Text $Tree.key;
    # The protocol: `static`, `connected`, ...
    metric @1 :UInt8 $Tree.range(min = 1, max = 15);
    # Metric of its routes; without it, the default metric.
    tag @2 :UInt16;
    # Route tag of its routes.
    policy @3 :Text $Tree.refers("policy policy-statement");
    # Policy that accepts the routes to announce. What it says of metric and tag goes before what is said here.
  }

  enum Horizon {
    none @0;
    # Like all other routes.
    split @1;
    # Not at all (split horizon).
    poisonReverse @2;
    # As unreachable (split horizon with poisoned reverse).
  }

  enum Algorithm {
    md5 @0;
    # Keyed MD5 (RFC 2082).
    hmacSha1 @1;
    # HMAC-SHA-1 (RFC 4822).
    hmacSha256 @2;
    # HMAC-SHA-256 (RFC 4822).
    hmacSha384 @3;
    # HMAC-SHA-384 (RFC 4822).
    hmacSha512 @4;
    # HMAC-SHA-512 (RFC 4822).
  }
}

struct State {
  routes @0 :UInt32;
  # Routes in the table, unreachable ones included.
  triggered @1 :UInt64;
  # Triggered updates sent.
  interface @2 :List(Interface);
  # Interfaces that speak the protocol.

  struct Interface {
    name @0 :Text;
    up @1 :Bool;
    # It is there, has an address, and sends and receives.
    routes @2 :UInt32;
    # Routes learned here.
    packetsSent @3 :UInt64;
    packetsReceived @4 :UInt64;
    # Those that were not bad.
    badPackets @5 :UInt64;
    # Packets dropped as a whole.
    badRoutes @6 :UInt64;
    # Routes ignored in packets that were else good.
    badReason @7 :Text;
    # Why the last bad packet was dropped.
    neighbor @8 :List(Neighbor);
    # Routers heard here.
  }

  struct Neighbor {
    address @0 :Net.Ip;
    lastHeard @1 :UInt32 $Net.unit("seconds");
    # Time since its last good packet.
    badPackets @2 :UInt64;
    badRoutes @3 :UInt64;
  }
}

interface Show $Xrl.access(guest) {
  routes @0 (after :Text) -> (routes :List(Route), next :Text) $Xrl.command("show rip routes");
  # Routes known to RIP, in order of their destinations.

  struct Route {
    # A route, as `show` prints it.
    net @0 :Net.IpNet;
    # Destination.
    nextHop @1 :Net.Ip;
    # Gateway; none for what is local.
    interface @2 :Text;
    # Interface it leads to.
    metric @3 :UInt8;
    # Number of hops; 16 is unreachable.
    source @4 :Text;
    # `learned`, `connected` or `redistributed`.
    from @5 :Net.Ip;
    # Router that announced it.
    tag @6 :UInt16 $Xrl.detail;
    # Route tag.
    expires @7 :UInt32 $Net.unit("seconds");
    # Time until it times out or, when unreachable, is forgotten.
  }
}

@0xb1f4f1f0a7d35cd1;
# OSPF version 3 (RFC 5340): link-state routing for IPv6, and for IPv4 over IPv6 (RFC 5838).

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Policy = import "/policy/policy.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Ospf = import "ospf.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::ospf::schema3");

struct Config $Tree.path("protocols ospf3") {
  # Open Shortest Path First, version 3 (RFC 5340).

  routerId @0 :Net.Ip4 $Tree.mandatory;
  # Router ID: an IPv4 address of this router, or any other number that nobody else uses.
  addressFamily @1 :List(Family);
  # Destinations of one family. Each family has databases and adjacencies of its own.
  distance @2 :UInt8 = 110 $Tree.range(min = 1, max = 255);
  # Administrative distance of OSPF routes.
  gracefulRestart @3 :Ospf.Config.GracefulRestart;
  # Graceful restart (RFC 5187).
  policy @4 :Policy.Options $Tree.shared("policy");
  routerInformation @5 :Bool;
  # Tell other routers what this one can do (RFC 7770).
  hostname @6 :Text $Tree.length(min = 1, max = 255);
  # Name of this router, told with its abilities, for others to show (RFC 5642).
  linkLocalSignalling @7 :Bool;
  # Send a block of link-local signalling with hellos and database descriptions on links that are signed (RFC 5613). It
  # claims no ability; what neighbors send is read in any case. BIRD 2.0 does not understand such packets.

  struct Family {
    family @0 :AddressFamily $Tree.key;
    # Of destinations. Packets are always those of IPv6.
    area @1 :List(Area);
    # An area, and the interfaces in it.
    redistribute @2 :List(Ospf.Config.Redistribute);
    # Routes of other protocols that are announced.
    announceDefault @3 :Ospf.Config.AnnounceDefault;
    # Announce a default route, whether there is one or not.
    referenceBandwidth @4 :UInt32 = 100 $Tree.range(min = 1, max = 4294967) $Net.unit("Mbit/s");
    # Bandwidth of an interface that costs 1; the cost of others is in inverse proportion.
    stubRouter @5 :Bool;
    # Tell others to send traffic elsewhere if they can (RFC 6987).
    border @6 :Ospf.Config.Border = alternative;
    # What makes an area border router.
    timers @7 :Ospf.Config.Timers;
    # When routes are computed, and LSAs made.
  }

  enum AddressFamily {
    ipv6 @0;
    # IPv6 (RFC 5340).
    ipv4 @1;
    # IPv4 (RFC 5838).
  }

  struct Area {
    id @0 :Net.Ip4 $Tree.key;
    # Number of the area; 0.0.0.0 is the backbone.
    type @1 :Ospf.Config.AreaType = normal;
    # What the area is told of routes of other protocols.
    noSummary @2 :Bool;
    # A stub area or NSSA gets a default route in place of the networks of other areas.
    defaultCost @3 :UInt32 = 1 $Tree.range(min = 1, max = 16777214);
    # Cost of the default route that a stub area or NSSA gets.
    defaultRoute @4 :Bool;
    # An NSSA gets a default route although it is told of other areas' networks.
    translateAlways @5 :Bool;
    # Translate an NSSA's external routes for other areas even if another router would.
    interface @6 :List(Interface);
    # Interface in this area. Its networks are announced.
    range @7 :List(Range);
    # Network that other areas are told of in place of those that it covers.
    virtualLink @8 :List(VirtualLink);
    # Link of the backbone through this area, for IPv6.
    externalRange @9 :List(Range);
    # Network that an NSSA's external routes in it are translated to, in place of each of them (RFC 3101).
  }

  struct Interface {
    name @0 :Text $Tree.key $Tree.refers("interfaces interface") $Tree.length(min = 1, max = 15);
    # Name of the interface.
    type @1 :Ospf.Config.InterfaceType = broadcast;
    # Kind of link.
    passive @2 :Bool;
    # Announce its networks, but do not look for neighbors.
    cost @3 :UInt16 $Tree.range(min = 1, max = 65534);
    # Cost of sending there. Without it, by the bandwidth.
    bandwidth @4 :UInt32 $Tree.range(min = 1, max = 4294967) $Net.unit("Mbit/s");
    # Bandwidth of the link. Without it, the cost is 10.
    priority @5 :UInt8 = 1;
    # For the election of the designated router; 0: never.
    helloInterval @6 :UInt16 = 10 $Tree.range(min = 1, max = 65535) $Net.unit("seconds");
    # Time between hellos, the same for all routers of the link.
    deadInterval @7 :UInt32 $Tree.range(min = 1, max = 65535) $Net.unit("seconds");
    # Time after which a silent neighbor is taken for dead, the same for all routers of the link. Without it, four times
    # the hello interval.
    retransmitInterval @8 :UInt16 = 5 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
    # Time after which something that was not acknowledged is sent again.
    transmitDelay @9 :UInt16 = 1 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
    # Time by which LSAs grow older on this link.
    ignoreMtu @10 :Bool;
    # Become adjacent to neighbors whose MTU is larger.
    neighbor @11 :List(Neighbor);
    # Routers that hellos are sent to one by one, on links without multicast.
    authentication :union {
      # How packets are authenticated.
      none @12 :Void;
      # Not at all.
      key @13 :List(Key);
      # Keys that sign packets; those that none has signed are dropped. The one with the lowest id that is not
      # accept-only signs; all are accepted.
    }
    instanceId @14 :UInt8 $Tree.range(min = 1, max = 95);
    # Which of several OSPFs on the link, the same for all its routers: 0 to 31 for IPv6, 64 to 95 for IPv4. Without it,
    # the first of these.
  }

  struct VirtualLink {
    router @0 :Net.Ip4 $Tree.key;
    # Router ID of the area border router at the other end.
    helloInterval @1 :UInt16 = 10 $Tree.range(min = 1, max = 65535) $Net.unit("seconds");
    # Time between hellos, the same at both ends.
    deadInterval @2 :UInt32 $Tree.range(min = 1, max = 65535) $Net.unit("seconds");
    # Time after which a silent neighbor is taken for dead. Without it, four times the hello interval.
    authentication :union {
      # How packets are authenticated.
      none @3 :Void;
      # Not at all.
      key @4 :List(Key);
      # Keys that sign packets, as those of an interface.
    }
  }

  struct Neighbor {
    address @0 :Net.Ip6 $Tree.key;
    # Link-local address of the neighbor.
  }

  struct Key {
    id @0 :UInt16 $Tree.key;
    # Number of the key, the same on all routers: its security association (RFC 7166).
    algorithm @1 :Algorithm = hmacSha256;
    # How the key signs.
    secret @2 :Text $Tree.secret $Tree.mandatory $Tree.length(min = 1, max = 128);
    # The key itself.
    acceptOnly @3 :Bool;
    # Accept packets signed with this key, but do not sign with it.
  }

  enum Algorithm {
    hmacSha1 @0;
    # HMAC-SHA-1 (RFC 7166).
    hmacSha256 @1;
    # HMAC-SHA-256 (RFC 7166).
    hmacSha384 @2;
    # HMAC-SHA-384 (RFC 7166).
    hmacSha512 @3;
    # HMAC-SHA-512 (RFC 7166).
  }

  struct Range {
    net @0 :Net.IpNet $Tree.key;
    # The network, of the family.
    hide @1 :Bool;
    # Do not tell of it at all.
    cost @2 :UInt32 $Tree.range(min = 1, max = 16777214);
    # Its cost. Without it, the highest of those that it covers.
  }
}

struct State {
  family @0 :List(Family);
  # Each address family that is configured.

  struct Family {
    family @0 :Text;
    state @1 :Ospf.State;
  }
}

interface Show $Xrl.access(guest) {
  # What an operator asks of OSPFv3. Without `family`, of all families.

  neighbor @0 (interface :Text $Xrl.bare, family :Text) -> (neighbor :List(Ospf.Show.Neighbor))
      $Xrl.command("show ospf3 neighbor");
  # Neighbors, and those who are not taken for one, with the reason.

  interfaces @1 (name :Text $Xrl.bare, family :Text) -> (interfaces :List(Ospf.Show.Interface))
      $Xrl.command("show ospf3 interface");
  # Interfaces.

  database @2 (type :Text $Xrl.bare, area :Text, by :Text, family :Text, after :Text) ->
      (lsas :List(Ospf.Show.Lsa), next :Text) $Xrl.command("show ospf3 database");
  # LSAs: all, or those of a type (router, network, inter-area-prefix, inter-area-router, external, nssa, link, intra-area-prefix, grace,
  # router-information).

  routes @3 (family :Text, after :Text) -> (routes :List(Ospf.Show.Route), next :Text) $Xrl.command("show ospf3 route");
  # Routes known to OSPF, in order of their destinations.

  borderRouters @4 (family :Text) -> (routers :List(Ospf.Show.BorderRouter)) $Xrl.command("show ospf3 border-routers");
  # Routers that lead to other areas or announce other protocols' routes.

  searches @5 (family :Text) -> (searches :List(Ospf.Show.Search)) $Xrl.command("show ospf3 spf log");
  # The last computations of routes, newest first.

  statistics @6 (family :Text) -> (statistics :List(Ospf.Show.Statistics)) $Xrl.command("show ospf3 statistics");
  # Packets by interface.
}

@0xb1f4f1f0a7d35cd0;
# OSPF version 2 (RFC 2328): link-state routing for IPv4.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Policy = import "/policy/policy.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::ospf::schema");

struct Config $Tree.path("protocols ospf") {
  # Open Shortest Path First, version 2 (RFC 2328).

  routerId @0 :Net.Ip4 $Tree.mandatory;
  # Router ID: an IPv4 address of this router, or any other number that nobody else uses.
  area @1 :List(Area);
  # An area, and the interfaces in it.
  redistribute @2 :List(Redistribute);
  # Routes of other protocols that are announced.
  announceDefault @3 :AnnounceDefault;
  # Announce a default route, whether there is one or not.
  distance @4 :UInt8 = 110 $Tree.range(min = 1, max = 255);
  # Administrative distance of OSPF routes.
  referenceBandwidth @5 :UInt32 = 100 $Tree.range(min = 1, max = 4294967) $Net.unit("Mbit/s");
  # Bandwidth of an interface that costs 1; the cost of others is in inverse proportion.
  stubRouter @6 :Bool;
  # Tell others to send traffic elsewhere if they can (RFC 6987).
  border @7 :Border = alternative;
  # What makes an area border router.
  gracefulRestart @8 :GracefulRestart;
  # Graceful restart (RFC 3623).
  timers @9 :Timers;
  # When routes are computed, and LSAs made.
  policy @10 :Policy.Options $Tree.shared("policy");
  routerInformation @11 :Bool;
  # Tell other routers what this one can do (RFC 7770).
  hostname @12 :Text $Tree.length(min = 1, max = 255);
  # Name of this router, told with its abilities, for others to show (RFC 5642).
  linkLocalSignalling @13 :Bool;
  # Send a block of link-local signalling with hellos and database descriptions (RFC 5613). It claims no ability; what
  # neighbors send is read in any case.

  struct Area {
    id @0 :Net.Ip4 $Tree.key;
    # Number of the area; 0.0.0.0 is the backbone.
    type @1 :AreaType = normal;
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
    # Link of the backbone through this area.
    externalRange @9 :List(Range);
    # Network that an NSSA's external routes in it are translated to, in place of each of them (RFC 3101).
    twoPartMetric @10 :Bool;
    # Tell others that this router reckons with input costs of interfaces (RFC 8042). Needed on all routers of an area
    # in which there are any; one that has such an interface itself does so without it.
  }

  enum AreaType {
    normal @0;
    # All.
    stub @1;
    # Nothing.
    nssa @2;
    # Nothing but what its own routers announce (RFC 3101).
  }

  struct Interface {
    name @0 :Text $Tree.key $Tree.refers("interfaces interface") $Tree.length(min = 1, max = 15);
    # Name of the interface.
    type @1 :InterfaceType = broadcast;
    # Kind of link.
    passive @2 :Bool;
    # Announce its networks, but do not look for neighbors.
    cost @3 :UInt16 $Tree.range(min = 1, max = 65534);
    # Cost of sending there. Without it, by the bandwidth.
    inputCost @15 :UInt16;
    # Cost of the way back, from the network to this router, on a link with a designated router (RFC 8042). It counts if
    # all routers of the area reckon with such costs.
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
      # How packets are authenticated; packets that are not are dropped.
      none @12 :Void;
      # Not at all; authenticated packets are dropped.
      password @13 :Text $Tree.secret $Tree.length(min = 1, max = 8);
      # A password in each packet, in clear.
      key @14 :List(Key);
      # Keys that sign packets. The one with the lowest id that is not accept-only signs; all are accepted.
    }
  }

  enum InterfaceType {
    broadcast @0;
    # A LAN: many routers, which elect a designated router.
    pointToPoint @1;
    # One neighbor; the interface need not have a network.
    nbma @2;
    # Like a LAN, but without multicast: neighbors are configured.
    pointToMultipoint @3;
    # Many neighbors, each reached as on a point-to-point link.
    loopback @4;
    # No neighbors; its addresses are announced as hosts.
  }

  struct Neighbor {
    address @0 :Net.Ip4 $Tree.key;
    # Address of the neighbor.
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
    extended @4 :Bool;
    # Sign the sender's address too, and give packets numbers of 64 bits, so that none can be sent again, not by others
    # and not after a restart (RFC 7474). All routers must have it so. Not with keyed MD5.
  }

  enum Algorithm {
    md5 @0;
    # Keyed MD5 (RFC 2328).
    hmacSha1 @1;
    # HMAC-SHA-1 (RFC 5709).
    hmacSha256 @2;
    # HMAC-SHA-256 (RFC 5709).
    hmacSha384 @3;
    # HMAC-SHA-384 (RFC 5709).
    hmacSha512 @4;
    # HMAC-SHA-512 (RFC 5709).
  }

  struct Range {
    net @0 :Net.Ip4Net $Tree.key;
    # The network.
    hide @1 :Bool;
    # Do not tell of it at all.
    cost @2 :UInt32 $Tree.range(min = 1, max = 16777214);
    # Its cost. Without it, the highest of those that it covers.
  }

  struct VirtualLink {
    router @0 :Net.Ip4 $Tree.key;
    # Router ID of the area border router at the other end.
    helloInterval @1 :UInt16 = 10 $Tree.range(min = 1, max = 65535) $Net.unit("seconds");
    # Time between hellos, the same at both ends.
    deadInterval @2 :UInt32 $Tree.range(min = 1, max = 65535) $Net.unit("seconds");
    # Time after which a silent neighbor is taken for dead. Without it, four times the hello interval.
    authentication :union {
      # How packets are authenticated; packets that are not are dropped.
      none @3 :Void;
      # Not at all; authenticated packets are dropped.
      password @4 :Text $Tree.secret $Tree.length(min = 1, max = 8);
      # A password in each packet, in clear.
      key @5 :List(Key);
      # Keys that sign packets. The one with the lowest id that is not accept-only signs; all are accepted.
    }
  }

  struct Redistribute {
    protocol @0 :Text $Tree.key;
    # The protocol: `static`, `connected`, ...
    metric @1 :UInt32 = 20 $Tree.range(min = 0, max = 16777214);
    # Metric of its routes.
    type1 @2 :Bool;
    # The metric is of type 1: what the way to this router costs is added.
    tag @3 :UInt32;
    # Route tag of its routes.
    policy @4 :Text $Tree.refers("policy policy-statement");
    # Policy that accepts the routes to announce. What it says of metric and tag goes before what is said here.
  }

  struct AnnounceDefault {
    always @0 :Bool;
    # Announce it.
    metric @1 :UInt32 = 10 $Tree.range(min = 0, max = 16777214);
    # Its metric, of type 2.
  }

  enum Border {
    standard @0;
    # Interfaces in two areas (RFC 2328).
    alternative @1;
    # Interfaces in two areas, one of which is the backbone (RFC 3509).
  }

  struct GracefulRestart {
    helperTime @0 :UInt32 = 1800 $Tree.range(min = 0, max = 1800) $Net.unit("seconds");
    # Longest time for which the adjacency with a neighbor that restarts is kept; 0: not at all.
    restartTime @1 :UInt32 = 120 $Tree.range(min = 0, max = 120) $Net.unit("seconds");
    # Time for which neighbors are asked to keep the adjacency when this process had died and is back; 0: they are not.
    ignoreChanges @2 :Bool;
    # Keep the adjacency with a neighbor that restarts although the network changes, which it cannot take part in.
  }

  struct Timers {
    searchInitial @0 :UInt32 = 0 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # From a first change to the computation of routes (RFC 8405).
    searchShort @1 :UInt32 = 20 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # The same, while changes go on.
    searchLong @2 :UInt32 = 1000 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # The same, when they have gone on for longer than it takes to learn of one event.
    searchLearn @3 :UInt32 = 500 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # Time that it takes to learn of all consequences of one event; also the longest that the computation waits for a
    # neighbor that still tells its database.
    searchHoldDown @4 :UInt32 = 2000 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # Time without changes after which the next one counts as a first one.
    lsaHold @5 :UInt32 = 1000 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # Least time between two instances of an LSA of this router; doubled while it changes.
    lsaMax @6 :UInt32 = 5000 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # The longest that it grows to.
    lsaArrival @7 :UInt32 = 1000 $Tree.range(min = 0, max = 60000) $Net.unit("milliseconds");
    # Least time between two instances of an LSA of another router; what comes sooner is dropped.
  }
}

struct State {
  routerId @0 :Net.Ip4;
  border @1 :Bool;
  # An area border router.
  area @2 :List(Area);
  externals @3 :UInt32;
  # LSAs of AS scope.
  routes @4 :UInt32;
  # Destinations known.
  searches @5 :UInt64;
  # Computations of routes.
  originated @6 :UInt64;
  # Instances of this router's own LSAs.

  struct Area {
    id @0 :Net.Ip4;
    interfaces @1 :UInt32;
    full @2 :UInt32;
    # Neighbors that are fully adjacent.
    lsas @3 :UInt32;
    checksum @4 :UInt32;
    # Sum of the checksums of all LSAs: the same on all routers of the area.
    twoPartMetric @5 :Text;
    # Whether input costs of interfaces count there (RFC 8042), and why not. Empty: nobody speaks of any.
  }
}

interface Show $Xrl.access(guest) {
  # What an operator asks of OSPF.

  neighbor @0 (interface :Text $Xrl.bare) -> (neighbor :List(Neighbor)) $Xrl.command("show ospf neighbor");
  # Neighbors, and those who are not taken for one, with the reason.

  interfaces @1 (name :Text $Xrl.bare) -> (interfaces :List(Interface)) $Xrl.command("show ospf interface");
  # Interfaces.

  database @2 (type :Text $Xrl.bare, area :Text, by :Text, after :Text) -> (lsas :List(Lsa), next :Text)
      $Xrl.command("show ospf database");
  # LSAs: all, or those of a type (router, network, summary, asbr-summary, external, nssa, opaque-link, opaque-area, opaque-as).

  routes @3 (after :Text) -> (routes :List(Route), next :Text) $Xrl.command("show ospf route");
  # Routes known to OSPF, in order of their destinations.

  borderRouters @4 () -> (routers :List(BorderRouter)) $Xrl.command("show ospf border-routers");
  # Routers that lead to other areas or announce other protocols' routes.

  searches @5 () -> (searches :List(Search)) $Xrl.command("show ospf spf log");
  # The last computations of routes, newest first.

  statistics @6 () -> (statistics :List(Statistics)) $Xrl.command("show ospf statistics");
  # Packets by interface.

  struct Neighbor {
    address @0 :Net.Ip;
    router @1 :Net.Ip4;
    # Router ID.
    interface @2 :Text;
    state @3 :Text;
    # `full` when databases are the same; `two-way` between routers of a LAN that both are not designated; `rejected`:
    # it is not taken for a neighbor; `attempt`: it is configured, and silent.
    role @4 :Text;
    # On a LAN: `designated`, `backup` or `other`.
    problem @5 :Text;
    # Why it is not adjacent.
    since @6 :UInt32 $Net.unit("seconds");
    # In this state.
    dead @7 :UInt32 $Net.unit("seconds");
    # Time until it is taken for dead.
    area @8 :Net.Ip4 $Xrl.detail;
    priority @9 :UInt8 $Xrl.detail;
    wanted @10 :UInt32 $Xrl.detail;
    # LSAs that it has and that have not come.
    unacknowledged @11 :UInt32 $Xrl.detail;
    # LSAs that it was sent and has not acknowledged.
    retransmissions @12 :UInt64 $Xrl.detail;
    badPackets @13 :UInt64 $Xrl.detail;
    restarting @14 :Bool $Xrl.detail;
    # It restarts, and the adjacency is kept meanwhile.
    family @15 :Text $Xrl.detail;
    # `ipv4` or `ipv6`: of the destinations that this is about.
    restart @16 :Text $Xrl.detail;
    # What became of its last wish to restart, and why.
    hostname @17 :Text $Xrl.detail;
    # As it calls itself (RFC 5642).
    signalling @18 :Text $Xrl.detail;
    # What its link-local signalling says (RFC 5613); or why that is not believed, and how often that was so.
  }

  struct Interface {
    name @0 :Text;
    area @1 :Net.Ip4;
    address @2 :Net.IfAddr;
    type @3 :Text;
    state @4 :Text;
    cost @5 :UInt32;
    designated @6 :Net.Ip4;
    # Address of the designated router; with OSPFv3, its router ID.
    backup @7 :Net.Ip4;
    # The same of the backup.
    neighbors @8 :UInt32;
    full @9 :UInt32;
    passive @10 :Bool $Xrl.detail;
    priority @11 :UInt8 $Xrl.detail;
    hello @12 :UInt32 $Xrl.detail $Net.unit("seconds");
    dead @13 :UInt32 $Xrl.detail $Net.unit("seconds");
    mtu @14 :UInt32 $Xrl.detail;
    family @15 :Text $Xrl.detail;
    # `ipv4` or `ipv6`: of the destinations that this is about.
    inputCost @16 :UInt32 $Xrl.detail;
    # Cost from the network to this router (RFC 8042); with OSPFv3, none.
  }

  struct Lsa {
    area @0 :Text;
    # The area; `as` for what is known in all areas, the interface for what is known on one link.
    type @1 :Text;
    id @2 :Net.Ip4;
    # Link-state ID.
    router @3 :Net.Ip4;
    # Who made it.
    age @4 :UInt32 $Net.unit("seconds");
    sequence @5 :Text;
    checksum @6 :Text $Xrl.detail;
    length @7 :UInt32 $Xrl.detail;
    content @8 :Text;
    # What it says.
    own @9 :Bool $Xrl.detail;
    # This router made it.
    family @10 :Text $Xrl.detail;
    # `ipv4` or `ipv6`: of the destinations that this is about.
    hostname @11 :Text $Xrl.detail;
    # Of who made it, as that one calls itself (RFC 5642).
  }

  struct Route {
    net @0 :Net.IpNet;
    # Destination.
    type @1 :Text;
    # `intra`, `inter`, `external-1` or `external-2`.
    cost @2 :UInt32;
    cost2 @3 :UInt32;
    # External metric of type 2.
    area @4 :Text;
    # Through which it leads.
    nextHop @5 :Text;
    # `connected`: it is this router's own network.
    tag @6 :UInt32 $Xrl.detail;
    installed @7 :Bool $Xrl.detail;
    # It was offered to the RIB.
  }

  struct BorderRouter {
    router @0 :Net.Ip4;
    area @1 :Net.Ip4;
    role @2 :Text;
    # `border`, `boundary` (to other protocols), or both.
    type @3 :Text;
    # How it is reached: `intra` or `inter`.
    cost @4 :UInt32;
    nextHop @5 :Text;
    family @6 :Text $Xrl.detail;
    # `ipv4` or `ipv6`: of the destinations that this is about.
  }

  struct Search {
    ago @0 :UInt32 $Net.unit("milliseconds");
    took @1 :UInt32 $Net.unit("microseconds");
    areas @2 :Text;
    changes @3 :UInt32;
    # Routes that changed.
    family @4 :Text $Xrl.detail;
    # `ipv4` or `ipv6`: of the destinations that this is about.
  }

  struct Statistics {
    interface @0 :Text;
    hellosIn @1 :UInt64;
    hellosOut @2 :UInt64;
    descriptionsIn @3 :UInt64;
    descriptionsOut @4 :UInt64;
    requestsIn @5 :UInt64;
    requestsOut @6 :UInt64;
    updatesIn @7 :UInt64;
    updatesOut @8 :UInt64;
    acknowledgmentsIn @9 :UInt64;
    acknowledgmentsOut @10 :UInt64;
    bad @11 :UInt64;
    # Packets dropped.
    badReason @12 :Text;
    # Why the last of them was.
    family @13 :Text $Xrl.detail;
    # `ipv4` or `ipv6`: of the destinations that this is about.
  }
}

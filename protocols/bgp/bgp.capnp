@0xb1f4f1f0a7d35ca0;
# BGP-4 (RFC 4271): who the neighbours are, and what passes between them and this router.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Policy = import "/policy/policy.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::bgp::schema");

struct Config $Tree.path("protocols bgp") {
  # Border Gateway Protocol (RFC 4271).

  localAs @0 :UInt32 $Tree.mandatory $Tree.range(min = 1, max = 4294967294);
  # Autonomous system of this router.
  routerId @1 :Net.Ip4 $Tree.mandatory;
  # BGP identifier: an IPv4 address of this router, or any other number that nobody else uses.
  neighbor @2 :List(Neighbor);
  # A neighbour: its address or, for unnumbered peering over link-local addresses, the name of the interface.
  group @3 :List(Neighbor);
  # What several neighbours have in common; a neighbour takes it over by `group`.
  network @4 :List(Network);
  # Networks that are announced, whether there is a route or not.
  redistribute @5 :List(Redistribute);
  # Routes of other protocols that are announced.
  distance @6 :Distance;
  # Administrative distances.
  bestPath @7 :BestPath;
  # How the best path is chosen.
  multipath @8 :Multipath;
  # Paths that are used together.
  confederation @9 :Confederation;
  # The confederation that this AS is a member of (RFC 5065).
  clusterId @10 :Net.Ip4;
  # Of a route reflector (RFC 4456); without it, the router id.
  gracefulRestart @11 :GracefulRestart;
  # Graceful restart (RFC 4724).
  policy @12 :Policy.Options $Tree.shared("policy");
  aggregate @13 :List(Aggregate);
  # Networks that are announced while there is a route to a part of them.
  dampening @14 :Dampening;
  # Do not use routes of external neighbours that come and go all the time (RFC 2439).
  rpki @15 :Rpki;
  # Validation of origins (RFC 6811): policies ask for it by `from rpki valid`.
  mrt @16 :Mrt;
  # Tables and updates in files (RFC 6396).
  bmp @17 :Bmp;
  # Stations that watch this router (RFC 7854).

  struct Neighbor {
    name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
    # Address, or interface; of a group, its name.
    group @1 :Text $Tree.inherits("group") $Tree.refers("protocols bgp group");
    # Take over what this group says.
    description @2 :Text;
    # A note for people.
    remoteAs @3 :UInt32 $Tree.range(min = 1, max = 4294967294);
    # Autonomous system of the neighbour.
    external @4 :Bool;
    # Without `remote-as`: any other AS.
    listen @5 :List(Net.IpNet);
    # In a group: whoever calls from these networks becomes a neighbour.
    listenLimit @6 :UInt16 = 100;
    # At most so many neighbours by `listen`.
    shutdown @7 :Bool;
    # No session.
    shutdownMessage @8 :Text $Tree.length(min = 1, max = 255);
    # What the neighbour is told then (RFC 9003).
    localAddress @9 :Net.Ip;
    # Address of this router for the session.
    localAs @10 :UInt32 $Tree.range(min = 1, max = 4294967294);
    # Another AS than the router's own, towards this neighbour.
    port @11 :UInt16 = 179;
    # TCP port of the neighbour.
    passive @12 :Bool;
    # Wait for the neighbour to connect.
    holdTime @13 :UInt16 = 90 $Net.unit("seconds");
    # Offered; the session ends when nothing is heard for the smaller of both sides' times. 0, or at least 3.
    keepalive @14 :UInt16 $Net.unit("seconds");
    # At most so long between two signs of life; without it, a third of the hold time.
    connectRetry @15 :UInt16 = 30 $Net.unit("seconds") $Tree.range(min = 1, max = 3600);
    # Time between two attempts to connect.
    multihop @16 :UInt8 $Tree.range(min = 1, max = 255);
    # The neighbour may be so many hops away, an external one too.
    ttlSecurity @17 :UInt8 $Tree.range(min = 1, max = 254);
    # Drop packets from farther away than so many hops (RFC 5082).
    password @18 :Text $Tree.secret $Tree.length(min = 1, max = 80);
    # Of TCP MD5 signatures (RFC 2385).
    routeReflectorClient @19 :Bool;
    # An internal neighbour that routes of others are reflected to, and whose routes are (RFC 4456).
    routeServerClient @20 :Bool;
    # Routes are handed on as they are, without this AS in their path (RFC 7947).
    role @21 :Role;
    # What this router is to the neighbour (RFC 9234).
    strictRole @22 :Bool;
    # Refuse a neighbour that does not say its role.
    anyFirstAs @23 :Bool;
    # Take paths that do not begin with the neighbour's own AS.
    allowOwnAs @24 :UInt8;
    # Take paths in which this AS occurs up to so many times.
    asOverride @25 :Bool;
    # In paths that it is told, replace the neighbour's own AS by this one.
    removePrivateAs @26 :Bool;
    # In paths that it is told, leave out private AS numbers (RFC 6996).
    nextHopSelf @27 :Bool;
    # Routes that it is told lead here.
    nextHopUnchanged @28 :Bool;
    # Routes that it is told lead where they did.
    import @29 :List(Text);
    # Policies for routes from the neighbour; nothing comes in from an external one without (RFC 8212).
    export @30 :List(Text);
    # Policies for routes to the neighbour; nothing goes out to an external one without.
    ip4 @31 :Family;
    # IPv4 unicast. It is on for neighbours with an IPv4 address, or if it is said.
    ip6 @32 :Family;
    # IPv6 unicast. It is on for neighbours with an IPv6 address, or if it is said.
    ip4Multicast @33 :Family;
    # IPv4 routes for reverse path checks of multicast (SAFI 2), if it is said.
    ip6Multicast @34 :Family;
    # The same of IPv6.
    condition @35 :List(Condition);
    # Announcements that depend on whether there is a route to somewhere else.
  }

  struct Condition {
    net @0 :Net.IpNet $Tree.key;
    # While there is a route to this network,
    absent @1 :Bool;
    # or rather, while there is none,
    policy @2 :Text $Tree.mandatory;
    # the neighbour is told routes that this policy accepts; otherwise they are withheld from it.
  }

  struct Aggregate {
    net @0 :Net.IpNet $Tree.key;
    summaryOnly @1 :Bool;
    # The parts themselves are not announced.
    policy @2 :List(Text);
    # Policies that set its attributes.
  }

  struct Dampening {
    halfLife @0 :UInt32 = 900 $Tree.range(min = 1, max = 86400) $Net.unit("seconds");
    # A penalty halves in this time. A withdrawal adds 1000, a change of attributes 500.
    suppress @1 :UInt32 = 2000 $Tree.range(min = 1, max = 100000);
    # A route with more than this is not used,
    reuse @2 :UInt32 = 750 $Tree.range(min = 1, max = 100000);
    # until it has less than this.
    maxSuppress @3 :UInt32 = 3600 $Tree.range(min = 1, max = 86400) $Net.unit("seconds");
    # It is used again after this time without a flap.
  }

  struct Family {
    disable @0 :Bool;
    # Not this one.
    import @1 :List(Text);
    # Policies of this family alone.
    export @2 :List(Text);
    maxPrefixes @3 :UInt32;
    # More routes than this from the neighbour are too many; 0: any number.
    onMax @4 :OnMax;
    # What is done then.
    restartAfter @5 :UInt16 $Net.unit("seconds");
    # After `drop`, try again in this time; 0: not before `clear bgp`.
    addPathReceive @6 :Bool;
    # Take several paths to a prefix (RFC 7911).
    addPathSend @7 :UInt8;
    # Tell so many paths to a prefix.
    defaultOriginate @8 :Bool;
    # Announce a default route, whatever there is.
    maxAdvertised @9 :UInt32;
    # It is told at most so many routes: when there are more, the session ends, or it is logged (`on-max`); 0: any number.
  }

  enum OnMax {
    drop @0;
    # The session ends.
    warn @1;
    # It is logged.
  }

  enum Role {
    none @0;
    provider @1;
    customer @2;
    peer @3;
    routeServer @4;
    routeServerClient @5;
  }

  struct Network {
    net @0 :Net.IpNet $Tree.key;
    policy @1 :List(Text);
    # Policies that set its attributes.
  }

  struct Redistribute {
    protocol @0 :Text $Tree.key;
    # The protocol: `static`, `connected`, ...
    policy @1 :List(Text);
    # Policies that choose among its routes and set their attributes. The route's metric is the MED.
  }

  struct Distance {
    external @0 :UInt8 = 20 $Tree.range(min = 1, max = 255);
    # Of routes from external neighbours.
    internal @1 :UInt8 = 200 $Tree.range(min = 1, max = 255);
    # Of routes from internal neighbours.
  }

  struct BestPath {
    ignorePathLength @0 :Bool;
    # A short AS path is no better than a long one.
    alwaysCompareMed @1 :Bool;
    # Compare the MED of different neighbouring ASes too.
    missingMedWorst @2 :Bool;
    # A path without MED is worse than all with one.
    preferOldest @3 :Bool;
    # Of external paths that are else equal, the oldest is best (RFC 5004).
  }

  struct Multipath {
    external @0 :UInt8 = 1 $Tree.range(min = 1, max = 64);
    # Number of paths when the best one is external.
    internal @1 :UInt8 = 1 $Tree.range(min = 1, max = 64);
    # Number of paths when the best one is internal.
    relax @2 :Relax;
    # What AS paths of the same length must have in common.
    linkBandwidth @3 :Bool;
    # Share the traffic in proportion to their link bandwidth communities, if all of them have one.
  }
  enum Relax {
    samePath @0;
    # Everything.
    sameNeighborAs @1;
    # The neighbouring AS.
    anyPath @2;
    # Nothing.
  }

  struct Confederation {
    identifier @0 :UInt32;
    # AS of the whole confederation, as others see it.
    member @1 :List(UInt32);
    # The other member ASes.
  }

  struct GracefulRestart {
    disable @0 :Bool;
    # Neither keep routes of neighbours that restart, nor ask them to.
    time @1 :UInt16 = 120 $Tree.range(min = 1, max = 4095) $Net.unit("seconds");
    # How long neighbours shall wait for this router to be back.
    selection @2 :UInt16 = 60 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
    # After a restart, wait no longer than this for the neighbours' routes before announcing any.
    stale @3 :UInt16 = 360 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
    # A neighbour that is back has this time to announce its routes again.
    longLived @4 :UInt32 $Tree.range(min = 0, max = 16777215) $Net.unit("seconds");
    # After `time`, keep its routes for so long still, as a last resort (RFC 9494); 0: not at all.
  }

  struct Rpki {
    cache @0 :List(Cache);
    # A cache of validated ROAs (RFC 8210). Those of the least preference number that can be reached are used together.
  }

  struct Cache {
    name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
    address @1 :Net.Ip $Tree.mandatory;
    port @2 :UInt16 = 323 $Tree.range(min = 1, max = 65535);
    localAddress @3 :Net.Ip;
    # Address of this router for the connection.
    preference @4 :UInt8 = 100;
    # Caches with a greater number are called when all with a lesser one have failed.
    lifetime @5 :UInt32 $Tree.range(min = 1, max = 172800) $Net.unit("seconds");
    # Use what it has said for so long when it cannot be reached any more; without it, as long as it says.
  }

  struct Mrt {
    table @0 :TableDump;
    # All paths of all neighbours, as they came.
    updates @1 :UpdateDump;
    # UPDATE messages as they come, and sessions that come up and go down.
  }
  struct TableDump {
    file @0 :Text;
    # Its name, with patterns of strftime (UTC): `rib.%Y%m%d.%H%M`. A relative one lies in the daemon's working directory.
    interval @1 :UInt32 = 7200 $Tree.range(min = 1, max = 86400) $Net.unit("seconds");
    # From one to the next, counted from midnight UTC.
  }
  struct UpdateDump {
    file @0 :Text;
    # Its name, with patterns of strftime (UTC).
    rotate @1 :UInt32 = 900 $Tree.range(min = 0, max = 86400) $Net.unit("seconds");
    # Name it anew after so long; 0: never.
  }

  struct Bmp {
    station @0 :List(Station);
    # A station. It sees what is said here, and nothing else.
  }
  struct Station {
    name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
    address @1 :Net.Ip $Tree.mandatory;
    port @2 :UInt16 $Tree.mandatory $Tree.range(min = 1, max = 65535);
    localAddress @3 :Net.Ip;
    # Address of this router for the connection.
    prePolicy @4 :Bool;
    # Routes of neighbours, as they came.
    postPolicy @5 :Bool;
    # Routes of neighbours, as the import policies left them.
    localRib @6 :Bool;
    # The routes that are used (RFC 9069).
    statisticsInterval @7 :UInt32 $Tree.range(min = 1, max = 86400) $Net.unit("seconds");
    # Report counts of each neighbour every so often; without it, never.
    connectRetry @8 :UInt16 = 30 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
    # Time between two attempts to connect.
  }
}

struct State {
  established @0 :UInt32;
  # Sessions that are up.
  neighbor @1 :List(Neighbor);
  # All neighbours.
  ip4 @2 :Table;
  # IPv4 unicast.
  ip6 @3 :Table;
  # IPv6 unicast.
  attributes @4 :UInt32;
  # Different sets of path attributes.
  nextHops @5 :UInt32;
  # Different next hops.
  memory @6 :UInt64 $Net.unit("bytes");
  # Of tables and attributes.
  ip4Multicast @7 :Table;
  # IPv4 multicast.
  ip6Multicast @8 :Table;
  # IPv6 multicast.
  roas @9 :UInt32;
  # That origins are validated by.

  struct Table {
    prefixes @0 :UInt32;
    # Destinations that have a path.
    groups @1 :UInt32;
    # Update groups: neighbours that are told the same.
  }

  struct Neighbor {
    # A neighbour and its session.
    name @0 :Text;
    # Address or interface.
    address @1 :Net.Ip $Xrl.detail;
    # Address.
    as @2 :UInt32;
    # Autonomous system.
    state @3 :Text;
    # State of the session (RFC 4271 section 8).
    uptime @4 :UInt32 $Net.unit("seconds");
    # Since it was established.
    received @5 :UInt32;
    # Routes that it announces.
    accepted @6 :UInt32;
    # Of them, those that the import policy accepted.
    advertised @7 :UInt32;
    # Routes that it is told.
    lastError @8 :Text;
    # Why the last session ended, and what was said to it (RFC 9003).
    description @9 :Text $Xrl.detail;
    routerId @10 :Net.Ip4 $Xrl.detail;
    localAs @11 :UInt32 $Xrl.detail;
    group @12 :Text $Xrl.detail;
    holdTime @13 :UInt16 $Xrl.detail $Net.unit("seconds");
    # As agreed.
    keepalive @14 :UInt16 $Xrl.detail $Net.unit("seconds");
    capabilities @15 :Text $Xrl.detail;
    # What both sides can.
    lastErrorBytes @16 :Text $Xrl.detail;
    # Data of the last notification.
    established @17 :UInt64 $Xrl.detail;
    # How often a session came up.
    messagesSent @18 :UInt64 $Xrl.detail;
    messagesReceived @19 :UInt64 $Xrl.detail;
    updatesSent @20 :UInt64 $Xrl.detail;
    updatesReceived @21 :UInt64 $Xrl.detail;
    findings @22 :UInt64 $Xrl.detail;
    # Attributes or routes that were malformed (RFC 7606).
    lastFinding @23 :Text $Xrl.detail;
    # The last of them: what was done, what was wrong, and its bytes. `show bgp findings` tells more.
    pending @24 :UInt64 $Xrl.detail $Net.unit("bytes");
    # Waits to be sent.
  }
}

interface Show $Xrl.access(guest) {
  # What an operator asks of BGP.

  neighbor @0 (name :Text $Xrl.bare) -> (neighbor :List(State.Neighbor)) $Xrl.command("show bgp neighbor");
  # Neighbours and their sessions.

  summary @1 () -> (neighbor :List(State.Neighbor)) $Xrl.command("show bgp summary");
  # Neighbours in short.

  paths @2 (net :Net.IpNet $Xrl.bare, neighbor :Text, after :Text, multicast :Bool) -> (paths :List(Path), next :Text)
      $Xrl.command("show bgp routes");
  # All paths to a prefix and those that it covers, each with the reason why it is not the best; or the whole table.

  received @3 (neighbor :Text $Xrl.bare, after :Text, multicast :Bool) -> (paths :List(Path), next :Text)
      $Xrl.command("show bgp received");
  # Routes of a neighbour, as they came.

  advertised @4 (neighbor :Text $Xrl.bare, after :Text, multicast :Bool) -> (paths :List(Path), next :Text)
      $Xrl.command("show bgp advertised");
  # Routes that a neighbour is told; a default route that there is for it alone is `originated`.

  dampening @5 (after :Text) -> (routes :List(Dampened), next :Text) $Xrl.command("show bgp dampening");
  # Routes that have flapped.

  caches @6 () -> (caches :List(Cache)) $Xrl.command("show bgp rpki");
  # RPKI caches.

  roas @7 (net :Net.IpNet $Xrl.bare, after :Text) -> (roas :List(Roa), next :Text) $Xrl.command("show bgp rpki roa");
  # ROAs that cover a prefix, and those that it covers; or all.

  stations @8 () -> (stations :List(Station)) $Xrl.command("show bgp bmp");
  # BMP stations.

  dumps @9 () -> (dumps :List(Dump)) $Xrl.command("show bgp mrt");
  # MRT files.

  findings @10 (neighbor :Text $Xrl.bare) -> (findings :List(Finding)) $Xrl.command("show bgp findings");
  # What was malformed in the updates of a neighbor, or of all, without ending a session: the last of each, newest first.

  struct Dampened {
    net @0 :Net.IpNet;
    neighbor @1 :Text;
    penalty @2 :UInt32;
    flaps @3 :UInt32;
    suppressed @4 :Bool;
    # It is not used.
  }

  struct Path {
    net @0 :Net.IpNet;
    # Destination.
    nextHop @1 :Net.Ip;
    neighbor @2 :Text;
    # Whom it came from.
    verdict @3 :Text;
    # `best`, `multipath`, or why it is not.
    localPreference @4 :UInt32;
    med @5 :UInt32;
    asPath @6 :Text;
    origin @7 :Text;
    communities @8 :Text $Xrl.detail;
    # Of all three kinds.
    pathId @9 :UInt32 $Xrl.detail;
    # RFC 7911.
    age @10 :UInt32 $Xrl.detail $Net.unit("seconds");
    # Since it came.
    stale @11 :Bool $Xrl.detail;
    # Kept over a restart of the neighbour.
    originator @12 :Text $Xrl.detail;
    # Originator and cluster list of a reflected route (RFC 4456).
    other @13 :Text $Xrl.detail;
    # Other attributes.
    rpki @14 :Text $Xrl.detail;
    # Validity of the origin (RFC 6811): `valid`, `invalid`, `not-found`; `unknown` without caches.
  }

  struct Cache {
    # A cache of ROAs.
    name @0 :Text;
    address @1 :Net.Ip;
    state @2 :Text;
    # Of the connection.
    serial @3 :UInt32;
    # Of its data.
    roas @4 :UInt32;
    # That it says.
    expiresIn @5 :UInt32 $Net.unit("seconds");
    # They are used for so long if nothing more is heard.
    lastError @6 :Text;
    # Why the last connection ended.
    port @7 :UInt16 $Xrl.detail;
    preference @8 :UInt8 $Xrl.detail;
    version @9 :UInt8 $Xrl.detail;
    # Of the protocol.
    refresh @10 :UInt32 $Xrl.detail $Net.unit("seconds");
    # It is asked again after so long,
    retry @11 :UInt32 $Xrl.detail $Net.unit("seconds");
    # or after so long when it did not answer.
    expire @12 :UInt32 $Xrl.detail $Net.unit("seconds");
    # What it has said is good for so long.
  }

  struct Station {
    # A station that watches.
    name @0 :Text;
    address @1 :Net.Ip;
    port @2 :UInt16;
    state @3 :Text;
    # `connected`, or `calling` it.
    uptime @4 :UInt32 $Net.unit("seconds");
    # Since it was connected.
    messages @5 :UInt64;
    # That it was sent.
    pending @6 :UInt64 $Net.unit("bytes");
    # Wait to be sent.
    lastError @7 :Text;
    # Why the last connection ended.
    memory @8 :UInt64 $Xrl.detail $Net.unit("bytes");
    # That it takes to know what it was told.
  }

  struct Finding {
    # Something malformed (RFC 7606).
    neighbor @0 :Text;
    action @1 :Text;
    # `discard` of an attribute, `withdraw` of routes, `disable` of a family.
    attribute @2 :UInt8;
    # Its type.
    reason @3 :Text;
    # What was wrong.
    bytes @4 :Text;
    # As it came.
  }

  struct Dump {
    # One of both kinds of MRT files.
    kind @0 :Text;
    # `table` or `updates`.
    file @1 :Text;
    # The last one that was finished, or of updates that is being written.
    records @2 :UInt64;
    # In it, by this process: prefixes, or updates and changes of sessions.
    bytes @3 :UInt64 $Net.unit("bytes");
    nextIn @4 :UInt32 $Net.unit("seconds");
    # Until the next one; 0: there will be no other.
    files @5 :UInt64;
    # So many so far.
    lastError @6 :Text;
    # Why the last one cannot be written.
    pattern @7 :Text $Xrl.detail;
    # Of its name.
    writing @8 :Bool $Xrl.detail;
    # Tables are being dumped.
  }

  struct Roa {
    net @0 :Net.IpNet;
    maxLength @1 :UInt8;
    # Of prefixes that may be announced.
    as @2 :UInt32;
    # Origin; 0: nobody.
  }
}

interface Clear $Xrl.access(operator) {
  session @0 (neighbor :Text $Xrl.bare, soft :Direction) -> () $Xrl.command("clear bgp");
  # End the session with a neighbour, or with `all`; or only look again at its routes.

  enum Direction {
    none @0;
    # End the session.
    in @1;
    # Apply the import policies to all routes again.
    out @2;
    # Tell all routes again.
  }
}

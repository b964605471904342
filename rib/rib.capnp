@0xb1f4f1f0a7d35c20;
# The RIB: who offers which routes, who wins, and who else wants to know.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Policy = import "/policy/policy.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::rib");

struct Config $Tree.path("rib") $Tree.rank(20) $Tree.essential {
  # The routing information base.

  gracefulRestartTime @0 :UInt16 = 120 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
  # Longest time for which routes in the forwarding plane outlive a restart of the RIB.
  #
  # After a restart the RIB keeps what the forwarding plane holds until every protocol has announced its routes
  # again, but no longer than this.
  policy @1 :Policy.Options $Tree.shared("policy");
}

struct State {
  ip4 @0 :Table;
  # IPv4 unicast.
  ip6 @1 :Table;
  # IPv6 unicast.
  origin @2 :List(Origin);
  # Who offers routes.
  pending @3 :UInt32;
  # Prefixes whose change has not been handed to the forwarding plane.
  refused @4 :UInt64;
  # Routes that the forwarding plane would not take.
  refusal @5 :Text;
  # The last of them, and why.
  holding @6 :Bool;
  # Routes of an earlier run stay in the forwarding plane until all protocols have announced theirs.

  struct Table {
    prefixes @0 :UInt32;
    # Prefixes with at least one route.
    routes @1 :UInt32;
    # Routes of all origins.
    groups @2 :UInt32;
    # Next-hop groups in use.
    unresolved @3 :UInt32;
    # Next-hop groups that have no way at present.
  }

  struct Origin {
    protocol @0 :Text;
    distance @1 :UInt8;
    routes @2 :UInt32;
    state @3 :OriginState;
  }
  enum OriginState {
    syncing @0;
    # Has not yet announced all its routes.
    synced @1;
    stale @2;
    # Its process is gone; its routes stay for the graceful-restart time it asked for.
  }
}

# ------ Routes on their way: from origins to the RIB, to the FEA, and to those who follow the table

struct Route {
  # One prefix and where it leads. Flat, since there are millions of them.
  high @0 :UInt64;
  low @1 :UInt64;
  # The prefix, host bits zero: an IPv6 address as in Net.Ip6, an IPv4 address in the lower 32 bits of `low`.
  nextHop @2 :UInt32;
  # The id of a next-hop group of the sender, or 0: the prefix is withdrawn.
  metric @3 :UInt32;
  tag @4 :UInt32;
  length @5 :UInt8;
  version @6 :UInt8;
  # 4 or 6.
  source @7 :UInt8;
  # In what the RIB tells its followers: the index of the route's protocol in the subscription's list.
  ownMetric @8 :Bool;
  # In what the RIB tells its followers: a policy has set the metric, so it is meant for them.
}

struct NextHopGroup {
  # A way, or several ways with equal cost.
  id @0 :UInt32;
  # Chosen by the sender, never 0. Sent again, it replaces what it meant before, for all routes that use it.
  union {
    hops @1 :List(Hop);
    # An empty list: the group is no longer used and its id is free.
    blackhole @2 :Void;
    # Drop silently.
    unreachable @3 :Void;
    # Drop and say so by ICMP.
  }
}

struct Hop {
  gateway @0 :Net.Ip;
  # None: the destination is on the link.
  interface @1 :Text;
  # Empty: by the RIB's own best route to the gateway (a recursive next hop). With a gateway, the gateway is taken to be on that link.
  weight @2 :UInt16 = 1;
  # Share of the traffic, 1 to 256.
}

struct Batch {
  # Groups first, then routes, in this order; whoever receives it applies all or says why not. The RIB takes at most 16384 of
  # each, and of hops.
  groups @0 :List(NextHopGroup);
  routes @1 :List(Route);
}

interface Rib $Xrl.access(daemon) {
  origin @0 (distance :UInt8, gracefulRestartTime :UInt16) -> (origin :Origin, stale :UInt32);
  # Offer routes under the caller's own name. They are withdrawn when the origin is dropped. If instead the caller dies,
  # they stay as stale for `gracefulRestartTime` seconds; an origin of the same name and distance then takes their place as soon as it is synced.
  # Distance 1 to 255; at 255 a route is never used. One that offers routes in several distances has an origin for each.
  # `stale` is how many routes there are of an earlier life.

  interface Origin {
    push @0 (batch :Batch) -> stream;
    # At most one route a prefix; a later one replaces the earlier. A batch that breaks a rule (unknown group, host bits set, ...) is
    # refused with its reason, and the origin is broken: its routes stay as if it had died. A group that is no longer used
    # may be dropped while routes have it; they keep it until they are replaced or withdrawn.
    synced @1 ();
    # All routes have been announced.
    flush @2 ();
    # Answered when all that was pushed before has been taken; fails with the reason if something was refused. A stream's own
    # failures show only in what is called next.
  }

  follow @1 (protocols :List(Text), version :UInt8, follower :Follower, policies :List(Text)) -> (subscription :Subscription);
  # Hear of the winning routes of these protocols ("connected" is one), for redistribution; version 4, 6, or 0 for both: all there
  # are, then changes, and in between `synced`, once all these protocols have announced their routes to this run of the RIB, or the
  # time for it is over. `policies` has a policy for each protocol, empty (or none at all) for all its routes. A route that its
  # policy accepts is told as the policy has changed it (metric, tag), others are not; when a policy changes, what it touches is
  # told again. The batches have no groups: `nextHop` is 0 for a prefix that no longer has such a route, which may be told of one
  # that was never told before.

  track @2 (tracker :Tracker) -> (tracking :Tracking);
  # Follow the ways to addresses. While the RIB has been started and not all have announced their routes to it, it does not say that
  # there is no way to one, unless it said that there was.

  interface Follower extends(Xrl.Sink(Batch)) {
    synced @0 ();
  }
  interface Subscription {}

  interface Tracking {
    watch @0 (addresses :List(Net.Ip));
    unwatch @1 (addresses :List(Net.Ip));
  }
  interface Tracker extends(Xrl.Sink(List(Way))) {}
  struct Way {
    # How an address is reached now.
    address @0 :Net.Ip;
    reachable @1 :Bool;
    metric @2 :UInt32;
    # Of the route that leads there.
    distance @3 :UInt8;
    protocol @4 :Text;
    hops @5 :List(Hop);
    # Resolved: each has an interface.
  }
}

interface Show $Xrl.access(guest) {
  # What an operator asks of the RIB.

  route @0 (net :Net.IpNet $Xrl.bare, protocol :Text, after :Text) -> (routes :List(Row), next :Text)
      $Xrl.command("show route");
  # Routes that are in use, or all that cover or lie in a prefix.

  summary @1 () -> (protocols :List(Count)) $Xrl.command("show route summary");
  # Number of routes by protocol.

  lookup @2 (net :Net.IpNet $Xrl.bare) -> (candidates :List(Candidate)) $Xrl.command("show route lookup");
  # Why a route won and who lost: the longest match first, its candidates in order.

  test @3 (policy :Text $Xrl.bare, net :Net.IpNet $Xrl.bare, protocol :Text, neighbor :Net.Ip, nextHop :Net.Ip,
      asPath :Text, community :Text, metric :UInt32, localPreference :UInt32 = 100, tag :UInt32, origin :Policy.Origin,
      rpki :Policy.Validity = unknown) -> (step :List(Step), verdict :Text, route :Tested) $Xrl.command("test policy");
  # What a policy does, term by term, to a route that is described in the words that follow.

  struct Step {
    policy @0 :Text;
    term @1 :Text;
    # Its number, or `end`.
    applies @2 :Bool;
    # The term is for this route.
    what @3 :Text;
    # What it does, or why it is not for this route.
  }
  struct Tested {
    # What has become of the route.
    metric @0 :UInt32;
    localPreference @1 :UInt32;
    tag @2 :UInt32;
    origin @3 :Policy.Origin;
    nextHop @4 :Net.Ip;
    asPath @5 :Text;
    community @6 :List(Text);
  }

  struct Row {
    net @0 :Net.IpNet;
    # Destination.
    protocol @1 :Text;
    # The protocol that offered the route.
    distance @2 :UInt8;
    # Administrative distance: the lower wins.
    metric @3 :UInt32;
    # The protocol's own metric.
    nextHop @4 :Text;
    # Next hops as resolved: `via 10.0.0.2 dev eth0`.
    tag @5 :UInt32 $Xrl.detail;
    # Route tag.
    offered @6 :Text $Xrl.detail;
    # Next hops as the protocol gave them.
    age @7 :UInt32 $Xrl.detail $Net.unit("seconds");
    # Time since the group or the winner changed last.
    stale @8 :Bool $Xrl.detail;
    # Kept for a protocol that is restarting.
  }
  struct Count {
    protocol @0 :Text;
    ip4 @1 :UInt32;
    # Routes offered.
    ip4Used @2 :UInt32;
    # Routes in use.
    ip6 @3 :UInt32;
    ip6Used @4 :UInt32;
  }
  struct Candidate {
    net @0 :Net.IpNet;
    protocol @1 :Text;
    distance @2 :UInt8;
    metric @3 :UInt32;
    nextHop @4 :Text;
    verdict @5 :Text;
    # `used`, or why it lost: `distance 120 loses to 1`, `next hop 10.9.9.9 has no route`.
  }
}

@0xb1f4f1f0a7d35c30;
# The forwarding engine abstraction: interfaces, the forwarding table, sockets, for processes without privileges.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Rib = import "/rib/rib.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::fea");

struct Config $Tree.path("") $Tree.rank(10) $Tree.essential $Tree.privileged {
  interfaces @0 :Interfaces;
  # Interfaces of this router.
  forwarding @1 :Forwarding;
  # The forwarding plane.

  struct Interfaces {
    interface @0 :List(Interface);
    # A network interface. What is not configured here is left as the system has it.
  }
  struct Interface {
    name @0 :Text $Tree.key $Tree.length(min = 1, max = 15);
    # Name of the interface.
    description @1 :Text;
    # A note for people.
    address @2 :List(Net.IfAddr);
    # Addresses, each with the prefix length of its link.
    mtu @3 :UInt32 $Tree.range(min = 68, max = 65535) $Net.unit("bytes");
    # Largest packet.
    disable @4 :Bool;
    # Keep the interface down.
  }
  struct Forwarding {
    plane @0 :Plane = kernel;
    # Who forwards the packets.
    retainRoutes @1 :Bool;
    # Leave the routes in the plane when the router is stopped.
    asFound @2 :Bool;
    # Do not turn the system's packet forwarding on; leave it as it was found.
  }
  enum Plane {
    kernel @0;
    # The Linux kernel.
    mock @1;
    # Nobody: a table in memory, for tests.
    click @2;
    # A process of its own, by a graph of elements in the Click language; the kernel stands by.
  }
}

struct State {
  interface @0 :List(Interface);
  # Network interfaces.
  fib @1 :Table;
  # The forwarding table.
  socket @2 :List(Socket);
  # Sockets handed out.

  struct Table {
    plane @0 :Text;
    installs @1 :UInt64;
    # Routes written.
    withdrawals @2 :UInt64;
    # Routes removed.
    groups @3 :UInt32;
    # Next-hop groups in the plane.
    stale @4 :UInt32;
    # Routes of an earlier run that are not yet confirmed.
    errors @5 :UInt64;
    # Writes that the plane refused.
    restored @6 :UInt64;
    # Routes put back that somebody else had removed.
    resyncs @7 :UInt64;
    # Times that the events of the system were lost and read again.
  }
  struct Socket {
    owner @0 :Text;
    kind @1 :Text;
    count @2 :UInt32;
  }
}

struct Interface {
  # An interface as it is.
  name @0 :Text;
  index @1 :UInt32;
  up @2 :Bool;
  # Administratively up.
  running @3 :Bool;
  # Up, and with carrier.
  loopback @4 :Bool $Xrl.detail;
  pointToPoint @5 :Bool $Xrl.detail;
  multicast @6 :Bool $Xrl.detail;
  mtu @7 :UInt32;
  mac @8 :Net.Mac;
  addresses @9 :List(Net.IfAddr);
}

interface Fea $Xrl.access(daemon) {
  interfaces @0 (follower :InterfaceFollower) -> (subscription :Subscription);
  # Follow the interfaces: first all, then each that changes.

  fib @1 (keeper :FibKeeper) -> (fib :Fib);
  # Write the forwarding table; for the RIB alone. What the plane holds from earlier is kept until `synced`.

  udp @2 (options :UdpOptions) -> (socket :Socket);
  # A bound UDP socket.

  tcp @3 (options :TcpOptions) -> (socket :Socket);
  # A TCP socket: bound and listening, or bound and ready to connect.

  raw @4 (options :RawOptions) -> (socket :Socket);
  # A raw IP socket.

  interface Socket {}
  # Carries the file descriptor, non-blocking. The receiver duplicates the descriptor; it does not depend on the capability.
  interface Subscription {}

  interface InterfaceFollower {
    update @0 (interfaces :List(Interface)) -> stream;
    # New, or changed in any way. The first update holds all there are.
    gone @1 (name :Text) -> stream;
  }

  struct UdpOptions {
    version @0 :UInt8;
    # 4 or 6.
    address @1 :Net.Ip;
    # Local address; none for any.
    port @2 :UInt16;
    interface @3 :Text;
    # Bound to this interface; empty for any.
    groups @4 :List(Net.Ip);
    # Multicast groups joined on that interface.
    hops @5 :UInt8 = 1;
    # TTL or hop limit of what is sent, unicast and multicast; multicast is not looped back.
  }
  struct TcpOptions {
    version @0 :UInt8;
    address @1 :Net.Ip;
    port @2 :UInt16;
    interface @3 :Text;
    listen @4 :Bool;
    hops @5 :UInt8;
    # TTL or hop limit; 0 for the system's own.
    minHops @6 :UInt8;
    # Packets that arrive with less are dropped (RFC 5082).
    keys @7 :List(Md5Key);
  }
  struct Md5Key {
    # RFC 2385.
    peer @0 :Net.IpNet;
    key @1 :Data;
  }
  struct RawOptions {
    version @0 :UInt8;
    protocol @1 :UInt8;
    interface @2 :Text;
    groups @3 :List(Net.Ip);
    hops @4 :UInt8 = 1;
  }
}

interface Fib {
  # The forwarding table, for one writer at a time; a new writer replaces the old one.
  push @0 (batch :Rib.Batch) -> stream;
  # All hops are resolved: each names an interface.
  synced @1 ();
  # All has been written: what an earlier writer left and this one has not confirmed is removed.
}

interface FibKeeper {
  # What the writer does for the plane.
  lost @0 (routes :List(Rib.Route));
  # These routes left the plane behind its back (`nextHop` is not set): push them again if they are still wanted.
  resync @1 ();
  # Nobody knows what the plane has: push all, then say `synced`.
  refused @2 (routes :List(Rib.Route), reason :Text);
  # The plane would not take these.
}

interface Forwarding $Xrl.access(manager) {
  # What a router forwards by, as one stream: to make another router that forwards the same, before its protocols have begun.

  save @0 (sink :Xrl.Sink(Part)) -> ();
  # Answered when all has been taken.

  restore @1 () -> (restorer :Restorer);
  # For as long as nobody writes the forwarding table: the RIB, when it comes, finds these routes as those of an earlier run.

  interface Restorer extends(Xrl.Sink(Part)) {
    done @0 ();
    # All is in the plane, and routes of an earlier run that were not among these are removed. Fails with the reason if the
    # stream was not whole, or if something was refused.
  }
}

struct Part {
  # A part of the stream: `begin`; all interfaces; groups, then the routes that use them; neighbors; `end`. In a file the parts are messages in
  # Cap'n Proto's own framing, one after the other. The same state gives the same parts: all is sorted, and groups are numbered in
  # the order of what is in them.
  union {
    begin @0 :UInt16;
    # Version of the stream: 1.
    interfaces @1 :List(Port);
    batch @2 :Rib.Batch;
    # All hops name an interface. Groups that no route uses are not there.
    neighbors @3 :List(Neighbor);
    end @4 :Counts;
    # What all parts together had: a stream that was cut has no end.
  }

  struct Port {
    name @0 :Text;
    up @1 :Bool;
    mtu @2 :UInt32;
    mac @3 :Net.Mac;
    # What restores it leaves that as it is.
    addresses @4 :List(Net.IfAddr);
    # All of them, whoever has set them.
  }
  struct Neighbor {
    interface @0 :Text;
    address @1 :Net.Ip;
    mac @2 :Net.Mac;
    permanent @3 :Bool;
    # Not found, but set.
  }
  struct Counts {
    interfaces @0 :UInt32;
    groups @1 :UInt32;
    routes @2 :UInt64;
    neighbors @3 :UInt64;
  }
}

interface Show $Xrl.access(guest) {
  interfaces @0 (name :Text $Xrl.bare) -> (interfaces :List(Interface)) $Xrl.command("show interfaces");
  # Network interfaces and their addresses.
}

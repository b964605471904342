@0xb1f4f1f0a7d35cb0;
# The click plane: forwards packets in user space, by a graph of elements in the Click language. The FEA keeps its tables.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Rib = import "/rib/rib.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::click::wire");

struct Config $Tree.path("click") $Tree.rank(15) $Tree.privileged $Tree.neededBy("forwarding plane click") {
  graph @0 :Text;
  # File with a graph of your own, instead of that of a plain IP router.
  # Its elements PlaneLookup4, PlaneLookup6, PlaneNeighbors and PlaneHost have the routes and neighbors of this router.
  method @1 :Method = automatic;
  # How frames are received and sent.

  fastPath @2 :Bool = true;
  # With the graph of a plain IP router: packets that need no more than a route go from driver to driver, past the graph.

  enum Method {
    automatic @0;
    # AF_XDP where the device allows it, otherwise a packet ring.
    xdp @1;
    # AF_XDP.
    ring @2;
    # A packet ring; the kernel is kept from forwarding the same packets (nftables).
  }
}

struct State {
  port @0 :List(PortState);
  # Interfaces that the plane forwards between.
  table @1 :Table;
  # What the FEA has programmed.
  fastPath @2 :Text;
  # `on`, or why there is none.

  struct PortState {
    name @0 :Text;
    received @1 :UInt64;
    # Packets taken from the device to be forwarded.
    sent @2 :UInt64;
    # Packets that were sent.
    kernelDrops @3 :UInt64;
    # Packets that found no room.
    fastReceived @4 :UInt64;
    # Of those received, packets that went the fast path.
    fastSent @5 :UInt64;
    # Of those sent, packets that went the fast path.
    takesFrames @6 :Bool;
    # It takes what comes by the fast path. A virtual Ethernet interface does if its other end has GRO or an XDP program.
  }
  struct Table {
    routes4 @0 :UInt64;
    routes6 @1 :UInt64;
    groups @2 :UInt32;
    # Next-hop groups.
    neighbors @3 :UInt32;
    elements @4 :UInt32;
    # Of the graph that runs.
    graphs @5 :UInt32;
    # Graphs that have been put in force.
  }
}

struct Port {
  # An interface that takes part in forwarding.
  name @0 :Text;
  index @1 :UInt32;
  mac @2 :Net.Mac;
  mtu @3 :UInt32;
  addresses @4 :List(Net.IfAddr);
}

struct Neighbor {
  # Who has an address on a link; without `mac` nobody has any more.
  index @0 :UInt32;
  address @1 :Net.Ip;
  known @2 :Bool;
  mac @3 :Net.Mac;
}

interface Plane $Xrl.access(daemon) {
  write @0 () -> (writer :Writer);
  # Program the tables; for the FEA alone. A new writer takes the place of the former one; what that one wrote stays until the new
  # one is `synced`.

  interface Writer {
    ports @0 (ports :List(Port)) -> stream;
    # All there are now. The graph is made anew for them, and takes the place of the former one between two packets.
    begin @1 () -> stream;
    # What is pushed from now on makes a new table, which is used when it is `synced`.
    push @2 (batch :Rib.Batch) -> stream;
    # Groups first, then routes, as for the FEA.
    synced @3 ();
    neighbors @4 (neighbors :List(Neighbor)) -> stream;
  }
}

interface Handlers $Xrl.access(operator) {
  # The handlers of the graph's elements.
  read @0 (handler :Text $Xrl.bare) -> (value :Text) $Xrl.command("show click handler");
  # Read a handler, such as eth0-in.count.
  write @1 (handler :Text $Xrl.bare, value :Text) $Xrl.command("set-click-handler");
  # Write a handler.
}

struct Element {
  # One element of the graph.
  name @0 :Text;
  class @1 :Text;
  packets @2 :UInt64;
  # Its handler `count`, if it has one.
  drops @3 :UInt64;
  # Its handler `drops`, if it has one.
  config @4 :Text $Xrl.detail;
}

interface Show $Xrl.access(guest) {
  elements @0 () -> (elements :List(Element)) $Xrl.command("show click");
  # Elements of the graph, with their counters.
  graph @1 () -> (graph :Text) $Xrl.command("show click graph");
  # The graph as it runs, in the Click language.
  dot @2 () -> (dot :Text) $Xrl.command("show click dot");
  # The graph with its counters, in the language of Graphviz. Both graphs can be drawn: `show click graph | svg | save FILE`.
}

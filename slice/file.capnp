@0xb1f4f1f0a7d35ce9;
# What a slice file may say. Words that a router's own configuration begins with (`protocols`, `policy`, `interfaces`, `forwarding`, `system`) may stand
# in a node too; they are not listed here, since the daemons that are installed say what may follow them.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::slice::wire");

struct File $Tree.path("") {
  slice @0 :List(Slice) $Tree.mandatory;
  # A virtual network: its nodes, what connects them, and what happens when.
}

struct Slice {
  name @0 :Text $Tree.key;
  # Name: a small letter, then small letters, digits and `-`, 31 at most.
  owner @1 :Text;
  # Whose it is, for people.
  lease @2 :Text;
  # Time after which it is removed: `14d`.
  plane @3 :Plane;
  # Who forwards the packets of its routers.
  addresses @4 :Addresses;
  # Where addresses are taken from that are not given.
  defaults @5 :Defaults;
  # What nodes and links have that do not say otherwise.
  node @6 :List(Node);
  # A virtual router or host.
  link @7 :List(Link);
  # Connects two nodes: `link a b`, or `link a:ge4 b:ge0` with the interfaces named.
  lan @8 :List(Lan);
  # A network that several nodes share.
  generate @9 :List(Generate);
  # Nodes and links of a common shape. Nodes are called after it: r1, r2, or r1-1 in a grid.
  at @10 :List(At);
  # What happens so long after the slice is up: `at 30s { link a b down; }`.
  host @11 :List(Host);
  # A machine that carries nodes, if there is more than one: `host A { address 192.0.2.1; }`.
  egress @12 :Egress;
  # How packets leave the slice.
  ingress @13 :Ingress;
  # How others come in.
}

enum Plane {
  kernel @0;
  # The Linux kernel.
  click @1;
  # A process of its own, by a graph of elements in the Click language.
}

struct Host {
  name @0 :Text $Tree.key;
  # What nodes call it: a letter, then letters, digits and `-`, 31 at most.
  address @1 :Net.Ip4 $Tree.mandatory;
  # At which the other hosts reach it.
}

enum Tunnel {
  vxlan @0;
  # VXLAN (RFC 7348), by the kernel.
  egre @1;
  # Ethernet in GRE (RFC 2890), by a process: for kernels and networks without VXLAN.
}

struct Egress {
  nat @0 :Nat;
  # By address translation: who is outside sees the machine.
}

struct Nat {
  node @0 :List(Text) $Tree.mandatory;
  # Nodes that have a way out: an interface nat0.
  device @1 :Text;
  # Of the machine, by which packets leave; that of its default route.
}

struct Ingress {
  tcp @0 :List(Forward);
  # A port of the machine that leads to one of a node: `ingress tcp 8080 to web:80`.
  udp @1 :List(Forward);
  # The same.
  device @2 :Text;
  # Of the machine, by which packets come; that of its default route.
}

struct Forward {
  port @0 :UInt16 $Tree.key $Tree.range(min = 1, max = 65535);
  # Of the machine.
  to @1 :Text $Tree.mandatory;
  # NODE:PORT
}

struct Addresses {
  loopbacks @0 :Net.Ip4Net;
  # Of loopbacks; 10.255.0.0/16.
  links @1 :Net.Ip4Net;
  # Of links, two for each; 10.0.0.0/9.
  lans @2 :Net.Ip4Net;
  # Of LANs, a /24 for each; 10.128.0.0/10.
}

struct Defaults {
  node @0 :Node;
  # Of all nodes. What a node says of its protocols goes in place of what is said here.
  link @1 :Link;
  # Of all links.
}

enum Kind {
  router @0;
  # A Xylem router.
  host @1;
  # Addresses, and a default route if it has one neighbour.
  bird @2;
  # BIRD, with the configuration of `config`.
  frr @3;
  # The daemons of FRR that `daemons` lists, with the configuration of `config`.
  exec @4;
  # The program of `command`.
}

struct Node {
  name @0 :Text $Tree.key;
  # Name: a small letter, then small letters, digits and `-`, 31 at most.
  kind @1 :Kind;
  # What runs in it.
  config @2 :Text;
  # File of its configuration, from the folder of the slice file on. `${loopback}` in it, and `${NAME}` of an interface, stand for addresses.
  command @3 :List(Text);
  # Program and arguments.
  daemons @4 :List(Text);
  # Of FRR, beside zebra: `ripd`, `ospfd`, ...
  plane @5 :Plane;
  # Who forwards its packets.
  loopback @6 :List(Net.Ip);
  # Its own addresses, in place of derived ones.
  memory @7 :Text;
  # All that its processes may take: `64M`.
  cpu @8 :Text;
  # Share of one processor that it may take: `0.25`, `25%`, or more than one: `2`.
  weight @9 :UInt32 $Tree.range(min = 1, max = 10000);
  # Its share beside others when processors are short; 100.
  pids @10 :UInt32 $Tree.range(min = 2, max = 100000);
  # Most processes; 512.
  disk @11 :Text;
  # Most that its files may take, which lie in memory: `16M`.
  host @12 :Text;
  # The machine that carries it.
}

struct Link {
  ends @0 :Text $Tree.key;
  # The two nodes.
  prefix @1 :List(Net.IpNet);
  # Its networks, in place of derived ones. The first node has the first address.
  address @2 :List(Text);
  # Addresses of one end: `address a 10.0.0.1/30 2001:db8::1/64`.
  mtu @3 :UInt32 $Tree.range(min = 68, max = 65535) $Net.unit("bytes");
  # Largest packet; 1500, or 1450 in a slice that spans hosts.
  rate @4 :List(Text);
  # Bits per second: `100M`. All these hold both ways, or with an arrow one way: `rate a->b 100M`.
  delay @5 :List(Text);
  # Time that a packet takes: `13ms`.
  jitter @6 :List(Text);
  # How much the delay varies, up and down: `1ms`.
  loss @7 :List(Text);
  # Share of packets lost: `0.1%`.
  duplicate @8 :List(Text);
  # Share of packets that come twice.
  reorder @9 :List(Text);
  # Share of packets that overtake those before.
  queue @10 :List(Text);
  # Packets that may wait to be sent; 1000.
  tunnel @11 :Tunnel;
  # What carries it when its ends are on two hosts.
  key @12 :UInt32 $Tree.range(min = 1, max = 16777215);
  # What tells its tunnel from others between these hosts, in place of a derived one.
}

struct Lan {
  name @0 :Text $Tree.key;
  # Name of the network.
  members @1 :List(Text) $Tree.mandatory;
  # Nodes, or NODE:INTERFACE.
  prefix @2 :List(Net.IpNet);
  # Its networks; members have the first addresses, in order.
  mtu @3 :UInt32 $Tree.range(min = 68, max = 65535) $Net.unit("bytes");
  # Largest packet; 1500, or 1450 in a slice that spans hosts.
}

struct Generate {
  prefix @0 :Text $Tree.key;
  # What the names of its nodes begin with.
  union {
    line @1 :UInt32 $Tree.range(min = 1, max = 4096) $Tree.mandatory;
    # So many nodes in a row.
    ring @2 :UInt32 $Tree.range(min = 3, max = 4096) $Tree.mandatory;
    # So many nodes in a circle.
    grid @3 :Text $Tree.mandatory;
    # Rows and columns: `10x20`.
    tree @4 :Text $Tree.mandatory;
    # Branches of each node, and levels: `2x4`.
    fatTree @5 :UInt32 $Tree.range(min = 2, max = 32) $Tree.mandatory;
    # A fat tree of switches with so many ports, an even number.
    random @6 :Text $Tree.mandatory;
    # Nodes and links of a connected graph: `20x30`.
    graphml @7 :Text $Tree.mandatory;
    # A file of the Internet Topology Zoo, from the folder of the slice file on; nodes are named by their labels.
  }
  seed @8 :UInt32 = 1;
  # Of a random graph: the same seed gives the same graph.
  delayByDistance @9 :Bool;
  # Delays by the places of a GraphML file: 5 us a kilometre.
  hosts @10 :UInt32 $Tree.range(min = 1, max = 16);
  # So many hosts at each node (of a fat tree: at each edge switch), named NODE-h1.
  node @11 :Node;
  # What these nodes have.
  link @12 :Link;
  # What these links have.
}

struct At {
  time @0 :Text $Tree.key;
  # Since the slice is up: `30s`.
  link @1 :List(LinkEvent);
  # What happens to a link: `link a b down`, or new settings.
  node @2 :List(NodeEvent);
  # What happens to a node.
}

struct LinkEvent {
  ends @0 :Text $Tree.key;
  # The two nodes, as the link names them.
  down @1 :Void;
  # It is cut.
  up @2 :Void;
  # It is whole again.
  rate @3 :List(Text);
  # Bits per second.
  delay @4 :List(Text);
  # Time that a packet takes.
  jitter @5 :List(Text);
  # How much the delay varies.
  loss @6 :List(Text);
  # Share of packets lost.
  duplicate @7 :List(Text);
  # Share of packets that come twice.
  reorder @8 :List(Text);
  # Share of packets that overtake those before.
  queue @9 :List(Text);
  # Packets that may wait to be sent.
}

struct NodeEvent {
  name @0 :Text $Tree.key;
  # The node.
  stop @1 :Void;
  # Its processes end; its links stay.
  start @2 :Void;
  # They run again.
  restart @3 :Void;
  # Both.
  run @4 :List(Text);
  # Run this program in the node.
}

@0xc3f0a7d35c900001;
# A schema that says everything a configuration schema can say. For tests.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";

struct Config $Tree.path("protocols rich") {
  # A rich protocol.
  #
  # It has one of each.

  updateInterval @0 :UInt16 = 30 $Tree.range(min = 1, max = 3600) $Net.unit("seconds");
  # Interval between regular updates.
  #
  # Some jitter is applied.

  interface @1 :List(Interface);
  # Interface that takes part.

  passive @2 :Bool;
  # Only listen.
  trace @3 :Bool = true;
  # Tell what happens.
  level @4 :Level = warning;
  # How much to tell.
  prepend @5 :List(UInt32);
  # AS numbers to prepend.
  server @6 :List(Net.Ip);
  # Servers to ask.
  ratio @7 :Float64 = 0.5;
  # Share of something.
  offset @8 :Int32 $Tree.range(min = -10, max = 10);
  # Shift.
  total @9 :UInt64;
  # A big number.
  password @10 :Text $Tree.secret $Tree.length(min = 1, max = 16);
  # Shared secret.
  oldName @11 :Text $Tree.deprecated("say \"description\" instead");
  description @12 :Text = "none";
  # A note for people.
  mac @13 :Net.Mac;
  # Hardware address.

  auth :union {
    # Authentication of packets.
    none @14 :Void;
    # No authentication.
    plain @15 :Text $Tree.secret;
    # Clear-text password.
    md5 @16 :Md5;
    # Keyed MD5.
  }
  timers :group {
    # Timers of the protocol.
    hello @17 :UInt16 = 10 $Net.unit("seconds");
    # Between hellos.
    dead @18 :UInt16 = 40;
  }
  union {
    active @19 :Void;
    # Take part.
    standby @20 :UInt8;
    # Wait, with this priority.
    failover @21 :Failover;
    # Watch another.
  }
  area @22 :List(Area);
  # Area of the network.
  route @23 :List(Route);
  # Route by hand.
  group @24 :List(Group);
  # Group, perhaps of groups.
  levels @25 :List(Level);
  # Several levels.

  enum Level {
    error @0;
    # Only what is wrong.
    warning @1;
    # Also what is strange.
    debugAll @2;
    # Everything.
  }
  struct Md5 {
    keyId @0 :UInt8 $Tree.mandatory;
    # Number of the key.
    key @1 :Text $Tree.secret $Tree.mandatory;
    # The key.
  }
  struct Failover {
    peer @0 :Net.Ip4 $Tree.mandatory;
    # The one to watch.
    timeout @1 :UInt8 = 3;
  }
  struct Interface {
    name @0 :Text $Tree.key $Tree.refers("interfaces interface") $Tree.length(min = 1, max = 15);
    # Name of the interface.
    cost @1 :UInt8 = 1 $Tree.range(min = 1, max = 16);
    # Cost added to what is learnt here.
    disable @2 :Bool;
    address @3 :List(Net.IfAddr);
    # Addresses.
    upstream @4 :Text $Tree.refers("protocols rich interface");
    # Another interface.
  }
  struct Area {
    id @0 :UInt32 $Tree.key;
    # Number of the area.
    interface @1 :List(Interface) $Tree.mandatory;
    # Interface in this area.
    stub @2 :Bool;
  }
  struct Route {
    net @0 :Net.IpNet $Tree.key;
    # Destination.
    nextHop @1 :List(NextHop) $Tree.mandatory;
    # Next-hop router.
    metric @2 :UInt32;
  }
  struct NextHop {
    gateway @0 :Net.Ip $Tree.key;
    weight @1 :UInt16 = 1 $Tree.range(min = 1, max = 256);
    # Share of the traffic.
  }
  struct Group {
    name @0 :Text $Tree.key;
    group @1 :List(Group);
    # Inner group.
    color @2 :Level;
  }
}

struct State {
  peers @0 :UInt32;
}

@0xb1f4f1f0a7d35ce0;
# The commands of operational mode that are the CLI's own; all others come from the schemas of the daemons.

using Xrl = import "/xrl/daemon.capnp";

interface Operational $Xrl.access(guest) {
  showConfiguration @0 (words :List(Text)) $Xrl.command("show configuration");
  # The configuration in force, or what is below one of its statements.

  configure @1 () $Xrl.command("configure");
  # Change the configuration.

  ping @2 Ping -> () $Xrl.command("ping");
  # Send echo requests from this router.

  traceroute @3 Traceroute -> () $Xrl.command("traceroute");
  # Show the way that packets take from this router.

  help @4 () $Xrl.command("help");
  # How to use this.

  exit @5 () $Xrl.command("exit");
  # Leave.

  quit @6 () $Xrl.command("quit");
  # Leave.
}

struct Ping {
  destination @0 :Text $Xrl.bare;
  # Address or name.
  count @1 :UInt32 = 5;
  # Number of requests (5).
  size @2 :UInt16 = 56;
  # Bytes of data in each (56).
  source @3 :Text;
  # Address to send from.
  interface @4 :Text;
  # Interface to send from.
  ttl @5 :UInt8;
  # Time to live, or hop limit.
}

struct Traceroute {
  destination @0 :Text $Xrl.bare;
  # Address or name.
  source @1 :Text;
  # Address to send from.
  interface @2 :Text;
  # Interface to send from.
  hops @3 :UInt8 = 30;
  # The most hops (30).
}

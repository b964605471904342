@0xc3f0a7d35c900003;
# All that can be shown, and all that can be asked. For tests.

using Net = import "/net/net.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Tree = import "/config/config.capnp";

struct Config $Tree.path("protocols shown") {
  # A daemon to look at.
}

struct State {
  # What is true of it.
  name @0 :Text;
  # Its name.
  since @1 :UInt64 $Net.unit("unix seconds");
  # When it began.
  table @2 :Table;
  # Its table.
  peer @3 :List(Row);
  # Those it talks with.
  words @4 :List(Text);

  struct Table {
    routes @0 :UInt32;
    size @1 :UInt64 $Net.unit("bytes");
  }
}

struct Row {
  address @0 :Net.Ip;
  interface @1 :Text;
  routes @2 :UInt32;
  age @3 :UInt32 $Net.unit("seconds");
  nets @4 :List(Net.IpNet);
  total @5 :UInt64 $Xrl.detail;
  mood @6 :Mood;
  way :union {
    direct @7 :Void;
    via @8 :Net.Ip4;
  }
  timers :group {
    hello @9 :UInt16 $Xrl.detail;
  }
  ratio @10 :Float64 $Xrl.detail;
  ready @11 :Bool $Xrl.detail;
  inner @12 :List(Row) $Xrl.detail;
}

enum Mood {
  veryGood @0;
  bad @1;
}

interface Show $Xrl.access(guest) {
  # What may be asked.

  peers @0 (address :Net.Ip $Xrl.bare, interface :Text, limit :UInt8, all :Bool, mood :Mood, after :Text)
      -> (peers :List(Row), next :Text) $Xrl.command("show peers");
  # Those it talks with.
  #
  # All of them, or one.

  summary @1 () -> (count :UInt32) $Xrl.command("show peers summary");
  # How many there are.

  named @2 (name :Text $Xrl.bare) -> (rows :List(Row)) $Xrl.command("show named");
  # By name.

  hidden @3 ();
}

interface Do $Xrl.access(operator) {
  reset @0 (address :Net.Ip $Xrl.bare, again :Net.Ip $Xrl.bare) $Xrl.command("reset peer");
  # Begin anew with a peer.
}

@0xb1f4f1f0a7d35c70;
# The Finder, as operators see it. What processes ask of it is in xrl/daemon.capnp.

using Xrl = import "/xrl/daemon.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::finder");

struct State {
  # Who is where.
  targets @0 :UInt32;
  # Registered processes.
  watchers @1 :UInt32;
  # Who wants to hear of births and deaths.
  waiting @2 :UInt32;
  # Connections asked for to targets that are not there.
}

interface Show $Xrl.access(guest) {
  process @0 () -> (targets :List(Xrl.TargetInfo)) $Xrl.command("show process");
  # The processes of this router.
}

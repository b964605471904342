@0xb1f4f1f0a7d35c40;
# The router manager: the configuration in force, the way to change it, and the processes that carry it out.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Xrl = import "/xrl/daemon.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::rtrmgr::wire");

struct Config $Tree.path("system") $Tree.rank(0) $Tree.essential {
  # The router itself.

  hostName @0 :Text;
  # Name in the CLI's prompt.
  rollbacks @1 :UInt8 = 50 $Tree.range(min = 0, max = 50);
  # Number of earlier configurations that are kept.
}

struct State {
  generation @0 :UInt64;
  # Number of the configuration in force; each commit adds one.
  module @1 :List(Module);
  # Daemons that the configuration needs.

  struct Module {
    name @0 :Text;
    pid @1 :UInt32;
    state @2 :Text;
    # `running`, `starting`, `failed: reason`, `waiting 4 s: reason`.
    restarts @3 :UInt32;
    # Times it was started again after it died.
    since @4 :UInt64 $Net.unit("unix seconds");
    # When it was started last.
  }
}

interface Configuration $Xrl.access(guest) {
  # What everybody may see.

  schemas @0 () -> (schemas :List(Schema));
  # The schemas of all installed daemons: the grammar of the configuration and of the operational commands.

  running @1 () -> (text :Text, generation :UInt64);
  # The configuration in force, in braces; what is secret is masked for guests.

  rollback @2 (number :UInt8) -> (text :Text);
  # The configuration that was in force `number` commits ago; 0 is the one in force.

  history @3 () -> (commits :List(Commit)) $Xrl.command("show commits");
  # Earlier configurations: when, by whom, why.

  struct Schema {
    name @0 :Text;
    # The daemon.
    schema @1 :Data;
    # A CodeGeneratorRequest with doc comments.
  }
  struct Commit {
    number @0 :UInt8;
    time @1 :UInt64 $Net.unit("unix seconds");
    user @2 :Text;
    comment @3 :Text;
  }
}

interface Editor $Xrl.access(operator) {
  # What an operator may do.

  check @0 (text :Text) -> (problems :List(Problem));
  # All that is wrong with this configuration, by all daemons; nothing is changed.

  commit @1 (text :Text, base :UInt64, comment :Text, confirm :UInt32) -> (problems :List(Problem), generation :UInt64);
  # Put this configuration in force, or change nothing and say why. `base` is the generation that the text was edited from (0: whatever is in force); another one
  # since is a problem. With `confirm` seconds, the previous configuration returns by itself unless `confirm` is called.

  confirm @2 ();
  # Keep what was committed with a time limit.

  restart @3 (name :Text $Xrl.bare) $Xrl.command("restart");
  # Start a daemon anew.
}

struct Problem {
  line @0 :UInt32;
  # 1 is the first; 0 when no place can be named.
  column @1 :UInt32;
  path @2 :Text;
  # The statement, from the root on.
  text @3 :Text;
  # What is wrong, what was expected, what was perhaps meant.
  daemon @4 :Text;
  # Who says so; empty for the grammar.
}

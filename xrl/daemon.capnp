@0xb1f4f1f0a7d35c10;
# What all Xylem processes say to each other, whatever their job: the Finder, the target that each process is, and the
# daemon that the router manager sees.
#
# A process connects to the Finder's socket and registers under its name. To reach another, it asks the Finder for a
# connection by name: the Finder makes a socket pair, hands one end to the caller and the other to the target, and says
# to the target who the caller is. From then on the two talk directly; the Finder is not in the path, and may die.

using Net = import "/net/net.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::xrl");

enum Role {
  # Who a peer is, as the Finder vouches for it. A higher role may do all that a lower one may.
  guest @0;
  # Anybody on this machine: may look.
  operator @1;
  # Root and members of the group `xylem`: may change the router.
  daemon @2;
  # A process that the router manager has started.
  manager @3;
  # The router manager, and root's own tools.
}

annotation access @0xb1f4f1f0a7d35c11 (interface) :Role;
# The lowest role that may get this interface from a target. Without it: daemon.

annotation command @0xb1f4f1f0a7d35c12 (method) :Text;
# This method is an operational command of the CLI: "show route". Its parameters are the words that may follow, each
# `name value`, a Bool just `name`, a field with `$bare` just its value. A method that returns a list as its only result, or a
# list and a `next` cursor of type Text, is shown as a table; with a parameter `after` of type Text, the CLI calls again with the
# last `next` until it is empty, so that the longest table holds up nobody.

annotation bare @0xb1f4f1f0a7d35c13 (field, param) :Void;
# This parameter of a command is given without its name.

annotation detail @0xb1f4f1f0a7d35c15 (field) :Void;
# A column that tables leave out unless asked for `detail`; JSON has it always.

interface Finder $access(guest) {
  # Who is where. The bootstrap interface of the Finder's socket; each caller has one of its own, that knows who calls.

  register @0 (name :Text, target :Target, wants :List(Text)) -> (registration :Registration);
  # Be found under `name` for as long as the registration is held and the connection lives. A daemon may register only under
  # the name that the manager admitted it for; this call waits until it has. `wants` names the targets that this one
  # will stay connected with.

  connect @1 (name :Text, wait :Bool) -> (end :Socket);
  # A connection to the target of that name. With `wait`, as soon as there is one; otherwise no such target is an error.

  watch @2 (watcher :Watcher) -> (watch :Watch);
  # Hear of births and deaths for as long as the watch is held; first of all who are there already.

  targets @3 () -> (targets :List(TargetInfo));
  # The processes of this router.

  admit @4 (pid :UInt32, name :Text) -> (admission :Admission);
  # The process `pid`, now and until the admission is dropped, is `name`. For the manager.

  interface Registration {
    wants @0 (targets :List(Text));
    # From now on it stays connected with these.
  }
  interface Watch {}
  interface Admission {}
  interface Socket {}
  # A capability that carries one file descriptor.

  interface Watcher {
    born @0 (target :TargetInfo);
    died @1 (name :Text, reason :Text);
  }
}

struct TargetInfo {
  name @0 :Text;
  # The name it registered under.
  pid @1 :UInt32;
  # Its process.
  uid @2 :UInt32;
  # The user it runs as.
  since @3 :UInt64 $Net.unit("unix seconds");
  # When it registered.
  responding @4 :Bool = true;
  # False while it owes the Finder an answer for longer than it should.
  wants @5 :List(Text) $detail;
  # The targets it stays connected with.
}

struct Peer {
  # The other side of a connection.
  name @0 :Text;
  # The name that it is registered under, or empty.
  pid @1 :UInt32;
  uid @2 :UInt32;
  gid @3 :UInt32;
  role @4 :Role;
}

interface Target {
  # A process, as the Finder sees it.
  introduce @0 (peer :Peer, end :Finder.Socket);
  # Serve this new connection; `peer` is on its other side. Its bootstrap interface is a Services.
  ping @1 ();
  # Answer, to show that the loop turns.
}

interface Services $access(guest) {
  # What a process offers to one peer: the bootstrap interface of a connection.
  describe @0 () -> (schema :Data, interfaces :List(Text));
  # The schema that the process carries, a CodeGeneratorRequest message (schema.capnp) with doc comments, and the names of
  # the interfaces that this peer may get.
  get @1 (interface :Text) -> (service :Capability);
  # The interface of that name.
}

interface Daemon(Config) $access(manager) {
  # A process that is configured by the router manager. `Config` is the struct of its schema with `$path` (config.capnp).

  check @0 (config :Config) -> (problems :List(Problem));
  # What is wrong with this configuration. Changes nothing.

  commit @1 (config :Config, generation :UInt64) -> (restart :Text);
  # Become what this configuration describes; it has passed `check`. A non-empty `restart` says why this
  # process would have to be restarted for that; then it has changed nothing.

  settled @2 (generation :UInt64);
  # All daemons have committed this generation, and all that it needs have registered.

  retire @3 ();
  # This daemon is no longer wanted: withdraw what it contributes, say goodbye to neighbours. SIGTERM follows.
}

interface Status(State) $access(guest) {
  # What is true of a process. `State` is the struct of that name in its schema; `show NAME` prints it.

  state @0 () -> (state :State);
}

struct Problem {
  path @0 :Text;
  # The statement in words from the daemon's own path on: "route 10.0.0.0/8 next-hop".
  text @1 :Text;
  # What is wrong, and what would be right.
}

interface Sink(T) {
  # Takes values in batches, with back-pressure.
  push @0 (batch :T) -> stream;
}

@0xb1f4f1f0a7d35cea;
# What a slice tells of itself, and how its keeper is asked. With `--json`, verbs print these structs.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::slice::wire");

struct Record {
  # Something happened. One line of JSON each in `xylem slice events`.
  time @0 :Float64;
  # Unix seconds.
  slice @1 :Text;
  kind @2 :Kind;
  name @3 :Text;
  # Of the node or link.
  what @4 :Text;
  # `up`, `down`, `died`, ...
  detail @5 :Text;

  enum Kind {
    slice @0;
    node @1;
    link @2;
    impairment @3;
    process @4;
    lease @5;
  }
}

struct State {
  slice @0 :Text;
  owner @1 :Text;
  state @2 :Text;
  # `starting`, `up`, `degraded`, `gone`.
  since @3 :Float64;
  # Unix seconds: when it was up first.
  ends @4 :Float64;
  # When its lease is over; 0 for never.
  nodes @5 :List(Node);
  links @6 :List(Link);
  lans @7 :List(Lan);

  struct Node {
    name @0 :Text;
    kind @1 :Text;
    plane @2 :Text;
    wanted @3 :Text;
    # `up` or `stopped`.
    actual @4 :Text;
    # `up`, `starting`, `stopped`, `waiting`.
    why @5 :Text;
    # If it is not as wanted.
    pid @6 :UInt32;
    # Of its first process, as this machine knows it; 0 if it does not run.
    restarts @7 :UInt32;
    # Times it was started again after it died.
    memory @8 :Float64;
    # Bytes in use, by its cgroup.
    interfaces @9 :List(Interface);
    loopbacks @10 :List(Text);
    namespace @11 :Text;
    # As `ip netns` knows it.
  }
  struct Interface {
    name @0 :Text;
    mac @1 :Text;
    addresses @2 :List(Text);
  }
  struct Link {
    name @0 :Text;
    a @1 :Text;
    # NODE:INTERFACE
    b @2 :Text;
    up @3 :Bool;
    forth @4 :Text;
    # What a -> b does to packets.
    back @5 :Text;
    carrier @6 :Text;
    # `kernel` or `click`.
    tunnel @7 :Text;
    # To the other end's host: `vxlan 4711 192.0.2.2`; empty if both ends are here.
  }
  struct Lan {
    name @0 :Text;
    members @1 :List(Text);
  }
}

struct Memory {
  # What has become of a slice since it was made of its file; what is stored of it beside its file.
  since @0 :Float64;
  # Unix seconds: when it was up first.
  ends @1 :Float64;
  # When its lease is over; 0 for never.
  fired @2 :Float64;
  # Seconds after `since`: events of up to then have happened.
  links @3 :List(Link);
  # Those that are not as the file says.

  struct Link {
    name @0 :Text;
    forth @1 :Text;
    # `rate 100M delay 13ms`; what is not named has its default.
    back @2 :Text;
    down @3 :Bool;
  }
}

struct Steps {
  # What `create` would do, or did.
  steps @0 :List(Step);
  struct Step {
    what @0 :Text;
    # `add`, `remove`, `change`, `restart`.
    kind @1 :Text;
    # `node`, `link`, `lan`, `slice`.
    name @2 :Text;
    why @3 :Text;
  }
}

struct Problems {
  problems @0 :List(Problem);
  struct Problem {
    file @0 :Text;
    line @1 :UInt32;
    column @2 :UInt32;
    path @3 :Text;
    text @4 :Text;
  }
}

struct Spec {
  # A slice file and the files that it names.
  name @0 :Text;
  # Of the slice in it.
  text @1 :Text;
  files @2 :List(File);
  host @3 :Text;
  # Which of its hosts this machine is; empty if it names none.
  nodes @4 :List(Text);
  # Only these, and what is between them, beside those that are there; all if none is named.
  struct File {
    path @0 :Text;
    content @1 :Text;
  }
}

interface Keeper {
  # The process that keeps a slice.

  apply @0 (spec :Spec, progress :Progress) -> (outcome :Outcome, steps :Steps);
  # Make the slice what the spec says. If the caller goes away before the end, it is as it was before.

  state @1 () -> (state :State);

  control @2 (verb :Verb, nodes :List(Text)) -> (outcome :Outcome);
  # Start or stop the processes of these nodes, or of all.

  impair @3 (link :Text, settings :List(Setting), clear :Bool) -> (outcome :Outcome);
  # Change what a link does to packets: only the keys named. With `clear`, first what the file says.

  cut @4 (link :Text, up :Bool) -> (outcome :Outcome);
  # Take a link down, or up again.

  events @5 (follower :Follower) -> (subscription :Subscription);
  # All records that are kept, then each that comes.

  destroy @6 () -> (outcome :Outcome);
  # Remove all of it; then the keeper ends.

  spec @7 () -> (spec :Spec);
  # What it was made of.

  settled @8 ();
  # Answers when all that has been asked for by now is done, or undone.

  renew @10 (time :Text) -> (outcome :Outcome, ends :Float64);
  # Its lease is so long from now on; without a time, as long as the file says.

  ready @9 (node :Text);
  # Answers when the node is up, or is not to be, or has failed so often that there is no use in waiting.

  enum Verb {
    start @0;
    stop @1;
    restart @2;
  }
  struct Setting {
    key @0 :Text;
    words @1 :List(Text);
  }
  struct Outcome {
    code @0 :UInt8;
    # The exit status: 0 done, 1 refused, 2 failed and rolled back, 3 standing but degraded.
    text @1 :Text;
    # Why.
  }
  interface Progress {
    step @0 (text :Text, done :UInt32, total :UInt32) -> stream;
  }
  interface Follower {
    record @0 (record :Record) -> stream;
  }
  interface Subscription {}
}

interface Agent {
  # Makes slices for the members of a group, on a socket of its own. All is about the caller's own slices; of others he hears nothing, but
  # that a name is taken.

  slices @0 () -> (names :List(Text));

  open @1 (name :Text, start :Bool) -> (socket :Descriptor);
  # A connection with the keeper, which serves a Keeper; none if nobody keeps a slice of that name. With `start`, one is begun.

  remove @2 (name :Text);
  # What is left of a slice, when its keeper has ended.

  enter @3 (slice :Text, node :Text, command :List(Text), input :Descriptor, output :Descriptor, error :Descriptor) -> (running :Running);
  # Run a command in a node.

  tap @4 (slice :Text, node :Text, interface :Text) -> (socket :Descriptor, index :UInt32);
  # A packet socket of the node's network namespace that is not bound yet, and the number of the interface there.

  stored @5 (slice :Text) -> (spec :Text);
  # What the slice was made of, as JSON, whether or not somebody keeps it; none if nothing is stored.

  interface Descriptor {}
  # Carries a file descriptor.

  interface Running {
    # The command is killed when this is dropped.
    wait @0 () -> (status :UInt8);
    # As a shell has it.
    signal @1 (number :UInt8);
  }
}

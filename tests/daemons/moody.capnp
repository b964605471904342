@0xb1f4f1f0a7d35c80;
# A daemon that does as badly as it is told, for tests of the router manager.

using Tree = import "/config/config.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::moody");

struct Config $Tree.path("protocols moody") $Tree.rank(60) {
  # A daemon with moods.

  value @0 :UInt32;
  # What it is to remember.
  mood @1 :Mood;
  # How it takes a configuration.
  secret @2 :Text $Tree.secret;
  # Something that guests do not see.

  enum Mood {
    content @0;
    # Takes it.
    picky @1;
    # Finds a problem when it checks.
    stubborn @2;
    # Passes the check and fails to commit.
    crashing @3;
    # Dies while it commits.
    fragile @4;
    # Dies just after it has committed.
    hanging @5;
    # Never answers a commit.
    lying @6;
    # Answers its check with a problem of absurd size.
    fresh @7;
    # Wants to be restarted for it.
    halfhearted @8;
    # Fails in the middle of a commit, when it has changed already.
  }
}

struct State {
  value @0 :UInt32;
  commits @1 :UInt32;
  settled @2 :UInt64;
}

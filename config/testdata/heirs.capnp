@0xc3f0a7d35c900007;
# Entries that inherit from others. For tests.

using Tree = import "/config/config.capnp";

struct Config $Tree.path("protocols heirs") {
  peer @0 :List(Peer);
  group @1 :List(Peer);

  struct Peer {
    name @0 :Text $Tree.key;
    group @1 :Text $Tree.inherits("group");
    hold @2 :UInt16 = 90;
    filter @3 :List(Text);
    limit :group {
      routes @4 :UInt32;
      warn @5 :Bool;
    }
  }
}

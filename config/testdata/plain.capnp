@0xc3f0a7d35c900002;
# A small neighbour of rich.capnp. For tests.

using Tree = import "/config/config.capnp";

struct Config $Tree.path("protocols plain") $Tree.rank(30) {
  # A plain protocol.
  port @0 :UInt16 $Tree.mandatory;
  # Port to listen on.
  name @1 :Text;
}

@0xc3f0a7d35c900010;
# What first.capnp and second.capnp share. For tests.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";

struct Common {
  # What several daemons need.
  entry @0 :List(Entry);
  # An entry of theirs.
  word @1 :List(Text);
}

struct Entry {
  net @0 :Net.IpNet $Tree.key;
  cost @1 :UInt8 $Tree.range(min = 1, max = 16);
  oldCost @2 :UInt8 $Tree.deprecated("say \"cost\" instead");
}

struct Other {
  word @0 :List(Text);
}

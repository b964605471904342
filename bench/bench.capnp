@0xb1f4f1f0a7d35ce8;
# What the benchmarks say to each other.

using Rib = import "/rib/rib.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::bench");

interface Calls {
  # The experiment of XORP's paper (2005): calls with 0 to 25 arguments.
  call0 @0 ();
  call5 @1 (a :UInt32, b :UInt32, c :UInt32, d :UInt32, e :UInt32);
  call10 @2 (a :UInt32, b :UInt32, c :UInt32, d :UInt32, e :UInt32, f :UInt32, g :UInt32, h :UInt32, i :UInt32, j :UInt32);
  call25 @3 (a :UInt32, b :UInt32, c :UInt32, d :UInt32, e :UInt32, f :UInt32, g :UInt32, h :UInt32, i :UInt32, j :UInt32,
      k :UInt32, l :UInt32, m :UInt32, n :UInt32, o :UInt32, p :UInt32, q :UInt32, r :UInt32, s :UInt32, t :UInt32,
      u :UInt32, v :UInt32, w :UInt32, x :UInt32, y :UInt32);
  push @4 (batch :Rib.Batch) -> stream;
  pushed @5 () -> (routes :UInt64);
}

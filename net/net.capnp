@0xb1f4f1f0a7d35c01;
# Values of the network layer, as every schema of Xylem uses them.
#
# Each struct here is a *word*: configuration text, `xylem call`, tables and JSON show it as one word (`10.0.0.0/8`),
# never as its fields. `net/word.h` reads and prints them.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::net::wire");

annotation unit @0xb1f4f1f0a7d35c09 (field, param) :Text;
# The unit of a value, for help and tables: "seconds". "unix seconds" is a point in time.

struct Ip4 {
  # An IPv4 address: `192.0.2.1`.
  bits @0 :UInt32;
  # Host byte order: 192.0.2.1 is 0xc0000201.
}

struct Ip6 {
  # An IPv6 address in the text form of RFC 5952: `2001:db8::1`.
  high @0 :UInt64;
  # The first eight bytes, in host byte order.
  low @1 :UInt64;
  # The last eight bytes, in host byte order.
}

struct Ip {
  # An address of either version.
  union {
    none @0 :Void;
    # No address; its word is `-`.
    v4 @1 :UInt32;
    # Like Ip4.bits.
    v6 :group {
      # Like Ip6.
      high @2 :UInt64;
      low @3 :UInt64;
    }
  }
}

struct Ip4Net {
  # An IPv4 prefix, host bits zero: `10.0.0.0/8`.
  bits @0 :UInt32;
  length @1 :UInt8;
}

struct Ip6Net {
  # An IPv6 prefix, host bits zero: `2001:db8::/32`.
  high @0 :UInt64;
  low @1 :UInt64;
  length @2 :UInt8;
}

struct IpNet {
  # A prefix of either version, host bits zero.
  length @0 :UInt8;
  union {
    none @1 :Void;
    # No prefix; its word is `-`.
    v4 @2 :UInt32;
    v6 :group {
      high @3 :UInt64;
      low @4 :UInt64;
    }
  }
}

struct IfAddr {
  # An interface's address with the length of the prefix on its link, host bits kept: `10.0.0.1/24`.
  length @0 :UInt8;
  union {
    none @1 :Void;
    v4 @2 :UInt32;
    v6 :group {
      high @3 :UInt64;
      low @4 :UInt64;
    }
  }
}

struct Mac {
  # A 48-bit MAC address: `02:00:00:00:00:01`.
  bits @0 :UInt64;
  # The upper 16 bits are zero.
}

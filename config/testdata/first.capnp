@0xc3f0a7d35c900011;
# A daemon that shares a part of its configuration. For tests.

using Tree = import "/config/config.capnp";
using Common = import "common.capnp";

struct Config $Tree.path("protocols first") {
  port @0 :UInt16;
  shared @1 :Common.Common $Tree.shared("common things");
}

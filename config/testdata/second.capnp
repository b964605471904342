@0xc3f0a7d35c900012;
# Another daemon that shares the same. For tests.

using Tree = import "/config/config.capnp";
using Common = import "common.capnp";

struct Config $Tree.path("protocols second") {
  things @0 :Common.Common $Tree.shared("common things");
  name @1 :Text $Tree.mandatory;
}

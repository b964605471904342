@0xc3f0a7d35c900013;
# A daemon that wants something else at the same place. For tests.

using Tree = import "/config/config.capnp";
using Common = import "common.capnp";

struct Config $Tree.path("protocols third") {
  other @0 :Common.Other $Tree.shared("common things");
}

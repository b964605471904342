@0xb1f4f1f0a7d35c02;
# The annotations that make a schema the template of a configuration language.
#
# A daemon's schema names its configuration with `$path`; every field below becomes a statement: `updateInterval` is the
# word `update-interval`. A struct is a block, a list of structs with a `$key` is a keyed block, a list of words takes
# several words, a group or named union is a block in which one member is chosen, Void and Bool need no value. Doc
# comments are the help texts: the first line is the short help.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::config::schema");

annotation path @0xb1f4f1f0a7d35c03 (struct) :Text;
# Where this struct hangs in the configuration tree: "protocols rip". The empty path is the root: the fields are
# top-level words. The struct's daemon runs when something below its path is configured.

annotation rank @0xb1f4f1f0a7d35c04 (struct) :UInt16;
# When this configuration is committed: lower first. fea 10, rib 20, policy users 30, protocols 50 (the default).

annotation essential @0xb1f4f1f0a7d35c05 (struct) :Void;
# The daemon runs even when nothing below its path is configured.

annotation neededBy @0xb1f4f1f0a7d35c14 (struct) :Text;
# The daemon runs also when this statement is in the configuration: "forwarding plane click".

annotation privileged @0xb1f4f1f0a7d35c0e (struct) :Void;
# The daemon runs as root; all others run as users of their own without any rights.

annotation key @0xb1f4f1f0a7d35c06 (field) :Void;
# This field names its list entry: `interface eth0 { ... }`.

annotation range @0xb1f4f1f0a7d35c07 (field) :Range;
# The integers that are allowed.

annotation length @0xb1f4f1f0a7d35c08 (field) :Range;
# The lengths, in bytes, that a text may have.

annotation mandatory @0xb1f4f1f0a7d35c0a (field) :Void;
# The statement must be there. Of a list: it has at least one entry.

annotation refers @0xb1f4f1f0a7d35c0b (field) :Text;
# Values of this field are keys of the list at this path ("interfaces interface"): completion offers them.

annotation inherits @0xb1f4f1f0a7d35c18 (field) :Text;
# The value names an entry of this list beside the one that the field's own struct is an entry of: what is said there
# holds here too, unless it is said otherwise here. (`neighbor 10.0.0.1 { group upstream; }`)

annotation secret @0xb1f4f1f0a7d35c0c (field) :Void;
# Shown as `"********"` to those who may not configure the router.

annotation deprecated @0xb1f4f1f0a7d35c0d (field) :Text;
# Still accepted, with this warning, and not offered by completion.

annotation shared @0xb1f4f1f0a7d35c0f (field) :Text;
# This field of a struct with `$path`, itself a struct, is not configured below that path but at this one ("policy"),
# which all daemons with such a field share: each gets what is configured there. It makes no daemon run. A daemon's
# problems with it begin with the field's own word, which stands for this path.

struct Range {
  min @0 :Int64;
  max @1 :Int64;
}

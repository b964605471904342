@0xb1f4f1f0a7d35c90;
# The routing policy language: what `policy { ... }` may hold. A daemon that runs policies has a field
# `policy :Policy.Options $Tree.shared("policy")` in its configuration.

using Tree = import "/config/config.capnp";
using Net = import "/net/net.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("xylem::policy::schema");

struct Options {
  # Routing policies, and the lists that they match routes with.

  prefixList @0 :List(PrefixList);
  # Set of prefixes.
  asPathList @1 :List(AsPathList);
  # Set of AS paths.
  communityList @2 :List(CommunityList);
  # Set of communities, of whatever kind.
  policyStatement @3 :List(PolicyStatement);
  # Policy: terms that accept, reject and change routes.
}

struct PrefixList {
  name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
  prefix @1 :List(Prefix);
  # Prefix that is in the list, and with it perhaps longer ones that it covers.
}

struct Prefix {
  net @0 :Net.IpNet $Tree.key;
  # The prefix.
  union {
    exact @1 :Void;
    # The prefix itself and nothing else.
    orlonger @2 :Void;
    # The prefix and all that it covers.
    longer @3 :Void;
    # All that the prefix covers, without itself.
    upto @4 :UInt8 $Tree.range(min = 0, max = 128);
    # The prefix and what it covers, up to this length.
    range @5 :Text;
    # What it covers of these lengths: `20-24`.
  }
}

struct AsPathList {
  name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
  regex @1 :List(Text);
  # Regular expression over AS numbers; a path is in the list if any of them matches.
  #
  # A number is that AS, `.` any AS, `[64512-65534 23456]` one of these, `[^1-3]` any other. They are put in order with
  # a space or `_` between; `|` is a choice, `( )` a group, and `* + ? {2} {2,} {2,4}` repeat what is before them. `^`
  # is the near end of the path, `$` the far end, where it began. `"^65001 .* 65002$"`
}

struct CommunityList {
  name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
  member @1 :List(Text);
  # Communities that are in the list: `65001:100`, `no-export`, `rt:65001:100`, `65001:1:2`.
  #
  # In place of a number there may be `*`, a range `100-199`, or a number with `?` for one digit and `*` for any: `1??`.
  # Between slashes stands a regular expression over the text of a community: `/^6500[12]:/`.
}

struct PolicyStatement {
  name @0 :Text $Tree.key $Tree.length(min = 1, max = 63);
  term @1 :List(Term);
  # Step of the policy; the lowest number comes first.
  defaultAction @2 :DefaultAction;
  # What becomes of a route that no term has accepted or rejected.
}

enum DefaultAction {
  nextPolicy @0;
  # The next policy of those that were asked for decides; after the last one, whoever asked.
  accept @1;
  reject @2;
}

struct Term {
  number @0 :UInt32 $Tree.key $Tree.range(min = 1, max = 1000000);
  # Place of the term.
  from @1 :Conditions;
  # Conditions that the route has to meet, one of each kind that is given. Without any, the term is for all routes.
  except @2 :Conditions;
  # Conditions of which the route may meet none.
  then @3 :Actions;
  # What happens to a route that the term is for.
}

struct Conditions {
  prefixList @0 :List(Text) $Tree.refers("policy prefix-list");
  # Its destination is in this prefix list.
  prefix @1 :List(Prefix);
  # Its destination is this prefix, or one that it covers.
  family @2 :List(Family);
  # Its destination is of this address family.
  protocol @3 :List(Text);
  # This protocol offers it: `static`, `connected`, `rip` ...
  neighbor @4 :List(Net.IpNet);
  # The neighbor it came from has an address in this prefix.
  nextHop @5 :List(Net.IpNet);
  # Its next hop is in this prefix.
  asPathList @6 :List(Text) $Tree.refers("policy as-path-list");
  # Its AS path is in this list.
  asPathLength @7 :List(Text);
  # Its AS path counts so many: `3`, `1-5`, `20-`.
  communityList @8 :List(Text) $Tree.refers("policy community-list");
  # One of its communities is in this list.
  metric @9 :List(Text);
  # Its metric (in BGP, the MED), or 0 if it has none: `10`, `1-5`, `100-`.
  localPreference @10 :List(Text);
  # Its local preference, or 100 if it has none: `200`, `1-99`, `100-`.
  tag @11 :List(Text);
  # Its tag: `7`, `100-199`.
  origin @12 :List(Origin);
  # How it came into BGP.
  rpki @13 :List(Validity);
  # What RPKI says of its origin.
  policy @14 :List(Text);
  # Policies that accept it: `CUSTOMER`, or with `&&`, `||`, `!` and brackets `"CUSTOMER && !(BOGON || DEFAULT)"`.
  #
  # What these policies would change is not changed.
}

enum Family {
  ip4 @0;
  ip6 @1;
}

enum Origin {
  igp @0;
  egp @1;
  incomplete @2;
}

enum Validity {
  notFound @0;
  # No authorization covers it.
  valid @1;
  # An authorization covers it, and names its origin AS and length.
  invalid @2;
  # Authorizations cover it, and none fits.
  unknown @3;
  # RPKI was not asked.
}

struct Actions {
  # Changes are made in the order in which they stand here, whatever their order in the configuration, and the route
  # then goes where `accept` or `reject` sends it.
  localPreference @0 :Text;
  # Set it (`200`), add to it (`+10`), subtract (`-10`), or remove it (`none`). Without one, it counts as 100.
  metric @1 :Text;
  # Set it (`200`), add to it (`+10`), subtract (`-10`), or remove it (`none`). Without one, it counts as 0.
  tag @2 :Text;
  # Set it (`200`), add to it (`+10`), subtract (`-10`), or remove it (`none`).
  origin @3 :List(Origin);
  # Set how it came into BGP.
  nextHop @4 :Text;
  # Set the next hop to an address, to the router itself (`self`), or to the neighbor that sent it (`peer`).
  asPathPrepend @5 :Prepend;
  # Put an AS in front of the AS path.
  community @6 :Communities;
  # Change its communities.
  union {
    nextTerm @7 :Void;
    # Go on with the next term.
    accept @8 :Void;
    # The route is good.
    reject @9 :Void;
    # The route is dropped.
    nextPolicy @10 :Void;
    # Go on with the next policy.
  }
}

struct Prepend {
  as @0 :UInt32 $Tree.range(min = 1, max = 4294967295);
  # The AS; without it, the router's own.
  count @1 :UInt8 = 1 $Tree.range(min = 1, max = 32);
  # How often.
}

struct Communities {
  # In this order: set, delete, delete-list, add.
  set @0 :List(Text);
  # Have these in place of all others of their kinds (standard, extended, large).
  delete @1 :List(Text);
  # Remove those that fit: written as the members of a community list.
  deleteList @2 :List(Text) $Tree.refers("policy community-list");
  # Remove those that are in this list.
  add @3 :List(Text);
  # Add these.
}

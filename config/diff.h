#pragma once
// What differs between two configurations: for people, and for the transaction.

#include <config/grammar.h>

namespace xylem::config {

kj::String compare(const Tree& was, const Tree& now);
// The statements that are gone (-) and new (+), under the path of their block; empty if there are none. The order of
// statements does not matter. Both trees are in their usual form (normalise in edit.h).
//
//     [protocols rip]
//     -   update-interval 30;
//     +   update-interval 10;
//     +   interface eth1 {
//     +       passive;
//     +   }

bool same(const Grammar::Daemon& daemon, capnp::DynamicStruct::Reader was, capnp::DynamicStruct::Reader now);
// Do two messages (of type daemon.config) mean the same? The order of keyed entries does not matter, that of words in a
// list does; a default spelled out is the same as one left out.

}  // namespace xylem::config

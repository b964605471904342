#pragma once
// The schema lock: what a released schema promises to the configuration files that are written against it.
//
// The lock of a daemon is a text, one line a statement, kept beside the schema as NAME.lock. A test makes it anew and
// asks what the old one promised and the new one breaks; whoever changes a schema compatibly stores the new one.
//
//     protocols rip update-interval | UInt16 | @0 | default 30 | range 1..3600
//     protocols rip interface * cost | UInt8 | @1 | default 1

#include <config/grammar.h>

namespace xylem::config {

kj::String lock(const Grammar& grammar);
// The lock of all daemons of this grammar, for a file usually one.

kj::Vector<kj::String> broken(kj::StringPtr locked, kj::StringPtr now);
// One line for each promise that is not kept: a statement that is gone, has another type, default or ordinal, allows
// fewer values, or is newly mandatory. New statements, choices and wider ranges break nothing.

}  // namespace xylem::config

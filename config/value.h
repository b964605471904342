#pragma once
// The values of a statement, as words and as they stand in a message.

#include <config/grammar.h>
#include <kj/function.h>

namespace xylem::config {

struct Slot {
  // Where a value goes: a field, or an element of a list.
  kj::FunctionParam<void(capnp::DynamicValue::Reader)> set;
  kj::FunctionParam<capnp::DynamicStruct::Builder()> init;
  // For values that are structs (addresses).
};

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, Slot&& slot);
// Puts the value that `word` is into the slot, or says what is wrong with it. For FLAG (Bool), LEAF, the elements of
// WORDS, and keys.

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, capnp::DynamicStruct::Builder to);
// Into the statement's own field of this struct.

kj::Maybe<kj::String> wrongValue(const Statement& statement, kj::StringPtr word);
// Only says what is wrong, if anything.

kj::String printValue(capnp::DynamicValue::Reader value, capnp::Type type);
// As one word.

kj::String expected(const Statement& statement);
// What a value must be: "a number from 1 to 3600 (seconds)", "\"split\" or \"none\"", "an IPv4 prefix (10.0.0.0/8)".

kj::Vector<kj::String> choices(capnp::Type type);
// The words of an enum or Bool; none for other types.

}  // namespace xylem::config

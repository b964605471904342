#pragma once
// The values of a statement, as words and as they stand in a message.

#include <config/grammar.h>

namespace xylem::config {

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, capnp::DynamicStruct::Builder to);
kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, capnp::DynamicList::Builder to,
                                uint at);
// Sets the statement's field of this struct, or this element of its list, to the value that `word` is; or says what is
// wrong with it. For FLAG (Bool), LEAF, WORDS, and keys.

kj::Maybe<kj::String> wrongValue(const Statement& statement, kj::StringPtr word);
// Only says what is wrong, if anything.

kj::String expected(const Statement& statement);
// What a value must be: "a number from 1 to 3600 (seconds)", "an IPv4 prefix such as 10.0.0.0/8".

kj::Vector<kj::String> choices(capnp::Type type);
// The words of an enum or Bool; none for other types.

}  // namespace xylem::config

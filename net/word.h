#pragma once
// Words: the text form of single values, by schema.
//
// Configuration text, `xylem call`, tables and JSON show a number, a Bool, an enum, a Text, or a struct of net.capnp as
// one word: `30`, `true`, `poison-reverse`, `eth0`, `10.0.0.0/8`. All works on the dynamic API alone, with schemas that
// were compiled in or loaded from a blob at run time alike.
//
// Numbers are plain decimal without leading zeros. Names (of fields, enumerants) are kebab-case as words. Texts are
// taken and given as they are: quoting is the business of the syntax around.

#include <capnp/dynamic.h>
#include <capnp/schema.h>
#include <kj/string.h>

namespace xylem::net {

struct Limits {
  // What an integer may be, both ends included, within what its type can hold.
  int64_t min;
  int64_t max;
};

bool isWord(capnp::Type type);
// Whether values of this type are words. Void, Data, lists, interfaces and other structs are not.

kj::String expected(capnp::Type type, kj::Maybe<Limits> limits = nullptr);
// What a person should type: "a number from 0 to 255", "one of: none, split, poison-reverse", "an IPv4 prefix such as
// 10.0.0.0/8". The type is a word's.

kj::Maybe<kj::String> parseWord(capnp::DynamicStruct::Builder into, capnp::StructSchema::Field field,
                                kj::StringPtr word, kj::Maybe<Limits> limits = nullptr);
kj::Maybe<kj::String> parseWord(capnp::DynamicList::Builder into, kj::uint index, kj::StringPtr word,
                                kj::Maybe<Limits> limits = nullptr);
// Set the field, or the list's element, to what the word says; its type is a word's. Returns what is wrong with the
// word and what would be right, and then has set nothing: "expected a number from 0 to 255", "10.0.0.1/8 has host bits
// set; 10.0.0.0/8 is the prefix".

kj::String printWord(capnp::DynamicValue::Reader value);
// The word of a value. A struct that is no valid value, as only a faulty peer makes it, prints as `?`; an enumerant
// without a name as its number; Void as the empty text.

kj::String kebab(kj::StringPtr name);
// "updateInterval" to "update-interval", "PoisonReverse" to "poison-reverse", "md5Key" to "md5-key".
kj::String camel(kj::StringPtr word);
// "update-interval" to "updateInterval".

kj::Maybe<capnp::StructSchema::Field> findField(capnp::StructSchema schema, kj::StringPtr word);
kj::Maybe<capnp::EnumSchema::Enumerant> findEnumerant(capnp::EnumSchema schema, kj::StringPtr word);
// The one whose name is this word, in exactly its kebab-case form.

}  // namespace xylem::net

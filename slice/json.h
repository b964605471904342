#pragma once
// The structs of slice.capnp as lines of JSON.

#include <capnp/dynamic.h>
#include <kj/string.h>

namespace xylem::slice {

kj::String json(capnp::DynamicStruct::Reader value);
// On one line.

bool parseJson(kj::StringPtr text, capnp::DynamicStruct::Builder to);
// False if it is not such a struct.

void printJson(capnp::DynamicStruct::Reader value);
// To standard output, and a newline.

}  // namespace xylem::slice

// All fields are there, those with default values too, so that a reader need not know the schema.

#include <slice/json.h>

#include <capnp/compat/json.h>

#include <cstdio>

namespace xylem::slice {

kj::String json(capnp::DynamicStruct::Reader value) {
  capnp::JsonCodec codec;
  codec.setHasMode(capnp::HasMode::NON_NULL);
  return codec.encode(value);
}

bool parseJson(kj::StringPtr text, capnp::DynamicStruct::Builder to) {
  capnp::JsonCodec codec;
  return kj::runCatchingExceptions([&]() { codec.decode(text, to); }) == nullptr;
}

void printJson(capnp::DynamicStruct::Reader value) {
  auto text = json(value);
  printf("%s\n", text.cStr());
  fflush(stdout);
}

}  // namespace xylem::slice

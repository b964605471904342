#pragma once
// A daemon's schema as its binary carries it: a CodeGeneratorRequest with doc comments, what `capnp compile -o-`
// writes.

#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <capnp/schema.capnp.h>
#include <capnp/schema.h>
#include <kj/map.h>
#include <kj/string.h>

namespace xylem::config {

using kj::uint;

// The annotations of config/config.capnp, net/net.capnp and xrl/daemon.capnp.
constexpr uint64_t PATH = 0xb1f4f1f0a7d35c03, RANK = 0xb1f4f1f0a7d35c04, ESSENTIAL = 0xb1f4f1f0a7d35c05,
                   NEEDED_BY = 0xb1f4f1f0a7d35c14, PRIVILEGED = 0xb1f4f1f0a7d35c0e, KEY = 0xb1f4f1f0a7d35c06,
                   RANGE = 0xb1f4f1f0a7d35c07, LENGTH = 0xb1f4f1f0a7d35c08, UNIT = 0xb1f4f1f0a7d35c09,
                   MANDATORY = 0xb1f4f1f0a7d35c0a, REFERS = 0xb1f4f1f0a7d35c0b, INHERITS = 0xb1f4f1f0a7d35c18,
                   SECRET = 0xb1f4f1f0a7d35c0c, DEPRECATED = 0xb1f4f1f0a7d35c0d, COMMAND = 0xb1f4f1f0a7d35c12,
                   BARE = 0xb1f4f1f0a7d35c13, SHARED = 0xb1f4f1f0a7d35c0f, DETAIL = 0xb1f4f1f0a7d35c15;

class Schema {
 public:
  Schema(kj::StringPtr name, kj::ArrayPtr<const kj::byte> blob);
  // Throws if the blob is not a valid request: it may come from another process. It is copied.
  KJ_DISALLOW_COPY(Schema);

  const kj::String name;
  // Of the daemon.

  kj::ArrayPtr<const capnp::Schema> nodes() const { return all; }
  // All structs, enums and interfaces of the schema and its imports.

  kj::ArrayPtr<const capnp::Schema> own() const { return mine; }
  // Those of the daemon's own file.

  kj::Maybe<capnp::StructSchema> configuration() const;
  // The struct with `$path`, if there is one. Throws if there are several.

  kj::StringPtr doc(capnp::Schema type) const;
  kj::StringPtr doc(capnp::StructSchema::Field field) const;
  kj::StringPtr doc(capnp::EnumSchema::Enumerant enumerant) const;
  kj::StringPtr doc(capnp::InterfaceSchema::Method method) const;
  // The doc comment, empty if there is none.

 private:
  kj::StringPtr member(capnp::Schema type, uint index) const;

  kj::Array<capnp::word> words;
  kj::Own<capnp::MessageReader> message;
  capnp::SchemaLoader loader;
  kj::Vector<capnp::Schema> all, mine;
  kj::HashMap<uint64_t, capnp::schema::Node::SourceInfo::Reader> docs;
};

kj::Maybe<capnp::schema::Value::Reader> annotation(capnp::List<capnp::schema::Annotation>::Reader all, uint64_t id);
inline auto annotation(capnp::StructSchema::Field field, uint64_t id) {
  return annotation(field.getProto().getAnnotations(), id);
}
inline auto annotation(capnp::Schema type, uint64_t id) { return annotation(type.getProto().getAnnotations(), id); }
inline auto annotation(capnp::InterfaceSchema::Method method, uint64_t id) {
  return annotation(method.getProto().getAnnotations(), id);
}
// The value of the annotation, if it is there.

kj::String firstLine(kj::StringPtr doc);
// The short help.

}  // namespace xylem::config

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

class Schema final : private capnp::SchemaLoader::LazyLoadCallback {
 public:
  Schema(kj::StringPtr name, kj::Array<const kj::byte> blob);
  // Throws if the blob is not a valid request: it may come from another process. It is read where it lies if it lies at
  // a whole word, and copied otherwise. What is wrong with a node shows when that node is first asked for.
  KJ_DISALLOW_COPY(Schema);

  const kj::String name;
  // Of the daemon.

  kj::Array<capnp::Schema> nodes() const;
  // All structs, enums and interfaces of the schema and its imports, loaded now.

  kj::Array<capnp::Schema> own() const;
  // Those of the daemon's own file.

  kj::Maybe<capnp::StructSchema> configuration() const;
  // The struct with `$path`, if there is one. Throws if there are several.

  kj::StringPtr doc(capnp::Schema type) const;
  kj::StringPtr doc(capnp::StructSchema::Field field) const;
  kj::StringPtr doc(capnp::EnumSchema::Enumerant enumerant) const;
  kj::StringPtr doc(capnp::InterfaceSchema::Method method) const;
  // The doc comment, empty if there is none.

 private:
  using Node = capnp::schema::Node::Reader;

  void load(const capnp::SchemaLoader& loader, uint64_t id) const override;
  bool isOwn(Node node) const;
  kj::StringPtr member(capnp::Schema type, uint index) const;

  const kj::Array<const kj::byte> blob;
  kj::Own<capnp::MessageReader> message;
  const capnp::schema::CodeGeneratorRequest::Reader request;
  kj::HashMap<uint64_t, Node> told;
  kj::HashMap<uint64_t, capnp::schema::Node::SourceInfo::Reader> docs;
  capnp::SchemaLoader loader;
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

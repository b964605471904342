// The whole request is kept beside the loader, because the loader drops doc comments.

#include <config/schema.h>

#include <capnp/serialize.h>
#include <kj/debug.h>

#include <cstring>

namespace xylem::config {
namespace {

capnp::ReaderOptions generous() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 64 << 20;  // doc comments are read again and again
  return options;
}

template <typename List> void readNames(const List& list) {
  for (auto each : list) each.getName();
}

void readTexts(capnp::schema::Node::Reader node) {
  node.getDisplayName();
  readNames(node.getParameters());
  readNames(node.getNestedNodes());
  if (node.isStruct()) readNames(node.getStruct().getFields());
  if (node.isEnum()) readNames(node.getEnum().getEnumerants());
  if (node.isInterface()) readNames(node.getInterface().getMethods());
}

void readTexts(capnp::schema::Node::SourceInfo::Reader info) {
  info.getDocComment();
  for (auto member : info.getMembers()) member.getDocComment();
}

void readAll(capnp::schema::CodeGeneratorRequest::Reader request) {
  // What is malformed is found here: pointers by asking for the size, texts one by one. SchemaLoader dies of an endless
  // recursion when a name in a schema is no valid text: reporting the error reads the name again.
  request.totalSize();
  for (auto node : request.getNodes()) readTexts(node);
  for (auto info : request.getSourceInfo()) readTexts(info);
}

kj::Array<capnp::word> aligned(kj::ArrayPtr<const kj::byte> blob) {
  KJ_REQUIRE(blob.size() > 0 && blob.size() % sizeof(capnp::word) == 0, "a schema is a whole number of words");
  auto words = kj::heapArray<capnp::word>(blob.size() / sizeof(capnp::word));
  memcpy(words.begin(), blob.begin(), blob.size());
  return words;
}

}  // namespace

Schema::Schema(kj::StringPtr name, kj::ArrayPtr<const kj::byte> blob)
    : name(kj::str(name)), words(aligned(blob)), message(kj::heap<capnp::FlatArrayMessageReader>(words, generous())) {
  auto request = message->getRoot<capnp::schema::CodeGeneratorRequest>();
  readAll(request);
  for (auto node : request.getNodes()) {
    auto loaded = loader.load(node);
    if (!node.isFile()) all.add(loaded);
  }
  for (auto info : request.getSourceInfo()) docs.upsert(info.getId(), info, [](auto&, auto&&) {});
  kj::HashMap<uint64_t, bool> files;
  for (auto file : request.getRequestedFiles()) files.upsert(file.getId(), true, [](auto&, auto&&) {});
  for (auto schema : all) {
    // A node lies in a file if one of the scopes around it is that file; scopes are few.
    auto scope = schema.getProto().getScopeId();
    for (uint depth = 0; depth < 64 && files.find(scope) == nullptr; ++depth) {
      KJ_IF_MAYBE (outer, loader.tryGet(scope)) {
        scope = outer->getProto().getScopeId();
      } else {
        break;
      }
    }
    if (files.find(scope) != nullptr) mine.add(schema);
  }
}

kj::Maybe<capnp::StructSchema> Schema::configuration() const {
  kj::Maybe<capnp::StructSchema> found;
  for (auto& schema : mine) {
    if (annotation(schema, PATH) == nullptr) continue;
    KJ_REQUIRE(found == nullptr, "a daemon has one struct with $path", name);
    found = schema.asStruct();
  }
  return found;
}

kj::StringPtr Schema::doc(capnp::Schema type) const {
  KJ_IF_MAYBE (info, docs.find(type.getProto().getId())) return info->getDocComment();
  return nullptr;
}

kj::StringPtr Schema::member(capnp::Schema type, uint index) const {
  KJ_IF_MAYBE (info, docs.find(type.getProto().getId())) {
    auto members = info->getMembers();
    if (index < members.size()) return members[index].getDocComment();
  }
  return nullptr;
}

kj::StringPtr Schema::doc(capnp::StructSchema::Field field) const {
  return member(field.getContainingStruct(), field.getIndex());
}

kj::StringPtr Schema::doc(capnp::EnumSchema::Enumerant enumerant) const {
  return member(enumerant.getContainingEnum(), enumerant.getIndex());
}

kj::StringPtr Schema::doc(capnp::InterfaceSchema::Method method) const {
  return member(method.getContainingInterface(), method.getIndex());
}

kj::Maybe<capnp::schema::Value::Reader> annotation(capnp::List<capnp::schema::Annotation>::Reader all, uint64_t id) {
  for (auto each : all) {
    if (each.getId() == id) return each.getValue();
  }
  return nullptr;
}

kj::String firstLine(kj::StringPtr doc) {
  KJ_IF_MAYBE (end, doc.findFirst('\n')) return kj::str(doc.slice(0, *end));
  return kj::str(doc);
}

}  // namespace xylem::config

// The whole request is kept beside the loader, because the loader drops doc comments; and the loader, which copies and
// examines what it loads, is given a node when that node is asked for: a router manager reads the schemas of all
// daemons, and of each the configuration alone.

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

kj::Array<const kj::byte> aligned(kj::Array<const kj::byte> blob) {
  constexpr auto WORD = sizeof(capnp::word);
  KJ_REQUIRE(blob.size() > 0 && blob.size() % WORD == 0, "a schema is a whole number of words");
  if (reinterpret_cast<uintptr_t>(blob.begin()) % WORD == 0) return blob;
  auto words = kj::heapArray<capnp::word>(blob.size() / WORD);
  memcpy(words.begin(), blob.begin(), blob.size());
  return words.asBytes().attach(kj::mv(words));
}

kj::ArrayPtr<const capnp::word> wordsOf(kj::ArrayPtr<const kj::byte> blob) {
  return kj::arrayPtr(reinterpret_cast<const capnp::word*>(blob.begin()), blob.size() / sizeof(capnp::word));
}

}  // namespace

Schema::Schema(kj::StringPtr name, kj::Array<const kj::byte> unaligned)
    : name(kj::str(name)),
      blob(aligned(kj::mv(unaligned))),
      message(kj::heap<capnp::FlatArrayMessageReader>(wordsOf(blob), generous())),
      request(message->getRoot<capnp::schema::CodeGeneratorRequest>()),
      loader(*this) {
  readAll(request);
  for (auto node : request.getNodes()) told.upsert(node.getId(), node, [](auto&, auto&&) {});
  for (auto info : request.getSourceInfo()) docs.upsert(info.getId(), info, [](auto&, auto&&) {});
}

void Schema::load(const capnp::SchemaLoader& loader, uint64_t id) const {
  KJ_IF_MAYBE (node, told.find(id)) loader.loadOnce(*node);
}

bool Schema::isOwn(Node node) const {
  // A node lies in a file if one of the scopes around it is that file; scopes are few.
  auto scope = node.getScopeId();
  for (uint depth = 0; depth < 64; ++depth) {
    for (auto file : request.getRequestedFiles())
      if (file.getId() == scope) return true;
    KJ_IF_MAYBE (outer, told.find(scope)) {
      scope = outer->getScopeId();
    } else {
      return false;
    }
  }
  return false;
}

kj::Array<capnp::Schema> Schema::nodes() const {
  kj::Vector<capnp::Schema> all;
  for (auto node : request.getNodes())
    if (!node.isFile()) all.add(loader.get(node.getId()));
  return all.releaseAsArray();
}

kj::Array<capnp::Schema> Schema::own() const {
  kj::Vector<capnp::Schema> mine;
  for (auto& node : nodes())
    if (isOwn(node.getProto())) mine.add(node);
  return mine.releaseAsArray();
}

kj::Maybe<capnp::StructSchema> Schema::configuration() const {
  kj::Maybe<capnp::StructSchema> found;
  for (auto node : request.getNodes()) {
    if (annotation(node.getAnnotations(), PATH) == nullptr || !isOwn(node)) continue;
    KJ_REQUIRE(found == nullptr, "a daemon has one struct with $path", name);
    found = loader.get(node.getId()).asStruct();
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

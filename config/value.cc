// What a word means as a value of its type is known to net/word.h; here are added the annotations, and what was perhaps
// meant.

#include <capnp/message.h>
#include <config/value.h>
#include <net/near.h>
#include <net/word.h>

namespace xylem::config {
namespace {

kj::Maybe<net::Limits> limitsOf(const Statement& statement) {
  return statement.range.map([](const Statement::Range& range) { return net::Limits{range.min, range.max}; });
}

kj::Maybe<kj::String> wrongText(const Statement& statement, kj::StringPtr word) {
  if (!statement.type.isText()) return nullptr;
  KJ_IF_MAYBE (length, statement.length) {
    auto size = static_cast<int64_t>(word.size());
    if (size < length->min || size > length->max) {
      return kj::str(quoted(word), " is not ", expected(statement), ", but ", size, " long");
    }
  }
  return nullptr;
}

kj::String inWords(const Statement& statement, kj::StringPtr word, kj::String wrong) {
  if (!wrong.startsWith("expected ")) {
    bool range = statement.unit != nullptr && wrong.endsWith(net::expected(statement.type, limitsOf(statement)));
    return range ? kj::str(wrong, " (", statement.unit, ')') : kj::mv(wrong);
  }
  auto words = choices(statement.type);
  auto known = KJ_MAP(each, words)->kj::StringPtr { return each; };
  auto text = kj::str(quoted(word), " is not ", expected(statement));
  KJ_IF_MAYBE (near, net::nearest(word, known)) return kj::str(text, "; did you mean ", quoted(*near), '?');
  return text;
}

}  // namespace

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, capnp::DynamicStruct::Builder to) {
  KJ_IF_MAYBE (wrong, wrongText(statement, word)) return kj::mv(*wrong);
  auto result = net::parseWord(to, KJ_REQUIRE_NONNULL(statement.field), word, limitsOf(statement));
  KJ_IF_MAYBE (wrong, result) return inWords(statement, word, kj::mv(*wrong));
  return nullptr;
}

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, capnp::DynamicList::Builder to,
                                uint at) {
  KJ_IF_MAYBE (wrong, wrongText(statement, word)) return kj::mv(*wrong);
  auto result = net::parseWord(to, at, word, limitsOf(statement));
  KJ_IF_MAYBE (wrong, result) return inWords(statement, word, kj::mv(*wrong));
  return nullptr;
}

kj::Maybe<kj::String> wrongValue(const Statement& statement, kj::StringPtr word) {
  capnp::word space[32] = {};
  capnp::MallocMessageBuilder scratch(space);
  auto list = scratch.getOrphanage().newOrphan(capnp::ListSchema::of(statement.type), 1);
  return readValue(statement, word, list.get(), 0);
}

kj::String expected(const Statement& statement) {
  if (statement.type.isText()) {
    KJ_IF_MAYBE (length, statement.length) {
      if (length->min == length->max) return kj::str("text of ", length->min, " bytes");
      return kj::str("text of ", length->min, " to ", length->max, " bytes");
    }
  }
  auto unit = statement.unit == nullptr ? kj::String() : kj::str(" (", statement.unit, ')');
  return kj::str(net::expected(statement.type, limitsOf(statement)), unit);
}

kj::Vector<kj::String> choices(capnp::Type type) {
  kj::Vector<kj::String> words;
  if (type.isBool()) {
    words.add(kj::str("true"));
    words.add(kj::str("false"));
  } else if (type.isEnum()) {
    for (auto enumerant : type.asEnum().getEnumerants()) words.add(net::kebab(enumerant.getProto().getName()));
  }
  return words;
}

}  // namespace xylem::config

// Numbers are read by hand: they must be wholly digits, and say so when they do not fit, whatever their width.

#include <capnp/message.h>
#include <config/near.h>
#include <config/value.h>
#include <kj/debug.h>
#include <net/word.h>

#include <charconv>
#include <limits>

namespace xylem::config {
namespace {

struct Limits {
  __int128 min, max;  // wide enough for every integer type
};

kj::Maybe<Limits> integer(capnp::Type type) {
  using T = capnp::schema::Type;
  auto of = [](auto zero) {
    using N = std::numeric_limits<decltype(zero)>;
    return Limits{N::min(), N::max()};
  };
  switch (type.which()) {
    case T::INT8:
      return of(int8_t());
    case T::INT16:
      return of(int16_t());
    case T::INT32:
      return of(int32_t());
    case T::INT64:
      return of(int64_t());
    case T::UINT8:
      return of(uint8_t());
    case T::UINT16:
      return of(uint16_t());
    case T::UINT32:
      return of(uint32_t());
    case T::UINT64:
      return of(uint64_t());
    default:
      return nullptr;
  }
}

Limits within(const Statement& statement, Limits limits) {
  KJ_IF_MAYBE (range, statement.range) {
    limits.min = kj::max(limits.min, range->min);
    limits.max = kj::min(limits.max, range->max);
  }
  return limits;
}

kj::String print(__int128 number) {
  return number < 0 ? kj::str(static_cast<int64_t>(number)) : kj::str(static_cast<uint64_t>(number));
}

template <typename Number> bool wholly(kj::StringPtr word, Number& number) {
  auto result = std::from_chars(word.begin(), word.end(), number);
  return result.ec == std::errc() && result.ptr == word.end();
}

kj::String not_(kj::StringPtr word, const Statement& statement) {
  return kj::str(quoted(word), " is not ", expected(statement));
}

kj::Maybe<kj::String> readInteger(const Statement& statement, kj::StringPtr word, Limits limits, Slot& slot) {
  auto fits = [&](__int128 number) { return number >= limits.min && number <= limits.max; };
  int64_t number;
  uint64_t large;
  if (wholly(word, number) && fits(number)) {
    slot.set(number);
  } else if (wholly(word, large) && fits(large)) {
    slot.set(large);
  } else {
    return not_(word, statement);
  }
  return nullptr;
}

kj::Maybe<kj::String> readChoice(const Statement& statement, kj::StringPtr word, Slot& slot) {
  auto words = choices(statement.type);
  for (auto i : kj::indices(words)) {
    if (words[i] != word) continue;
    if (statement.type.isBool()) {
      slot.set(i == 0);
    } else {
      slot.set(capnp::DynamicEnum(statement.type.asEnum(), i));
    }
    return nullptr;
  }
  auto known = KJ_MAP(each, words)->kj::StringPtr { return each; };
  KJ_IF_MAYBE (near, nearest(word, known)) {
    return kj::str(not_(word, statement), "; did you mean \"", *near, "\"?");
  }
  return not_(word, statement);
}

kj::Maybe<kj::String> readText(const Statement& statement, kj::StringPtr word, Slot& slot) {
  KJ_IF_MAYBE (length, statement.length) {
    auto size = static_cast<int64_t>(word.size());
    if (size < length->min || size > length->max) return kj::str(not_(word, statement), ", but ", size, " long");
  }
  if (word.findFirst('\0') != nullptr) return not_(word, statement);
  slot.set(capnp::Text::Reader(word));
  return nullptr;
}

}  // namespace

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, Slot&& slot) {
  auto type = statement.type;
  KJ_IF_MAYBE (limits, integer(type)) return readInteger(statement, word, within(statement, *limits), slot);
  if (type.isBool() || type.isEnum()) return readChoice(statement, word, slot);
  if (type.isText()) return readText(statement, word, slot);
  if (type.isStruct()) {
    if (!net::parseWord(word, slot.init())) return not_(word, statement);
    return nullptr;
  }
  KJ_REQUIRE(type.isFloat32() || type.isFloat64(), "a statement of this type has no value", statement.word);
  double number;
  if (!wholly(word, number)) return not_(word, statement);
  slot.set(number);
  return nullptr;
}

kj::Maybe<kj::String> readValue(const Statement& statement, kj::StringPtr word, capnp::DynamicStruct::Builder to) {
  auto field = KJ_REQUIRE_NONNULL(statement.field);
  return readValue(statement, word,
                   Slot{[&](capnp::DynamicValue::Reader value) { to.set(field, value); },
                        [&]() { return to.init(field).as<capnp::DynamicStruct>(); }});
}

kj::Maybe<kj::String> wrongValue(const Statement& statement, kj::StringPtr word) {
  capnp::word scratch[16] = {};
  capnp::MallocMessageBuilder message(scratch);
  return readValue(statement, word,
                   Slot{[](capnp::DynamicValue::Reader) {},
                        [&]() { return message.initRoot<capnp::DynamicStruct>(statement.type.asStruct()); }});
}

kj::String printValue(capnp::DynamicValue::Reader value, capnp::Type type) {
  if (type.isStruct()) return net::printWord(value.as<capnp::DynamicStruct>());
  if (type.isEnum()) {
    auto number = value.as<capnp::DynamicEnum>();
    KJ_IF_MAYBE (enumerant, number.getEnumerant()) return net::kebab(enumerant->getProto().getName());
    return kj::str(number.getRaw());
  }
  if (type.isText()) return kj::str(value.as<capnp::Text>());
  return kj::str(value);
}

kj::String expected(const Statement& statement) {
  auto type = statement.type;
  auto unit = statement.unit == nullptr ? kj::String() : kj::str(" (", statement.unit, ')');
  KJ_IF_MAYBE (all, integer(type)) {
    auto limits = within(statement, *all);
    return kj::str("a number from ", print(limits.min), " to ", print(limits.max), unit);
  }
  if (type.isBool() || type.isEnum()) {
    auto words = choices(type);
    return alternatives(KJ_MAP(word, words)->kj::StringPtr { return word; });
  }
  if (type.isStruct()) return net::expected(type.asStruct());
  KJ_IF_MAYBE (length, statement.length) {
    if (length->min == length->max) return kj::str("text of ", length->min, " bytes");
    return kj::str("text of ", length->min, " to ", length->max, " bytes");
  }
  return kj::str(type.isText() ? "text" : "a number", unit);
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

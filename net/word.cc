// Words by schema.
//
// The structs of net.capnp are known by their type ids, since a schema that was loaded from a blob is another object
// than the compiled one, and `as<wire::Ip4>()` would refuse it. So the struct is taken as an AnyStruct, which carries
// no schema, and read as the compiled type from there. Reading is safe whatever its size; for writing, the sizes are
// compared.

#include <net/word.h>

#include <net/wire.h>

#include <capnp/any.h>
#include <capnp/message.h>
#include <kj/debug.h>
#include <kj/vector.h>

#include <charconv>
#include <limits>

namespace xylem::net {

namespace {

using capnp::DynamicEnum;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using capnp::Type;
using Wrong = kj::Maybe<kj::String>;
using Wide = __int128;

// ------ The structs

struct StructWord {
  uint64_t id;
  const char* expected;
  Wrong (*parse)(kj::StringPtr, DynamicStruct::Builder);
  kj::String (*print)(DynamicStruct::Reader);
};

template <typename Value, typename Wire> Wrong parseStruct(kj::StringPtr word, DynamicStruct::Builder into) {
  auto words = [](capnp::StructSchema schema) { return schema.getProto().getStruct().getDataWordCount(); };
  KJ_REQUIRE(words(into.getSchema()) >= words(capnp::Schema::from<Wire>()), "the schema is of another net.capnp");
  KJ_IF_MAYBE (value, Value::parse(word)) {
    write(*value, into.as<capnp::AnyStruct>().as<Wire>());
    return nullptr;
  }
  return Value::whyNot(word);
}

template <typename Value> kj::String printRead(Value value) { return value.toString(); }
template <typename Value> kj::String printRead(kj::Maybe<Value> value) {
  KJ_IF_MAYBE (valid, value) return valid->toString();
  return kj::str('?');
}

template <typename Wire> kj::String printStruct(DynamicStruct::Reader from) {
  return printRead(read(from.as<capnp::AnyStruct>().as<Wire>()));
}

template <typename Value, typename Wire> StructWord structWord(const char* expected) {
  return {capnp::typeId<Wire>(), expected, &parseStruct<Value, Wire>, &printStruct<Wire>};
}

const StructWord STRUCTS[] = {
    structWord<Ip4, wire::Ip4>("an IPv4 address such as 192.0.2.1"),
    structWord<Ip6, wire::Ip6>("an IPv6 address such as 2001:db8::1"),
    structWord<Ip, wire::Ip>("an address such as 192.0.2.1 or 2001:db8::1"),
    structWord<Ip4Net, wire::Ip4Net>("an IPv4 prefix such as 10.0.0.0/8"),
    structWord<Ip6Net, wire::Ip6Net>("an IPv6 prefix such as 2001:db8::/32"),
    structWord<IpNet, wire::IpNet>("a prefix such as 10.0.0.0/8 or 2001:db8::/32"),
    structWord<IfAddr, wire::IfAddr>("an address with its prefix length such as 192.0.2.1/24 or 2001:db8::1/64"),
    structWord<Mac, wire::Mac>("a MAC address such as 02:00:00:00:00:01"),
};

const StructWord* structWordOf(uint64_t id) {
  for (auto& each : STRUCTS)
    if (each.id == id) return &each;
  return nullptr;
}

// ------ The numbers

struct Span {
  Wide min;
  Wide max;
};

template <typename T> Span spanOf() { return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()}; }

kj::Maybe<Span> integerSpan(Type type) {
  switch (type.which()) {
    case capnp::schema::Type::INT8:
      return spanOf<int8_t>();
    case capnp::schema::Type::INT16:
      return spanOf<int16_t>();
    case capnp::schema::Type::INT32:
      return spanOf<int32_t>();
    case capnp::schema::Type::INT64:
      return spanOf<int64_t>();
    case capnp::schema::Type::UINT8:
      return spanOf<uint8_t>();
    case capnp::schema::Type::UINT16:
      return spanOf<uint16_t>();
    case capnp::schema::Type::UINT32:
      return spanOf<uint32_t>();
    case capnp::schema::Type::UINT64:
      return spanOf<uint64_t>();
    default:
      return nullptr;
  }
}

kj::Maybe<Span> integerSpan(Type type, kj::Maybe<Limits> limits) {
  auto span = integerSpan(type);
  KJ_IF_MAYBE (s, span) {
    KJ_IF_MAYBE (l, limits) {
      s->min = kj::max(s->min, Wide(l->min));
      s->max = kj::min(s->max, Wide(l->max));
    }
  }
  return span;
}

bool isFloat(Type type) { return type.isFloat32() || type.isFloat64(); }

kj::String decimal(Wide value) {
  // Of what 64 bits can hold, signed or not.
  return value < 0 ? kj::str(int64_t(value)) : kj::str(uint64_t(value));
}

kj::Maybe<Wide> integer(kj::StringPtr word) {
  // Plain decimal; far too big is as good as too big.
  bool negative = word.startsWith("-");
  auto digits = negative ? word.slice(1) : word;
  if (digits.size() == 0 || (digits[0] == '0' && (digits.size() > 1 || negative))) return nullptr;
  Wide value = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return nullptr;
    if (value < Wide(1) << 70) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

kj::Maybe<double> floating(kj::StringPtr word) {
  double value;
  auto result = std::from_chars(word.begin(), word.end(), value);
  if (result.ec != std::errc() || result.ptr != word.end()) return nullptr;
  return value;
}

// ------ Any scalar

kj::String wrong(Type type, kj::Maybe<Limits> limits) { return kj::str("expected ", expected(type, limits)); }

template <typename Set>
Wrong parseInteger(Type type, Span span, kj::StringPtr word, kj::Maybe<Limits> limits, Set&& set) {
  KJ_IF_MAYBE (value, integer(word)) {
    if (*value < span.min || *value > span.max) {
      return kj::str(word, " is out of range; ", wrong(type, limits));
    }
    if (*value < 0)
      set(DynamicValue::Reader(int64_t(*value)));
    else
      set(DynamicValue::Reader(uint64_t(*value)));
    return nullptr;
  }
  return wrong(type, limits);
}

template <typename Set> Wrong parseScalar(Type type, kj::StringPtr word, kj::Maybe<Limits> limits, Set&& set) {
  // Everything but structs; `set` takes the value while the word is there.
  KJ_IF_MAYBE (span, integerSpan(type, limits)) return parseInteger(type, *span, word, limits, set);
  if (type.isText()) {
    if (word.findFirst('\0') != nullptr) return kj::str("a text has no zero bytes");
    set(DynamicValue::Reader(word));
    return nullptr;
  }
  if (type.isEnum()) {
    KJ_IF_MAYBE (enumerant, findEnumerant(type.asEnum(), word)) {
      set(DynamicValue::Reader(DynamicEnum(*enumerant)));
      return nullptr;
    }
    return wrong(type, limits);
  }
  if (type.isBool()) {
    if (word != "true" && word != "false") return wrong(type, limits);
    set(DynamicValue::Reader(word == "true"));
    return nullptr;
  }
  KJ_REQUIRE(isFloat(type), "values of this type are no words");
  KJ_IF_MAYBE (value, floating(word)) {
    set(DynamicValue::Reader(*value));
    return nullptr;
  }
  return wrong(type, limits);
}

const StructWord& structWordOf(capnp::StructSchema schema) {
  auto found = structWordOf(schema.getProto().getId());
  KJ_REQUIRE(found != nullptr, "values of this struct are no words", schema.getShortDisplayName());
  return *found;
}

}  // namespace

bool isWord(Type type) {
  if (type.isStruct()) return structWordOf(type.asStruct().getProto().getId()) != nullptr;
  return integerSpan(type) != nullptr || isFloat(type) || type.isBool() || type.isEnum() || type.isText();
}

kj::String expected(Type type, kj::Maybe<Limits> limits) {
  if (type.isStruct()) return kj::str(structWordOf(type.asStruct()).expected);
  KJ_IF_MAYBE (span, integerSpan(type, limits)) {
    if (span->min == span->max) return kj::str("the number ", decimal(span->min));
    return kj::str("a number from ", decimal(span->min), " to ", decimal(span->max));
  }
  if (type.isEnum()) {
    kj::Vector<kj::String> words;
    for (auto each : type.asEnum().getEnumerants()) words.add(kebab(each.getProto().getName()));
    return kj::str("one of: ", kj::strArray(words, ", "));
  }
  if (type.isBool()) return kj::str("true or false");
  if (type.isText()) return kj::str("a text");
  KJ_REQUIRE(isFloat(type), "values of this type are no words");
  return kj::str("a number such as 0.5");
}

Wrong parseWord(DynamicStruct::Builder into, capnp::StructSchema::Field field, kj::StringPtr word,
                kj::Maybe<Limits> limits) {
  auto type = field.getType();
  if (!type.isStruct()) {
    return parseScalar(type, word, limits, [&](DynamicValue::Reader value) { into.set(field, value); });
  }
  auto& how = structWordOf(type.asStruct());
  capnp::MallocMessageBuilder scratch;
  auto value = scratch.initRoot<DynamicStruct>(type.asStruct());
  KJ_IF_MAYBE (why, how.parse(word, value)) return kj::mv(*why);
  into.set(field, value.asReader());
  return nullptr;
}

Wrong parseWord(DynamicList::Builder into, uint index, kj::StringPtr word, kj::Maybe<Limits> limits) {
  auto type = into.getSchema().getElementType();
  if (!type.isStruct()) {
    return parseScalar(type, word, limits, [&](DynamicValue::Reader value) { into.set(index, value); });
  }
  return structWordOf(type.asStruct()).parse(word, into[index].as<DynamicStruct>());
}

kj::String printWord(DynamicValue::Reader value) {
  switch (value.getType()) {
    case DynamicValue::VOID:
      return kj::String();
    case DynamicValue::BOOL:
      return kj::str(value.as<bool>());
    case DynamicValue::INT:
      return kj::str(value.as<int64_t>());
    case DynamicValue::UINT:
      return kj::str(value.as<uint64_t>());
    case DynamicValue::FLOAT:
      return kj::str(value.as<double>());
    case DynamicValue::TEXT:
      return kj::str(value.as<capnp::Text>());
    case DynamicValue::ENUM: {
      auto raw = value.as<DynamicEnum>();
      KJ_IF_MAYBE (enumerant, raw.getEnumerant()) return kebab(enumerant->getProto().getName());
      return kj::str(raw.getRaw());
    }
    case DynamicValue::STRUCT: {
      auto from = value.as<DynamicStruct>();
      return structWordOf(from.getSchema()).print(from);
    }
    default:
      KJ_FAIL_REQUIRE("values of this type are no words");
  }
}

kj::String kebab(kj::StringPtr name) {
  kj::Vector<char> word(name.size() + 8);
  for (char c : name) {
    bool capital = c >= 'A' && c <= 'Z';
    if (capital && !word.empty()) word.add('-');
    word.add(capital ? char(c - 'A' + 'a') : c);
  }
  return kj::heapString(word.begin(), word.size());
}

kj::String camel(kj::StringPtr word) {
  kj::Vector<char> name(word.size());
  bool capital = false;
  for (char c : word) {
    if (c == '-') {
      capital = true;
      continue;
    }
    name.add(capital && c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c);
    capital = false;
  }
  return kj::heapString(name.begin(), name.size());
}

kj::Maybe<capnp::StructSchema::Field> findField(capnp::StructSchema schema, kj::StringPtr word) {
  KJ_IF_MAYBE (field, schema.findFieldByName(camel(word))) {
    if (kebab(field->getProto().getName()) == word) return *field;
  }
  return nullptr;
}

kj::Maybe<capnp::EnumSchema::Enumerant> findEnumerant(capnp::EnumSchema schema, kj::StringPtr word) {
  KJ_IF_MAYBE (enumerant, schema.findEnumerantByName(camel(word))) {
    if (kebab(enumerant->getProto().getName()) == word) return *enumerant;
  }
  return nullptr;
}

}  // namespace xylem::net

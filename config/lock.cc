// Cap'n Proto's own rules of evolution are about bytes: a rename is harmless to them, and fatal to a text file. So the
// lock speaks of words.

#include <config/lock.h>
#include <config/value.h>
#include <kj/debug.h>

#include <algorithm>
#include <charconv>

namespace xylem::config {
namespace {

class Writer {
 public:
  void block(const Block& block, kj::StringPtr path) {
    // A type that contains itself is written once on each way down.
    for (auto open : around) {
      if (open == &block) return;
    }
    around.add(&block);
    for (auto& statement : block.statements) one(*statement, path);
    around.removeLast();
  }

  kj::Vector<kj::String> lines;

 private:
  void one(const Statement& s, kj::StringPtr path) {
    auto words = kj::str(path, path.size() > 0 ? " " : "", s.word);
    if (s.field != nullptr) lines.add(kj::str(words, " | ", describe(s)));
    if (s.kind == Statement::KEYED) {
      words = kj::str(words, " *");
      lines.add(kj::str(words, " | ", describe(*s.block->key)));
    }
    if (s.block != nullptr) block(*s.block, words);
  }

  static kj::String describe(const Statement& s) {
    kj::Vector<kj::String> parts;
    auto& field = KJ_ASSERT_NONNULL(s.field);
    parts.add(typeName(s));
    if (!field.getProto().isGroup()) parts.add(kj::str('@', field.getProto().getOrdinal().getExplicit()));
    if (s.kind == Statement::LEAF || s.kind == Statement::FLAG) {
      auto fallback = defaultOf(s, field);
      if (fallback != nullptr) parts.add(kj::str("default ", fallback));
    }
    KJ_IF_MAYBE (range, s.range) parts.add(kj::str("range ", range->min, "..", range->max));
    KJ_IF_MAYBE (length, s.length) parts.add(kj::str("length ", length->min, "..", length->max));
    if (s.type.isEnum()) parts.add(kj::str("choices ", kj::strArray(choices(s.type), " ")));
    if (s.member) parts.add(kj::str("member"));
    if (s.mandatory) parts.add(kj::str("mandatory"));
    return kj::strArray(parts, " | ");
  }

  static kj::String typeName(const Statement& s) {
    if (s.kind == Statement::BLOCK) return kj::str("block");
    if (s.kind == Statement::KEYED) return kj::str("entries");
    kj::String name;
    if (s.type.isStruct()) {
      name = kj::str(s.type.asStruct().getShortDisplayName());
    } else if (s.type.isEnum()) {
      name = kj::str("enum");
    } else {
      name = kj::str(s.type.which() == capnp::schema::Type::TEXT ? "Text" : primitive(s.type.which()));
    }
    return s.kind == Statement::WORDS ? kj::str("List(", name, ')') : kj::mv(name);
  }

  static kj::StringPtr primitive(capnp::schema::Type::Which which) {
    static constexpr kj::StringPtr NAMES[] = {"Void"_kj,   "Bool"_kj,   "Int8"_kj,    "Int16"_kj,
                                              "Int32"_kj,  "Int64"_kj,  "UInt8"_kj,   "UInt16"_kj,
                                              "UInt32"_kj, "UInt64"_kj, "Float32"_kj, "Float64"_kj};
    return NAMES[static_cast<uint>(which)];
  }

  static kj::String defaultOf(const Statement& s, capnp::StructSchema::Field field) {
    if (s.member && field.getProto().getDiscriminantValue() != 0) return nullptr;
    auto slot = field.getProto().getSlot();
    auto value = slot.getDefaultValue();
    switch (value.which()) {
      case capnp::schema::Value::ENUM:
        return kj::mv(choices(s.type)[value.getEnum()]);
      case capnp::schema::Value::TEXT:
        return slot.getHadExplicitDefault() ? quote(value.getText()) : nullptr;
      case capnp::schema::Value::VOID:
      case capnp::schema::Value::STRUCT:
        return nullptr;
      default:
        return kj::str(
            capnp::DynamicStruct::Reader(value).get(KJ_ASSERT_NONNULL(capnp::DynamicStruct::Reader(value).which())));
    }
  }

  kj::Vector<const Block*> around;
};

kj::Vector<kj::StringPtr> split(kj::StringPtr text, char at, kj::Vector<kj::String>& storage) {
  auto start = storage.size();
  for (auto rest = text;;) {
    auto end = rest.findFirst(at);
    storage.add(kj::str(rest.slice(0, end.orDefault(rest.size()))));
    KJ_IF_MAYBE (i, end) {
      rest = rest.slice(*i + 1);
    } else {
      break;
    }
  }
  kj::Vector<kj::StringPtr> parts;
  for (auto i = start; i < storage.size(); ++i) parts.add(storage[i]);
  return parts;
}

kj::String trim(kj::StringPtr text) {
  size_t from = 0, to = text.size();
  while (from < to && text[from] == ' ') ++from;
  while (to > from && text[to - 1] == ' ') --to;
  return kj::str(text.slice(from, to));
}

struct Promise {
  kj::String path, type;
  kj::HashMap<kj::String, kj::String> rest;  // "default" -> "30"
};

kj::Vector<Promise> read(kj::StringPtr text) {
  kj::Vector<Promise> promises;
  kj::Vector<kj::String> storage;
  for (auto line : split(text, '\n', storage)) {
    kj::Vector<kj::String> parts;
    auto columns = split(line, '|', parts);
    if (columns.size() < 2) continue;
    Promise promise{trim(columns[0]), trim(columns[1]), {}};
    for (auto column : columns.slice(2, columns.size())) {
      auto part = trim(column);
      auto space = part.asPtr().findFirst(' ').orDefault(part.size());
      auto name = part.startsWith("@") ? kj::str("ordinal") : kj::str(part.slice(0, space));
      auto value = part.startsWith("@") ? kj::mv(part) : trim(part.slice(space));
      promise.rest.upsert(kj::mv(name), kj::mv(value), [](auto&, auto&&) {});
    }
    promises.add(kj::mv(promise));
  }
  return promises;
}

bool wider(kj::StringPtr was, kj::StringPtr now) {
  auto limits = [](kj::StringPtr text, int64_t& min, int64_t& max) {
    auto dots = text.findFirst('.').orDefault(text.size());
    std::from_chars(text.begin(), text.begin() + dots, min);
    std::from_chars(text.begin() + kj::min(dots + 2, text.size()), text.end(), max);
  };
  int64_t oldMin = 0, oldMax = 0, newMin = 0, newMax = 0;
  limits(was, oldMin, oldMax);
  limits(now, newMin, newMax);
  return newMin <= oldMin && newMax >= oldMax;
}

kj::Maybe<kj::StringPtr> get(const Promise& promise, kj::StringPtr name) {
  return promise.rest.find(name).map([](auto& value) -> kj::StringPtr { return value; });
}

void compareLimits(const Promise& was, const Promise& now, kj::StringPtr name, kj::Vector<kj::String>& out) {
  KJ_IF_MAYBE (fresh, get(now, name)) {
    auto old = get(was, name);
    bool fits = false;
    KJ_IF_MAYBE (o, old) fits = wider(*o, *fresh);
    if (!fits) out.add(kj::str(was.path, ": ", name, " narrowed from ", old.orDefault("any"), " to ", *fresh));
  }
}

void compareOne(const Promise& was, const Promise& now, kj::Vector<kj::String>& out) {
  auto changed = [&](kj::StringPtr what, kj::StringPtr from, kj::StringPtr to) {
    if (from != to) out.add(kj::str(was.path, ": ", what, " changed from ", from, " to ", to));
  };
  changed("type", was.type, now.type);
  if (was.type != now.type) return;
  changed("ordinal", get(was, "ordinal").orDefault("none"), get(now, "ordinal").orDefault("none"));
  changed("default", get(was, "default").orDefault("none"), get(now, "default").orDefault("none"));
  compareLimits(was, now, "range", out);
  compareLimits(was, now, "length", out);
  if (get(was, "mandatory") == nullptr && get(now, "mandatory") != nullptr) {
    out.add(kj::str(was.path, ": became mandatory"));
  }
  if (get(was, "member") == nullptr && get(now, "member") != nullptr) {
    out.add(kj::str(was.path, ": became one of several that exclude each other"));
  }
  kj::Vector<kj::String> storage;
  auto choices = split(get(now, "choices").orDefault(""), ' ', storage);
  kj::Vector<kj::String> oldStorage;
  for (auto choice : split(get(was, "choices").orDefault(""), ' ', oldStorage)) {
    if (std::find(choices.begin(), choices.end(), choice) == choices.end()) {
      out.add(kj::str(was.path, ": choice \"", choice, "\" is gone"));
    }
  }
}

}  // namespace

kj::String lock(const Grammar& grammar) {
  Writer writer;
  writer.block(grammar.root(), "");
  return kj::str(kj::strArray(writer.lines, "\n"), writer.lines.size() > 0 ? "\n" : "");
}

kj::Vector<kj::String> broken(kj::StringPtr locked, kj::StringPtr now) {
  auto fresh = read(now);
  kj::HashMap<kj::StringPtr, const Promise*> known;
  for (auto& promise : fresh) known.upsert(promise.path, &promise, [](auto&, auto&&) {});
  kj::Vector<kj::String> out;
  auto old = read(locked);
  kj::HashMap<kj::StringPtr, bool> promised;
  for (auto& promise : old) {
    promised.upsert(promise.path, true, [](auto&, auto&&) {});
    KJ_IF_MAYBE (is, known.find(promise.path.asPtr())) {
      compareOne(promise, **is, out);
    } else {
      out.add(kj::str(promise.path, ": is gone"));
    }
  }
  for (auto& promise : fresh) {
    if (promised.find(promise.path.asPtr()) != nullptr || get(promise, "mandatory") == nullptr) continue;
    auto parent = promise.path.asPtr();
    auto cut = parent.findLast(' ');
    bool inside = false;
    KJ_IF_MAYBE (i, cut) {
      auto outer = kj::str(parent.slice(0, *i));
      inside = promised.find(outer.asPtr()) != nullptr;
    }
    if (inside) out.add(kj::str(promise.path, ": is new and mandatory"));
  }
  return out;
}

}  // namespace xylem::config

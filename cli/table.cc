// JSON is written here and not by Cap'n Proto's codec, because that one makes strings of 64-bit integers, has no way to
// print them as exact numbers, and would have to be told of each address type in each schema that was loaded at run
// time.

#include <cli/table.h>
#include <config/schema.h>
#include <kj/debug.h>
#include <kj/encoding.h>
#include <net/word.h>

#include <cmath>
#include <ctime>

namespace xylem::cli {
namespace {

using Field = capnp::StructSchema::Field;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;

constexpr uint DEEPEST = 4;
// Of structs in structs that become columns; a type may contain itself.
constexpr kj::StringPtr UNIX = "unix seconds"_kj;

kj::String clean(kj::StringPtr text) {
  auto valid = kj::decodeUtf32(kj::encodeUtf32(text));
  kj::Vector<char> out(valid.size() + 1);
  for (size_t i = 0; i < valid.size(); ++i) {
    unsigned char c = valid[i];
    bool c1 = c == 0xc2 && static_cast<unsigned char>(valid[i + 1]) < 0xa0;  // U+0080 to U+009f
    if (c1) c = valid[++i];
    if (c < ' ' || c == 0x7f || c1) {
      out.addAll("\\x"_kj);
      out.add("0123456789abcdef"[c >> 4]);
      out.add("0123456789abcdef"[c & 15]);
    } else {
      out.add(c);
    }
  }
  out.add('\0');
  return kj::String(out.releaseAsArray());
}

size_t width(kj::StringPtr text) {
  size_t count = 0;
  for (unsigned char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

kj::StringPtr unitOf(Field field) {
  KJ_IF_MAYBE (unit, config::annotation(field, config::UNIT)) return unit->getText();
  return nullptr;
}

kj::String duration(uint64_t seconds) {
  auto two = [](uint64_t n) { return kj::str(n < 10 ? "0" : "", n); };
  if (seconds < 60) return kj::str(seconds, 's');
  if (seconds < 3600) return kj::str(seconds / 60, 'm', two(seconds % 60), 's');
  if (seconds < 86400) return kj::str(seconds / 3600, 'h', two(seconds / 60 % 60), 'm');
  return kj::str(seconds / 86400, 'd', two(seconds / 3600 % 24), 'h');
}

kj::String timeOfDay(uint64_t unixSeconds) {
  if (unixSeconds == 0) return kj::str("-");
  time_t time = unixSeconds;
  tm local;
  char text[64];
  if (localtime_r(&time, &local) == nullptr || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0) {
    return kj::str(unixSeconds);
  }
  return kj::str(text);
}

kj::String cell(DynamicValue::Reader value, Field field) {
  auto unit = unitOf(field);
  switch (value.getType()) {
    case DynamicValue::UINT:
      if (unit == UNIX) return timeOfDay(value.as<uint64_t>());
      if (unit == "seconds") return duration(value.as<uint64_t>());
      return net::printWord(value);
    case DynamicValue::VOID:
      return kj::str("yes");
    case DynamicValue::LIST: {
      auto list = value.as<DynamicList>();
      auto element = list.getSchema().getElementType();
      if (!net::isWord(element)) return kj::str(list.size());
      return kj::strArray(
          KJ_MAP(each, list) { return clean(net::printWord(each)); }, " ");
    }
    case DynamicValue::DATA:
      return kj::encodeHex(value.as<capnp::Data>());
    case DynamicValue::CAPABILITY:
    case DynamicValue::ANY_POINTER:
    case DynamicValue::UNKNOWN:
      return kj::String();
    default:
      return clean(net::printWord(value));
  }
}

bool active(DynamicStruct::Reader value, Field field) {
  if (field.getProto().getDiscriminantValue() == capnp::schema::Field::NO_DISCRIMINANT) return true;
  KJ_IF_MAYBE (which, value.which()) return *which == field;
  return false;
}

bool isNumber(capnp::Type type) {
  auto which = type.which();
  return which >= capnp::schema::Type::INT8 && which <= capnp::schema::Type::FLOAT64;
}

bool shown(capnp::Type type) { return !type.isInterface() && !type.isAnyPointer(); }

kj::String upper(kj::StringPtr word) {
  auto text = kj::str(word);
  for (auto& c : text) {
    if (c >= 'a' && c <= 'z') c += 'A' - 'a';
  }
  return text;
}

void pad(kj::Vector<char>& out, size_t count) {
  for (size_t i = 0; i < count; ++i) out.add(' ');
}

kj::String finish(kj::Vector<char>& out) {
  out.add('\0');
  return kj::String(out.releaseAsArray());
}

kj::String indented(kj::StringPtr text) {
  kj::Vector<char> out;
  bool fresh = true;
  for (char c : text) {
    if (fresh) pad(out, 4);
    out.add(c);
    fresh = c == '\n';
  }
  return finish(out);
}

kj::String lineValue(DynamicValue::Reader value, Field field, Style style) {
  // Of a `name: value` line; one that begins with a newline goes below its name.
  auto type = field.getType();
  if (type.isStruct() && !net::isWord(type)) {
    return kj::str('\n', indented(lines(value.as<DynamicStruct>(), style)));
  }
  if (type.isList() && type.asList().getElementType().isStruct() && !net::isWord(type.asList().getElementType())) {
    auto list = value.as<DynamicList>();
    if (list.size() == 0) return kj::str("none\n");
    Table table(type.asList().getStructElementType(), style);
    return kj::str('\n', indented(table.add(list)));
  }
  auto text = cell(value, field);
  auto unit = unitOf(field);
  if (unit == UNIX) {
    auto time = value.as<uint64_t>();
    if (time > 0 && time <= style.now) text = kj::str(text, " (", duration(style.now - time), " ago)");
  } else if (unit != nullptr && unit != "seconds") {
    text = kj::str(text, ' ', unit);
  }
  return kj::str(text, '\n');
}

class Json {
 public:
  void value(DynamicValue::Reader value) {
    switch (value.getType()) {
      case DynamicValue::VOID:
      case DynamicValue::CAPABILITY:
      case DynamicValue::ANY_POINTER:
      case DynamicValue::UNKNOWN:
        out.addAll("null"_kj);
        break;
      case DynamicValue::FLOAT: {
        auto number = value.as<double>();
        out.addAll(std::isfinite(number) ? kj::str(number) : kj::str("null"));
        break;
      }
      case DynamicValue::TEXT:
        string(value.as<capnp::Text>());
        break;
      case DynamicValue::DATA:
        string(kj::encodeHex(value.as<capnp::Data>()));
        break;
      case DynamicValue::ENUM: {
        auto number = value.as<capnp::DynamicEnum>();
        KJ_IF_MAYBE (known, number.getEnumerant()) {
          string(known->getProto().getName());
        } else {
          out.addAll(kj::str(number.getRaw()));
        }
        break;
      }
      case DynamicValue::LIST:
        list(value.as<DynamicList>());
        break;
      case DynamicValue::STRUCT:
        structure(value.as<DynamicStruct>());
        break;
      default:
        out.addAll(net::printWord(value));
    }
  }

  kj::Vector<char> out;

 private:
  void list(DynamicList::Reader list) {
    out.add('[');
    bool first = true;
    for (auto each : list) {
      if (!first) out.add(',');
      first = false;
      value(each);
    }
    out.add(']');
  }

  void structure(DynamicStruct::Reader all) {
    if (net::isWord(all.getSchema())) {
      string(net::printWord(all));
      return;
    }
    out.add('{');
    bool first = true;
    for (auto field : all.getSchema().getFields()) {
      auto type = field.getType();
      if (!shown(type) || !active(all, field)) continue;
      bool null = type.isStruct() && !field.getProto().isGroup() && !all.has(field);
      if (!first) out.add(',');
      first = false;
      string(field.getProto().getName());
      out.add(':');
      if (null) {
        out.addAll("null"_kj);
      } else {
        value(all.get(field));
      }
    }
    out.add('}');
  }

  void string(kj::StringPtr text) {
    out.add('"');
    for (unsigned char c : kj::decodeUtf32(kj::encodeUtf32(text))) {
      if (c == '"' || c == '\\') {
        out.add('\\');
        out.add(c);
      } else if (c == '\n') {
        out.addAll("\\n"_kj);
      } else if (c < ' ') {
        out.addAll("\\u00"_kj);
        out.add("0123456789abcdef"[c >> 4]);
        out.add("0123456789abcdef"[c & 15]);
      } else {
        out.add(c);
      }
    }
    out.add('"');
  }
};

}  // namespace

Table::Table(capnp::StructSchema row, Style style) : style(style) { addColumns(row, "", nullptr); }

void Table::addColumns(capnp::StructSchema row, kj::StringPtr prefix, kj::ArrayPtr<const Field> path) {
  for (auto field : row.getFields()) {
    auto type = field.getType();
    if (!shown(type) || (!style.detail && config::annotation(field, config::DETAIL) != nullptr)) continue;
    kj::Vector<Field> way;
    way.addAll(path);
    way.add(field);
    auto name = kj::str(prefix, upper(net::kebab(field.getProto().getName())));
    if (type.isStruct() && !net::isWord(type)) {
      if (way.size() < DEEPEST) addColumns(type.asStruct(), kj::str(name, '.'), way);
      continue;
    }
    auto unit = unitOf(field);
    auto title = unit == nullptr || unit == UNIX || unit == "seconds" ? kj::mv(name) : kj::str(name, " (", unit, ')');
    bool right = (isNumber(type) && unit != UNIX) || (type.isList() && !net::isWord(type.asList().getElementType()));
    auto size = width(title);
    columns.add(Column{kj::mv(way), kj::mv(title), right, size});
  }
}

kj::String Table::add(DynamicList::Reader rows) {
  if (rows.size() == 0) return kj::String();
  kj::Vector<kj::Array<kj::String>> cells(rows.size());
  for (auto row : rows) {
    cells.add(KJ_MAP(column, columns) {
      auto at = row.as<DynamicStruct>();
      for (auto i : kj::indices(column.path)) {
        auto field = column.path[i];
        if (!active(at, field)) return kj::String();
        if (i + 1 == column.path.size()) return cell(at.get(field), field);
        at = at.get(field).as<DynamicStruct>();
      }
      KJ_UNREACHABLE;
    });
  }
  kj::Vector<char> out;
  if (!begun) {
    begun = true;
    for (auto& line : cells) {
      for (auto i : kj::indices(columns)) columns[i].width = kj::max(columns[i].width, width(line[i]));
    }
    addLine(
        out, KJ_MAP(column, columns) { return kj::str(column.title); });
  }
  for (auto& line : cells) addLine(out, line);
  return finish(out);
}

void Table::addLine(kj::Vector<char>& out, kj::ArrayPtr<const kj::String> cells) {
  size_t owed = 0;  // spaces, written only if something follows
  for (auto i : kj::indices(columns)) {
    auto gap = columns[i].width - kj::min(columns[i].width, width(cells[i]));
    if (i > 0) owed += 2;
    if (columns[i].right) owed += gap;
    if (cells[i].size() > 0) {
      pad(out, owed);
      out.addAll(cells[i]);
      owed = 0;
    }
    if (!columns[i].right) owed += gap;
  }
  out.add('\n');
}

kj::String lines(DynamicStruct::Reader value, Style style) {
  size_t longest = 0;
  kj::Vector<Field> fields;
  for (auto field : value.getSchema().getFields()) {
    auto type = field.getType();
    if (!shown(type) || !active(value, field)) continue;
    bool null = type.isStruct() && !field.getProto().isGroup() && !value.has(field);
    if (null && !net::isWord(type)) continue;
    fields.add(field);
    longest = kj::max(longest, net::kebab(field.getProto().getName()).size());
  }
  kj::Vector<kj::String> all;
  for (auto field : fields) {
    auto name = net::kebab(field.getProto().getName());
    auto text = lineValue(value.get(field), field, style);
    bool below = text.startsWith("\n");
    all.add(kj::str(name, ':', kj::repeat(' ', below || text == "\n" ? 0 : longest - name.size() + 1), text));
  }
  return kj::strArray(all, "");
}

kj::String line(DynamicStruct::Reader value, Field field, Style style) {
  auto text = lineValue(value.get(field), field, style);
  return kj::str(net::kebab(field.getProto().getName()), text.startsWith("\n") ? ":" : ": ", text);
}

kj::String lines(kj::StringPtr text) {
  kj::Vector<kj::String> out;
  for (size_t start = 0; start < text.size();) {
    size_t end = start;
    while (end < text.size() && text[end] != '\n' && text[end] != '\t') ++end;
    out.add(clean(kj::str(text.slice(start, end))));
    bool isTab = end < text.size() && text[end] == '\t';
    out.add(kj::str(isTab ? "\t" : "\n"));
    start = end + 1;
  }
  return kj::strArray(out, "");
}

kj::String json(DynamicValue::Reader value) {
  Json json;
  json.value(value);
  return finish(json.out);
}

kj::String JsonList::add(DynamicList::Reader rows) {
  kj::Vector<kj::String> parts;
  for (auto row : rows) {
    parts.add(kj::str(begun ? ",\n" : "[\n", json(row)));
    begun = true;
  }
  return kj::strArray(parts, "");
}

kj::String JsonList::end() { return kj::str(begun ? "\n]\n" : "[]\n"); }

}  // namespace xylem::cli

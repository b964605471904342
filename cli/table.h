#pragma once
// How values are shown to people and to programs, by schema alone: tables, `name: value` lines, JSON.
//
// Names are the words of the fields, values the words of net/word.h. Seconds are shown as `3m12s`, unix seconds as
// local time. What came from elsewhere cannot control the terminal: control characters are shown as `\x1b`.

#include <capnp/dynamic.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::cli {

using kj::uint;

struct Style {
  bool detail = false;
  // With the columns that have `$detail`.
  uint64_t now = 0;
  // Unix seconds. If given, a time in `name: value` lines is followed by how long ago it was.
};

class Table {
  // A list of structs: one column for each field, and for each field of a struct or group inside. Numbers stand right.
  // Lists of words are joined by spaces, lists of structs show their size. It may come in batches: the first one
  // decides how wide the columns are, and whoever reads on sees rows at once.
 public:
  Table(capnp::StructSchema row, Style style);

  kj::String add(capnp::DynamicList::Reader rows);
  // The lines of these rows; before the first row of all, the titles.

 private:
  struct Column {
    kj::Vector<capnp::StructSchema::Field> path;
    kj::String title;
    bool right;
    size_t width;
  };

  void addColumns(capnp::StructSchema row, kj::StringPtr prefix, kj::ArrayPtr<const capnp::StructSchema::Field> path);
  void addLine(kj::Vector<char>& out, kj::ArrayPtr<const kj::String> cells);

  Style style;
  kj::Vector<Column> columns;
  bool begun = false;
};

kj::String lines(capnp::DynamicStruct::Reader value, Style style);
// A struct as `name: value` lines: structs inside are indented, lists of structs are tables.

kj::String line(capnp::DynamicStruct::Reader value, capnp::StructSchema::Field field, Style style);
// The same, of one field alone.

kj::String lines(kj::StringPtr text);
// A text of several lines as it stands, control characters but newlines and tabs aside. The last line gets its newline.

kj::String json(capnp::DynamicValue::Reader value);
// On one line, without newline. Field names are those of the schema, enumerants too; addresses and prefixes are
// strings; integers are numbers whatever their size; of a union only the member that is set is there; an address that
// is not set is null.

class JsonList {
  // A list in batches: an array with one element a line.
 public:
  kj::String add(capnp::DynamicList::Reader rows);
  kj::String end();

 private:
  bool begun = false;
};

}  // namespace xylem::cli

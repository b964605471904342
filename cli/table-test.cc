#include <capnp/message.h>
#include <cli/table.h>
#include <config/testing.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <ctime>

namespace xylem::cli {
namespace {

const config::Schema& schema() {
  static config::Schema loaded("shown", config::testing::schemaOf("cli/testdata/shown.capnp"));
  return loaded;
}

capnp::StructSchema type(kj::StringPtr name) {
  for (auto& node : schema().nodes()) {
    if (node.getShortDisplayName() == name) return node.asStruct();
  }
  KJ_FAIL_REQUIRE("no such struct", name);
}

struct Rows {
  capnp::MallocMessageBuilder message;
  capnp::DynamicList::Builder list;

  explicit Rows(uint count)
      : list(message.initRoot<capnp::DynamicStruct>(type("State")).init("peer", count).as<capnp::DynamicList>()) {}
  capnp::DynamicStruct::Builder operator[](uint i) { return list[i].as<capnp::DynamicStruct>(); }
};

void setIp(capnp::DynamicStruct::Builder row, kj::StringPtr name, uint32_t bits) {
  row.init(name).as<capnp::DynamicStruct>().set("v4", bits);
}

void fill(Rows& rows) {
  setIp(rows[0], "address", 0x0a000001);
  rows[0].set("interface", "eth0");
  rows[0].set("routes", 5);
  rows[0].set("age", 192);
  auto nets = rows[0].init("nets", 2).as<capnp::DynamicList>();
  for (uint i : {0, 1}) {
    nets[i].as<capnp::DynamicStruct>().set("length", 8);
    nets[i].as<capnp::DynamicStruct>().set("v4", uint32_t(10 + i) << 24);
  }
  rows[0].set("total", UINT64_MAX);
  setIp(rows[1], "address", 0x0a000101);
  rows[1].set("interface", "grün");
  rows[1].set("routes", 12345);
  rows[1].set("mood", "bad");
  rows[1].get("way").as<capnp::DynamicStruct>().init("via").as<capnp::DynamicStruct>().set("bits", 0xc0000201u);
  rows[1].get("timers").as<capnp::DynamicStruct>().set("hello", 7);
}

TEST(Table, AlignsByTheFirstBatch) {
  Rows rows(2);
  fill(rows);
  Table table(type("Row"), Style());
  EXPECT_STREQ(table.add(rows.list.asReader()).cStr(),
               "ADDRESS   INTERFACE  ROUTES    AGE  NETS                   MOOD       WAY.DIRECT  WAY.VIA\n"
               "10.0.0.1  eth0            5  3m12s  10.0.0.0/8 11.0.0.0/8  very-good  yes\n"
               "10.0.1.1  grün        12345     0s                         bad                    192.0.2.1\n");
  Rows more(1);
  setIp(more[0], "address", 0xffffffff);
  EXPECT_STREQ(table.add(more.list.asReader()).cStr(),
               "255.255.255.255                  0     0s                         very-good  yes\n");
}

TEST(Table, DetailOnRequest) {
  Rows rows(2);
  fill(rows);
  Table table(type("Row"), Style{true, 0});
  auto text = std::string(table.add(rows.list.asReader()).cStr());
  for (auto part : {"TOTAL", "18446744073709551615", "TIMERS.HELLO", "RATIO", "READY", "INNER"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(Table, NothingIsNoText) {
  Rows rows(0);
  Table table(type("Row"), Style());
  EXPECT_STREQ(table.add(rows.list.asReader()).cStr(), "");
  Rows one(1);
  EXPECT_EQ(table.add(one.list.asReader()).startsWith("ADDRESS"), true) << "the titles come with the first row";
}

TEST(Table, NobodyControlsTheTerminal) {
  Rows rows(1);
  rows[0].set("interface", "\x1b[2J\n\x7f\xc2\x9b\xff");
  Table table(type("Row"), Style());
  auto text = std::string(table.add(rows.list.asReader()).cStr());
  EXPECT_NE(text.find("\\x1b[2J\\x0a\\x7f\\x9b\xef\xbf\xbd"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

capnp::DynamicStruct::Builder state(capnp::MallocMessageBuilder& message) {
  auto state = message.initRoot<capnp::DynamicStruct>(type("State"));
  state.set("name", "it");
  state.set("since", 1700000000);
  auto table = state.init("table").as<capnp::DynamicStruct>();
  table.set("routes", 3);
  table.set("size", 4096);
  state.set("words", {"a", "b"});
  return state;
}

TEST(Lines, NamesAndValues) {
  setenv("TZ", "UTC", 1);
  tzset();
  capnp::MallocMessageBuilder message;
  auto it = state(message);
  EXPECT_STREQ(lines(it.asReader(), Style{false, 1700000100}).cStr(),
               "name:  it\n"
               "since: 2023-11-14 22:13:20 (1m40s ago)\n"
               "table:\n"
               "    routes: 3\n"
               "    size:   4096 bytes\n"
               "peer:  none\n"
               "words: a b\n");
  setIp(it.init("peer", 1).as<capnp::DynamicList>()[0].as<capnp::DynamicStruct>(), "address", 0x0a000001);
  auto text = std::string(lines(it.asReader(), Style()).cStr());
  EXPECT_NE(text.find("peer:\n    ADDRESS   INTERFACE"), std::string::npos) << text;
  EXPECT_NE(text.find("\n    10.0.0.1 "), std::string::npos) << text;
  EXPECT_EQ(text.find("ago"), std::string::npos);
}

TEST(Lines, OneField) {
  capnp::MallocMessageBuilder message;
  auto it = state(message);
  EXPECT_STREQ(line(it.asReader(), type("State").getFieldByName("words"), Style()).cStr(), "words: a b\n");
  EXPECT_STREQ(line(it.asReader(), type("State").getFieldByName("table"), Style()).cStr(),
               "table:\n    routes: 3\n    size:   4096 bytes\n");
}

TEST(Lines, Durations) {
  auto shown = [](uint32_t seconds) {
    Rows rows(1);
    rows[0].set("age", seconds);
    auto text = line(rows.list[0].as<capnp::DynamicStruct>().asReader(), type("Row").getFieldByName("age"), Style());
    return std::string(text.cStr());
  };
  EXPECT_EQ(shown(0), "age: 0s\n");
  EXPECT_EQ(shown(59), "age: 59s\n");
  EXPECT_EQ(shown(60), "age: 1m00s\n");
  EXPECT_EQ(shown(3599), "age: 59m59s\n");
  EXPECT_EQ(shown(3600), "age: 1h00m\n");
  EXPECT_EQ(shown(86399), "age: 23h59m\n");
  EXPECT_EQ(shown(90061), "age: 1d01h\n");
}

TEST(Json, IsExact) {
  Rows rows(2);
  fill(rows);
  EXPECT_STREQ(json(rows.list[0].asReader()).cStr(),
               R"({"address":"10.0.0.1","interface":"eth0","routes":5,"age":192,"nets":["10.0.0.0/8","11.0.0.0/8"],)"
               R"("total":18446744073709551615,"mood":"veryGood","way":{"direct":null},"timers":{"hello":0},)"
               R"("ratio":0,"ready":false,"inner":[]})");
  EXPECT_NE(std::string(json(rows.list[1].asReader()).cStr()).find(R"("way":{"via":"192.0.2.1"})"), std::string::npos);
}

TEST(Json, StringsAreEscaped) {
  Rows rows(1);
  rows[0].set("interface", "a\"b\\c\n\t\x1b\xff");
  rows[0].set("ratio", 1.0 / 0.0);
  auto text = std::string(json(rows.list[0].asReader()).cStr());
  EXPECT_NE(text.find("\"a\\\"b\\\\c\\n\\u0009\\u001b\xef\xbf\xbd\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"ratio\":null"), std::string::npos);
  EXPECT_NE(text.find("\"address\":null"), std::string::npos);
}

TEST(Json, ListsStream) {
  Rows rows(2), none(0);
  JsonList list;
  std::string text = list.add(rows.list.asReader()).cStr();
  text += list.add(none.list.asReader()).cStr();
  text += list.add(rows.list.asReader()).cStr();
  text += list.end().cStr();
  auto row = std::string(json(rows.list[0].asReader()).cStr());
  EXPECT_EQ(text, "[\n" + row + ",\n" + row + ",\n" + row + ",\n" + row + "\n]\n");
  EXPECT_STREQ(JsonList().end().cStr(), "[]\n");
}

}  // namespace
}  // namespace xylem::cli

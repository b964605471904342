#include <net/word.h>

#include <net/wire.h>

#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <capnp/schema.capnp.h>
#include <gtest/gtest.h>

namespace xylem::net {
namespace {

using capnp::DynamicList;
using capnp::DynamicStruct;

class Loaded : public ::testing::Test {
  // A struct as it comes from a blob: no compiled code knows it, and the structs of net.capnp are loaded copies too.
 protected:
  Loaded() {
    copy<wire::Ip4>();
    copy<wire::Ip6>();
    copy<wire::Ip>();
    copy<wire::Ip4Net>();
    copy<wire::Ip6Net>();
    copy<wire::IpNet>();
    copy<wire::IfAddr>();
    copy<wire::Mac>();
    enumeration();
    structure();
    sample = loader.get(0xffff000000000001).asStruct();
  }

  template <typename Wire> void copy() {
    auto schema = capnp::Schema::from<Wire>();
    for (auto field : capnp::StructSchema(schema).getFields()) {
      if (field.getProto().isGroup()) loader.load(field.getType().asStruct().getProto());
    }
    loader.load(schema.getProto());
  }

  void enumeration() {
    capnp::MallocMessageBuilder message;
    auto node = message.initRoot<capnp::schema::Node>();
    node.setId(0xffff000000000002);
    node.setDisplayName("sample.capnp:Horizon");
    node.setDisplayNamePrefixLength(13);
    auto members = node.initEnum().initEnumerants(3);
    const char* names[] = {"none", "split", "poisonReverse"};
    for (uint i = 0; i < 3; ++i) {
      members[i].setName(names[i]);
      members[i].setCodeOrder(uint16_t(i));
    }
    loader.load(node.asReader());
  }

  void structure() {
    using capnp::schema::Type;
    capnp::MallocMessageBuilder message;
    auto node = message.initRoot<capnp::schema::Node>();
    node.setId(0xffff000000000001);
    node.setDisplayName("sample.capnp:Sample");
    node.setDisplayNamePrefixLength(13);
    auto body = node.initStruct();
    body.setDataWordCount(7);
    body.setPointerCount(10);
    auto fields = body.initFields(22);
    uint next = 0;
    auto field = [&](const char* name, uint offset) {
      auto f = fields[next];
      f.setName(name);
      f.setCodeOrder(uint16_t(next));
      f.initOrdinal().setExplicit(uint16_t(next++));
      auto slot = f.initSlot();
      slot.setOffset(offset);
      return slot;
    };
    auto number = [&](const char* name, uint offset, auto which) {
      auto slot = field(name, offset);
      which(slot.initType(), slot.initDefaultValue());
    };
    number("u8", 0, [](auto type, auto value) { type.setUint8(), value.setUint8(0); });
    number("i8", 1, [](auto type, auto value) { type.setInt8(), value.setInt8(0); });
    number("u16", 1, [](auto type, auto value) { type.setUint16(), value.setUint16(0); });
    number("i16", 2, [](auto type, auto value) { type.setInt16(), value.setInt16(0); });
    number("u32", 2, [](auto type, auto value) { type.setUint32(), value.setUint32(0); });
    number("i32", 3, [](auto type, auto value) { type.setInt32(), value.setInt32(0); });
    number("u64", 2, [](auto type, auto value) { type.setUint64(), value.setUint64(0); });
    number("i64", 3, [](auto type, auto value) { type.setInt64(), value.setInt64(0); });
    number("f32", 8, [](auto type, auto value) { type.setFloat32(), value.setFloat32(0); });
    number("f64", 5, [](auto type, auto value) { type.setFloat64(), value.setFloat64(0); });
    number("flag", 384, [](auto type, auto value) { type.setBool(), value.setBool(false); });
    number("horizonMode", 25, [](auto type, auto value) {
      type.initEnum().setTypeId(0xffff000000000002);
      value.setEnum(0);
    });
    number("name", 0, [](auto type, auto value) { type.setText(), value.setText(""); });
    number("blob", 1, [](auto type, auto value) { type.setData(), value.initData(0); });
    uint pointer = 2;
    auto structure = [&](const char* name, uint64_t id) {
      number(name, pointer++, [&](auto type, auto value) {
        type.initStruct().setTypeId(id);
        value.initStruct();
      });
    };
    structure("ip4", capnp::typeId<wire::Ip4>());
    structure("ip6", capnp::typeId<wire::Ip6>());
    structure("ip", capnp::typeId<wire::Ip>());
    structure("ip4Net", capnp::typeId<wire::Ip4Net>());
    structure("ip6Net", capnp::typeId<wire::Ip6Net>());
    structure("ipNet", capnp::typeId<wire::IpNet>());
    structure("ifAddr", capnp::typeId<wire::IfAddr>());
    structure("mac", capnp::typeId<wire::Mac>());
    loader.load(node.asReader());
  }

  ~Loaded() noexcept {}

  std::string set(kj::StringPtr name, kj::StringPtr word, kj::Maybe<Limits> limits = nullptr) {
    // What is wrong, or else "= " and what the field then prints.
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<DynamicStruct>(sample);
    auto field = sample.getFieldByName(name);
    KJ_IF_MAYBE (wrong, parseWord(root, field, word, limits)) {
      EXPECT_FALSE(root.has(field, capnp::HasMode::NON_DEFAULT)) << "set in spite of " << wrong->cStr();
      return wrong->cStr();
    }
    return kj::str("= ", printWord(root.asReader().get(field))).cStr();
  }
  std::string expect(kj::StringPtr name) { return expected(sample.getFieldByName(name).getType()).cStr(); }

  capnp::SchemaLoader loader;
  capnp::StructSchema sample;
};

TEST_F(Loaded, NumbersAreDecimalAndInRange) {
  for (auto good : {"0", "7", "127"}) {
    for (auto name : {"u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"}) {
      EXPECT_EQ(set(name, good), std::string("= ") + good);
    }
  }
  EXPECT_EQ(set("u8", "255"), "= 255");
  EXPECT_EQ(set("u8", "256"), "256 is out of range; expected a number from 0 to 255");
  EXPECT_EQ(set("u8", "-1"), "-1 is out of range; expected a number from 0 to 255");
  EXPECT_EQ(set("i8", "-128"), "= -128");
  EXPECT_EQ(set("i8", "-129"), "-129 is out of range; expected a number from -128 to 127");
  EXPECT_EQ(set("u64", "18446744073709551615"), "= 18446744073709551615");
  EXPECT_EQ(set("u64", "18446744073709551616"),
            "18446744073709551616 is out of range; expected a number from 0 to 18446744073709551615");
  EXPECT_EQ(set("i64", "-9223372036854775808"), "= -9223372036854775808");
  EXPECT_EQ(set("i64", "9223372036854775807"), "= 9223372036854775807");
  EXPECT_EQ(set("i64", "9223372036854775808").substr(0, 34), "9223372036854775808 is out of rang");
  EXPECT_EQ(set("u64", "999999999999999999999999999999999999999999999999999999999999999999").find("out of range") !=
                std::string::npos,
            true);
  for (auto bad : {"", " 1", "1 ", "01", "00", "-0", "-", "+1", "0x1", "1e3", "1.0", "--1", "many"}) {
    EXPECT_EQ(set("u8", bad), "expected a number from 0 to 255") << bad;
  }
}

TEST_F(Loaded, NumbersKeepTheirLimits) {
  EXPECT_EQ(set("u16", "3600", Limits{1, 3600}), "= 3600");
  EXPECT_EQ(set("u16", "3601", Limits{1, 3600}), "3601 is out of range; expected a number from 1 to 3600");
  EXPECT_EQ(set("u16", "0", Limits{1, 3600}), "0 is out of range; expected a number from 1 to 3600");
  EXPECT_EQ(set("u8", "x", Limits{-5, 3600}), "expected a number from 0 to 255");
  EXPECT_EQ(set("u8", "x", Limits{4, 4}), "expected the number 4");
}

TEST_F(Loaded, OtherScalars) {
  EXPECT_EQ(set("flag", "true"), "= true");
  EXPECT_EQ(set("flag", "false"), "= false");
  EXPECT_EQ(set("flag", "yes"), "expected true or false");
  EXPECT_EQ(set("f64", "0.5"), "= 0.5");
  EXPECT_EQ(set("f32", "-2.25"), "= -2.25");
  EXPECT_EQ(set("f64", "half"), "expected a number such as 0.5");
  EXPECT_EQ(set("f64", "1x"), "expected a number such as 0.5");
  EXPECT_EQ(set("name", "any text at all"), "= any text at all");
  EXPECT_EQ(set("name", kj::StringPtr("a\0b", 3)), "a text has no zero bytes");
}

TEST_F(Loaded, EnumsAreKebab) {
  EXPECT_EQ(set("horizonMode", "poison-reverse"), "= poison-reverse");
  EXPECT_EQ(set("horizonMode", "split"), "= split");
  for (auto bad : {"poisonReverse", "Split", "poison--reverse", "-split", "split-", ""}) {
    EXPECT_EQ(set("horizonMode", bad), "expected one of: none, split, poison-reverse") << bad;
  }
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<DynamicStruct>(sample);
  auto field = sample.getFieldByName("horizonMode");
  root.set(field, capnp::DynamicEnum(field.getType().asEnum(), 9));
  EXPECT_EQ(printWord(root.asReader().get(field)), "9"_kj);
}

TEST_F(Loaded, StructsOfNet) {
  struct {
    const char *field, *word;
  } good[] = {{"ip4", "192.0.2.1"},
              {"ip6", "2001:db8::1"},
              {"ip", "192.0.2.1"},
              {"ip", "::1"},
              {"ip", "-"},
              {"ip4Net", "10.0.0.0/8"},
              {"ip6Net", "::/0"},
              {"ipNet", "10.0.0.0/8"},
              {"ipNet", "2001:db8::/32"},
              {"ipNet", "-"},
              {"ifAddr", "10.0.0.1/24"},
              {"ifAddr", "fe80::1/64"},
              {"mac", "02:00:00:00:00:01"}};
  for (auto& each : good) EXPECT_EQ(set(each.field, each.word), std::string("= ") + each.word);
  EXPECT_EQ(set("ip4Net", "10.0.0.1/8"), "10.0.0.1/8 has host bits set; 10.0.0.0/8 is the prefix");
  for (auto name : {"ip4", "ip6", "ip", "ip4Net", "ip6Net", "ipNet", "ifAddr", "mac"}) {
    EXPECT_EQ(set(name, "nonsense"), "expected " + expect(name));
  }
}

TEST_F(Loaded, ListElements) {
  capnp::MallocMessageBuilder message;
  auto list = message.getRoot<capnp::AnyPointer>().initAs<DynamicList>(
      capnp::ListSchema::of(loader.get(capnp::typeId<wire::Ip4Net>()).asStruct()), 2);
  EXPECT_TRUE(parseWord(list, 0, "10.0.0.0/8") == nullptr);
  EXPECT_TRUE(parseWord(list, 1, "10.0.0.0/6") != nullptr);
  EXPECT_EQ(printWord(list.asReader()[0]), "10.0.0.0/8"_kj);
  EXPECT_EQ(printWord(list.asReader()[1]), "0.0.0.0/0"_kj);
  capnp::MallocMessageBuilder other;
  auto names =
      other.getRoot<capnp::AnyPointer>().initAs<DynamicList>(capnp::ListSchema::of(capnp::schema::Type::TEXT), 1);
  EXPECT_TRUE(parseWord(names, 0, "eth0") == nullptr);
  EXPECT_EQ(printWord(names.asReader()[0]), "eth0"_kj);
  capnp::MallocMessageBuilder third;
  auto numbers =
      third.getRoot<capnp::AnyPointer>().initAs<DynamicList>(capnp::ListSchema::of(capnp::schema::Type::UINT8), 1);
  EXPECT_TRUE(parseWord(numbers, 0, "256") != nullptr);
  EXPECT_TRUE(parseWord(numbers, 0, "255") == nullptr);
  EXPECT_EQ(printWord(numbers.asReader()[0]), "255"_kj);
}

TEST_F(Loaded, InvalidValuesPrintAsQuestionMark) {
  capnp::MallocMessageBuilder message;
  auto net = message.initRoot<wire::Ip4Net>();
  net.setLength(99);
  EXPECT_EQ(printWord(net.asReader()), "?"_kj);
}

TEST_F(Loaded, KnowsWhatIsAWord) {
  for (auto field : sample.getFields()) {
    EXPECT_EQ(isWord(field.getType()), field.getProto().getName() != "blob") << field.getProto().getName().cStr();
  }
  EXPECT_FALSE(isWord(capnp::schema::Type::VOID));
  EXPECT_FALSE(isWord(capnp::ListSchema::of(capnp::schema::Type::UINT8)));
  EXPECT_FALSE(isWord(sample));
  EXPECT_TRUE(isWord(capnp::Schema::from<wire::Ip4>()));
}

TEST(Names, KebabAndCamel) {
  struct {
    const char *camel, *kebab;
  } cases[] = {{"updateInterval", "update-interval"},
               {"md5", "md5"},
               {"hmacSha256", "hmac-sha256"},
               {"a", "a"},
               {"", ""},
               {"ip4Used", "ip4-used"}};
  for (auto& each : cases) {
    EXPECT_EQ(kebab(each.camel), kj::StringPtr(each.kebab));
    EXPECT_EQ(camel(each.kebab), kj::StringPtr(each.camel));
  }
  EXPECT_EQ(kebab("PoisonReverse"), "poison-reverse"_kj);
  auto schema = capnp::StructSchema(capnp::Schema::from<capnp::schema::Node>());
  EXPECT_TRUE(findField(schema, "display-name") != nullptr);
  for (auto bad : {"displayName", "display--name", "display-name-", "-display-name", "display", ""}) {
    EXPECT_TRUE(findField(schema, bad) == nullptr) << bad;
  }
}

}  // namespace
}  // namespace xylem::net

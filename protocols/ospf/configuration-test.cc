// What a configuration is refused for.

#include <protocols/ospf/configuration.h>

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <net/wire.h>

namespace xylem::ospf {
namespace {

struct Draft {
  // A configuration with one area, and one interface in it.
  capnp::MallocMessageBuilder message;
  schema::Config::Builder config = message.initRoot<schema::Config>();
  schema::Config::Area::Builder area = config.initArea(1)[0];
  schema::Config::Interface::Builder interface = area.initInterface(1)[0];

  Draft() {
    net::write(Ip4::of(10, 0, 0, 1), config.initRouterId());
    net::write(Ip4{1}, area.initId());
    interface.setName("eth0");
  }
  std::string problem() {
    xrl::Problems problems;
    findProblems(config.asReader(), "ospf", problems);
    std::string all;
    for (auto& each : problems.list) all += kj::str(each.path, ": ", each.text, "\n").cStr();
    return all;
  }
};

TEST(Configuration, AnExtendedKeyIsNoKeyedMd5) {
  Draft draft;
  auto key = draft.interface.initAuthentication().initKey(1)[0];
  key.setId(3);
  key.setExtended(true);
  EXPECT_EQ(draft.problem(), "");
  key.setAlgorithm(schema::Config::Algorithm::MD5);
  EXPECT_EQ(draft.problem(),
            "area 0.0.0.1 interface eth0 authentication key 3 extended: keyed MD5 cannot sign the sender's address; an "
            "HMAC can\n");
}

TEST(Configuration, InVersion3TheNameIsThatOfAllFamiliesAndKeysHave16Bits) {
  capnp::MallocMessageBuilder message;
  auto config = message.initRoot<schema3::Config>();
  config.setHostname("wood");
  auto families = config.initAddressFamily(2);
  families[1].setFamily(schema3::Config::AddressFamily::IPV4);
  auto interface = families[0].initArea(1)[0].initInterface(1)[0];
  interface.setName("eth0");
  interface.initAuthentication().initKey(1)[0].setId(0xffff);
  auto wanted = wantedOf(config.asReader());
  for (auto face : {Face::V3, Face::V3_IP4}) {
    EXPECT_EQ(wanted.at(face).settings.hostname, "wood");
    EXPECT_TRUE(wanted.at(face).settings.routerInformation);
  }
  EXPECT_EQ(wanted.at(Face::V3).settings.interfaces.at("eth0").authentication.signers()[0].id, 0xffff);
  config.setHostname("two words");
  xrl::Problems problems;
  findProblems(config.asReader(), "ospf3", problems);
  ASSERT_GE(problems.list.size(), 2u);
  EXPECT_EQ(problems.list[1].path, "hostname"_kj);
}

TEST(Configuration, OnlyAnNssaHasRangesOfExternals) {
  Draft draft;
  draft.area.initExternalRange(1);
  EXPECT_EQ(draft.problem(), "area 0.0.0.1 external-range: only an NSSA's external routes are translated\n");
  draft.area.setType(schema::Config::AreaType::NSSA);
  EXPECT_EQ(draft.problem(), "");
}

TEST(Configuration, OnlyALinkWithADesignatedRouterHasAnInputCost) {
  Draft draft;
  using Type = schema::Config::InterfaceType;
  draft.interface.setInputCost(7);
  for (auto type : {Type::BROADCAST, Type::NBMA}) {
    draft.interface.setType(type);
    EXPECT_EQ(draft.problem(), "");
  }
  for (auto type : {Type::POINT_TO_POINT, Type::POINT_TO_MULTIPOINT, Type::LOOPBACK}) {
    draft.interface.setType(type);
    EXPECT_EQ(draft.problem(),
              "area 0.0.0.1 interface eth0 input-cost: only a link with a designated router has one\n");
  }
  draft.area.setTwoPartMetric(true);
  auto all = wantedOf(draft.config.asReader());
  auto& settings = all.at(Face::V2).settings;
  EXPECT_EQ(settings.interfaces.at("eth0").inputCost, 7);
  EXPECT_TRUE(settings.areas.at(Ip4{1}).twoPartMetric);
}

TEST(Configuration, AVirtualLinkIsCheckedAsAnInterfaceIs) {
  Draft draft;
  auto link = draft.area.initVirtualLink(1)[0];
  net::write(Ip4::of(10, 0, 0, 2), link.initRouter());
  EXPECT_EQ(draft.problem(), "");
  link.setDeadInterval(10);
  link.initAuthentication().initKey(1)[0].setAcceptOnly(true);
  auto problem = draft.problem();
  EXPECT_NE(problem.find("virtual-link 10.0.0.2 dead-interval: "), std::string::npos);
  EXPECT_NE(problem.find("virtual-link 10.0.0.2 authentication key: all keys are accept-only"), std::string::npos);
}

}  // namespace
}  // namespace xylem::ospf

// What routers say of themselves.

#include <protocols/ospf/content.h>
#include <protocols/ospf/router-information.h>
#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

namespace xylem::ospf {
namespace {

using namespace testing;

RouterInformation decoded(kj::StringPtr hex) {
  auto bytes = kj::decodeHex(hex);
  return KJ_ASSERT_NONNULL(RouterInformation::decode(bytes));
}

TEST(RouterInformation, IsWrittenAsRfc7770Says) {
  net::ByteWriter out;
  RouterInformation{RouterInformation::RESTARTS | RouterInformation::STUB, "wood"}.encode(out);
  EXPECT_EQ(kj::encodeHex(out.bytes()), kj::str("00010004a0000000", "00070004776f6f64"));
  net::ByteWriter padded;
  RouterInformation{0, "leaf7"}.encode(padded);
  EXPECT_EQ(kj::encodeHex(padded.bytes()), kj::str("0001000400000000", "000700056c65616637000000"));
}

TEST(RouterInformation, IsReadAmongWhatIsNotKnown) {
  auto said = decoded(
      "0009000300010200"
      "0007000577"
      "6f6f6400"
      "000000"
      "00010004c0000000"
      "0007000178000000"_kj);
  EXPECT_EQ(said.hostname, "") << "a name with a byte that cannot be printed";
  said = decoded(
      "0009000300010200"
      "00070004776f6f64"
      "00010004c0000000"
      "0007000178000000"_kj);
  EXPECT_EQ(said.hostname, "wood") << "the first one counts";
  EXPECT_EQ(said.capabilities, RouterInformation::RESTARTS | RouterInformation::HELPS);
  EXPECT_EQ(said.text(), "hostname wood, restarts, helps restarts"_kj);
}

TEST(RouterInformation, TellsOfTheTwoPartMetricInATlvOfItsOwn) {
  net::ByteWriter out;
  RouterInformation{RouterInformation::STUB, "wood", RouterInformation::TWO_PART}.encode(out);
  EXPECT_EQ(kj::encodeHex(out.bytes()), kj::str("0001000420000000", "0002000480000000", "00070004776f6f64"));
  auto said = decoded("00020004800000000002000400000000"_kj);
  EXPECT_EQ(said.functions, RouterInformation::TWO_PART) << "the first one counts";
  EXPECT_EQ(said.text(), "two-part metric"_kj);
  EXPECT_EQ(decoded("000200027fff0000"_kj).functions, 0u) << "too short to have any";
  EXPECT_EQ(decoded("000200047fffffff"_kj).text(), ""_kj);
}

TEST(RouterInformation, CutAnywhereItIsReadAsFarAsItIsWholeOrNotAtAll) {
  auto whole = kj::decodeHex("00010004a000000000070004776f6f64"_kj);
  for (size_t size = 0; size < whole.size(); ++size) {
    bool between = size == 0 || size == 8;
    EXPECT_EQ(RouterInformation::decode(whole.slice(0, size)) != nullptr, between) << size;
  }
}

void eachKnowsTheOther(Face face) {
  Network network(1, face);
  for (uint i = 0; i < 3; ++i)
    network.router().adjust = [i](Settings& settings) {
      settings.hostname = "router-" + std::to_string(i);
      settings.routerInformation = i > 0;
    };
  network.wire({{0}, {1}});
  network.wire({{1}, {2}}, NetworkType::BROADCAST);
  network.start();
  network.run(2 * kj::MINUTES);
  auto& first = *network.all[0]->core;
  EXPECT_EQ(first.hostnameOf(network.all[2]->routerId()), "router-2");
  EXPECT_EQ(network.all[2]->core->hostnameOf(network.all[1]->routerId()), "router-1");
  EXPECT_EQ(first.hostnameOf(network.all[0]->routerId()), "") << "it says nothing of itself";

  auto settings = network.all[2]->settings();
  settings.routerInformation = false;
  network.all[2]->core->configure(kj::mv(settings), network.now);
  network.schedule(*network.all[2]);
  network.run(1 * kj::MINUTES);
  EXPECT_EQ(first.hostnameOf(network.all[2]->routerId()), "");
  EXPECT_EQ(network.problem(), "");
}

TEST(RouterInformation, IsToldInOneLineForEitherVersion) {
  net::ByteWriter body;
  RouterInformation{RouterInformation::HELPS, "wood"}.encode(body);
  RouterId by{7};
  for (auto face : {Face::V2, Face::V3}) {
    auto key = informationKey(by, face);
    auto lsa = Lsa::make(key, 0, 1, body.bytes(), kj::origin<Time>(), face);
    EXPECT_EQ(contentOf(lsa), "router information hostname wood, helps restarts"_kj);
    auto broken = Lsa::make(key, 0, 1, body.bytes().slice(0, 7), kj::origin<Time>(), face);
    EXPECT_EQ(contentOf(broken), isV3(face) ? "00010004400000"_kj : "opaque type 4 00010004400000"_kj);
  }
  EXPECT_EQ(nameOf(informationKey(by, Face::V3).type, Face::V3), "router-information"_kj);
  EXPECT_TRUE(KJ_ASSERT_NONNULL(scopeOf(Type::INFORMATION, Face::V3)) == Scope::AREA);
}

TEST(RouterInformation, RoutersKnowEachOthersNames) {
  for (auto face : {Face::V2, Face::V3}) eachKnowsTheOther(face);
}

}  // namespace
}  // namespace xylem::ospf

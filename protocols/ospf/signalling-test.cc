// Blocks of link-local signalling: their bytes, those that are not what they should be, and routers that send them.

#include <protocols/ospf/signalling.h>
#include <protocols/ospf/testing.h>
#include <protocols/ospf/trailer.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>
#include <net/checksum.h>

namespace xylem::ospf {
namespace {

using namespace testing;

constexpr RouterId OWN{7};
constexpr size_t BLOCK = 12;

Authentication keyOf(Algorithm algorithm, bool extended = false) {
  kj::Vector<SecretKey> keys;
  keys.add(SecretKey{9, algorithm, kj::str("wood"), false, extended});
  return Authentication(kj::mv(keys));
}

kj::Array<kj::byte> helloOf(const Authentication& authentication) {
  PacketWriter out(PacketType::HELLO, OWN, BACKBONE);
  Hello hello;
  hello.options = options::E | options::L;
  hello.encode(out.body);
  return authentication.seal(kj::mv(out.body), Ip4::of(10, 0, 0, 1), uint64_t(77) << 32);
}

std::string said(const kj::OneOf<Signalling, Bad>& read) {
  return read.is<Bad>() ? read.get<Bad>().reason.cStr() : read.get<Signalling>().text().cStr();
}

std::string readOf(Bytes packet, const Authentication& authentication) {
  EXPECT_TRUE(Signalling::isTold(PacketType::HELLO, packet.slice(PACKET_HEADER, packet.size()), Face::V2));
  return said(Signalling::read(packet, Face::V2, authentication));
}

TEST(Signalling, IsABlockBehindThePacket) {
  Authentication none;
  auto packet = helloOf(none);
  auto whole = Signalling{Signalling::RESTARTS}.behind(packet, none);
  EXPECT_EQ(kj::encodeHex(whole.slice(packet.size(), whole.size())),
            "fff50003000100040000"
            "0002"_kj);
  EXPECT_EQ(Signalling::size(Face::V2, none), BLOCK);
  EXPECT_EQ(readOf(whole, none), "restarts");
  Numbers numbers;
  EXPECT_TRUE((none.check(whole, Ip(), numbers).is<Bytes>())) << "the packet is good with it";
  EXPECT_EQ(kj::encodeHex(Signalling().block3()),
            "0000000300010004"
            "00000000"_kj);
}

TEST(Signalling, EndsWithADigestWherePacketsAreSigned) {
  for (auto algorithm : {Algorithm::MD5, Algorithm::HMAC_SHA1, Algorithm::HMAC_SHA512}) {
    auto keys = keyOf(algorithm);
    auto packet = helloOf(keys);
    auto whole = Signalling{Signalling::RESYNCHRONIZES}.behind(packet, keys);
    auto block = whole.slice(packet.size(), whole.size());
    EXPECT_EQ(block.size(), Signalling::size(Face::V2, keys));
    EXPECT_EQ(kj::encodeHex(block.slice(4, BLOCK)), "0001000400000001"_kj);
    EXPECT_EQ(kj::encodeHex(block.slice(BLOCK + 4, BLOCK + 8)), "0000004d"_kj) << "the packet's number";
    EXPECT_EQ(readOf(whole, keys), "exchanges databases anew without losing the adjacency");
    Numbers numbers;
    EXPECT_TRUE((keys.check(whole, Ip4::of(10, 0, 0, 1), numbers).is<Bytes>()));
    for (size_t i = packet.size(); i < whole.size(); ++i) {
      whole[i] ^= 1;
      EXPECT_NE(readOf(whole, keys).find("exchanges"), 0u) << i;
      whole[i] ^= 1;
    }
  }
  EXPECT_EQ(Signalling::size(Face::V2, keyOf(Algorithm::HMAC_SHA1, true)), 0u) << "nobody has said how";
}

TEST(Signalling, OfAnotherPacketIsNotBelieved) {
  auto keys = keyOf(Algorithm::HMAC_SHA256);
  auto packet = helloOf(keys);
  auto whole = Signalling().behind(packet, keys);
  whole[23] ^= 1;
  EXPECT_EQ(readOf(whole, keys), "a wrong signature") << "it has another number";
  auto extended = keyOf(Algorithm::HMAC_SHA256, true);
  EXPECT_NE(readOf(helloOf(extended), extended), "no abilities");
}

TEST(Signalling, IsRefusedWhenItIsHostile) {
  Authentication none;
  auto packet = helloOf(none);
  auto with = [&](kj::StringPtr hex) {
    net::ByteWriter out;
    out.bytes(packet);
    size_t at = out.size();
    auto block = kj::decodeHex(hex);
    out.bytes(block);
    if (block.size() >= 4) out.patch16(at, net::InternetChecksum().add(out.bytes().slice(at, out.size())).value());
    auto whole = out.finish();
    return readOf(whole, none);
  };
  EXPECT_EQ(with(""), "no bytes, although the options promise them");
  EXPECT_EQ(with("0000"), "no bytes, although the options promise them");
  EXPECT_EQ(with("00000000"), "another length than it says");
  EXPECT_EQ(with("0000ffff00010004"), "another length than it says");
  EXPECT_EQ(with("00000003000100080000"), "another length than it says");
  EXPECT_EQ(with("000000030001ffff00000000"), "malformed contents");
  EXPECT_EQ(with("000000030001000200000000"), "malformed contents");
  EXPECT_EQ(with("0000000200010004"), "malformed contents");
  EXPECT_EQ(with("00000001"), "no abilities");
  EXPECT_EQ(with("00000003777700030102"
                 "0300"),
            "no abilities")
      << "what is not known is skipped";
  auto whole = Signalling().behind(packet, none);
  whole[whole.size() - 1] ^= 1;
  EXPECT_EQ(readOf(whole, none), "a wrong checksum");
}

struct Pair {
  // Two routers on one link, one of which sends blocks.
  Network network;
  uint wire;

  Pair(Face face, std::function<Authentication()> keys) : network(1, face) {
    for (uint i = 0; i < 2; ++i)
      network.router().adjust = [=](Settings& settings) {
        settings.signalling = i == 0;
        for (auto& [name, interface] : settings.interfaces) interface.authentication = keys();
      };
    wire = network.wire({{0}, {1}});
    network.start();
    network.run(1 * kj::MINUTES);
    EXPECT_EQ(network.problem(), "");
  }
  const Neighbor& seenBy(uint router) const {
    return *network.all[router]->core->interfaces().at("eth" + std::to_string(wire))->neighbors.begin()->second;
  }
};

TEST(Signalling, IsHeardByNeighborsOfEachFaceHoweverTheySign) {
  std::function<Authentication()> kinds[] = {[]() { return Authentication(); },
                                             []() { return keyOf(Algorithm::HMAC_SHA256); }};
  for (auto face : {Face::V2, Face::V3})
    for (auto& keys : kinds) {
      Pair pair(face, keys);
      bool sent = !isV3(face) || keys().signers().size() > 0;
      EXPECT_EQ(pair.seenBy(1).signalled.orDefault(99), sent ? 0u : 99u);
      EXPECT_EQ(pair.seenBy(1).badSignals, 0u);
      EXPECT_TRUE(pair.seenBy(0).signalled == nullptr);
    }
  Pair extended(Face::V2, []() { return keyOf(Algorithm::HMAC_SHA256, true); });
  EXPECT_TRUE(extended.seenBy(1).signalled == nullptr);
}

TEST(Signalling, ThatIsBadHarmsNoAdjacency) {
  Pair pair(Face::V2, []() { return Authentication(); });
  auto& sender = *pair.network.all[0];
  PacketWriter out(PacketType::HELLO, sender.routerId(), BACKBONE);
  Hello hello;
  hello.mask = Ip4::mask(16);
  hello.options = options::E | options::L;
  hello.neighbors.push_back(pair.network.all[1]->routerId());
  hello.encode(out.body);
  auto packet = Authentication().seal(kj::mv(out.body), Ip(), 0);
  pair.network.all[1]->core->receive("eth" + std::to_string(pair.wire), Network::address(0, pair.wire), true, packet,
                                     pair.network.now);
  EXPECT_EQ(pair.seenBy(1).state, NeighborState::FULL);
  EXPECT_EQ(pair.seenBy(1).badSignals, 1u);
  EXPECT_EQ(pair.seenBy(1).badSignal, "no bytes, although the options promise them"_kj);
  EXPECT_TRUE(pair.seenBy(1).signalled == nullptr);
}

}  // namespace
}  // namespace xylem::ospf

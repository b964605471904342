// OSPFv3's packets and LSAs as FRR 8.4 and BIRD 2.0.12 sent them on a wire, and what is made here.

#include <protocols/ospf/ids.h>
#include <protocols/ospf/lsa3.h>
#include <protocols/ospf/trailer.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

namespace xylem::ospf {
namespace {

constexpr Time NOW = kj::origin<Time>();
constexpr RouterId BIRD = Ip4::of(10, 255, 0, 1), FRR = Ip4::of(10, 255, 0, 2), OWN = Ip4::of(10, 255, 0, 11);
constexpr net::Ip6 BIRD_ADDRESS{0xfe80000000000000, 0xc89bfdfffeec0d5d};

kj::Array<kj::byte> bytes(kj::StringPtr hex) {
  auto decoded = kj::decodeHex(hex);
  KJ_ASSERT(!decoded.hadErrors);
  return kj::mv(decoded);
}

IpNet net(kj::StringPtr text) { return KJ_ASSERT_NONNULL(IpNet::parse(text)); }

Bytes bodyOf(Bytes packet) {
  Sequences last{};
  auto checked = Trailer().check(packet, PacketType(packet[1]), last, net::Ip6());
  KJ_ASSERT(checked.is<Bytes>(), checked.get<Bad>().reason);
  return checked.get<Bytes>();
}

kj::Array<kj::byte> withoutChecksum(kj::Array<kj::byte> packet) {
  packet[CHECKSUM_AT] = packet[CHECKSUM_AT + 1] = 0;
  return packet;
}

kj::Array<kj::byte> sealed(PacketWriter out) { return Trailer().seal(kj::mv(out.body), 0, net::Ip6()); }

// Of FRR.
const kj::StringPtr HELLO = "030100280aff000200000000f49f000000000002010000130001000400000000000000000aff000b"_kj;
const kj::StringPtr DESCRIPTION =
    "030200580aff000200000000370500000000001305dc00006b025fc400020008000000020aff000280000001a3d3003800022001000000000a"
    "ff"
    "000280000001c75e001800022009000000000aff000280000002abca0038"_kj;
const kj::StringPtr REQUEST =
    "0303004c0aff000200000000493c000000000008000000030aff000b00002001000000000aff000100002001000000000aff000b0000200900"
    "00"
    "00000aff000100002009000000000aff000b"_kj;
const kj::StringPtr UPDATE =
    "0304009c0aff000200000000a02f00000000000300020008000000020aff000280000001a3d3003801000013fe800000000000000cc891fffe"
    "49"
    "55f6000000014000000020010db80002000000022001000000000aff000280000001c75e00180000001300022009000000000aff0002800000"
    "02"
    "abca003800022001000000000aff00024000000a20010db8000200004000000120010db8000f0000"_kj;
const kj::StringPtr ACKNOWLEDGMENT =
    "030500740aff0002000000003350000000050008000000030aff000b8000000119df003800062001000000000aff000180000001d253001800"
    "04"
    "2001000000000aff000b8000000202cd003800062009000000000aff000180000001813c002c00042009000000000aff000b80000002244f0038"_kj;

// Of BIRD, signed by HMAC-SHA-1 with the key 7, "wood".
const kj::StringPtr SIGNED_HELLO =
    "030100280aff0001000000000000000000000002010005130001000400000000000000000aff000b0001002400000007000000000000000"
    "8be1cb0a30895f6a98567c30485e2c8d2803ef2da"_kj;
const kj::StringPtr SIGNED_UPDATE =
    "030400740aff000100000000000000000000000200012001000000000aff0001800000021cd90028000001130100000500000002000000020a"
    "ff"
    "000b00012009000000000aff000180000002582a003800022001000000000aff00014000000120010db8000b00004000000520010db8000100"
    "00"
    "0001002400000007000000000000000e2e92dcc64e63b23728cb55b4bc1d7d7db10346bc"_kj;

kj::Vector<SecretKey> keys() {
  kj::Vector<SecretKey> list;
  list.add(SecretKey{7, Algorithm::HMAC_SHA1, kj::str("wood")});
  return list;
}

TEST(Packet3, Hello) {
  auto packet = bytes(HELLO);
  auto header = KJ_ASSERT_NONNULL(Header::read(packet, Face::V3));
  EXPECT_EQ(header.router, FRR);
  EXPECT_EQ(header.area, BACKBONE);
  EXPECT_EQ(header.instance, 0u);
  EXPECT_TRUE(Header::read(packet, Face::V2) == nullptr);
  auto hello = KJ_ASSERT_NONNULL(Hello::decode(bodyOf(packet), Face::V3));
  EXPECT_EQ(hello.interface, 2u);
  EXPECT_EQ(hello.interval, 1u);
  EXPECT_EQ(hello.deadInterval, 4u);
  EXPECT_EQ(hello.options, options::V6 | options::E | options::R);
  EXPECT_EQ(hello.neighbors, std::vector<RouterId>{OWN});

  PacketWriter out(PacketType::HELLO, FRR, BACKBONE, Face::V3);
  hello.encode(out.body, Face::V3);
  EXPECT_EQ(sealed(kj::mv(out)), withoutChecksum(kj::mv(packet)));
}

TEST(Packet3, AnInstanceIsSaidInTheHeader) {
  PacketWriter out(PacketType::HELLO, OWN, Ip4{1}, Face::V3_IP4, 64);
  auto packet = sealed(kj::mv(out));
  EXPECT_EQ(packet.size(), PACKET_HEADER3);
  EXPECT_EQ(KJ_ASSERT_NONNULL(Header::read(packet, Face::V3_IP4)).instance, 64u);
}

TEST(Packet3, Description) {
  auto packet = bytes(DESCRIPTION);
  auto description = KJ_ASSERT_NONNULL(Description::decode(bodyOf(packet), Face::V3));
  EXPECT_EQ(description.mtu, 1500u);
  EXPECT_EQ(description.options, options::V6 | options::E | options::R);
  EXPECT_EQ(description.flags, 0u);
  ASSERT_EQ(description.headers.size(), 3u);
  EXPECT_EQ(description.headers[0].key, (Key{Type::LINK, Ip4{2}, FRR}));
  EXPECT_EQ(description.headers[2].key, (Key{Type::PREFIXES, Ip4(), FRR}));
  PacketWriter out(PacketType::DESCRIPTION, FRR, BACKBONE, Face::V3);
  description.encode(out.body, Face::V3);
  EXPECT_EQ(sealed(kj::mv(out)), withoutChecksum(kj::mv(packet)));
}

TEST(Packet3, Request) {
  auto packet = bytes(REQUEST);
  auto list = KJ_ASSERT_NONNULL(decodeRequest(bodyOf(packet), Face::V3));
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list[0], (Key{Type::LINK, Ip4{3}, OWN}));
  PacketWriter out(PacketType::REQUEST, FRR, BACKBONE, Face::V3);
  for (auto& key : list) encodeRequest(key, out.body, Face::V3);
  EXPECT_EQ(sealed(kj::mv(out)), withoutChecksum(kj::mv(packet)));
}

TEST(Packet3, UpdatesOfFrr) {
  auto packet = bytes(UPDATE);
  auto list = KJ_ASSERT_NONNULL(decodeUpdate(bodyOf(packet)));
  ASSERT_EQ(list.size(), 3u);
  auto link = KJ_ASSERT_NONNULL(Lsa::parse(list[0], NOW, Face::V3));
  auto said = KJ_ASSERT_NONNULL(LinkBody::decode(link.body(), Face::V3));
  EXPECT_EQ(said.priority, 1u);
  EXPECT_EQ(kj::str(said.address), "fe80::cc8:91ff:fe49:55f6");
  ASSERT_EQ(said.prefixes.size(), 1u);
  EXPECT_EQ(said.prefixes[0].net, net("2001:db8:2::/64"));
  auto prefixes = KJ_ASSERT_NONNULL(Lsa::parse(list[2], NOW, Face::V3));
  auto body = KJ_ASSERT_NONNULL(PrefixesBody::decode(prefixes.body(), Face::V3));
  EXPECT_FALSE(body.network);
  EXPECT_EQ(body.router, FRR);
  EXPECT_EQ(body.prefixes, (std::vector<LinkPrefix>{{net("2001:db8:2::/64"), 0, 10}, {net("2001:db8:f::/64"), 0, 1}}));
  net::ByteWriter out;
  body.encode(out);
  auto made = Lsa::make(prefixes.header.key, 0, prefixes.header.sequence, out.bytes(), NOW, Face::V3);
  EXPECT_EQ(made.header.checksum, prefixes.header.checksum);
}

TEST(Packet3, UpdatesOfBird) {
  auto packet = bytes(SIGNED_UPDATE);
  auto list = KJ_ASSERT_NONNULL(decodeUpdate(bodyOf(packet)));
  auto lsa = KJ_ASSERT_NONNULL(Lsa::parse(list[0], NOW, Face::V3));
  EXPECT_TRUE(isWellFormed(lsa));
  auto router = KJ_ASSERT_NONNULL(RouterBody::of(lsa));
  EXPECT_EQ(router.options, options::V6 | options::E | options::R | options::AF);
  EXPECT_EQ(router.links, (std::vector<RouterLink>{{LinkType::POINT_TO_POINT, OWN, Ip4{2}, 5, 2}}));
  net::ByteWriter out;
  router.encode3(out);
  EXPECT_EQ(Lsa::make(lsa.header.key, 0, lsa.header.sequence, out.bytes(), NOW, Face::V3).header.checksum,
            lsa.header.checksum);
}

TEST(Packet3, Acknowledgment) {
  auto packet = bytes(ACKNOWLEDGMENT);
  auto list = KJ_ASSERT_NONNULL(decodeAcknowledgment(bodyOf(packet), Face::V3));
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list[1].key, (Key{Type::ROUTER, Ip4(), BIRD}));
}

TEST(Trailer, IsAsBirdMakesIt) {
  auto list = keys();
  auto packet = bytes(SIGNED_HELLO);
  size_t length = packet.size() - Trailer{list}.size();
  net::ByteWriter out;
  out.bytes(packet.slice(0, length));
  EXPECT_EQ(Trailer{list}.seal(kj::mv(out), 8, BIRD_ADDRESS), packet);
}

TEST(Trailer, IsGoodOnceAndFromOneAddress) {
  auto list = keys();
  Sequences last{};
  auto packet = bytes(SIGNED_HELLO);
  auto reason = [&](Bytes each, net::Ip6 source = BIRD_ADDRESS) {
    auto checked = Trailer{list}.check(each, PacketType::HELLO, last, source);
    return std::string(checked.is<Bad>() ? checked.get<Bad>().reason.cStr() : "");
  };
  EXPECT_EQ(reason(packet, net::Ip6{0xfe80000000000000, 1}), "wrong signature");
  EXPECT_EQ(reason(packet.slice(0, packet.size() - 1)), "a digest of another length than the key's algorithm makes");
  EXPECT_EQ(reason(packet.slice(0, 40)), "no authentication, but some is configured here");
  for (size_t i = 4; i < packet.size(); ++i) {
    auto copy = kj::heapArray<kj::byte>(packet);
    copy[i] ^= 1;
    EXPECT_NE(reason(copy), "") << i;
  }
  EXPECT_EQ(reason(packet), "");
  EXPECT_EQ(reason(packet), "a sequence number that was used before");
  EXPECT_EQ(last[uint(PacketType::HELLO)], 8u);
}

TEST(Trailer, NamesKeysByTwoBytes) {
  kj::Vector<SecretKey> list;
  for (uint16_t id : {0x0107, 0x0007}) list.add(SecretKey{id, kit::Algorithm::HMAC_SHA256, kj::str("wood ", id)});
  kj::Vector<SecretKey> wide;
  wide.add(list[0].clone());
  PacketWriter out(PacketType::HELLO, OWN, BACKBONE, Face::V3);
  auto packet = Trailer{wide}.seal(kj::mv(out.body), 9, BIRD_ADDRESS);
  EXPECT_EQ(kj::encodeHex(packet.slice(PACKET_HEADER3 + 4, PACKET_HEADER3 + 8)), "00000107"_kj);
  Sequences last{};
  EXPECT_TRUE((Trailer{list}.check(packet, PacketType::HELLO, last, BIRD_ADDRESS).is<Bytes>()));
  Sequences none{};
  auto narrow = list.slice(1, 2);
  auto refused = Trailer{narrow}.check(packet, PacketType::HELLO, none, BIRD_ADDRESS);
  ASSERT_TRUE(refused.is<Bad>());
  EXPECT_EQ(refused.get<Bad>().reason, "a key that is not configured here"_kj);
}

TEST(Lsa3, AnnouncementsOfBothFamilies) {
  for (auto face : {Face::V3, Face::V3_IP4}) {
    bool six = face == Face::V3;
    Announcement said{six ? net("2001:db8:7::/48") : net("10.7.0.0/17"), 33, true};
    said.forwarding = six ? Ip(net::Ip6{0x20010db800000000, 9}) : Ip(Ip4::of(10, 0, 0, 9));
    said.tag = 77;
    said.propagate = true;
    net::ByteWriter out;
    said.encode(Type::NSSA, face, out);
    auto lsa = Lsa::make({Type::NSSA, Ip4{1}, OWN}, 0, INITIAL_SEQUENCE, out.bytes(), NOW, face);
    EXPECT_TRUE(isWellFormed(lsa));
    auto read = KJ_ASSERT_NONNULL(Announcement::of(lsa));
    EXPECT_EQ(read.net, said.net);
    EXPECT_EQ(std::tuple(read.metric, read.type2, read.tag, read.propagate, read.unicast),
              std::tuple(33u, true, 77u, true, true));
    EXPECT_EQ(read.forwarding, said.forwarding);
    out.truncate(out.size() - 1);
    EXPECT_TRUE(Announcement::decode3(out.bytes(), face, Type::NSSA) == nullptr);
  }
}

TEST(Lsa3, PrefixesThatNoFamilyHas) {
  for (auto face : {Face::V3, Face::V3_IP4}) {
    net::ByteWriter out;
    out.u8(face == Face::V3 ? 129 : 33);
    out.zeros(3 + 32);
    net::ByteReader in(out.bytes());
    EXPECT_TRUE(LinkPrefix::read(in, face) == nullptr);
  }
}

TEST(Lsa3, ALinkTellsAnIpv4AddressInTheFirstBytesOfAnIpv6One) {
  LinkBody body;
  body.address = Ip4::of(10, 0, 0, 1);
  body.prefixes = {{net("10.0.0.0/24")}};
  net::ByteWriter out;
  body.encode(out);
  EXPECT_EQ(kj::encodeHex(out.bytes().slice(4, 20)), "0a000001000000000000000000000000");
  auto read = KJ_ASSERT_NONNULL(LinkBody::decode(out.bytes(), Face::V3_IP4));
  EXPECT_EQ(read.address, body.address);
  EXPECT_EQ(read.prefixes, body.prefixes);
}

TEST(Lsa3, UnknownTypesAreFloodedAsTheyAsk) {
  auto scope = [](uint16_t type) { return scopeOf(Type(type), Face::V3); };
  EXPECT_TRUE(scope(0x2055) == Scope::LINK) << "kept on its link";
  EXPECT_TRUE(scope(0xa055) == Scope::AREA);
  EXPECT_TRUE(scope(0xc055) == Scope::AS);
  EXPECT_TRUE(scope(0x8055) == Scope::LINK);
  EXPECT_TRUE(scope(0xe055) == nullptr);
  EXPECT_TRUE(scope(uint16_t(Type::EXTERNAL)) == Scope::AS);
}

TEST(Lsa3, IdsOfIpv6AreTheSameInEachLife) {
  LinkStateIds first, second;
  for (auto text : {"2001:db8::/32"_kj, "2001:db8::/48"_kj, "::/0"_kj}) EXPECT_TRUE(first.assign(net(text)).empty());
  for (auto text : {"::/0"_kj, "2001:db8::/48"_kj, "2001:db8::/32"_kj}) second.assign(net(text));
  EXPECT_EQ(first.all(), second.all());
  EXPECT_EQ(first.all().size(), 3u);
  EXPECT_TRUE(first.release(net("::/0")).empty());
  EXPECT_TRUE(first.find(net("::/0")) == nullptr);
}

}  // namespace
}  // namespace xylem::ospf

// Packets and LSAs as FRR 8.4 and BIRD 2.0.12 sent them on a wire, and what is made here.

#include <protocols/ospf/auth.h>
#include <protocols/ospf/packet.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

namespace xylem::ospf {
namespace {

constexpr Time NOW = kj::origin<Time>();
constexpr RouterId BIRD = Ip4::of(10, 255, 0, 1), FRR = Ip4::of(10, 255, 0, 2), OWN = Ip4::of(10, 255, 0, 11);

kj::Array<kj::byte> bytes(kj::StringPtr hex) {
  auto decoded = kj::decodeHex(hex);
  KJ_ASSERT(!decoded.hadErrors);
  return kj::mv(decoded);
}

Bytes bodyOf(Bytes packet) {
  Numbers numbers;
  auto checked = Authentication().check(packet, FRR, numbers);
  KJ_ASSERT(checked.is<Bytes>(), checked.get<Bad>().reason);
  return checked.get<Bytes>();
}

const kj::StringPtr HELLO =
    "020100300aff000200000000e6bc00000000000000000000ffffff00000102010000000400000000000000000aff000b"_kj;
const kj::StringPtr DESCRIPTION =
    "020200480aff00020000000037c20000000000000000000005dc02006b022912000102010aff00020aff00028000000253b100300000020"
    "50a0700000aff0002800000019be70024"_kj;
const kj::StringPtr REQUEST =
    "020300300aff000200000000c6b500000000000000000000000000010aff00010aff0001000000010aff000b0aff000b"_kj;
const kj::StringPtr UPDATE =
    "020400700aff00020000000038400000000000000000000000000002000102050a0700000aff0002800000019be70024ffffff0080000032"
    "0000000000000000000202010aff00020aff00028000000253b10030020000020a000200ffffff000300000a0a020000ffffff0003000001"_kj;
const kj::StringPtr ACKNOWLEDGMENT =
    "020500400aff000200000000f9e700000000000000000000000242010aff00010aff00018000000124ac0030000142010aff000b0aff000b"
    "8000000123b50024"_kj;

TEST(Packet, Hello) {
  auto packet = bytes(HELLO);
  auto header = KJ_ASSERT_NONNULL(Header::read(packet));
  EXPECT_EQ(header.type, PacketType::HELLO);
  EXPECT_EQ(header.router, FRR);
  EXPECT_EQ(header.area, BACKBONE);
  auto hello = KJ_ASSERT_NONNULL(Hello::decode(bodyOf(packet)));
  EXPECT_EQ(hello.mask, Ip4::of(255, 255, 255, 0));
  EXPECT_EQ(hello.interval, 1u);
  EXPECT_EQ(hello.deadInterval, 4u);
  EXPECT_EQ(hello.options, options::E);
  ASSERT_EQ(hello.neighbors.size(), 1u);
  EXPECT_EQ(hello.neighbors[0], OWN);

  PacketWriter out(PacketType::HELLO, FRR, BACKBONE);
  hello.encode(out.body);
  EXPECT_EQ(Authentication().seal(kj::mv(out.body), Ip4(), 0), packet);
}

TEST(Packet, Description) {
  auto packet = bytes(DESCRIPTION);
  auto description = KJ_ASSERT_NONNULL(Description::decode(bodyOf(packet)));
  EXPECT_EQ(description.mtu, 1500u);
  EXPECT_EQ(description.flags, 0u);
  EXPECT_EQ(description.sequence, 0x6b022912u);
  ASSERT_EQ(description.headers.size(), 2u);
  EXPECT_EQ(description.headers[0].key, (Key{Type::ROUTER, FRR, FRR}));
  EXPECT_EQ(description.headers[1].key, (Key{Type::EXTERNAL, Ip4::of(10, 7, 0, 0), FRR}));
  EXPECT_EQ(description.headers[1].sequence, INITIAL_SEQUENCE);

  PacketWriter out(PacketType::DESCRIPTION, FRR, BACKBONE);
  description.encode(out.body);
  EXPECT_EQ(Authentication().seal(kj::mv(out.body), Ip4(), 0), packet);
}

TEST(Packet, Request) {
  auto packet = bytes(REQUEST);
  auto list = KJ_ASSERT_NONNULL(decodeRequest(bodyOf(packet)));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].router, BIRD);
  PacketWriter out(PacketType::REQUEST, FRR, BACKBONE);
  encodeRequest({Type::ROUTER, BIRD, BIRD}, out.body);
  encodeRequest({Type::ROUTER, OWN, OWN}, out.body);
  EXPECT_EQ(Authentication().seal(kj::mv(out.body), Ip4(), 0), packet);
}

TEST(Packet, Acknowledgment) {
  auto list = KJ_ASSERT_NONNULL(decodeAcknowledgment(bodyOf(bytes(ACKNOWLEDGMENT))));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1].key, (Key{Type::ROUTER, OWN, OWN}));
  EXPECT_EQ(list[1].checksum, 0x23b5u);
}

TEST(Packet, CutAnywhereItIsNothing) {
  for (auto text : {HELLO, DESCRIPTION, REQUEST, UPDATE, ACKNOWLEDGMENT}) {
    auto packet = bytes(text);
    for (size_t size = 0; size < packet.size(); ++size) EXPECT_TRUE(Header::read(packet.slice(0, size)) == nullptr);
  }
  auto body = bodyOf(bytes(UPDATE));
  for (size_t size = 0; size < body.size(); ++size) EXPECT_TRUE(decodeUpdate(body.slice(0, size)) == nullptr);
}

TEST(Lsa, OfAnUpdateIsMadeTheSameHere) {
  auto packet = bytes(UPDATE);
  auto list = KJ_ASSERT_NONNULL(decodeUpdate(bodyOf(packet)));
  ASSERT_EQ(list.size(), 2u);
  auto external = KJ_ASSERT_NONNULL(Lsa::parse(list[0], NOW));
  auto body = KJ_ASSERT_NONNULL(ExternalBody::decode(external.body()));
  EXPECT_TRUE(body.type2);
  EXPECT_EQ(body.metric, 50u);
  EXPECT_EQ(netOf(external.header.key.id, body.mask).orDefault(Ip4Net()), Ip4Net(Ip4::of(10, 7, 0, 0), 24));

  auto router = KJ_ASSERT_NONNULL(Lsa::parse(list[1], NOW));
  auto links = KJ_ASSERT_NONNULL(RouterBody::decode(router.body()));
  EXPECT_EQ(links.flags, flags::E);
  ASSERT_EQ(links.links.size(), 2u);
  EXPECT_EQ(links.links[0], (RouterLink{LinkType::STUB, Ip4::of(10, 0, 2, 0), Ip4::of(255, 255, 255, 0), 10}));
  net::ByteWriter out;
  links.encode(out);
  auto made = Lsa::make(router.header.key, router.header.options, router.header.sequence, out.bytes(), NOW);
  EXPECT_EQ(made.header.checksum, router.header.checksum);
  EXPECT_EQ(made.body(), router.body());
}

TEST(Lsa, AWrongBitIsFound) {
  auto packet = bytes(UPDATE);
  auto list = KJ_ASSERT_NONNULL(decodeUpdate(bodyOf(packet)));
  for (size_t at = 2; at < list[1].size(); ++at) {
    auto copy = kj::heapArray<kj::byte>(list[1]);
    copy[at] ^= 0x10;
    EXPECT_TRUE(Lsa::parse(copy, NOW) == nullptr) << at;
  }
  auto older = kj::heapArray<kj::byte>(list[1]);
  older[1] = 77;
  EXPECT_EQ(KJ_ASSERT_NONNULL(Lsa::parse(older, NOW)).age(NOW + 3 * kj::SECONDS), 80u) << "the age is not covered";
}

TEST(Lsa, ChecksumsOfAllSizesHold) {
  for (size_t size = 0; size < 9000; size = size * 3 / 2 + 1) {
    net::ByteWriter body;
    for (size_t i = 0; i < size; ++i) body.u8(uint8_t(i * 37 + size));
    auto lsa = Lsa::make({Type::OPAQUE_AREA, Ip4{7}, OWN}, 0, 9, body.bytes(), NOW);
    EXPECT_TRUE(Lsa::parse(lsa.bytes, NOW) != nullptr) << size;
  }
}

TEST(Lsa, WhichIsNewer) {
  LsaHeader a, b;
  EXPECT_EQ(compareAge(a, b), 0);
  a.sequence = INITIAL_SEQUENCE + 1;
  EXPECT_GT(compareAge(a, b), 0);
  b.sequence = MAX_SEQUENCE;
  EXPECT_LT(compareAge(a, b), 0);
  a.sequence = b.sequence;
  a.checksum = 1;
  EXPECT_GT(compareAge(a, b), 0);
  b.checksum = 1;
  b.age = MAX_AGE;
  EXPECT_LT(compareAge(a, b), 0) << "what is to be flushed is newer";
  b.age = 800;
  EXPECT_EQ(compareAge(a, b), 0) << "15 minutes make no difference";
  b.age = 1000;
  EXPECT_GT(compareAge(a, b), 0) << "else the younger is newer";
}

// ---- authentication

const kj::StringPtr MD5 =
    "0201002c0aff00010000000000000002000007106b022922ffffff0000010201000000040000000000000000"
    "3910c315cff51494250ef08704c190f9"_kj;
const kj::StringPtr SHA256 =
    "0201002c0aff00010000000000000002000007206b022925ffffff0000010201000000040000000000000000"
    "6f67aff13b71e57b9e4838c0c97477e01da42500a9e412fa187bc54cf87a5ad2"_kj;
// Of BIRD's hello, as RFC 7474 wants it signed when it comes from 10.0.1.2; by another implementation of HMAC.
const kj::StringPtr EXTENDED =
    "0201002c0aff000100000000000000030000002000000007ffffff00000102010000000400000000000000006b0229250000000"
    "913266416c51e3e208199d6e72d00fa8643deaa5787d5094e165d2900a96f41db"_kj;
constexpr Ip4 SOURCE = Ip4::of(10, 0, 1, 2);
const kj::StringPtr PASSWORD =
    "0201002c0aff000100000000f1ca0001776f6f6400000000ffffff0000010201000000040000000000000000"_kj;

Authentication key(Algorithm algorithm, kj::StringPtr secret, uint8_t id = 7, bool acceptOnly = false,
                   bool extended = false) {
  kj::Vector<SecretKey> keys;
  keys.add(SecretKey{id, algorithm, kj::str(secret), acceptOnly, extended});
  return Authentication(kj::mv(keys));
}

void expectSame(const Authentication& authentication, kj::StringPtr recorded, uint64_t sequence) {
  auto packet = bytes(recorded);
  Numbers last;
  auto checked = authentication.check(packet, SOURCE, last);
  ASSERT_TRUE(checked.is<Bytes>()) << checked.get<Bad>().reason.cStr();
  PacketWriter out(PacketType::HELLO, BIRD, BACKBONE);
  out.body.bytes(checked.get<Bytes>());
  EXPECT_EQ(authentication.seal(kj::mv(out.body), SOURCE, sequence), packet);
  for (size_t at = 0; at < packet.size(); ++at) {
    bool passwordsLength = recorded == PASSWORD && at == 1;  // A hello that says it is something else is no forgery.
    if (passwordsLength) continue;
    auto copy = kj::heapArray<kj::byte>(packet);
    copy[at] ^= 1;
    last = Numbers();
    EXPECT_TRUE(authentication.check(copy, SOURCE, last).is<Bad>()) << "byte " << at;
  }
}

TEST(Authentication, SignsAsBirdDoes) {
  expectSame(key(Algorithm::MD5, "wood"), MD5, uint64_t(0x6b022922) << 32);
  expectSame(key(Algorithm::HMAC_SHA256, "wood"), SHA256, uint64_t(0x6b022925) << 32);
  expectSame(Authentication(kj::str("wood")), PASSWORD, 0);
}

Authentication extended(kj::StringPtr secret = "wood"_kj) {
  return key(Algorithm::HMAC_SHA256, secret, 7, false, true);
}

TEST(Authentication, ExtendedKeysSignAsRfc7474Says) {
  expectSame(extended(), EXTENDED, 0x6b02292500000009);
  EXPECT_EQ(extended().trailer(), 8u + 32u);
}

TEST(Authentication, AnExtendedKeyVouchesForTheSendersAddress) {
  Numbers last;
  EXPECT_TRUE(extended().check(bytes(EXTENDED), Ip4::of(10, 0, 1, 3), last).is<Bad>());
  EXPECT_TRUE(extended("wool"_kj).check(bytes(EXTENDED), SOURCE, last).is<Bad>());
}

TEST(Authentication, ANumberOfAnExtendedKeyIsUsedOnceForEachTypeOfPacket) {
  Numbers last;
  EXPECT_TRUE(extended().check(bytes(EXTENDED), SOURCE, last).is<Bytes>());
  EXPECT_TRUE(extended().check(bytes(EXTENDED), SOURCE, last).is<Bad>());
  PacketWriter out(PacketType::ACKNOWLEDGMENT, BIRD, BACKBONE);
  auto other = extended().seal(kj::mv(out.body), SOURCE, 7);
  EXPECT_TRUE(extended().check(other, SOURCE, last).is<Bytes>()) << "another type has numbers of its own";
  EXPECT_EQ(last.byType[1], 0x6b02292500000009u);
  EXPECT_EQ(last.byType[5], 7u);
}

TEST(Authentication, AnExtendedKeyIsNoOther) {
  Numbers last;
  EXPECT_TRUE(key(Algorithm::HMAC_SHA256, "wood").check(bytes(EXTENDED), SOURCE, last).is<Bad>());
  EXPECT_TRUE(extended().check(bytes(SHA256), SOURCE, last).is<Bad>());
  auto cut = bytes(EXTENDED);
  for (size_t size = PACKET_HEADER; size < cut.size(); ++size)
    EXPECT_TRUE(extended().check(cut.slice(0, size), SOURCE, last).is<Bad>());
}

TEST(Authentication, OldNumbersAreRefused) {
  auto authentication = key(Algorithm::MD5, "wood");
  Numbers last{0x6b022922u};
  EXPECT_TRUE(authentication.check(bytes(MD5), BIRD, last).is<Bytes>()) << "the same may come again";
  last = Numbers{0x6b022923u};
  EXPECT_TRUE(authentication.check(bytes(MD5), BIRD, last).is<Bad>());
}

TEST(Authentication, OtherKindsAreRefused) {
  Numbers last;
  EXPECT_TRUE(Authentication().check(bytes(MD5), BIRD, last).is<Bad>());
  EXPECT_TRUE(key(Algorithm::MD5, "wood").check(bytes(HELLO), BIRD, last).is<Bad>());
  EXPECT_TRUE(key(Algorithm::MD5, "wood").check(bytes(PASSWORD), BIRD, last).is<Bad>());
  EXPECT_TRUE(key(Algorithm::MD5, "wood", 8).check(bytes(MD5), BIRD, last).is<Bad>());
  EXPECT_TRUE(key(Algorithm::HMAC_SHA256, "wood").check(bytes(MD5), BIRD, last).is<Bad>());
  EXPECT_TRUE(Authentication(kj::str("wool")).check(bytes(PASSWORD), BIRD, last).is<Bad>());
}

TEST(Authentication, TheLowestKeyThatMaySigns) {
  kj::Vector<SecretKey> keys;
  keys.add(SecretKey{3, Algorithm::MD5, kj::str("three"), false});
  keys.add(SecretKey{1, Algorithm::MD5, kj::str("one"), true});
  keys.add(SecretKey{2, Algorithm::HMAC_SHA1, kj::str("two"), false});
  Authentication authentication(kj::mv(keys));
  PacketWriter out(PacketType::HELLO, OWN, BACKBONE);
  auto packet = authentication.seal(kj::mv(out.body), Ip4(), 5);
  EXPECT_EQ(packet[18], 2u);
  EXPECT_EQ(packet.size(), PACKET_HEADER + authentication.trailer());
  EXPECT_FALSE(key(Algorithm::MD5, "one", 1, true).maySend());
}

}  // namespace
}  // namespace xylem::ospf

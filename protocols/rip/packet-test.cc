#include <protocols/rip/packet.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

namespace xylem::rip {
namespace {

kj::Array<kj::byte> hex(std::string text) {
  kj::Vector<kj::byte> bytes;
  std::erase(text, ' ');
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.add(kj::byte(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes.releaseAsArray();
}
std::string hex(Bytes bytes) { return kj::encodeHex(bytes).cStr(); }

template <typename F> Entry<F> entry(const char* net, uint8_t metric, uint16_t tag = 0, const char* nextHop = nullptr) {
  Entry<F> e{KJ_ASSERT_NONNULL(F::Net::parse(net)), {}, tag, metric};
  if (nextHop != nullptr) e.nextHop = KJ_ASSERT_NONNULL(F::Address::parse(nextHop));
  return e;
}

template <typename F> std::string why(std::string bytes) {
  // Why a packet is refused, or "" if it is not.
  kj::Maybe<uint32_t> sequence;
  auto packet = hex(bytes);
  auto opened = open<F>(packet, Authentication(), sequence);
  if (opened.template is<Bad>()) return opened.template get<Bad>().reason.cStr();
  auto decoded = decode<F>(opened.template get<Opened>());
  if (decoded.template is<Bad>()) return decoded.template get<Bad>().reason.cStr();
  return "";
}

template <typename F> Packet<F> decoded(Bytes packet, Command command) {
  kj::Maybe<uint32_t> sequence;
  auto opened = open<F>(packet, Authentication(), sequence);
  auto& content = opened.template get<Opened>();
  EXPECT_EQ(content.command, command);
  auto packetRead = decode<F>(content);
  return kj::mv(packetRead.template get<Packet<F>>());
}

// RFC 2453 sections 4 and 3.6: command, version, zero; family, tag, address, mask, next hop, metric.
const std::string RESPONSE4 =
    "02 02 0000"
    "0002 0007 0a010000 ffff0000 00000000 00000003"
    "0002 0000 00000000 00000000 0a000009 00000010";

TEST(RipPacket, EncodesAsInRfc2453) {
  Authentication none;
  Composer<Rip> out(Command::RESPONSE, none, 1500);
  out.add(entry<Rip>("10.1.0.0/16", 3, 7));
  out.add(entry<Rip>("0.0.0.0/0", 16, 0, "10.0.0.9"));
  EXPECT_EQ(hex(out.finish(0)), hex(hex(RESPONSE4)));
  Composer<Rip> request(Command::REQUEST, none, 1500);
  request.addWholeTable();
  EXPECT_EQ(hex(request.finish(0)), hex(hex("01 02 0000 0000 0000 00000000 00000000 00000000 00000010")));
}

TEST(RipPacket, Decodes) {
  auto packet = decoded<Rip>(hex(RESPONSE4), Command::RESPONSE);
  ASSERT_EQ(packet.entries.size(), 2u);
  EXPECT_EQ(packet.entries[0], entry<Rip>("10.1.0.0/16", 3, 7));
  EXPECT_EQ(packet.entries[1], entry<Rip>("0.0.0.0/0", 16, 0, "10.0.0.9"));
  EXPECT_EQ(packet.badEntries, 0u);
  EXPECT_FALSE(packet.wholeTable);
  EXPECT_TRUE(
      decoded<Rip>(hex("01 02 0000 0000 0000 00000000 00000000 00000000 00000010"), Command::REQUEST).wholeTable);
}

TEST(RipPacket, LeavesOutBadEntries) {
  for (auto bad : {
           "0003 0000 0a010000 ffff0000 00000000 00000001",  // family
           "0000 0000 00000000 00000000 00000000 00000010",  // a request's entry in a response
           "ffff 0002 00000000 00000000 00000000 00000000",  // authentication that is not the first entry
           "0002 0000 0a010000 ff00ff00 00000000 00000001",  // mask with holes
           "0002 0000 0a010001 ffff0000 00000000 00000001",  // host bits
           "0002 0000 0a010000 00000000 00000000 00000001",  // no mask
           "0002 0000 0a010000 ffff0000 00000000 00000000",  // metric 0
           "0002 0000 0a010000 ffff0000 00000000 00000011",  // metric 17
           "0002 0000 0a010000 ffff0000 00000000 01000001",  // metric, high bits
           "0002 0000 7f000000 ff000000 00000000 00000001",  // loopback
           "0002 0000 e0000000 f0000000 00000000 00000001",  // multicast
           "0002 0000 00000000 ff000000 00000000 00000001",  // this network
           "0002 0000 f0000000 f0000000 00000000 00000001",  // reserved
       }) {
    auto packet = decoded<Rip>(hex(std::string("02 02 0000 0002 0000 0a020000 ffff0000 00000000 00000001") + bad),
                               Command::RESPONSE);
    EXPECT_EQ(packet.badEntries, 1u) << bad;
    ASSERT_EQ(packet.entries.size(), 1u) << bad;
    EXPECT_EQ(packet.entries[0], entry<Rip>("10.2.0.0/16", 1));
  }
}

TEST(RipPacket, RefusesBadPackets) {
  EXPECT_EQ(why<Rip>(""), "truncated header");
  EXPECT_EQ(why<Rip>("02 02 00"), "truncated header");
  EXPECT_EQ(why<Rip>("00 02 0000"), "unknown command");
  EXPECT_EQ(why<Rip>("03 02 0000"), "unknown command");
  EXPECT_EQ(why<Rip>("02 00 0000"), "version that is not spoken here");
  EXPECT_EQ(why<Rip>("02 01 0000"), "version that is not spoken here");
  EXPECT_EQ(why<Rip>("02 02 0000"), "");
  EXPECT_EQ(why<Rip>("02 03 0000"), "");
  EXPECT_EQ(why<Rip>("02 02 0000 00"), "length that is not of whole entries");
  EXPECT_EQ(why<Rip>(RESPONSE4.substr(0, RESPONSE4.size() - 2)), "length that is not of whole entries");
}

TEST(RipPacket, AWholeTableRequestIsAlone) {
  auto one = std::string("0000 0000 00000000 00000000 00000000 00000010");
  auto two = decoded<Rip>(hex("01 02 0000" + one + one), Command::REQUEST);
  EXPECT_FALSE(two.wholeTable);
  EXPECT_EQ(two.badEntries, 2u);
  auto lower = decoded<Rip>(hex("01 02 0000 0000 0000 00000000 00000000 00000000 0000000f"), Command::REQUEST);
  EXPECT_FALSE(lower.wholeTable);
  auto specific = decoded<Rip>(hex("01 02 0000 0002 0000 0a010000 ffff0000 00000000 00000000"), Command::REQUEST);
  EXPECT_FALSE(specific.wholeTable);
  EXPECT_EQ(specific.entries.size(), 1u);
}

TEST(RipPacket, HoldsTwentyFiveEntries) {
  auto count = [](const Authentication& authentication) {
    Composer<Rip> out(Command::RESPONSE, authentication, 9000);
    uint entries = 0;
    for (; out.fits(entry<Rip>("10.0.0.0/8", 1)); ++entries) out.add(entry<Rip>("10.0.0.0/8", 1));
    EXPECT_ANY_THROW(out.add(entry<Rip>("10.0.0.0/8", 1)));
    return entries;
  };
  EXPECT_EQ(count(Authentication()), 25u);
  EXPECT_EQ(count(Authentication(kj::str("secret"))), 24u);
  kj::Vector<Key> keys;
  keys.add(Key{1, Algorithm::MD5, kj::str("secret"), false});
  EXPECT_EQ(count(Authentication(kj::mv(keys))), 24u);
}

// RFC 2080 section 2.1: command, version, zero; prefix, tag, length, metric. A next hop has metric 0xff.
const std::string RESPONSE6 =
    "02 01 0000"
    "20010db8 00000000 00000000 00000000 0007 20 03"
    "fe800000 00000000 00000000 00000009 0000 00 ff"
    "00000000 00000000 00000000 00000000 0000 00 01"
    "20010db8 00010000 00000000 00000000 0000 30 10"
    "00000000 00000000 00000000 00000000 0000 00 ff"
    "20010db8 00020000 00000000 00000000 0000 30 02";

TEST(RipngPacket, EncodesAsInRfc2080) {
  Authentication none;
  Composer<Ripng> out(Command::RESPONSE, none, 1500);
  out.add(entry<Ripng>("2001:db8::/32", 3, 7));
  out.add(entry<Ripng>("::/0", 1, 0, "fe80::9"));
  out.add(entry<Ripng>("2001:db8:1::/48", 16, 0, "fe80::9"));
  out.add(entry<Ripng>("2001:db8:2::/48", 2));
  EXPECT_EQ(hex(out.finish(0)), hex(hex(RESPONSE6)));
  Composer<Ripng> request(Command::REQUEST, none, 1500);
  request.addWholeTable();
  EXPECT_EQ(hex(request.finish(0)), hex(hex("01 01 0000 00000000 00000000 00000000 00000000 0000 00 10")));
}

TEST(RipngPacket, Decodes) {
  auto packet = decoded<Ripng>(hex(RESPONSE6), Command::RESPONSE);
  ASSERT_EQ(packet.entries.size(), 4u);
  EXPECT_EQ(packet.entries[0], entry<Ripng>("2001:db8::/32", 3, 7));
  EXPECT_EQ(packet.entries[1], entry<Ripng>("::/0", 1, 0, "fe80::9"));
  EXPECT_EQ(packet.entries[2], entry<Ripng>("2001:db8:1::/48", 16, 0, "fe80::9"));
  EXPECT_EQ(packet.entries[3], entry<Ripng>("2001:db8:2::/48", 2));
  EXPECT_TRUE(
      decoded<Ripng>(hex("01 01 0000 00000000 00000000 00000000 00000000 0000 00 10"), Command::REQUEST).wholeTable);
}

TEST(RipngPacket, ANextHopThatIsNotLinkLocalStandsForTheSender) {
  auto packet = decoded<Ripng>(hex("02 01 0000"
                                   "20010db8 00000000 00000000 00000009 0000 00 ff"
                                   "20010db8 00000000 00000000 00000000 0000 20 03"),
                               Command::RESPONSE);
  ASSERT_EQ(packet.entries.size(), 1u);
  EXPECT_TRUE(packet.entries[0].nextHop.isUnspecified());
}

TEST(RipngPacket, LeavesOutBadEntriesAndPackets) {
  for (auto bad : {
           "20010db8 00000000 00000000 00000000 0000 81 01",  // length
           "20010db8 00000000 00000000 00000001 0000 20 01",  // host bits
           "20010db8 00000000 00000000 00000000 0000 20 00",  // metric 0
           "20010db8 00000000 00000000 00000000 0000 20 11",  // metric 17
           "ff020000 00000000 00000000 00000000 0000 10 01",  // multicast
           "fe800000 00000000 00000000 00000000 0000 0a 01",  // link-local
           "00000000 00000000 00000000 00000001 0000 80 01",  // loopback
       }) {
    auto packet = decoded<Ripng>(hex(std::string("02 01 0000") + bad), Command::RESPONSE);
    EXPECT_EQ(packet.badEntries, 1u) << bad;
    EXPECT_EQ(packet.entries.size(), 0u) << bad;
  }
  EXPECT_EQ(why<Ripng>("02 01 00"), "truncated header");
  EXPECT_EQ(why<Ripng>("02 00 0000"), "version that is not spoken here");
  EXPECT_EQ(why<Ripng>("02 02 0000"), "version that is not spoken here");
  EXPECT_EQ(why<Ripng>("02 01 0000 00"), "length that is not of whole entries");
}

TEST(RipngPacket, FillsTheMtu) {
  Authentication none;
  auto size = [&](uint mtu) {
    Composer<Ripng> out(Command::RESPONSE, none, mtu);
    while (out.fits(entry<Ripng>("2001:db8::/32", 1))) out.add(entry<Ripng>("2001:db8::/32", 1));
    return out.finish(0).size() + 48;
  };
  for (uint mtu : {1280, 1500, 9000, 65535}) {
    EXPECT_LE(size(mtu), mtu);
    EXPECT_GT(size(mtu) + 20, mtu);
  }
  EXPECT_LE(size(0), 1280u);
  EXPECT_LE(size(1 << 20), 65535u);
  Composer<Ripng> out(Command::RESPONSE, none, 1280);
  while (out.fits(entry<Ripng>("2001:db8::/32", 1))) out.add(entry<Ripng>("2001:db8::/32", 1));
  EXPECT_FALSE(out.fits(entry<Ripng>("2001:db8::/32", 1, 0, "fe80::1")));
}

}  // namespace
}  // namespace xylem::rip

#include <protocols/rip/packet.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

#include <string>

namespace xylem::rip {
namespace {

Key key(uint8_t id, Algorithm algorithm, std::string secret, bool acceptOnly = false) {
  return Key{id, algorithm, kj::str(secret.c_str()), acceptOnly};
}

Authentication with(std::initializer_list<Key*> list) {
  kj::Vector<Key> keys;
  for (auto each : list) keys.add(kj::mv(*each));
  return Authentication(kj::mv(keys));
}
Authentication with(Key one) { return with({&one}); }
Authentication with(Key one, Key two) { return with({&one, &two}); }

kj::Array<kj::byte> response(const Authentication& authentication, uint32_t sequence) {
  Composer<Rip> out(Command::RESPONSE, authentication, 1500);
  out.add({net::Ip4Net(net::Ip4::of(10, 1, 0, 0), 16), {}, 7, 3});
  return out.finish(sequence);
}

std::string verdict(const Authentication& authentication, Bytes packet, kj::Maybe<uint32_t>& last) {
  auto opened = open<Rip>(packet, authentication, last);
  if (opened.is<Bad>()) return opened.get<Bad>().reason.cStr();
  auto packetRead = decode<Rip>(opened.get<Opened>());
  auto& entries = packetRead.get<Packet<Rip>>().entries;
  EXPECT_EQ(entries.size(), 1u);
  return "good";
}
std::string verdict(const Authentication& authentication, Bytes packet) {
  kj::Maybe<uint32_t> last;
  return verdict(authentication, packet, last);
}

const std::string ENTRY = "000200070a010000ffff00000000000000000003";

TEST(Authentication, Password) {
  Authentication secret(kj::str("secret"));
  EXPECT_EQ(kj::encodeHex(response(secret, 0)),
            kj::str("02020000ffff000273656372657400000000000000000000", ENTRY.c_str()));
  EXPECT_EQ(verdict(secret, response(secret, 0)), "good");
  EXPECT_EQ(verdict(Authentication(kj::str("Secret")), response(secret, 0)), "wrong password");
  EXPECT_EQ(verdict(Authentication(kj::str("secre")), response(secret, 0)), "wrong password");
  EXPECT_EQ(verdict(secret, response(Authentication(), 0)), "no authentication");
  EXPECT_EQ(verdict(Authentication(), response(secret, 0)), "authentication that is not configured");
  EXPECT_EQ(verdict(with(key(1, Algorithm::MD5, "secret")), response(secret, 0)), "another kind of authentication");
  Authentication full(kj::str("sixteen bytes ..."));
  EXPECT_EQ(verdict(full, response(full, 0)), "good");
}

struct Vector {
  Algorithm algorithm;
  std::string secret;
  const char* packet;
};

const Vector VECTORS[] = {
    {Algorithm::MD5, "secret",
     "02020000ffff0003002c0510010203040000000000000000000200070a010000ffff00000000000000000003ffff00013a13e932cca7f2935"
     "6d6762cb587d6b4"},
    {Algorithm::MD5, "a secret of more than 16 bytes",
     "02020000ffff0003002c0510010203040000000000000000000200070a010000ffff00000000000000000003ffff000106ca84cf1cef13738"
     "55071ae7f0ae144"},
    {Algorithm::HMAC_SHA1, "secret",
     "02020000ffff0003002c0514010203040000000000000000000200070a010000ffff00000000000000000003ffff0001c43d867d2b533fc92"
     "7842fa4e314f88ca62f04c5"},
    {Algorithm::HMAC_SHA256, "secret",
     "02020000ffff0003002c0520010203040000000000000000000200070a010000ffff00000000000000000003ffff000196cf544a95145115b"
     "62e84394badea5f5c7b1defe644b32e32da12301b3b5b74"},
    {Algorithm::HMAC_SHA256, std::string(33, 'k'),
     "02020000ffff0003002c0520010203040000000000000000000200070a010000ffff00000000000000000003ffff0001d3d3315bf80232cb0"
     "89288bc3944986924cbf5c8412453ef60a5a3d5ddd37158"},
    {Algorithm::HMAC_SHA256, std::string(70, 'k'),
     "02020000ffff0003002c0520010203040000000000000000000200070a010000ffff00000000000000000003ffff0001d4219120e29557057"
     "8e8a5ea7fa8352a76415c0c4f6ba0790d8448c4dd947b14"},
    {Algorithm::HMAC_SHA384, "secret",
     "02020000ffff0003002c0530010203040000000000000000000200070a010000ffff00000000000000000003ffff0001aeef0cbf8e870e9d0"
     "9eb6de1bc8f4700a5902b9e8c3546fa23b9df45f18f0d962c6ca8f443d6acccae2e24482c6bd822"},
    {Algorithm::HMAC_SHA512, "secret",
     "02020000ffff0003002c0540010203040000000000000000000200070a010000ffff00000000000000000003ffff0001036bd977bcef0d53f"
     "0738d9694eb8043442b2c319e437ee149256b56333035843464d8a9a639935e8161e759634c9c097538648163f482ce7d5906feff9a3385"},
};

TEST(Authentication, SignsAsInRfc2082AndRfc4822) {
  // Made with hashlib, keyed MD5 and HMAC written out step by step from the RFCs; checked with `openssl dgst`.
  for (auto& vector : VECTORS) {
    auto authentication = with(key(5, vector.algorithm, vector.secret));
    auto packet = response(authentication, 0x01020304);
    EXPECT_EQ(kj::encodeHex(packet), kj::StringPtr(vector.packet));
    kj::Maybe<uint32_t> last;
    EXPECT_EQ(verdict(authentication, packet, last), "good");
    EXPECT_EQ(last.orDefault(0), 0x01020304u);
  }
}

TEST(Authentication, EveryByteCounts) {
  for (auto& vector : VECTORS) {
    auto authentication = with(key(5, vector.algorithm, vector.secret));
    auto packet = response(authentication, 1);
    for (size_t i = 4; i < packet.size(); ++i) {
      packet[i] ^= 1;
      EXPECT_NE(verdict(authentication, packet), "good") << i;
      packet[i] ^= 1;
    }
    for (size_t size = 0; size < packet.size(); ++size) {
      EXPECT_NE(verdict(authentication, packet.slice(0, size)), "good") << size;
    }
    EXPECT_EQ(verdict(authentication, packet), "good");
    EXPECT_EQ(verdict(with(key(5, vector.algorithm, vector.secret + "x")), packet),
              vector.algorithm == Algorithm::MD5 && vector.secret.size() >= 16 ? "good" : "wrong signature");
  }
}

TEST(Authentication, TakesMd5LengthsThatCountTheTag) {
  // The signature of a packet whose data length says 20, by `openssl md5`.
  auto authentication = with(key(5, Algorithm::MD5, "secret"));
  auto packet = kj::decodeHex(
      "02020000ffff0003002c0514010203040000000000000000000200070a010000ffff00000000000000000003ffff0001d17384306de5b5658980699486db8dea"_kj);
  EXPECT_FALSE(packet.hadErrors);
  EXPECT_EQ(verdict(authentication, packet), "good");
}

TEST(Authentication, SequenceNumbersMayNotFall) {
  auto authentication = with(key(5, Algorithm::HMAC_SHA256, "secret"));
  kj::Maybe<uint32_t> last;
  EXPECT_EQ(verdict(authentication, response(authentication, 10), last), "good");
  EXPECT_EQ(verdict(authentication, response(authentication, 10), last), "good");
  EXPECT_EQ(verdict(authentication, response(authentication, 12), last), "good");
  EXPECT_EQ(verdict(authentication, response(authentication, 11), last), "replayed sequence number");
  EXPECT_EQ(last.orDefault(0), 12u);
  auto forged = response(authentication, 4000000000u);
  forged.back() ^= 1;
  EXPECT_EQ(verdict(authentication, forged, last), "wrong signature");
  EXPECT_EQ(last.orDefault(0), 12u);
}

TEST(Authentication, SeveralKeys) {
  auto both = with(key(2, Algorithm::HMAC_SHA256, "new"), key(1, Algorithm::MD5, "old", true));
  auto old = with(key(1, Algorithm::MD5, "old"));
  auto fresh = with(key(2, Algorithm::HMAC_SHA256, "new"));
  EXPECT_EQ(verdict(both, response(old, 1)), "good");
  EXPECT_EQ(verdict(both, response(fresh, 1)), "good");
  EXPECT_EQ(verdict(fresh, response(both, 1)), "good");
  EXPECT_EQ(verdict(old, response(both, 1)), "unknown key");
  EXPECT_EQ(verdict(with(key(2, Algorithm::HMAC_SHA384, "new")), response(fresh, 1)), "malformed authentication");
  auto lowest = with(key(9, Algorithm::MD5, "nine"), key(3, Algorithm::MD5, "three"));
  EXPECT_EQ(verdict(with(key(3, Algorithm::MD5, "three")), response(lowest, 1)), "good");
  EXPECT_TRUE(both.maySend());
  EXPECT_FALSE(with(key(1, Algorithm::MD5, "old", true)).maySend());
  EXPECT_TRUE(Authentication().maySend());
}

}  // namespace
}  // namespace xylem::rip

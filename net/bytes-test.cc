#include <net/bytes.h>
#include <net/checksum.h>

#include <gtest/gtest.h>

namespace xylem::net {
namespace {

TEST(ByteReader, ReadsInNetworkOrder) {
  const kj::byte bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};
  ByteReader in(bytes);
  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u24(), 0x040506u);
  EXPECT_EQ(in.u32(), 0x0708090au);
  EXPECT_EQ(in.u48(), 0x0b0c0d0e0f10u);
  EXPECT_EQ(in.u64(), 0x1112131415161718u);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.done());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, FailsForGoodAndNeverReadsBeyond) {
  const kj::byte bytes[] = {1, 2, 3};
  ByteReader in(bytes);
  EXPECT_FALSE(in.has(4));
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_FALSE(in.has(0));
  EXPECT_EQ(in.bytes(1).size(), 0u);
  EXPECT_EQ(in.remaining(), 0u);
  ByteReader empty(nullptr);
  EXPECT_TRUE(empty.ok());
  EXPECT_TRUE(empty.has(0));
  EXPECT_EQ(empty.rest().size(), 0u);
  EXPECT_TRUE(empty.ok());
  empty.skip(size_t(-1));
  EXPECT_FALSE(empty.ok());
}

TEST(ByteReader, NestedLengthsStayWithin) {
  const kj::byte bytes[] = {2, 10, 11, 12};
  ByteReader in(bytes);
  auto inner = in.sub(in.u8());
  EXPECT_EQ(inner.remaining(), 2u);
  EXPECT_EQ(inner.u16(), 0x0a0b);
  EXPECT_EQ(inner.u8(), 0);
  EXPECT_FALSE(inner.ok());
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.position(), 3u);
  auto beyond = in.sub(2);
  EXPECT_FALSE(beyond.ok());
  EXPECT_FALSE(in.ok());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  ByteWriter out;
  out.u8(1);
  size_t length = out.size();
  out.u16(0);
  out.u24(0x020304);
  out.u32(5);
  out.u48(0x060708090a0b);
  out.u64(0x1112131415161718);
  out.ip(Ip4::of(10, 0, 0, 1));
  out.ip(Ip6{1, 2});
  out.zeros(3);
  const kj::byte tail[] = {7, 8};
  out.bytes(tail);
  out.patch16(length, uint16_t(out.size()));
  out.patch8(0, 9);
  ByteReader in(out.bytes());
  EXPECT_EQ(in.u8(), 9);
  EXPECT_EQ(in.u16(), out.size());
  EXPECT_EQ(in.u24(), 0x020304u);
  EXPECT_EQ(in.u32(), 5u);
  EXPECT_EQ(in.u48(), 0x060708090a0bu);
  EXPECT_EQ(in.u64(), 0x1112131415161718u);
  EXPECT_EQ(in.address<Ip4>(), Ip4::of(10, 0, 0, 1));
  EXPECT_EQ(in.address<Ip6>(), (Ip6{1, 2}));
  EXPECT_EQ(in.u24(), 0u);
  EXPECT_EQ(in.u16(), 0x0708);
  EXPECT_TRUE(in.ok() && in.done());
  EXPECT_ANY_THROW(out.patch16(out.size() - 1, 0));
  EXPECT_ANY_THROW(out.patch8(size_t(-1), 0));
  auto whole = out.finish();
  EXPECT_EQ(out.size(), 0u);
  EXPECT_EQ(whole.back(), 8);
}

TEST(Checksum, Rfc1071Example) {
  const kj::byte bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(InternetChecksum().add(bytes).value(), uint16_t(~0xddf2));
}

TEST(Checksum, OddLengthsAndPieces) {
  const kj::byte bytes[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                            0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  EXPECT_EQ(InternetChecksum().add(bytes).value(), 0);
  Bytes all(bytes);
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(InternetChecksum().add(all.slice(0, cut)).add(all.slice(cut, all.size())).value(), 0);
  }
  const kj::byte odd[] = {0x12, 0x34, 0x56};
  EXPECT_EQ(InternetChecksum().add(odd).value(), uint16_t(~(0x1234 + 0x5600)));
  EXPECT_EQ(InternetChecksum().value(), 0xffff);
}

}  // namespace
}  // namespace xylem::net

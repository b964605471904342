#include <protocols/bgp/mrt.h>
#include <protocols/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bgp::mrt {
namespace {

using net::ByteWriter;

const auto AT = kj::UNIX_EPOCH + 0x5f5e1000ll * kj::SECONDS + 7 * kj::MICROSECONDS;
const net::Ip4 PEER = net::Ip4::of(10, 0, 0, 2), LOCAL = net::Ip4::of(10, 0, 0, 1);

Record only(const ByteWriter& out) {
  net::ByteReader in(out.bytes());
  Record record;
  EXPECT_TRUE(next(in, record));
  EXPECT_TRUE(in.done());
  return record;
}

TEST(MrtTest, WritesTables) {
  ByteWriter peers, rib;
  PeerTable table{LOCAL, kj::str("v"), {{PEER, PEER, 65002}, {PEER, net::Ip6{0x20010db800000000, 2}, 70000}}};
  write(peers, table, AT);
  EXPECT_EQ(hex(peers.bytes()),
            hex(hex("5f5e1000 000d 0001 0000002f 0a000001 0001 76 0002 02 0a000002 0a000002 0000fdea"
                    "03 0a000002 20010db8000000000000000000000002 00011170")));
  auto read = KJ_ASSERT_NONNULL(readPeerTable(only(peers)));
  EXPECT_EQ(read.peers.size(), 2u);
  EXPECT_EQ(read.peers[1].as, 70000u);
  EXPECT_EQ(read.peers[1].address, net::Ip(net::Ip6{0x20010db800000000, 2}));

  policy::Attributes attributes;
  attributes.nextHop = net::Ip6{0x20010db800000000, 2};
  ByteWriter block;
  encodeRibAttributes(attributes, Family::IPV6_UNICAST, block);
  EXPECT_EQ(hex(block.bytes()), hex(hex("800e11 10 20010db8000000000000000000000002 40010102 400200")));
  Rib entry{9, Family::IPV6_UNICAST, true, KJ_ASSERT_NONNULL(net::IpNet::parse("2001:db8::/33")), {}};
  entry.entries.push_back({1, AT, 5, block.bytes()});
  write(rib, entry, AT);
  EXPECT_EQ(hex(rib.bytes()), hex(hex("5f5e1000 000d 000a 00000033 00000009 21 20010db800 0001 0001 5f5e1000 00000005"
                                      "001b" +
                                      hex(block.bytes()))));
  auto again = KJ_ASSERT_NONNULL(readRib(only(rib)));
  EXPECT_EQ(again.net, entry.net);
  EXPECT_EQ(again.entries.at(0).path, 5u);
}

TEST(MrtTest, WritesMessages) {
  ByteWriter out, change;
  Session session{65002, 70000, 3, PEER, LOCAL};
  write(out, Message{session, false, false, true, keepalive()}, AT);
  EXPECT_EQ(hex(out.bytes()),
            hex(hex("5f5e1000 0011 0004 0000002b 00000007 0000fdea 00011170 0003 0001 0a000002 0a000001" +
                    hex(keepalive()))));
  auto record = only(out);
  EXPECT_TRUE(record.at == AT);
  auto read = KJ_ASSERT_NONNULL(readMessage(record));
  EXPECT_EQ(hex(read.message), hex(keepalive()));
  EXPECT_EQ(read.session.localAs, 70000u);
  write(change, StateChange{session, 5, 6}, AT);
  EXPECT_EQ(KJ_ASSERT_NONNULL(readStateChange(only(change))).after, 6);
  for (bool addPath : {false, true})
    for (bool isLocal : {false, true})
      for (bool as4 : {false, true}) {
        ByteWriter one;
        write(one, Message{session, addPath, isLocal, as4, keepalive()}, AT);
        auto back = KJ_ASSERT_NONNULL(readMessage(only(one)));
        EXPECT_EQ(back.addPath, addPath);
        EXPECT_EQ(back.isLocal, isLocal);
        EXPECT_EQ(back.as4, as4);
      }
}

TEST(MrtTest, RefusesWhatIsMalformed) {
  auto isRead = [](const std::string& text) {
    auto bytes = hex(text);
    net::ByteReader in(bytes);
    Record record;
    return next(in, record) && (readPeerTable(record) != nullptr || readRib(record) != nullptr ||
                                readMessage(record) != nullptr || readStateChange(record) != nullptr);
  };
  EXPECT_TRUE(isRead("00000000 000d 0002 0000000a 00000000 18 0a0102 0000"));
  for (auto bad : {"00000000 000d 0002 0000000b 00000000 18 0a0102 0000",      // cut off
                   "00000000 000d 0002 0000000a 00000000 21 0a0102 0000",      // /33
                   "00000000 000d 0002 0000000a 00000000 18 0a0102 0001",      // an entry that is not there
                   "00000000 000d 0002 0000000b 00000000 18 0a0102 0000 00",   // something behind
                   "00000000 000d 0001 00000008 0a000001 0000 0001",           // a peer that is not there
                   "00000000 000d 0006 0000000a 00000000 18 0a0102 0000",      // RIB_GENERIC
                   "00000000 0010 0004 0000000c 00000001 00000002 0000 0003",  // an address family that is none
                   "00000000 0011 0004 00000002 0000",                         // no room for microseconds
                   "00000000"})
    EXPECT_FALSE(isRead(bad)) << bad;
}

}  // namespace
}  // namespace xylem::bgp::mrt

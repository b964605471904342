#include <protocols/bgp/bmp.h>
#include <protocols/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bgp::bmp {
namespace {

using net::ByteWriter;

Peer peer4() {
  Peer peer;
  peer.address = net::Ip4::of(10, 0, 0, 2);
  peer.as = 65002;
  peer.identifier = net::Ip4::of(10, 0, 0, 9);
  peer.at = kj::UNIX_EPOCH + 0x5f5e1000ll * kj::SECONDS + 7 * kj::MICROSECONDS;
  return peer;
}
const std::string PEER4 =
                      "00 00 0000000000000000 000000000000000000000000 0a000002 0000fdea 0a000009 5f5e1000 00000007",
                  PEER6 = "00 f0 0000000000000005 20010db8000000000000000000000001 0000fdea 0a000009 5f5e1000 00000007",
                  LOCAL = "03 80 0000000000000000 00000000000000000000000000000000 0000fdea 0a000009 5f5e1000 00000007";

void expect(const ByteWriter& out, const std::string& text) { EXPECT_EQ(hex(out.bytes()), hex(hex(text))); }

TEST(BmpTest, BeginsAndEnds) {
  ByteWriter out;
  initiation({"r1", "xy"}, out);
  termination(Termination::REDUNDANT, out);
  expect(out, "03 00000012 04 0001 0002 7879 0002 0002 7231  03 0000000c 05 0001 0002 0003");
}

TEST(BmpTest, TellsOfPeers) {
  ByteWriter up, down, remote, local;
  PeerUp session{net::Ip4::of(10, 0, 0, 1), 179, 40000, keepalive(), keepalive()};
  peerUp(peer4(), session, up);
  auto message = hex(keepalive());
  expect(up, "03 0000006a 03" + PEER4 + "000000000000000000000000 0a000001 00b3 9c40" + message + message);
  peerDown(peer4(), DownReason::LOCAL, {}, down);
  expect(down, "03 00000033 02" + PEER4 + "02 0000");
  peerDown(peer4(), DownReason::REMOTE_NOTIFICATION, {Code::CEASE, 2}, remote);
  expect(remote, "03 00000046 02" + PEER4 + "03" + std::string(32, 'f') + "0015 03 0602");
  auto table = peer4();
  table.rib = Rib::LOCAL;
  table.isFiltered = true;
  table.table = "m"_kj;
  peerDown(table, DownReason::LOCAL_TABLE, {}, local);
  expect(local, "03 00000036 02" + LOCAL + "06 0003 0001 6d");
}

TEST(BmpTest, TellsOfRoutes) {
  ByteWriter out;
  auto peer = peer4();
  peer.rib = Rib::ADJ_OUT_POST_POLICY;
  peer.address = net::Ip6{0x20010db800000000, 1};
  peer.distinguisher = 5;
  peer.as2 = true;
  routeMonitoring(peer, keepalive(), out);
  expect(out, "03 00000043 00" + PEER6 + hex(keepalive()));
}

TEST(BmpTest, TellsOfNumbers) {
  ByteWriter out;
  Statistics values;
  values.rejectedPrefixes = 1;
  values.withdrawnPrefixes = 5;
  values.adjRibIn = 9;
  statistics(peer4(), values, out);
  expect(out,
         "03 00000080 01" + PEER4 +
             "00000008 0000 0004 00000001 0003 0004 00000000 0004 0004 00000000 000b 0004 00000000"
             "000c 0004 00000005 0007 0008 0000000000000009 0008 0008 0000000000000000 000e 0008 0000000000000000");
}

}  // namespace
}  // namespace xylem::bgp::bmp

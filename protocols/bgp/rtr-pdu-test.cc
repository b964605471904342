#include <protocols/bgp/rtr-pdu.h>
#include <protocols/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bgp::rtr {
namespace {

std::string again(const std::string& text) {
  // What comes of it when it is encoded again, or what is wrong with it.
  auto bytes = hex(text);
  auto decoded = decode(bytes);
  KJ_IF_MAYBE (problem, decoded.tryGet<Problem>()) return kj::str(uint(problem->fault), " ", problem->reason).cStr();
  net::ByteWriter out;
  encode(decoded.get<Pdu>(), out);
  return hex(out.bytes());
}

TEST(RtrPduTest, EncodesWhatItDecodes) {
  for (std::string text : {
           "01 00 0007 0000000c 0000002a",
           "00 01 0007 0000000c 0000002a",
           "01 02 0000 00000008",
           "01 03 0007 00000008",
           "01 04 0000 00000014 01 08 10 00 0a000000 0000fde9",
           "01 06 0000 00000020 00 20 30 00 20010db8000000000000000000000000 0000fde9",
           "00 07 0007 0000000c 0000002a",
           "01 07 0007 00000018 0000002a 00000e10 00000258 00001c20",
           "01 08 0000 00000008",
           "01 09 0100 00000021 0000000000000000000000000000000000000000 0000fde9 01",
           "01 0a 0002 00000010 00000000 00000000",
           "01 0a 0003 0000001a 00000008 0102000000000008 00000002 6e6f",
       })
    EXPECT_EQ(again(text), hex(hex(text)));
  // What must be zero and is not does not matter.
  EXPECT_EQ(again("01 04 0009 00000014 ff 08 10 77 0a000000 0000fde9"), "0104000900000014010810000a0000000000fde9");
}

TEST(RtrPduTest, ReadsEveryField) {
  auto bytes = hex("01 06 0000 00000020 01 20 30 00 20010db8000000000000000000000000 0000fde9");
  auto decoded = decode(bytes);
  auto& prefix = KJ_ASSERT_NONNULL(decoded.tryGet<Pdu>());
  EXPECT_TRUE(prefix.isAnnounced);
  EXPECT_EQ(prefix.roa, (Roa{KJ_ASSERT_NONNULL(net::IpNet::parse("2001:db8::/32")), 48, 65001}));
  bytes = hex("00 0a 0003 0000001a 00000008 0002000000000008 00000002 6e6f");
  decoded = decode(bytes);
  auto& report = KJ_ASSERT_NONNULL(decoded.tryGet<Pdu>());
  EXPECT_EQ(report.version, 0);
  EXPECT_EQ(Fault(report.field), Fault(3));
  EXPECT_EQ(hex(report.content), "0002000000000008");
  EXPECT_EQ(kj::str(report.text), "no");
  EXPECT_EQ(readHeader(bytes).length, 26u);
}

TEST(RtrPduTest, SaysWhatIsWrong) {
  const std::string length = "0 a PDU of impossible length", prefix = "0 an impossible prefix",
                    type = "5 a PDU of unknown type";
  EXPECT_EQ(again("01 00 0007 00000008"), length);
  EXPECT_EQ(again("01 02 0000 0000000c 00000000"), length);
  EXPECT_EQ(again("01 04 0000 00000015 01 08 10 00 0a000000 0000fde9 00"), length);
  EXPECT_EQ(again("01 06 0000 00000014 01 08 10 00 0a000000 0000fde9"), length);
  EXPECT_EQ(again("00 07 0007 00000018 0000002a 00000e10 00000258 00001c20"), length);
  EXPECT_EQ(again("01 07 0007 0000000c 0000002a"), length);
  EXPECT_EQ(again("01 09 0100 00000008"), length);
  EXPECT_EQ(again("01 04 0000 00000014 01 08 07 00 0a000000 0000fde9"), prefix);
  EXPECT_EQ(again("01 04 0000 00000014 01 08 21 00 0a000000 0000fde9"), prefix);
  EXPECT_EQ(again("01 04 0000 00000014 01 08 10 00 0a000001 0000fde9"), prefix);
  EXPECT_EQ(again("01 04 0000 00000014 01 21 21 00 0a000000 0000fde9"), prefix);
  EXPECT_EQ(again("01 05 0000 00000008"), type);
  EXPECT_EQ(again("01 0b 0000 00000008"), type);
  // No report is answered: of one that makes no sense, its code is left.
  EXPECT_EQ(again("01 0a 0002 00000008"), "010a0002000000100000000000000000");
  EXPECT_EQ(again("01 0a 0002 00000010 000000ff 00000000"), "010a0002000000100000000000000000");
}

}  // namespace
}  // namespace xylem::bgp::rtr

// All elements that read headers are given packets that lie: templates with bytes changed, cut anywhere. Each lies at
// the end of its memory, so that whoever reads behind it is found out by the sanitizer.

#include <click/parser.h>
#include <click/router.h>
#include <gtest/gtest.h>

#include <random>

namespace xylem::click {
namespace {

constexpr const char* CONFIG = R"(
  Idle -> in :: PushNull -> m :: MarkIPHeader -> t :: Tee;
  define($ip 10.0.0.1, $eth 2:0:0:0:0:1);
  d :: Discard;
  t[0] -> CheckIPHeader2 -> IPPrint(ACTIVE false) -> d;
  t[1] -> IPGWOptions($ip, 10.0.0.2) -> d;
  t[2] -> IPFragmenter(68, false) -> r :: IPReassembler -> d;
  t[3] -> ICMPError($ip, parameterproblem) -> d;
  t[4] -> ICMPError($ip, unreachable) -> d;
  t[5] -> IPReassembler(HIMEM 20000) -> d;
  t[6] -> CheckICMPHeader -> d;
  t[7] -> ICMPPingResponder -> d;
  t[8] -> IPMirror -> FixIPSrc($ip) -> d;
  t[9] -> DecIPTTL -> SetIPDSCP(3) -> SetIPECN(1) -> MarkIPCE -> SetIPChecksum -> d;
  t[10] -> StoreIPAddress(1.2.3.4, src) -> StoreIPAddress(19) -> GetIPAddress(17) -> GetIPAddress(IP dst) -> d;
  t[11] -> StripIPHeader -> UnstripIPHeader -> d;
  c :: IPClassifier(tcp dst port 80, icmp type echo, ip[3:1] > 3, udp[8:2] = 7, ether host 2:0:0:0:0:1, ip frag, tcp opt syn, -);
  t[12] -> c; c[0] -> d; c[1] -> d; c[2] -> d; c[3] -> d; c[4] -> d; c[5] -> d; c[6] -> d; c[7] -> d;
  k :: Classifier(12/0806 20/0001, 12/08?? 39/01, !30/ff, -);
  t[13] -> k; k[0] -> d; k[1] -> d; k[2] -> d; k[3] -> d;
  t[14] -> HostEtherFilter($eth) -> EtherMirror -> EtherRewrite($eth, $eth) -> d;
  t[15] -> ARPResponder(0/0 $eth) -> d;
  t[16] -> q :: ARPQuerier($ip, $eth, CAPACITY 10, ENTRY_CAPACITY 10) -> d;
  t[17] -> [1] q;
  t[18] -> ARPPrint(ACTIVE false) -> EnsureEther -> d;
  t[19] -> k6 :: MarkIP6Header -> t6 :: Tee;
  t6[0] -> CheckIP6Header -> DecIP6HLIM -> IP6Mirror -> d;
  t6[1] -> ICMP6Error(::1, 3, 0) -> d;
  t6[2] -> n :: IP6NDSolicitor(::1, $eth, CAPACITY 10) -> d;
  t6[3] -> [1] n;
  t6[4] -> IP6NDAdvertiser(::/0 $eth) -> d;
  t6[5] -> ProtocolTranslator64 -> ProtocolTranslator46 -> d;
  t6[6] -> GetIP6Address(20) -> LookupIP6Route(::/0 0) -> d;
  t[20] -> ProtocolTranslator46 -> d;
  t[21] -> MarkMACHeader(0, 14) -> StripToNetworkHeader -> m2 :: MarkIPHeader -> d;
  t[22] -> s :: ICMPPingSource($ip, 10.0.0.2, ACTIVE false, VERBOSE false) -> d;
  t[23] -> IPPrint(PAYLOAD hex, OUTFILE /dev/null) -> IPPrint(CONTENTS ascii, OUTFILE /dev/null) -> LookupIPRoute(0/0 0) -> d;
)";

const std::string TEMPLATES[] = {
    std::string("\x45\x00\x00\x1c\x00\x01\x00\x00\x40\x11\x66\xce\x0a\x00\x00\x01\x0a\x00\x00\x02\x04\x00\x00\x35\x00"
                "\x08\x00\x00",
                28),
    std::string("\x48\x00\x00\x28\x00\x01\x20\x00\x40\x01\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x07\x07\x04\x00\x00"
                "\x00\x00\x44"
                "\x08\x05\x01\x00\x08\x00\x00\x00\x00\x01\x00\x02",
                40),
    std::string("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x02\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02\x02\x00\x00"
                "\x00\x00\x02"
                "\x0a\x00\x00\x09\x02\x00\x00\x00\x00\x01\x0a\x00\x00\x01",
                42),
    std::string("\x60\x00\x00\x00\x00\x20\x3a\xff", 8) + std::string(32, '\1') + std::string("\x87\x00\x00\x00", 4) +
        std::string(20, '\2') + std::string("\1\1\2\0\0\0\0\1", 8),
};

PacketPtr make(const std::string& bytes) {
  constexpr unsigned LARGE = 4096;
  auto packet = Packet::make(LARGE);
  memset(packet->data(), 0x45, LARGE);
  packet->pull(LARGE - unsigned(bytes.size()));
  memcpy(packet->data(), bytes.data(), bytes.size());
  return packet;
}

TEST(Elements, ReadOnlyThePacket) {
  Scheduler scheduler;
  scheduler.clock.simulate();
  GatheredErrors errors;
  Router router(scheduler, parse({CONFIG, "hostile"}, errors));
  ASSERT_TRUE(router.initialize(errors)) << errors.text();
  auto in = router.find("in");
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    auto bytes = TEMPLATES[random() % std::size(TEMPLATES)];
    if (random() % 3 == 0) bytes.append(random() % 200, char(random()));
    for (auto changes = random() % 6; changes > 0; --changes) bytes[random() % bytes.size()] = char(random());
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    in->push(0, make(bytes));
  }
  EXPECT_LT(PacketPool::inUse(), 200u);
}

}  // namespace
}  // namespace xylem::click

// Packets of any bytes go through elements that read headers: none may read or write outside of the packet's bytes, and
// all packets must be back in the pool in the end.
//
// The first byte chooses a configuration. Each packet is a byte for its input, one for the seconds that go by, one for
// its headroom, one for its length, one each for where its network and transport headers are said to be, and one for
// its annotations; then come its bytes. The headers lie within the buffer, as elements leave them, but need not fit.

#include <click/parser.h>
#include <click/plane-tables.h>
#include <click/router.h>
#include <kj/debug.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace xylem;
using namespace xylem::click;

struct Configuration {
  const char* elements;
  // The first one is x. What comes out at the end is dropped.
  int inputs = 1, outputs = 1;
  // Of x.
};

const Configuration CONFIGURATIONS[] = {
    {"x :: StripGRE", 1, 2},
    {"x :: StripGRE(KEY 1, SEQUENCE true)", 1, 2},
    {"x :: StripGRE -> StripGRE -> StripGRE"},
    {"x :: StripEtherGRE -> StripEtherVLANHeader"},
    {"x :: GREEncap(1.0.0.1, 1.0.0.2, KEY 1, CHECKSUM true, SEQUENCE true) -> StripGRE"},
    {"x :: EtherGRE(1.0.0.1, DST_ANNO) -> StripEtherGRE"},
    {"x :: StripVXLAN", 1, 2},
    {"x :: StripVXLAN(0) -> VLANDecap"},
    {"x :: VXLANEncap(1.0.0.1, 1.0.0.2, 0) -> StripVXLAN"},
    {"x :: UDPIPEncap(1.0.0.1, 1, DST_ANNO, 2) -> CheckUDPHeader"},
    {"x :: DynamicUDPIPEncap(1.0.0.1, 1, 1.0.0.2, 2, true, 1)"},
    {"x :: CheckUDPHeader", 1, 2},
    {"x :: CheckTCPHeader", 1, 2},
    {"x :: SetUDPChecksum -> CheckUDPHeader"},
    {"x :: SetTCPChecksum -> CheckTCPHeader"},
    {"x :: SetTCPChecksum(true)"},
    {"x :: VLANEncap(VLAN_ID 3) -> VLANDecap"},
    {"x :: VLANEncap(ANNO)"},
    {"x :: VLANDecap -> VLANDecap"},
    {"x :: EtherVLANEncap(1, 1:2:3:4:5:6, 1:2:3:4:5:6, ANNO)"},
    {"x :: StripEtherVLANHeader(-1)", 1, 2},
    {"x :: EtherSwitch", 2, 2},
    {"x :: ListenEtherSwitch", 2, 3},
    {"x :: Hub", 2, 2},
    {"x :: EtherSpanTree(1:2:3:4:5:6, i, o, s) -> Discard; i :: Suppressor; o :: Suppressor; s :: EtherSwitch; "
     "Idle -> i -> s -> o; Idle -> [1] i [1] -> [1] s [1] -> [1] o [1] -> Discard; o",
     2, 2},
    {"x :: IPRewriter(pattern 1.0.0.1 1-9# - - 0 1, keep 0 1)", 2, 2},
    {"x :: IPRewriter(pass, pattern - - 1.0.0.1 - 0 1, CAPACITY 2, UDP_GUARANTEE 0)", 2, 2},
    {"x :: UDPRewriter(keep 0 1, pattern 1.0.0.1 1-3? - - 0 0)", 2, 2},
    {"x :: TCPRewriter(pattern 1.0.0.1 - - - 0 0)"},
    {"x :: IPAddrRewriter(pattern 1.0.0.0/30 - 0 1, pattern 10.0.0.1-10.0.0.2# - 0 0)", 2, 2},
    {"x :: IPAddrPairRewriter(pattern 1.0.0.1 1.0.0.2 0 0)"},
    {"x :: ICMPPingRewriter(pattern 1.0.0.1 - 1-9# 0 0)"},
    {"x :: IPRewriter(keep 0 0) -> ICMPRewriter(x)"},
    {"x :: IPAddrRewriter(keep 0 0) -> ICMPRewriter(x)"},
    {"x :: ICMPPingRewriter(keep 0 0) -> ICMPRewriter(x)"},
    {"x :: Classifier(12/0806 20/0001, 12/0800 !30/0a??, -)", 1, 3},
    {"x :: IPClassifier(tcp syn && dst port 80, udp port < 5, icmp type echo, ip frag, -)", 1, 5},
    {"x :: IPFilter(allow src net 10.0.0.0/8 and tcp opt ack, drop ip ttl 5, 1 ip hl 6, allow all)", 1, 2},
    {"x :: CheckIPHeader -> IPPrint(PAYLOAD ASCII, TTL true, TOS true, ID true, LENGTH true)", 1, 2},
    {"x :: CheckIPHeader(OFFSET 14, VERBOSE true) -> IPMirror", 1, 2},
    {"x :: IPMirror"},
    {"x :: MarkIPHeader -> IPGWOptions(1.0.0.1) -> FixIPSrc(1.0.0.1) -> DecIPTTL -> IPFragmenter(40)"},
    {"x :: IPGWOptions(1.0.0.1)", 1, 2},
    {"x :: FixIPSrc(1.0.0.1)"},
    {"x :: DecIPTTL", 1, 2},
    {"x :: IPFragmenter(40)", 1, 2},
    {"x :: CheckIPHeader -> IPFragmenter(28) -> IPReassembler"},
    {"x :: MarkIPHeader -> IPReassembler"},
    {"x :: CheckIPHeader -> StripIPHeader -> UnstripIPHeader"},
    {"x :: SetIPChecksum -> SetIPDSCP(3) -> SetIPECN(1) -> MarkIPCE"},
    {"x :: GetIPAddress(16) -> SetIPAddress(1.0.0.1) -> StoreIPAddress(12)"},
    {"x :: MarkIPHeader -> ICMPError(1.0.0.1, unreachable, host)"},
    {"x :: MarkIPHeader -> ICMPPingResponder"},
    {"x :: CheckIPHeader -> CheckICMPHeader"},
    {"x :: ARPResponder(1.0.0.0/8 1:2:3:4:5:6)"},
    {"x :: ARPQuerier(1.0.0.1, 1:2:3:4:5:6)", 2, 1},
    {"x :: EtherMirror -> HostEtherFilter(1:2:3:4:5:6) -> EnsureEther(0x800, 1:2:3:4:5:6, 1:2:3:4:5:6)"},
    {"x :: ARPQuerier(1.0.0.1, 1:2:3:4:5:6, CAPACITY 3, ENTRY_CAPACITY 2, ENTRY_PACKET_CAPACITY 1, POLL_TIMEOUT 1)", 2,
     2},
    {"x :: ARPPrint(a, ETHER true) -> MarkMACHeader -> StripToNetworkHeader"},
    {"x :: EtherEncap(0x800, 1:2:3:4:5:6, 1:2:3:4:5:6) -> EtherRewrite(1:2:3:4:5:6, 1:2:3:4:5:6)"},
    {"x :: CheckIPHeader -> DirectIPLookup(0.0.0.0/0 2.0.0.1 0, 10.0.0.0/8 0)", 1, 1},
    {"x :: LookupIPRoute(0.0.0.0/0 2.0.0.1 0, 10.0.0.0/8 1, 10.1.2.3/32 2)", 1, 3},
    {"x :: IPEncap(4, 1.0.0.1, DST_ANNO) -> CheckIPHeader -> IPPrint"},
    {"x :: IPClassifier(tcp opt syn and ip vers 4, icmp type 3, src tcp port > 9, ether host "
     "1:2:3:4:5:6, -)",
     1, 5},
    {"x :: ICMPPingResponder", 1, 2},
    {"x :: ICMPPingSource(1.0.0.1, 1.0.0.2, VERBOSE false, INTERVAL 1)"},
    {"x :: ICMPPingEncap(1.0.0.1, 1.0.0.2) -> CheckIPHeader -> ICMPPingResponder -> CheckICMPHeader(DETAILS true)"},
    {"x :: CheckIPHeader -> ICMPError(1.0.0.1, parameterproblem) -> FixIPSrc(1.0.0.2) -> CheckICMPHeader"},
    {"x :: CheckIPHeader -> ICMPError(1.0.0.1, redirect, host, MTU 60) -> IPPrint"},
    {"x :: CheckIP6Header(fe80::1)", 1, 2},
    {"x :: CheckIP6Header(OFFSET 14) -> IP6Print(a, NBYTES 99, CONTENTS true)"},
    {"x :: MarkIP6Header -> IP6Mirror -> DecIP6HLIM -> IP6Fragmenter(60)"},
    {"x :: IP6Mirror -> DecIP6HLIM"},
    {"x :: GetIP6Address(24) -> LookupIP6Route(::/0 fe80::1 0, 2001:db8::/32 0)", 1, 1},
    {"x :: LookupIP6Route(::/0 fe80::1 0, 2001:db8::/32 1, 2001:db8::/128 2)", 1, 3},
    {"x :: SetIP6Address(fe80::1) -> IP6Encap(17, ::1, ::2) -> CheckIP6Header"},
    {"x :: MarkIP6Header -> ICMP6Error(2001:db8::1, 2, 0, PMTU 1280) -> CheckIP6Header"},
    {"x :: ICMP6Error(2001:db8::1, 3, 0)"},
    {"x :: IP6NDSolicitor(2001:db8::1, 1:2:3:4:5:6, CAPACITY 2)", 2, 2},
    {"x :: IP6NDAdvertiser(::/0 1:2:3:4:5:6, fe80::1 1:2:3:4:5:7)", 1, 2},
    {"x :: CheckIPHeader -> ProtocolTranslator46 -> CheckIP6Header -> ProtocolTranslator64 -> CheckIPHeader"},
    {"x :: CheckIP6Header -> ProtocolTranslator64 -> CheckIPHeader"},
    {"x :: ProtocolTranslator46"},
    {"x :: ProtocolTranslator64"},
    {"x :: Link(100Bps, 1s, JITTER 500ms, LOSS 0.1, DUPLICATE 0.2, REORDER 0.2, QUEUE 3, SEED 1)"},
    {"x :: Link(0, 2s, QUEUE 2, DUPLICATE 1, SEED 2) -> Link(10Bps, SEED 3)"},
    {"x :: PlaneLookup4(lo, none) -> Discard; x [1] -> n :: PlaneNeighbors(lo); x [2] -> Discard; x [3] -> Discard; "
     "n [1] -> Discard; n"},
    {"x :: PlaneLookup6(lo) -> Discard; x [1] -> n :: PlaneNeighbors(lo); x [2] -> Discard; n [1] -> Discard; n"},
    {"x :: CheckIPHeader(14) -> StripToNetworkHeader -> p :: PlaneLookup4(lo) -> Discard; "
     "p [1] -> DecIPTTL -> IPFragmenter(40) -> PlaneNeighbors(lo)"},
    {"x :: PlaneNeighbors(lo)", 1, 2},
    {"x :: Truncate(9) -> Pad(20) -> Resize(40) -> Strip(3) -> Unstrip(5) -> Align(4, 2)"},
    {"x :: SetCRC32 -> CheckCRC32 -> RandomBitErrors(0.1) -> Print(a, 50, PRINTANNO true)"},
    {"x :: StoreData(7, \\<0102030405>) -> HashSwitch(3, 9)", 1, 1},
    {"x :: Queue(3) -> RED(1, 2, 0.5) -> CoDel(TARGET 1, INTERVAL 2) -> DelayUnqueue(2)"},
    {"x :: Tee -> t :: PaintTee(3) -> Paint(4) -> c :: CheckPaint(3) -> Discard; t [1] -> Discard; c [1] -> "
     "CheckPaint(3)"},
};

std::string text(const Configuration& configuration) {
  std::string out = std::string(configuration.elements) + " -> Discard; Idle -> in0 :: PushNull -> x; ";
  if (configuration.inputs > 1) out += "Idle -> in1 :: PushNull -> [1] x; ";
  for (int i = 1; i < configuration.outputs; ++i) out += "x [" + std::to_string(i) + "] -> Discard; ";
  return out;
}

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : at(data), left(size) {}
  bool empty() const { return left == 0; }
  uint8_t next() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }

 private:
  const uint8_t* at;
  size_t left;
};

uint8_t* somewhere(Packet& packet, uint8_t choice) {
  // Mostly where a header would be.
  if (choice < 8) return nullptr;
  if (choice < 128) return packet.data() + std::min(packet.length(), choice < 64 ? 0u : 14u);
  return packet.data() - packet.headroom() + std::min(packet.headroom() + packet.length(), choice - 128u);
}

PacketPtr read(Bytes& bytes) {
  unsigned headroom = bytes.next(), length = bytes.next();
  auto network = bytes.next(), transport = bytes.next(), annotations = bytes.next();
  auto packet = Packet::make(length, headroom);
  memset(packet->data() - headroom, 0, headroom);
  memset(packet->annotations(), annotations, anno::SIZE);
  for (unsigned i = 0; i < length; ++i) packet->data()[i] = bytes.next();
  packet->macHeader = somewhere(*packet, transport);
  packet->networkHeader = somewhere(*packet, network);
  packet->transportHeader = somewhere(*packet, transport);
  // A header that begins within the packet and says how long it is, as marking elements leave it.
  if (transport < 128 && packet->networkHeader && packet->networkHeader < packet->end())
    packet->transportHeader =
        packet->networkHeader + std::min<unsigned>(packet->networkLength(), (*packet->networkHeader & 15u) * 4);
  return packet;
}

void run(const Configuration& configuration, Bytes bytes) {
  Scheduler scheduler;
  scheduler.clock.simulate();
  GatheredErrors errors;
  Router router(scheduler, parse({text(configuration), "fuzz", {}}, errors));
  if (!router.initialize(errors)) {
    fprintf(stderr, "%s\n%s\n", text(configuration).c_str(), errors.text().c_str());
    abort();
  }
  while (!bytes.empty()) {
    auto input = router.find(bytes.next() % configuration.inputs == 0 ? "in0" : "in1");
    scheduler.clock.jump(scheduler.clock.steady() + bytes.next() * SECOND);
    scheduler.runTimers();
    input->push(0, read(bytes));
  }
}

net::Ip address(const char* text) { return KJ_ASSERT_NONNULL(net::Ip::parse(text)); }

void fillPlane() {
  // Over the loopback device, which is always there: several hops, some of whose addresses are known.
  constexpr uint32_t LOOPBACK = 1;
  auto& tables = PlaneTables::get();
  auto& routes = tables.filling();
  auto add = [&](uint32_t id, NextHopGroup group, std::initializer_list<std::pair<const char*, unsigned>> nets) {
    auto place = routes.placeOf(id);
    routes.setGroup(place, std::move(group));
    for (auto& [net, length] : nets) routes.set(net::IpNet(address(net), length), place);
  };
  using Group = NextHopGroup;
  add(1, {Group::HOPS, {{LOOPBACK, address("1.0.0.1")}, {LOOPBACK, {}}, {LOOPBACK + 1, {}}}, {0, 1, 2, 1}},
      {{"0.0.0.0", 0}});
  add(2, {Group::HOPS, {{LOOPBACK, address("fe80::1")}, {LOOPBACK, {}}}, {0, 1, 1}}, {{"::", 0}, {"9.0.0.0", 8}});
  add(3, {Group::BLACKHOLE, {}, {}}, {{"10.0.0.0", 8}, {"2001:db8::", 32}});
  add(4, {Group::UNREACHABLE, {}, {}}, {{"11.0.0.0", 8}, {"2001:db9::", 32}});
  add(5, {Group::HOST, {}, {}}, {{"12.0.0.1", 32}, {"2001:dba::1", 128}});
  for (auto each : {"0.0.0.0", "1.0.0.1", "fe80::1", "::"})
    tables.setNeighbor(LOOPBACK, address(each), net::Mac::fromBytes(reinterpret_cast<const uint8_t*>("\2\0\0\0\0\1")));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  fillPlane();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  run(CONFIGURATIONS[data[0] % std::size(CONFIGURATIONS)], Bytes(data + 1, size - 1));
  if (PacketPool::inUse() != 0) abort();
  return 0;
}

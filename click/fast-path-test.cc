// The program in the kernel, run on one frame at a time: what it forwards, and what it leaves to the graph or the
// kernel.

#include <bpf/bpf.h>
#include <click/checksum.h>
#include <click/plane-tables.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace xylem::click {
namespace {

constexpr uint32_t IN = 101, OUT = 102;
constexpr int PASS = 2, REDIRECT = 4;
const net::Mac ROUTER_IN{0x020000000101}, ROUTER_OUT{0x020000000102}, NEIGHBOR{0x020000000002}, OTHER{0x020000000003};

net::IpNet net(const char* text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text)); }
net::Ip ip(const char* text) { return KJ_ASSERT_NONNULL(net::Ip::parse(text)); }

Port port(uint32_t index, net::Mac mac, std::vector<const char*> addresses) {
  Port port;
  port.name = "port" + std::to_string(index);
  port.index = index;
  port.mac = mac;
  for (auto each : addresses) port.addresses.push_back(KJ_ASSERT_NONNULL(net::IfAddr::parse(each)));
  return port;
}

struct Frame {
  std::string bytes;
  uint8_t* at(size_t offset) { return reinterpret_cast<uint8_t*>(bytes.data()) + offset; }
  net::Mac to() { return net::Mac::fromBytes(at(0)); }
  net::Mac from() { return net::Mac::fromBytes(at(6)); }
  void seal4() {
    put16(at(24), 0);
    put16(at(24), internetChecksum(at(14), 20));
  }
};

Frame frame4(const char* to, size_t payload = 64) {
  Frame frame{std::string(34 + payload, '\0')};
  ROUTER_IN.toBytes(frame.at(0));
  put16(frame.at(12), 0x0800);
  const uint8_t header[] = {0x45, 0, 0, 0, 0, 1, 0, 0, 64, 1, 0, 0, 10, 9, 8, 7};
  memcpy(frame.at(14), header, sizeof header);
  put16(frame.at(16), uint32_t(20 + payload));
  ip(to).v4().toBytes(frame.at(30));
  frame.seal4();
  return frame;
}

Frame frame6(const char* to, size_t payload = 64) {
  Frame frame{std::string(54 + payload, '\0')};
  ROUTER_IN.toBytes(frame.at(0));
  put16(frame.at(12), 0x86dd);
  *frame.at(14) = 0x60;
  put16(frame.at(18), uint32_t(payload));
  *frame.at(20) = 58;
  *frame.at(21) = 64;
  ip("2001:db8:9::9").v6().toBytes(frame.at(22));
  ip(to).v6().toBytes(frame.at(38));
  return frame;
}

class FastPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string problem;
    auto path = FastPath::open(problem);
    if (path == nullptr) GTEST_SKIP() << problem;
    auto ports = std::vector{port(IN, ROUTER_IN, {"10.0.1.1/24", "2001:db8:1::1/64"}),
                             port(OUT, ROUTER_OUT, {"10.0.2.1/24", "2001:db8:2::1/64"})};
    tables.setPorts(ports);
    tables.setNeighbor(OUT, ip("10.0.2.2"), NEIGHBOR);
    tables.setFastPath(std::move(path));
    tables.setNeighbor(OUT, ip("2001:db8:2::2"), NEIGHBOR);
    tables.fastPath()->setTakesFrames(OUT, true);
    via(1, {"10.0.2.2"});
    via(2, {"2001:db8:2::2"});
    route("192.0.2.0/24", 1);
    route("2001:db8:77::/48", 2);
    object = BpfObject::load(FastPath::PROGRAM, [&](const char* map) {
      static const std::set<std::string> OWN{"options", "sockets", "own4", "own6"};
      return OWN.count(map) ? -1 : tables.fastPath()->map(map);
    });
    ASSERT_NE(object, nullptr);
    settings settings{1, tables.fastPath()->portOf(IN), 0};
    uint32_t zero = 0;
    ASSERT_EQ(bpf_map_update_elem(object->map("options"), &zero, &settings, BPF_ANY), 0);
  }

  void via(uint32_t id, std::initializer_list<const char*> gateways, std::vector<uint16_t> shares = {}) {
    NextHopGroup group{NextHopGroup::HOPS, {}, std::move(shares)};
    for (auto each : gateways) group.hops.push_back({OUT, ip(each)});
    auto& set = tables.filling();
    set.setGroup(set.placeOf(id), std::move(group));
  }
  void route(const char* prefix, uint32_t id) { tables.filling().set(net(prefix), tables.filling().placeOf(id)); }

  int run(Frame& frame) const {
    std::string out(frame.bytes.size() + 256, '\0');
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.bytes.data();
    options.data_size_in = uint32_t(frame.bytes.size());
    options.data_out = out.data();
    options.data_size_out = uint32_t(out.size());
    options.repeat = 1;
    EXPECT_EQ(bpf_prog_test_run_opts(object->program("forward"), &options), 0) << strerror(errno);
    frame.bytes = out.substr(0, options.data_size_out);
    return int(options.retval);
  }
  int verdict(Frame frame) const { return run(frame); }

  PlaneTables tables;
  std::unique_ptr<BpfObject> object;
};

TEST_F(FastPathTest, ForwardsWhatIsPlain) {
  auto four = frame4("192.0.2.7");
  EXPECT_EQ(run(four), REDIRECT);
  EXPECT_EQ(four.to(), NEIGHBOR);
  EXPECT_EQ(four.from(), ROUTER_OUT);
  EXPECT_EQ(*four.at(22), 63);
  EXPECT_EQ(internetChecksum(four.at(14), 20), 0);
  auto six = frame6("2001:db8:77::1");
  EXPECT_EQ(run(six), REDIRECT);
  EXPECT_EQ(six.to(), NEIGHBOR);
  EXPECT_EQ(*six.at(21), 63);
  EXPECT_EQ(tables.fastPath()->traffic(IN).received, 2u);
  EXPECT_EQ(tables.fastPath()->traffic(OUT).sent, 2u);
}

TEST_F(FastPathTest, LeavesEverythingElseAlone) {
  auto changed = [](Frame frame, auto change) {
    change(frame);
    return frame;
  };
  auto four = frame4("192.0.2.7");
  std::vector<std::pair<const char*, Frame>> all = {
      {"no route", frame4("198.51.100.1")},
      {"own address", frame4("10.0.2.1")},
      {"multicast", frame4("224.0.0.5")},
      {"unknown neighbor on the link", frame4("10.0.2.9")},
      {"longer than the next link", frame4("192.0.2.7", 1481)},
      {"hops used up", changed(four, [](Frame& f) { *f.at(22) = 1, f.seal4(); })},
      {"bad checksum", changed(four, [](Frame& f) { *f.at(24) ^= 1; })},
      {"options", changed(four, [](Frame& f) { *f.at(14) = 0x46; })},
      {"another version", changed(four, [](Frame& f) { *f.at(14) = 0x65; })},
      {"length beyond the frame", changed(four, [](Frame& f) { put16(f.at(16), 200), f.seal4(); })},
      {"length below the header", changed(four, [](Frame& f) { put16(f.at(16), 19), f.seal4(); })},
      {"no source", changed(four, [](Frame& f) { memset(f.at(26), 0, 4), f.seal4(); })},
      {"for another station", changed(four, [](Frame& f) { *f.at(5) ^= 1; })},
      {"not IP", changed(four, [](Frame& f) { put16(f.at(12), 0x0806); })},
      {"hops used up", changed(frame6("2001:db8:77::1"), [](Frame& f) { *f.at(21) = 1; })},
      {"link-local", frame6("fe80::1")},
      {"no route", frame6("2001:db8:99::1")},
      {"multicast source", changed(frame6("2001:db8:77::1"), [](Frame& f) { *f.at(22) = 0xff; })},
  };
  for (auto& [what, frame] : all) {
    auto after = frame;
    EXPECT_EQ(run(after), PASS) << what;
    EXPECT_EQ(after.bytes, frame.bytes) << what;
  }
  for (size_t length = 14; length < 34; ++length) EXPECT_EQ(verdict({four.bytes.substr(0, length)}), PASS) << length;
}

TEST_F(FastPathTest, LeavesChecksumsThatAreYetToBeMade) {
  auto frame = frame4("192.0.2.7", 20);
  *frame.at(23) = 17;
  frame.seal4();
  put16(frame.at(38), 20);
  put16(frame.at(40), Checksum::pseudo4(frame.at(14), 20, 17).sum());
  EXPECT_EQ(verdict(frame), PASS);
  put16(frame.at(40), 0x1234);
  EXPECT_EQ(verdict(frame), REDIRECT);
}

TEST_F(FastPathTest, FindsTheNeighborsOfALink) {
  tables.setNeighbor(OUT, ip("10.0.2.9"), OTHER);
  auto frame = frame4("10.0.2.9");
  EXPECT_EQ(run(frame), REDIRECT);
  EXPECT_EQ(frame.to(), OTHER);
  tables.removeNeighbor(OUT, ip("10.0.2.9"));
  EXPECT_EQ(verdict(frame4("10.0.2.9")), PASS);
  auto six = frame6("2001:db8:2::2");
  EXPECT_EQ(run(six), REDIRECT);
}

TEST_F(FastPathTest, FollowsWhatChanges) {
  tables.setNeighbor(OUT, ip("10.0.2.2"), OTHER);
  auto frame = frame4("192.0.2.7");
  EXPECT_EQ(run(frame), REDIRECT);
  EXPECT_EQ(frame.to(), OTHER);
  tables.removeNeighbor(OUT, ip("10.0.2.2"));
  EXPECT_EQ(verdict(frame4("192.0.2.7")), PASS);
  tables.setNeighbor(OUT, ip("10.0.2.2"), NEIGHBOR);
  tables.fastPath()->setTakesFrames(OUT, false);
  EXPECT_EQ(verdict(frame4("192.0.2.7")), PASS);
  tables.fastPath()->setTakesFrames(OUT, true);
  EXPECT_EQ(verdict(frame4("192.0.2.7")), REDIRECT);
  tables.begin();
  via(1, {"10.0.2.2"});
  route("203.0.113.0/24", 1);
  EXPECT_EQ(verdict(frame4("192.0.2.7")), REDIRECT) << "the new table is not in force yet";
  tables.use();
  EXPECT_EQ(verdict(frame4("192.0.2.7")), PASS);
  EXPECT_EQ(verdict(frame4("203.0.113.7")), REDIRECT);
  tables.setPorts({port(IN, ROUTER_IN, {"10.0.1.1/24"})});
  EXPECT_EQ(verdict(frame4("203.0.113.7")), PASS) << "the link is gone";
}

TEST_F(FastPathTest, SharesFlowsAsTheGraphDoes) {
  tables.setNeighbor(OUT, ip("10.0.2.3"), OTHER);
  std::vector<uint16_t> shares(256);
  for (size_t i = 64; i < 256; ++i) shares[i] = 1;
  via(3, {"10.0.2.2", "10.0.2.3"}, shares);
  route("198.18.0.0/15", 3);
  size_t second = 0;
  for (uint32_t i = 0; i < 200; ++i) {
    auto frame = frame4("198.18.0.0");
    put16(frame.at(32), i);
    frame.seal4();
    uint32_t words[2];
    memcpy(words, frame.at(26), 8);
    auto expected =
        tables.routes().lookup(net::Ip4{198u << 24 | 18u << 16 | i}).pick(flowHash4Of(words[0], words[1], 0, 1));
    EXPECT_EQ(run(frame), REDIRECT);
    EXPECT_EQ(frame.to(), expected.gateway == ip("10.0.2.3") ? OTHER : NEIGHBOR) << i;
    second += frame.to() == OTHER;
  }
  EXPECT_GT(second, 120u);
  EXPECT_LT(second, 180u);
}

TEST_F(FastPathTest, NoPacketIsLostWhileRoutesChangeAroundIt) {
  // Blocks come, go and are used again, and the memory grows, while another processor looks up what stays the same.
  std::atomic<bool> isOver = false;
  std::atomic<uint64_t> wrong = 0, right = 0;
  std::thread reader([&] {
    while (!isOver) {
      auto frame = frame4("192.0.2.200");
      bool good = run(frame) == REDIRECT && frame.to() == NEIGHBOR;
      ++(good ? right : wrong);
    }
  });
  via(4, {"10.0.2.9"});
  auto place = tables.filling().placeOf(4);
  auto& set = tables.filling();
  auto each = [&](auto change) {
    for (uint32_t i = 0; i < 5000; ++i) change(net::IpNet(net::Ip(net::Ip4{(20u << 24) + (i << 14)}), 27));
    for (uint32_t i = 0; i < 128; ++i) change(net::IpNet(net::Ip(net::Ip4{0xc0000200 + i}), 32));
  };
  for (int round = 0; round < 20 || (right == 0 && wrong == 0); ++round) {
    each([&](net::IpNet net) { set.set(net, place); });
    each([&](net::IpNet net) { set.remove(net); });
  }
  isOver = true;
  reader.join();
  EXPECT_EQ(wrong, 0u) << "of " << right + wrong;
}

}  // namespace
}  // namespace xylem::click

#include <protocols/bgp/rtr.h>
#include <protocols/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bgp {
namespace {

using Lines = std::vector<std::string>;
using Validity = policy::Validity;

net::IpNet net(kj::StringPtr text) { return KJ_ASSERT_NONNULL(net::IpNet::parse(text)); }

TEST(RoaTest, JudgesAsInRfc6811) {
  Roas roas;
  EXPECT_TRUE(roas.add({net("10.0.0.0/8"), 16, 65001}));
  EXPECT_FALSE(roas.add({net("10.0.0.0/8"), 16, 65001}));
  EXPECT_TRUE(roas.add({net("10.0.0.0/8"), 24, 65002}));
  EXPECT_TRUE(roas.add({net("10.9.0.0/16"), 16, 65003}));
  EXPECT_TRUE(roas.add({net("192.0.2.0/24"), 32, 0}));
  EXPECT_TRUE(roas.add({net("2001:db8::/32"), 48, 65001}));
  EXPECT_EQ(roas.validate(net("10.0.0.0/8"), 65001), Validity::VALID);
  EXPECT_EQ(roas.validate(net("10.1.0.0/16"), 65001), Validity::VALID);
  EXPECT_EQ(roas.validate(net("10.1.0.0/17"), 65001), Validity::INVALID);
  EXPECT_EQ(roas.validate(net("10.1.1.0/24"), 65002), Validity::VALID);
  EXPECT_EQ(roas.validate(net("10.9.0.0/16"), 65001), Validity::VALID);
  EXPECT_EQ(roas.validate(net("10.9.0.0/16"), 65003), Validity::VALID);
  EXPECT_EQ(roas.validate(net("10.9.1.0/24"), 65003), Validity::INVALID);
  EXPECT_EQ(roas.validate(net("10.0.0.0/8"), 0), Validity::INVALID);
  EXPECT_EQ(roas.validate(net("0.0.0.0/0"), 65001), Validity::NOT_FOUND);
  EXPECT_EQ(roas.validate(net("11.0.0.0/8"), 65001), Validity::NOT_FOUND);
  EXPECT_EQ(roas.validate(net("192.0.2.0/24"), 0), Validity::INVALID);
  EXPECT_EQ(roas.validate(net("2001:db8:1::/48"), 65001), Validity::VALID);
  EXPECT_TRUE(roas.remove({net("10.0.0.0/8"), 24, 65002}));
  EXPECT_EQ(roas.validate(net("10.1.1.0/24"), 65002), Validity::INVALID);
  // It was added twice.
  EXPECT_FALSE(roas.remove({net("10.0.0.0/8"), 16, 65001}));
  EXPECT_EQ(roas.validate(net("10.1.1.0/24"), 65002), Validity::INVALID);
  EXPECT_TRUE(roas.remove({net("10.0.0.0/8"), 16, 65001}));
  EXPECT_EQ(roas.validate(net("10.1.1.0/24"), 65002), Validity::NOT_FOUND);
  EXPECT_EQ(roas.size(), 3u);
}

TEST(RoaTest, TellsWhatItHas) {
  Roas roas;
  const Roa wide{net("10.0.0.0/8"), 8, 1}, other{net("10.0.0.0/8"), 9, 1}, narrow{net("10.1.0.0/16"), 16, 2},
      far{net("10.2.0.0/16"), 16, 3};
  for (auto& each : {wide, other, narrow, far}) roas.add(each);
  EXPECT_EQ(roas.covering(net("10.1.1.0/24")), (std::vector<Roa>{narrow, other, wide}));
  EXPECT_EQ(roas.covering(net("11.0.0.0/8")), std::vector<Roa>());
  // A page never ends within a prefix.
  EXPECT_EQ(roas.within(net("0.0.0.0/0"), nullptr, 1), (std::vector<Roa>{other, wide}));
  EXPECT_EQ(roas.within(net("0.0.0.0/0"), net("10.0.0.0/8"), 9), (std::vector<Roa>{narrow, far}));
  EXPECT_EQ(roas.within(net("10.2.0.0/15"), nullptr, 9), std::vector<Roa>{far});
}

class Play final : public RtrActions {
 public:
  explicit Play(kj::Duration lifetime = 0 * kj::SECONDS) : client(*this, lifetime) {
    client.start(now);
    client.connected(now);
    lines.clear();
  }
  Lines take() {
    auto taken = kj::mv(lines);
    lines.clear();
    return taken;
  }
  Lines receive(const std::string& text) {
    client.receive(hex(text), now);
    return take();
  }
  Lines pass(uint seconds) {
    now += seconds * kj::SECONDS;
    client.tick(now);
    return take();
  }
  void connect() override { lines.push_back("connect"); }
  void send(net::Bytes bytes) override { lines.push_back("send " + hex(bytes.slice(0, kj::min(12u, bytes.size())))); }
  void close() override { lines.push_back("close"); }
  void add(const Roa& roa) override { lines.push_back("+" + text(roa)); }
  void remove(const Roa& roa) override { lines.push_back("-" + text(roa)); }
  void synced() override { lines.push_back("synced"); }
  static std::string text(const Roa& roa) { return kj::str(roa.net, "-", uint(roa.maxLength), " ", roa.as).cStr(); }

  kj::TimePoint now = kj::origin<kj::TimePoint>();
  Lines lines;
  RtrClient client;
};

const std::string RESPONSE = "01 03 0007 00000008", TEN = "01 04 0000 00000014 01 08 10 00 0a000000 0000fde9",
                  ELEVEN = "01 04 0000 00000014 01 08 08 00 0b000000 0000fde9",
                  SIX = "01 06 0000 00000020 01 20 30 00 20010db8000000000000000000000000 0000fde9",
                  NOT_TEN = "01 04 0000 00000014 00 08 10 00 0a000000 0000fde9",
                  END = "01 07 0007 00000018 0000000c 00000e10 00000258 00001c20";

TEST(RtrTest, LearnsEverythingThenChanges) {
  Play play;
  EXPECT_EQ(play.client.state(), RtrClient::State::QUERY);
  const Lines learned = {"+10.0.0.0/8-16 65001", "+2001:db8::/32-48 65001", "synced"};
  EXPECT_EQ(play.receive(RESPONSE + TEN + SIX + END), learned);
  EXPECT_EQ(play.receive("01 00 0007 0000000c 0000000d"), Lines{"send 010100070000000c0000000c"});
  EXPECT_EQ(play.receive(RESPONSE + NOT_TEN + ELEVEN + "01 07 0007 00000018 0000000d 00000e10 00000258 00001c20"),
            (Lines{"-10.0.0.0/8-16 65001", "+11.0.0.0/8-8 65001", "synced"}));
  EXPECT_EQ(play.pass(3600), Lines{"send 01010007"
                                   "0000000c0000000d"});
  EXPECT_EQ(play.receive("01 08 0000 00000008"), Lines{"send 0102000000000008"});
  // A new whole set: what it lacks goes after its end.
  EXPECT_EQ(play.receive(RESPONSE + ELEVEN + TEN + END), (Lines{"+10.0.0.0/8-16 65001", "synced"}));
  EXPECT_EQ(play.pass(0), Lines{"-2001:db8::/32-48 65001"});
  EXPECT_EQ(play.client.size(), 2u);
}

TEST(RtrTest, TakesBytesInAnyPieces) {
  auto all = hex(RESPONSE + TEN + SIX + END);
  for (size_t piece = 1; piece < 40; ++piece) {
    Play play;
    for (size_t from = 0; from < all.size(); from += piece)
      play.client.receive(all.slice(from, kj::min(from + piece, all.size())), play.now);
    EXPECT_EQ(play.take().size(), 3u) << piece;
  }
}

TEST(RtrTest, AnswersNonsense) {
  auto why = [](const std::string& text, uint code) {
    Play play;
    auto lines = play.receive(text);
    ASSERT_GE(lines.size(), 2u) << text;
    EXPECT_EQ(lines[lines.size() - 2].substr(5, 8), "010a000" + std::to_string(code)) << text;
    EXPECT_EQ(lines.back(), "close");
    EXPECT_EQ(play.client.state(), RtrClient::State::IDLE);
  };
  why("01 03 0007 00000007", 0);
  why("01 03 0007 00000009 00", 0);
  why("01 03 0007 ffffffff", 0);
  why(TEN, 0);
  why(END, 0);
  why(RESPONSE + RESPONSE, 0);
  why(RESPONSE + "01 04 0000 00000014 01 21 21 00 0a000000 0000fde9", 0);
  why(RESPONSE + "01 04 0000 00000014 01 10 08 00 0a000000 0000fde9", 0);
  why(RESPONSE + "01 04 0000 00000014 01 08 21 00 0a000000 0000fde9", 0);
  why(RESPONSE + "01 04 0000 00000014 01 08 08 00 0a000001 0000fde9", 0);
  why(RESPONSE + "01 07 0008 00000018 0000000c 00000e10 00000258 00001c20", 0);
  why("01 05 0000 00000008", 5);
  why(RESPONSE + NOT_TEN, 6);
  why(RESPONSE + TEN + TEN, 7);
  why("02 03 0007 00000008", 4);
  why(RESPONSE + "00 04 0000 00000014 01 08 10 00 0a000000 0000fde9", 8);
}

TEST(RtrTest, SpeaksVersion0ToThoseWhoKnowNoBetter) {
  Play play;
  EXPECT_EQ(play.receive("00 03 0007 00000008 00 04 0000 00000014 01 08 10 00 0a000000 0000fde9"
                         "00 07 0007 0000000c 0000000c"),
            (Lines{"+10.0.0.0/8-16 65001", "synced"}));
  Play refused;
  EXPECT_EQ(refused.receive("00 0a 0004 00000010 00000000 00000000"), Lines{"close"});
  EXPECT_EQ(refused.pass(1), Lines{"connect"});
  refused.client.connected(refused.now);
  EXPECT_EQ(refused.take(), Lines{"send 0002000000000008"});
}

TEST(RtrTest, ForgetsWhatIsTooOld) {
  Play play;
  play.receive(RESPONSE + TEN + END);
  play.client.lost(play.now);
  EXPECT_EQ(play.pass(600), Lines{"connect"});
  play.client.lost(play.now);
  EXPECT_EQ(play.pass(6599), Lines{"connect"});
  EXPECT_EQ(play.pass(1), Lines{"-10.0.0.0/8-16 65001"});
  EXPECT_TRUE(play.client.serial() == nullptr);
}

TEST(RtrTest, CallsAgainLaterAndLater) {
  Play play;
  play.client.lost(play.now);
  for (uint seconds : {1, 2, 4, 8}) {
    EXPECT_EQ(play.pass(seconds - 1), Lines{}) << seconds;
    EXPECT_EQ(play.pass(1), Lines{"connect"}) << seconds;
    play.client.lost(play.now);
  }
  play.pass(16);
  play.client.connected(play.now);
  play.receive(RESPONSE + END);
  // It is well again; but an answer that breaks off is awaited as long as the cache says.
  play.client.lost(play.now);
  EXPECT_EQ(play.pass(1), Lines{"connect"});
  play.client.connected(play.now);
  play.client.lost(play.now);
  play.take();
  EXPECT_EQ(play.pass(599), Lines{});
  EXPECT_EQ(play.pass(1), Lines{"connect"});
}

TEST(RtrTest, TakesBackAllBySlices) {
  Play play;
  play.receive(RESPONSE + TEN + SIX + END);
  play.client.stop();
  EXPECT_EQ(play.take(), Lines{"close"});
  EXPECT_EQ(play.client.size(), 2u);
  EXPECT_EQ(play.pass(0), (Lines{"-10.0.0.0/8-16 65001", "-2001:db8::/32-48 65001"}));
  EXPECT_TRUE(play.client.deadline() == nullptr);
}

TEST(RtrTest, ForgetsSoonerWhereThatIsWanted) {
  Play play(5 * kj::SECONDS);
  play.receive(RESPONSE + TEN + END);
  play.client.lost(play.now);
  EXPECT_EQ(play.pass(4), Lines{"connect"});
  EXPECT_EQ(play.pass(1), Lines{"-10.0.0.0/8-16 65001"});
}

TEST(RtrTest, AsksForEverythingWhenAnAnswerBreaksOff) {
  Play play;
  play.receive(RESPONSE + TEN + END);
  play.receive("01 00 0007 0000000c 0000000d");
  play.receive(RESPONSE + ELEVEN);
  play.client.lost(play.now);
  play.pass(600);
  play.client.connected(play.now);
  EXPECT_EQ(play.take(), Lines{"send 0102000000000008"});
  EXPECT_EQ(play.receive(RESPONSE + TEN + END), Lines{"synced"});
  EXPECT_EQ(play.pass(0), Lines{"-11.0.0.0/8-8 65001"});
}

TEST(RtrTest, GivesUpOnACacheThatDoesNotAnswer) {
  Play play;
  EXPECT_EQ(play.pass(59), Lines{});
  EXPECT_EQ(play.pass(1), Lines{"close"});
  EXPECT_EQ(play.pass(600), Lines{"connect"});
}

}  // namespace
}  // namespace xylem::bgp

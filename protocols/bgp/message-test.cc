#include <protocols/bgp/message.h>
#include <protocols/bgp/samples.h>

#include <gtest/gtest.h>

namespace xylem::bgp {
namespace {

const std::string MARKER(32, 'f');

std::string text(const Notification& bad) {
  auto data = hex(kj::arrayPtr(bad.data.data(), bad.data.size()));
  return kj::str(uint(bad.code), "/", uint(bad.subcode), data.empty() ? "" : " ", data.c_str()).cStr();
}

std::string framed(const std::string& stream, size_t max = MAX_MESSAGE) {
  // What is said of the first message, all that there is being `stream`.
  auto bytes = hex(stream);
  auto result = frame(bytes, max);
  if (result.is<Notification>()) return text(result.get<Notification>());
  if (result.is<Need>()) return "need " + std::to_string(result.get<Need>().bytes);
  return "type " + std::to_string(uint(result.get<Frame>().type)) + " " + hex(result.get<Frame>().body);
}

TEST(FrameTest, JudgesTheHeader) {
  const std::string zeros(32, '0');
  EXPECT_EQ(framed(""), "need 19");
  EXPECT_EQ(framed(MARKER + "0013"), "need 19");
  EXPECT_EQ(framed(MARKER + "0013 04"), "type 4 ");
  EXPECT_EQ(framed(MARKER + "0013 04 ffff"), "type 4 ");
  EXPECT_EQ(framed(MARKER + "0017 02 0000 0000"), "type 2 00000000");
  EXPECT_EQ(framed(MARKER + "0018 02 0000 0000"), "need 24");
  EXPECT_EQ(framed(zeros + "0013 04"), "1/1");
  EXPECT_EQ(framed(MARKER.substr(2) + "fe 0013 04"), "1/1");
  EXPECT_EQ(framed(MARKER + "0012 04"), "1/2 0012");
  EXPECT_EQ(framed(MARKER + "0000 04"), "1/2 0000");
  EXPECT_EQ(framed(MARKER + "0014 04"), "1/2 0014");
  EXPECT_EQ(framed(MARKER + "0016 02"), "1/2 0016");
  EXPECT_EQ(framed(MARKER + "0014 03"), "1/2 0014");
  EXPECT_EQ(framed(MARKER + "001c 01"), "1/2 001c");
  EXPECT_EQ(framed(MARKER + "0016 05"), "1/2 0016");
  EXPECT_EQ(framed(MARKER + "1001 02"), "1/2 1001");
  EXPECT_EQ(framed(MARKER + "1001 02", MAX_EXTENDED), "need 4097");
  EXPECT_EQ(framed(MARKER + "ffff 02", MAX_EXTENDED), "need 65535");
  EXPECT_EQ(framed(MARKER + "1001 01", MAX_EXTENDED), "1/2 1001");
  EXPECT_EQ(framed(MARKER + "0013 00"), "1/3 00");
  EXPECT_EQ(framed(MARKER + "0013 06"), "1/3 06");
  EXPECT_EQ(framed(MARKER + "ffff ff"), "1/2 ffff");
}

std::string why(const std::string& body) {
  auto bytes = hex(body);
  auto result = decodeOpen(bytes);
  return result.is<Notification>() ? text(result.get<Notification>()) : "";
}

Open decoded(Bytes message) {
  auto framedMessage = frame(message, MAX_MESSAGE);
  auto result = decodeOpen(KJ_ASSERT_NONNULL(framedMessage.tryGet<Frame>()).body);
  return kj::mv(KJ_ASSERT_NONNULL(result.tryGet<Open>()));
}

TEST(OpenTest, RefusesWhatIsWrong) {
  const std::string head = "04 fde9 005a 0a000001 ";
  for (auto good : {"00", "02 02 00", "04 02 02 02 00", "06 02 02 02 00 02 00", "ff ff 0000"})
    EXPECT_EQ(why(head + good), "") << good;
  EXPECT_EQ(why("03 fde9 005a 0a000001 00"), "2/1 0004");
  EXPECT_EQ(why("05 fde9 005a 0a000001 00"), "2/1 0004");
  EXPECT_EQ(why("04 0000 005a 0a000001 00"), "2/2");
  EXPECT_EQ(why("04 fde9 005a 00000000 00"), "2/3");
  EXPECT_EQ(why("04 fde9 0001 0a000001 00"), "2/6");
  EXPECT_EQ(why("04 fde9 0002 0a000001 00"), "2/6");
  EXPECT_EQ(why("04 fde9 0000 0a000001 00"), "");
  EXPECT_EQ(why("04 fde9 0003 0a000001 00"), "");
  for (auto bad : {"01", "00 00", "02 02 01", "03 02 02 01", "04 02 02 01 04", "08 02 06 01 03 0001 00", "02 02",
                   "08 02 06 41 03 010000", "06 02 04 02 05 00 00", "ff ff 0001", "ff ff 0003 02 0001",
                   "ff ff 0002 02 00", "08 02 06 09 00 09 01 00 00", "06 02 04 40 01 00 00"})
    EXPECT_EQ(why(head + bad), "2/0") << bad;
  EXPECT_EQ(why(head + "02 01 00"), "2/4");
  EXPECT_EQ(why(head + "08 02 06 41 04 00000000"), "2/2");
  EXPECT_EQ(why(head + "08 02 06 09 01 00 09 01 03"), "2/11");
  EXPECT_EQ(why(head + "08 02 06 09 01 03 09 01 03"), "");
}

Open full() {
  Open open{70000, 90, net::Ip4::of(10, 0, 0, 1)};
  auto& c = open.capabilities;
  c.families = FamilySet::all();
  c.routeRefresh = c.enhancedRefresh = c.extendedMessages = true;
  c.extendedNextHop = {Family::IPV4_UNICAST};
  c.as4 = 70000u;
  c.addPath[Family::IPV4_UNICAST] = {true, false};
  c.addPath[Family::IPV6_UNICAST] = {true, true};
  c.gracefulRestart =
      GracefulRestart{true, true, 120, {Family::IPV4_UNICAST, Family::IPV6_UNICAST}, {Family::IPV6_UNICAST}};
  c.longLived[Family::IPV6_UNICAST] = {true, 86400};
  c.role = Role::CUSTOMER;
  return open;
}

void expectFull(const Open& open) {
  auto& c = open.capabilities;
  EXPECT_EQ(open.as, 70000u);
  EXPECT_EQ(open.holdTime, 90);
  EXPECT_EQ(open.identifier, net::Ip4::of(10, 0, 0, 1));
  EXPECT_TRUE(c.families == FamilySet::all());
  EXPECT_TRUE(c.routeRefresh && c.enhancedRefresh && c.extendedMessages);
  EXPECT_TRUE(c.extendedNextHop == FamilySet{Family::IPV4_UNICAST});
  EXPECT_TRUE(c.addPath == full().capabilities.addPath);
  EXPECT_TRUE(KJ_ASSERT_NONNULL(c.gracefulRestart) == KJ_ASSERT_NONNULL(full().capabilities.gracefulRestart));
  EXPECT_TRUE(c.longLived == full().capabilities.longLived);
  EXPECT_EQ(KJ_ASSERT_NONNULL(c.role), Role::CUSTOMER);
}

TEST(OpenTest, DecodesWhatItEncodes) {
  auto message = encodeOpen(full());
  EXPECT_EQ(hex(message).substr(32 + 6, 14), "045ba0005a0a00");
  expectFull(decoded(message));
}

TEST(OpenTest, ReadsExtendedParameters) {
  // RFC 9072: one capability a parameter, lengths of two octets.
  net::ByteWriter capabilities, out;
  full().capabilities.write(capabilities);
  out.bytes(hex("04 5ba0 005a 0a000001 ff ff"));
  auto length = out.size();
  out.u16(0);
  net::ByteReader in(capabilities.bytes());
  while (!in.done()) {
    auto code = in.u8();
    auto value = in.bytes(in.u8());
    out.u8(2);
    out.u16(uint16_t(value.size() + 2));
    out.u8(code);
    out.u8(uint8_t(value.size()));
    out.bytes(value);
  }
  out.patch16(length, uint16_t(out.size() - length - 2));
  auto result = decodeOpen(out.bytes());
  expectFull(KJ_ASSERT_NONNULL(result.tryGet<Open>()));
}

TEST(OpenTest, PassesOverWhatMeansNothingHere) {
  auto read = [](const std::string& list) {
    Capabilities c;
    EXPECT_EQ(c.read(hex(list)), Capabilities::Outcome::GOOD);
    return c;
  };
  EXPECT_TRUE(read("01 04 0019 00 46").families.empty());
  EXPECT_EQ(read("83 02 0102").unknown, std::vector<uint8_t>{0x83});
  EXPECT_TRUE(read("45 04 0001 01 04").addPath == PerFamily<AddPath>());
  EXPECT_TRUE(read("45 08 0001 01 00 0001 01 03").addPath[Family::IPV4_UNICAST] == (AddPath{true, true}));
  EXPECT_TRUE(read("05 06 0002 0001 0002").extendedNextHop.empty());
  EXPECT_TRUE(read("40 06 0078 0019 46 80").gracefulRestart != nullptr);
  auto named = read("49 09 03 723432 04 61626364");
  EXPECT_EQ(named.hostName, "r42");
  EXPECT_EQ(named.domainName, "abcd");
}

TEST(NegotiateTest, TakesWhatBothHave) {
  auto ours = full(), theirs = full();
  theirs.as = 65001;
  theirs.holdTime = 30;
  auto& c = theirs.capabilities;
  c.families = {Family::IPV4_UNICAST, Family::IPV6_UNICAST};
  c.addPath[Family::IPV4_UNICAST] = {true, true};
  c.addPath[Family::IPV6_UNICAST] = {true, false};
  c.role = Role::PROVIDER;
  auto agreed = negotiate(ours, theirs);
  EXPECT_TRUE(agreed.families == c.families);
  EXPECT_TRUE(agreed.addPathReceive == FamilySet{Family::IPV4_UNICAST});
  EXPECT_TRUE(agreed.addPathSend == FamilySet{Family::IPV6_UNICAST});
  EXPECT_EQ(agreed.holdTime, 30 * kj::SECONDS);
  EXPECT_EQ(agreed.keepalive, 10 * kj::SECONDS);
  EXPECT_EQ(agreed.maxSent, MAX_EXTENDED);
  EXPECT_TRUE(agreed.notificationRestart && agreed.as4 && agreed.enhancedRefresh && !agreed.internal);
  EXPECT_EQ(agreed.longLived[Family::IPV6_UNICAST].time, 86400u);

  auto plain = negotiate(ours, Open{65001, 90, net::Ip4::of(10, 0, 0, 2)});
  EXPECT_TRUE(plain.families == FamilySet{Family::IPV4_UNICAST});
  Open foreign{65001, 90, net::Ip4::of(10, 0, 0, 2)};
  foreign.capabilities.read(hex("01 04 0019 00 46"));
  EXPECT_TRUE(negotiate(ours, foreign).families.empty());
  EXPECT_EQ(plain.maxSent, MAX_MESSAGE);
  EXPECT_EQ(plain.maxReceived, MAX_EXTENDED);
  EXPECT_FALSE(plain.as4 || plain.routeRefresh || plain.notificationRestart);
  EXPECT_TRUE(plain.gracefulRestart == nullptr);
}

TEST(NotificationTest, NamesWhatIsWrong) {
  EXPECT_STREQ(kj::str(Notification{Code::OPEN, 2}).cStr(), "open/bad-peer-as");
  EXPECT_STREQ(kj::str(Notification{Code::HOLD_TIMER_EXPIRED}).cStr(), "hold-timer-expired");
  EXPECT_STREQ(kj::str(Notification{Code(77), 9}).cStr(), "77/9");
  EXPECT_STREQ(kj::str(Notification{Code::CEASE, 99}).cStr(), "cease/99");
  Notification shutdown{Code::CEASE, cease::ADMINISTRATIVE_SHUTDOWN, communication("back at 9")};
  auto hard = shutdown.hardReset();
  EXPECT_STREQ(kj::str(hard).cStr(), "cease/hard-reset(cease/administrative-shutdown)");
  EXPECT_TRUE(hard.effective() == shutdown);
  EXPECT_STREQ(KJ_ASSERT_NONNULL(hard.communication()).cStr(), "back at 9");
}

TEST(NotificationTest, ReadsShutdownCommunications) {
  auto said = [](const std::string& data) -> std::string {
    auto bytes = hex(data);
    Notification n{Code::CEASE, cease::ADMINISTRATIVE_RESET, {bytes.begin(), bytes.end()}};
    KJ_IF_MAYBE (text, n.communication()) return text->cStr();
    return "(nothing)";
  };
  EXPECT_EQ(said(""), "(nothing)");
  EXPECT_EQ(said("00"), "(nothing)");
  EXPECT_EQ(said("05 6162"), "(nothing)");
  EXPECT_EQ(said("03 410a42"), "A?B");
  EXPECT_EQ(said("02 c3a9"), "\xc3\xa9");
  EXPECT_EQ(said("02 41c3"), "A?");
  EXPECT_EQ(said("03 eda080"), "???");
  EXPECT_EQ(said("02 c080"), "??");
  EXPECT_EQ(said("02 c285"), "??");
  EXPECT_TRUE((Notification{Code::CEASE, cease::COLLISION, {1, 65}}.communication() == nullptr));
  std::string lots(254, 'a');
  EXPECT_EQ(communication((lots + "\xc3\xa9").c_str()).size(), 255u);
}

TEST(RefreshTest, ReadsAndWrites) {
  auto read = [](const std::string& body) -> std::string {
    auto whole = hex(body);
    auto result = decodeRefresh(Frame{Type::ROUTE_REFRESH, whole, whole});
    if (result.is<Notification>()) return text(result.get<Notification>());
    if (result.is<Ignored>()) return "ignored";
    auto& refresh = result.get<Refresh>();
    return kj::str(nameOf(refresh.family), " ", uint(refresh.kind)).cStr();
  };
  EXPECT_EQ(read("0001 00 01"), "ipv4-unicast 0");
  EXPECT_EQ(read("0002 01 02"), "ipv6-multicast 1");
  EXPECT_EQ(read("0002 02 01"), "ipv6-unicast 2");
  EXPECT_EQ(read("0002 03 01"), "ignored");
  EXPECT_EQ(read("0019 00 46"), "ignored");
  EXPECT_EQ(read("0001 00 01 aa"), "ipv4-unicast 0");
  EXPECT_EQ(read("0001 01 01 aa"), "7/1 00010101aa");
  EXPECT_EQ(hex(encodeRefresh({Family::IPV6_UNICAST, Refresh::BEGIN})), MARKER + "001705" + "00020101");
}

}  // namespace
}  // namespace xylem::bgp

#include <protocols/bgp/compose.h>
#include <protocols/bgp/samples.h>
#include <protocols/bgp/session.h>

#include <gtest/gtest.h>

#include <deque>

namespace xylem::bgp {
namespace {

constexpr auto OUT = Way::OUTGOING, IN = Way::INCOMING;
using Lines = std::vector<std::string>;

Settings settingsOf(uint32_t as, uint32_t peerAs, uint8_t id) {
  Settings settings;
  settings.localAs = {as};
  settings.peerAs = peerAs;
  settings.identifier = net::Ip4::of(10, 0, 0, id);
  settings.capabilities.families = {Family::IPV4_UNICAST, Family::IPV6_UNICAST};
  settings.capabilities.as4 = 0u;
  settings.capabilities.routeRefresh = settings.capabilities.enhancedRefresh = true;
  return settings;
}

Settings graceful(Settings settings, bool notification) {
  settings.capabilities.gracefulRestart = GracefulRestart{false, notification, 120, {Family::IPV4_UNICAST}, {}};
  return settings;
}

std::string describe(Bytes message) {
  const char* types[] = {"?", "open", "update", "notification", "keepalive", "refresh"};
  auto framed = frame(message, MAX_EXTENDED);
  auto& one = KJ_ASSERT_NONNULL(framed.tryGet<Frame>());
  if (one.type != Type::NOTIFICATION) return types[uint(one.type)];
  return kj::str(KJ_ASSERT_NONNULL(decodeNotification(one.body))).cStr();
}

class Play final : public Actions {
  // A session, and all that it does as lines.
 public:
  explicit Play(Settings settings) : session(kj::mv(settings), *this, [this] { return choice; }) {}

  Lines take() {
    auto taken = kj::mv(lines);
    lines.clear();
    return taken;
  }
  Lines tick(uint seconds) {
    now += seconds * kj::SECONDS;
    session.tick(now);
    return take();
  }
  Lines receive(Way way, Bytes bytes) {
    EXPECT_EQ(session.receive(way, bytes, now), bytes.size());
    return take();
  }
  Lines receive(Way way, const std::string& text) { return receive(way, hex(text)); }
  double due() {
    KJ_IF_MAYBE (time, session.deadline()) return double((*time - now) / kj::MILLISECONDS) / 1000;
    return -1;
  }
  void connect() override { say("connect"); }
  void send(Way way, Bytes messages) override {
    say("send " + name(way) + describe(messages));
    sent.push_back({way, kj::heapArray(messages)});
    if (!isBlocked) session.written(way, false, now);
  }
  void close(Way way) override {
    say("close " + name(way));
    sent.push_back({way, nullptr});
  }
  void sendAndClose(Way way, Bytes message) override {
    say("last " + name(way) + describe(message));
    sent.push_back({way, kj::heapArray(message)});
  }
  bool hasUnread(Way) override { return unread; }
  void established(Way way, const Negotiated&) override { say("established " + name(way)); }
  void arrived(Bytes message) override { last = kj::heapArray(message); }
  void update(const Update& update) override {
    ++updates;
    if (resetOnUpdate) session.stop({Code::CEASE, cease::MAX_PREFIXES}, now);
    say("update " + std::to_string(uint(update.disposition)));
  }
  void endOfRib(Family family) override { say(std::string("end-of-rib ") + nameOf(family).cStr()); }
  void refresh(const Refresh& refresh) override {
    say("refresh " + std::to_string(refresh.kind) + " " + nameOf(refresh.family).cStr());
  }
  void disabled(Family family) override { say(std::string("disabled ") + nameOf(family).cStr()); }
  void down(const Down& down) override {
    const char* causes[] = {"stopped", "sent", "received", "lost", "restarted", "send-hold"};
    say(std::string("down ") + causes[uint(down.cause)] + (down.keepRoutes ? " keep" : ""));
  }
  void say(std::string line) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(line);
  }
  static std::string name(Way way) { return way == OUT ? "out " : "in "; }

  struct Sent {
    Way way;
    kj::Array<kj::byte> bytes;
    // None: the end of it.
  };
  Time now = kj::origin<Time>() + 1000 * kj::SECONDS;
  uint32_t choice = 250;
  bool unread = false, resetOnUpdate = false, isBlocked = false;
  uint updates = 0;
  Lines lines;
  std::deque<Sent> sent;
  kj::Array<kj::byte> last;
  Session session;
};

kj::Array<kj::byte> openOf(const Settings& settings, uint16_t hold = 90) {
  Open open{settings.localAs[0], hold, settings.identifier, settings.capabilities};
  if (open.capabilities.as4 != nullptr) open.capabilities.as4 = open.as;
  return encodeOpen(open);
}

kj::Array<kj::byte> message(Type type, const std::string& body) {
  net::ByteWriter out;
  auto at = beginMessage(out, type);
  out.bytes(hex(body));
  endMessage(out, at);
  return out.finish();
}

const auto OURS = settingsOf(65001, 65002, 1), THEIRS = settingsOf(65002, 65001, 2);

void establish(Play& play, const Settings& peer = THEIRS) {
  play.session.start(play.now);
  play.session.connected(OUT, play.now);
  play.receive(OUT, openOf(peer));
  play.receive(OUT, keepalive());
  ASSERT_EQ(play.session.state(), State::ESTABLISHED);
}

TEST(SessionTest, Establishes) {
  Play play(OURS);
  EXPECT_EQ(play.session.state(), State::IDLE);
  play.session.start(play.now);
  EXPECT_EQ(play.take(), Lines{"connect"});
  EXPECT_EQ(play.session.state(), State::CONNECT);
  play.session.connected(OUT, play.now);
  EXPECT_EQ(play.take(), Lines{"send out open"});
  EXPECT_EQ(play.session.state(), State::OPEN_SENT);
  EXPECT_EQ(play.due(), 240);
  EXPECT_EQ(play.receive(OUT, openOf(THEIRS)), Lines{"send out keepalive"});
  EXPECT_EQ(play.session.state(), State::OPEN_CONFIRM);
  EXPECT_EQ(play.receive(OUT, keepalive()), Lines{"established out"});
  auto& agreed = KJ_ASSERT_NONNULL(play.session.negotiated());
  EXPECT_EQ(agreed.peerAs, 65002u);
  EXPECT_EQ(agreed.peerIdentifier, net::Ip4::of(10, 0, 0, 2));
  EXPECT_EQ(play.due(), 30);
  EXPECT_EQ(play.tick(30), Lines{"send out keepalive"});
}

TEST(SessionTest, KeepsWhatOthersKeepRecordsOf) {
  Play play(OURS);
  EXPECT_TRUE(play.session.opens() == nullptr);
  establish(play);
  auto opens = KJ_ASSERT_NONNULL(play.session.opens());
  EXPECT_EQ(hex(opens.sent), hex(play.sent[0].bytes));
  EXPECT_EQ(hex(opens.received), hex(openOf(THEIRS)));
  auto malformed = message(Type::UPDATE, "0000 0003 400101");
  play.receive(OUT, malformed);
  EXPECT_EQ(hex(play.last), hex(malformed)) << "before anything is made of it";
  play.session.stop({Code::CEASE}, play.now);
  EXPECT_TRUE(play.session.opens() == nullptr);
}

TEST(SessionTest, RefusesAnUnacceptableOpen) {
  auto refuse = [](Settings ours, Settings theirs, uint16_t hold = 90) {
    Play play(ours);
    play.session.start(play.now);
    play.session.connected(OUT, play.now);
    play.take();
    auto lines = play.receive(OUT, openOf(theirs, hold));
    EXPECT_EQ(lines.size(), 1u);
    return lines.at(0);
  };
  EXPECT_EQ(refuse(OURS, settingsOf(65003, 0, 2)), "last out open/bad-peer-as");
  EXPECT_EQ(refuse(settingsOf(65001, 0, 1), settingsOf(65003, 0, 2)), "send out keepalive");
  EXPECT_EQ(refuse(OURS, settingsOf(65002, 0, 1)), "send out keepalive");
  EXPECT_EQ(refuse(settingsOf(65002, 65002, 2), THEIRS), "last out open/bad-identifier");
  EXPECT_EQ(refuse(OURS, THEIRS, 2), "last out open/unacceptable-hold-time");
  auto slow = OURS;
  slow.minHoldTime = 20;
  EXPECT_EQ(refuse(slow, THEIRS, 19), "last out open/unacceptable-hold-time");
  EXPECT_EQ(refuse(slow, THEIRS, 0), "send out keepalive");
  auto other = THEIRS;
  other.capabilities.families = {Family::IPV6_MULTICAST};
  EXPECT_EQ(refuse(OURS, other), "last out open/unsupported-capability");
  other.capabilities.families = {Family::IPV4_UNICAST};
  EXPECT_EQ(refuse(OURS, other), "send out keepalive");
  auto demanding = OURS;
  demanding.required = {Family::IPV6_UNICAST};
  EXPECT_EQ(refuse(demanding, other), "last out open/unsupported-capability");
  auto customer = OURS, provider = THEIRS;
  customer.capabilities.role = Role::CUSTOMER;
  EXPECT_EQ(refuse(customer, THEIRS), "send out keepalive");
  provider.capabilities.role = Role::PROVIDER;
  EXPECT_EQ(refuse(customer, provider), "send out keepalive");
  provider.capabilities.role = Role::PEER;
  EXPECT_EQ(refuse(customer, provider), "last out open/role-mismatch");
  customer.strictRole = true;
  EXPECT_EQ(refuse(customer, THEIRS), "last out open/role-mismatch");
}

TEST(SessionTest, RefusesMessagesOutOfTurn) {
  auto update = message(Type::UPDATE, "00000000");
  auto after = [&](uint steps, Bytes bytes) {
    Play play(OURS);
    play.session.start(play.now);
    play.session.connected(OUT, play.now);
    if (steps > 0) play.receive(OUT, openOf(THEIRS));
    if (steps > 1) play.receive(OUT, keepalive());
    play.take();
    auto lines = play.receive(OUT, bytes);
    return lines.empty() ? std::string() : lines[0];
  };
  EXPECT_EQ(after(0, keepalive()), "last out state/unexpected-in-open-sent");
  EXPECT_EQ(after(0, update), "last out state/unexpected-in-open-sent");
  EXPECT_EQ(after(0, encodeRefresh({Family::IPV4_UNICAST})), "last out state/unexpected-in-open-sent");
  EXPECT_EQ(after(1, openOf(THEIRS)), "last out state/unexpected-in-open-confirm");
  EXPECT_EQ(after(1, update), "last out state/unexpected-in-open-confirm");
  EXPECT_EQ(after(2, openOf(THEIRS)), "last out state/unexpected-in-established");
  EXPECT_EQ(after(2, message(Type::NOTIFICATION, "0602")), "close out");
  EXPECT_EQ(after(0, hex("00")), "");
  EXPECT_EQ(after(0, hex(std::string(38, '0'))), "last out header/not-synchronized");
  EXPECT_EQ(after(2, message(Type(9), "")), "last out header/bad-type");
  EXPECT_EQ(after(2, message(Type::UPDATE, "ffff0000")), "last out update/malformed-attribute-list");
  EXPECT_EQ(after(2, message(Type::ROUTE_REFRESH, "00010101ff")), "last out route-refresh/bad-length");
}

TEST(SessionTest, DeliversMessagesWhole) {
  Play play(OURS);
  establish(play);
  play.take();
  net::ByteWriter stream;
  stream.bytes(message(Type::UPDATE, "0002 080a 0000"));
  stream.bytes(keepalive());
  stream.bytes(encodeEndOfRib(Family::IPV6_UNICAST));
  stream.bytes(encodeRefresh({Family::IPV4_UNICAST}));
  stream.bytes(encodeRefresh({Family::IPV6_UNICAST, Refresh::BEGIN}));
  stream.bytes(encodeRefresh({Family::IPV4_MULTICAST}));
  const Lines all = {"update 0", "end-of-rib ipv6-unicast", "refresh 0 ipv4-unicast", "refresh 1 ipv6-unicast"};
  EXPECT_EQ(play.receive(OUT, stream.bytes()), all);
  for (size_t piece = 1; piece < 60; ++piece) {
    Lines lines;
    for (size_t from = 0; from < stream.size(); from += piece)
      for (auto& line : play.receive(OUT, stream.bytes().slice(from, kj::min(from + piece, stream.size()))))
        lines.push_back(line);
    EXPECT_EQ(lines, all) << piece;
    EXPECT_EQ(play.session.buffered(), 0u);
  }
  size_t taken = 0;
  for (uint i = 0; i < 6; ++i) {
    size_t more = play.session.receive(OUT, stream.bytes().slice(taken, stream.size()), play.now, 1);
    EXPECT_GT(more, 0u);
    taken += more;
  }
  EXPECT_EQ(taken, stream.size());
  EXPECT_EQ(play.take(), all);
}

TEST(SessionTest, StopsReadingWhenAnActionEndsTheSession) {
  Play play(OURS);
  establish(play);
  play.take();
  play.resetOnUpdate = true;
  net::ByteWriter stream;
  for (uint i = 0; i < 3; ++i) stream.bytes(message(Type::UPDATE, "0002 080a 0000"));
  EXPECT_EQ(play.receive(OUT, stream.bytes()), (Lines{"last out cease/maximum-prefixes", "down stopped", "update 0"}));
  EXPECT_EQ(play.updates, 1u);
  EXPECT_EQ(play.session.state(), State::IDLE);
  EXPECT_EQ(play.due(), -1);
}

TEST(SessionTest, DisablesAFamily) {
  Play play(OURS);
  establish(play);
  play.take();
  auto bad = message(Type::UPDATE, "0000 0007 800f04 0002 01 81");
  EXPECT_EQ(play.receive(OUT, bad), (Lines{"update 3", "disabled ipv6-unicast"}));
  EXPECT_EQ(play.receive(OUT, bad), Lines{"update 1"});
  EXPECT_EQ(play.receive(OUT, encodeRefresh({Family::IPV6_UNICAST})), Lines{});
}

TEST(SessionTest, TellsByWhatUpdatesAreRead) {
  auto member = OURS;
  member.confederation = true;
  Play inside(member);
  EXPECT_EQ(inside.session.context(), nullptr);
  establish(inside);
  auto& between = KJ_ASSERT_NONNULL(inside.session.context());
  EXPECT_TRUE(between.confederation && !between.internal && between.firstAs == nullptr);
  auto strict = OURS;
  strict.enforceFirstAs = true;
  Play outside(strict);
  establish(outside);
  EXPECT_EQ(KJ_ASSERT_NONNULL(KJ_ASSERT_NONNULL(outside.session.context()).firstAs), 65002u);
}

TEST(SessionTest, HoldsThePeerToItsTime) {
  Play play(OURS);
  establish(play);
  play.take();
  play.tick(30);
  play.receive(OUT, message(Type::UPDATE, "00000000"));
  play.tick(30);
  play.tick(30);
  EXPECT_EQ(play.tick(29).size(), 0u);
  play.unread = true;
  EXPECT_EQ(play.tick(1), Lines{"send out keepalive"});
  play.unread = false;
  play.tick(89);
  EXPECT_EQ(play.tick(1), (Lines{"last out hold-timer-expired", "down sent"}));
  auto& error = KJ_ASSERT_NONNULL(play.session.lastError());
  EXPECT_TRUE(error.sent);
  EXPECT_EQ(error.notification.code, Code::HOLD_TIMER_EXPIRED);
}

TEST(SessionTest, HasNoTimersWithoutAHoldTime) {
  auto ours = OURS;
  ours.holdTime = 0;
  Play play(ours);
  play.session.start(play.now);
  play.session.connected(OUT, play.now);
  play.receive(OUT, openOf(THEIRS));
  EXPECT_EQ(play.due(), 240);  // Of an OPEN that is answered by nothing more.
  play.receive(OUT, keepalive());
  EXPECT_EQ(play.due(), -1);
  EXPECT_EQ(play.session.state(), State::ESTABLISHED);
}

TEST(SessionTest, GivesUpOnAPeerThatDoesNotRead) {
  Play play(OURS);
  establish(play);
  play.isBlocked = true;
  auto pass = [&](uint seconds) {
    Lines last;
    for (; seconds > 0; seconds -= 30) {
      last = play.tick(30);
      play.receive(OUT, keepalive());
    }
    return last;
  };
  pass(480);
  EXPECT_EQ(play.session.state(), State::ESTABLISHED);
  play.session.written(OUT, true, play.now);
  pass(450);
  EXPECT_EQ(play.session.state(), State::ESTABLISHED);
  EXPECT_EQ(pass(30), (Lines{"close out", "down send-hold"}));
}

TEST(SessionTest, BacksOffAndForgives) {
  Play play(OURS);
  play.session.start(play.now);
  std::vector<double> waits;
  for (uint i = 0; i < 9; ++i) {
    play.session.connected(OUT, play.now);
    play.receive(OUT, openOf(settingsOf(7, 0, 9)));
    EXPECT_EQ(play.session.state(), State::IDLE);
    EXPECT_TRUE(play.session.incoming(play.now) != nullptr);
    waits.push_back(play.due());
    EXPECT_EQ(play.tick(uint(play.due())), Lines{"connect"});
  }
  EXPECT_EQ(waits, (std::vector<double>{1, 2, 4, 8, 16, 32, 64, 120, 120}));
  play.session.connected(OUT, play.now);
  play.receive(OUT, openOf(THEIRS));
  play.receive(OUT, keepalive());
  for (uint i = 0; i < 10; ++i) {
    play.tick(30);
    play.receive(OUT, keepalive());
  }
  play.receive(OUT, message(Type::NOTIFICATION, "0604"));
  EXPECT_EQ(play.due(), 1);
}

TEST(SessionTest, JittersItsTimers) {
  for (uint32_t choice : {0u, 250u, 100u}) {
    Play play(OURS);
    play.choice = choice;
    play.session.start(play.now);
    EXPECT_EQ(play.due(), 30 * (750 + choice) / 1000.0);
    play.session.connected(OUT, play.now);
    play.receive(OUT, openOf(THEIRS));
    EXPECT_EQ(play.due(), 30 * (750 + choice) / 1000.0);
  }
}

TEST(SessionTest, ConnectsAgain) {
  Play play(OURS);
  play.session.start(play.now);
  play.take();
  play.session.lost(OUT, play.now);
  EXPECT_EQ(play.session.state(), State::ACTIVE);
  EXPECT_EQ(play.tick(30), Lines{"connect"});
  EXPECT_EQ(play.tick(30), (Lines{"close out", "connect"}));
  play.session.connected(OUT, play.now);
  play.session.lost(OUT, play.now);
  EXPECT_EQ(play.session.state(), State::ACTIVE);
  EXPECT_EQ(play.due(), 30);
  auto waiting = OURS;
  waiting.passive = true;
  Play passive(waiting);
  passive.session.start(passive.now);
  EXPECT_EQ(passive.take(), Lines{});
  EXPECT_EQ(passive.session.state(), State::ACTIVE);
  EXPECT_EQ(passive.due(), -1);
  EXPECT_TRUE(passive.session.incoming(passive.now) == nullptr);
  passive.session.connected(IN, passive.now);
  EXPECT_EQ(passive.take(), Lines{"send in open"});
}

TEST(SessionTest, TriesItsOtherAs) {
  auto ours = OURS;
  ours.localAs = {65001, 64999};
  Play play(ours);
  auto asSent = [&] {
    play.session.connected(OUT, play.now);
    auto& bytes = play.sent.back().bytes;
    return uint(bytes[20]) << 8 | bytes[21];
  };
  play.session.start(play.now);
  EXPECT_EQ(asSent(), 65001u);
  play.receive(OUT, message(Type::NOTIFICATION, "0202"));
  play.tick(10);
  EXPECT_EQ(asSent(), 64999u);
  play.receive(OUT, message(Type::NOTIFICATION, "0202"));
  play.tick(10);
  EXPECT_EQ(asSent(), 65001u);
}

TEST(SessionTest, SaysWhetherRoutesAreKept) {
  auto after = [](bool restarts, bool notification, auto&& event) {
    auto theirs = restarts ? graceful(THEIRS, notification) : THEIRS;
    Play play(graceful(OURS, true));
    establish(play, theirs);
    play.take();
    event(play);
    return play.take();
  };
  auto lose = [](Play& play) { play.session.lost(OUT, play.now); };
  auto hear = [](const char* data) {
    return [data](Play& play) { play.session.receive(OUT, message(Type::NOTIFICATION, data), play.now); };
  };
  auto shut = [](Play& play) { play.session.stop({Code::CEASE, cease::ADMINISTRATIVE_SHUTDOWN}, play.now); };
  auto reset = [](Play& play) { play.session.reset({Code::CEASE, cease::ADMINISTRATIVE_RESET}, play.now); };
  EXPECT_EQ(after(true, false, lose), Lines{"down lost keep"});
  EXPECT_EQ(after(false, false, lose), Lines{"down lost"});
  EXPECT_EQ(after(true, false, hear("0604")), (Lines{"close out", "down received"}));
  EXPECT_EQ(after(true, true, hear("0604")), (Lines{"close out", "down received keep"}));
  EXPECT_EQ(after(true, true, hear("06090602")), (Lines{"close out", "down received"}));
  EXPECT_EQ(after(true, true, shut),
            (Lines{"last out cease/hard-reset(cease/administrative-shutdown)", "down stopped"}));
  EXPECT_EQ(after(true, false, shut), (Lines{"last out cease/administrative-shutdown", "down stopped"}));
  EXPECT_EQ(after(true, true, reset), (Lines{"last out cease/administrative-reset", "down sent keep"}));
}

TEST(SessionTest, TakesAPeerThatRestarted) {
  Play play(graceful(OURS, false));
  establish(play, graceful(THEIRS, false));
  play.take();
  EXPECT_TRUE(play.session.incoming(play.now) == nullptr);
  EXPECT_EQ(play.take(), (Lines{"close out", "down restarted keep"}));
  play.session.connected(IN, play.now);
  play.receive(IN, openOf(graceful(THEIRS, false)));
  EXPECT_EQ(play.receive(IN, keepalive()), Lines{"established in"});

  Play plain(OURS);
  establish(plain);
  auto refused = plain.session.incoming(plain.now);
  EXPECT_STREQ(kj::str(KJ_ASSERT_NONNULL(refused)).cStr(), "cease/connection-collision");
  EXPECT_EQ(plain.session.state(), State::ESTABLISHED);
}

TEST(SessionTest, CountsMessages) {
  Play play(OURS);
  establish(play);
  net::ByteWriter out;
  for (uint i = 0; i < 3; ++i) out.bytes(message(Type::UPDATE, "00000000"));
  out.bytes(encodeRefresh({Family::IPV4_UNICAST}));
  play.session.transmit(out.bytes(), play.now);
  auto& count = play.session.counters();
  EXPECT_EQ(count.sent, (std::array<uint64_t, 6>{0, 1, 3, 0, 1, 1}));
  EXPECT_EQ(count.received, (std::array<uint64_t, 6>{0, 1, 0, 0, 1, 0}));
  EXPECT_EQ(count.established, 1u);
}

class Pair {
  // Two sessions that connect to each other at once. Each direction of each connection is a queue.
 public:
  Pair(Settings a, Settings b) : sides{Play(kj::mv(a)), Play(kj::mv(b))} {}

  void run(std::mt19937& random, bool together) {
    // Connections open first, or while messages are on their way.
    for (auto& side : sides) side.session.start(side.now);
    std::vector<std::function<void()>> events;
    for (uint i : {0, 1}) {
      events.push_back([this, i] {
        bound[i][uint(OUT)] = true;
        sides[i].session.connected(OUT, sides[i].now);
      });
      events.push_back([this, i] {
        auto& peer = sides[1 - i];
        bound[1 - i][uint(IN)] = true;
        if (peer.session.incoming(peer.now) == nullptr)
          peer.session.connected(IN, peer.now);
        else
          sides[i].session.lost(OUT, sides[i].now);
      });
    }
    std::shuffle(events.begin(), events.end(), random);
    for (uint step = 0; step < 200; ++step) {
      while (!events.empty() && (together || random() % 3 == 0)) {
        events.back()();
        events.pop_back();
      }
      pump(random);
    }
  }

  Play sides[2];

 private:
  bool bound[2][2] = {};
  // That end of that connection exists, or did: what is sent to it waits no more.

  void pump(std::mt19937& random) {
    // One message of one direction of one connection arrives.
    uint i = random() % 2;
    auto way = random() % 2 ? OUT : IN;
    auto& sent = sides[i].sent;
    auto& peer = sides[1 - i];
    auto far = way == OUT ? IN : OUT;
    if (!bound[1 - i][uint(far)]) return;
    for (auto it = sent.begin(); it != sent.end(); ++it) {
      if (it->way != way) continue;
      auto bytes = kj::mv(it->bytes);
      sent.erase(it);
      if (bytes.size() == 0)
        peer.session.lost(far, peer.now);
      else
        peer.session.receive(far, bytes, peer.now);
      return;
    }
  }
};

std::string joined(const Lines& lines) {
  std::string all;
  for (auto& line : lines) all += line + " | ";
  return all;
}

TEST(SessionTest, SettlesCollisions) {
  // Both end up with one connection, in whatever order things come in: if both were open at first, that of the higher
  // identifier.
  std::mt19937 random(3);
  for (uint round = 0; round < 6000; ++round) {
    bool firstIsHigher = round % 2, isEqual = round % 3 == 0, together = round % 4 < 2;
    auto a = settingsOf(65001, 65002, firstIsHigher ? 9 : 1), b = settingsOf(65002, 65001, 5);
    if (isEqual) a.identifier = b.identifier;
    Pair pair(a, b);
    pair.run(random, together);
    Lines lines[2] = {pair.sides[0].take(), pair.sides[1].take()};
    auto has = [&](uint i, const char* line) { return std::count(lines[i].begin(), lines[i].end(), line) > 0; };
    for (auto& side : pair.sides)
      ASSERT_EQ(side.session.state(), State::ESTABLISHED)
          << round << ": " << joined(lines[0]) << "and " << joined(lines[1]);
    bool outgoing = has(0, "established out");
    ASSERT_NE(outgoing, has(0, "established in")) << round;
    ASSERT_EQ(outgoing, has(1, "established in")) << round;
    ASSERT_NE(outgoing, has(1, "established out")) << round;
    ASSERT_TRUE(!together || outgoing == (!isEqual && firstIsHigher)) << round;
  }
}

}  // namespace
}  // namespace xylem::bgp

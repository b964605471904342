// Events of a session in any order, bytes of a peer among them, some of which make sense. What must hold: memory is
// bounded, whoever is told of an end was told of a beginning, and time that has come is used.

#include <protocols/bgp/compose.h>
#include <protocols/bgp/session.h>

#include <kj/debug.h>

using namespace xylem;
using namespace xylem::bgp;

namespace {

Settings settings() {
  Settings settings;
  settings.localAs = {65001, 65009};
  settings.peerAs = 65002;
  settings.identifier = net::Ip4::of(10, 0, 0, 2);
  settings.capabilities.families = {Family::IPV4_UNICAST, Family::IPV6_UNICAST};
  settings.capabilities.as4 = 0u;
  settings.capabilities.routeRefresh = settings.capabilities.enhancedRefresh = true;
  settings.capabilities.extendedMessages = true;
  settings.capabilities.gracefulRestart = GracefulRestart{false, true, 60, {Family::IPV4_UNICAST}, {}};
  return settings;
}

kj::Array<kj::byte> openOf(uint8_t choice) {
  Open open{65002, uint16_t(choice & 1 ? 90 : 0), net::Ip4::of(10, 0, 0, choice & 2 ? 1 : 3)};
  open.capabilities = settings().capabilities;
  open.capabilities.as4 = 65002u;
  if (choice & 4) open.capabilities.gracefulRestart = nullptr;
  return encodeOpen(open);
}

class Fuzz final : private Actions {
 public:
  Fuzz() : session(settings(), *this, [this]() -> uint32_t { return ++seed; }) {}

  void run(net::ByteReader in) {
    while (in.has(2)) {
      event(in);
      KJ_ASSERT(session.buffered() <= 2 * MAX_EXTENDED);
      KJ_ASSERT((session.state() == State::ESTABLISHED) == up);
    }
    reaction = 0;
    session.stop({Code::CEASE, cease::PEER_DECONFIGURED}, now);
    KJ_ASSERT(session.state() == State::IDLE && !up && session.deadline() == nullptr);
  }

 private:
  void event(net::ByteReader& in) {
    auto kind = in.u8();
    auto way = kind & 0x80 ? Way::INCOMING : Way::OUTGOING;
    auto argument = in.u8();
    reaction = argument >> 6;
    switch (kind & 0xf) {
      case 0:
        return session.start(now);
      case 1:
        return session.stop({Code::CEASE, uint8_t(argument & 0xf), {}}, now);
      case 2:
        return session.reset({Code::CEASE, cease::ADMINISTRATIVE_RESET}, now);
      case 3:
        if (session.incoming(now) == nullptr) session.connected(Way::INCOMING, now);
        return;
      case 4:
        return session.connected(way, now);
      case 5:
        return session.lost(way, now);
      case 6:
        receive(way, openOf(argument));
        return;
      case 7:
        receive(way, keepalive());
        return;
      case 8:
        return session.written(way, argument & 1, now);
      case 9:
        return session.transmit(encodeEndOfRib(Family::IPV6_UNICAST), now);
      case 10:
        return pass(argument);
      case 11:
        return wrapped(way, argument, in);
      default:
        receive(way, in.bytes(kj::min(in.remaining(), size_t(argument))));
    }
  }

  void wrapped(Way way, uint8_t type, net::ByteReader& in) {
    // A header that is right, before any body.
    net::ByteWriter out;
    auto at = beginMessage(out, Type(type % 7));
    out.bytes(in.bytes(kj::min(in.remaining(), size_t(type / 7))));
    endMessage(out, at);
    receive(way, out.bytes());
  }

  void receive(Way way, Bytes bytes) {
    while (bytes.size() > 0) {
      size_t taken = session.receive(way, bytes, now, 1);
      KJ_ASSERT(taken > 0 && taken <= bytes.size());
      bytes = bytes.slice(taken, bytes.size());
    }
  }

  void pass(uint seconds) {
    // A tick at the deadline moves it, unless it is all over.
    now += seconds * kj::SECONDS;
    for (uint ticks = 0;; ++ticks) {
      KJ_ASSERT(ticks < 50, "a deadline that does not move");
      KJ_IF_MAYBE (due, session.deadline()) {
        if (*due > now) return;
        session.tick(now);
      } else {
        return;
      }
    }
  }

  void react() {
    // What is called back may call in turn.
    auto what = reaction;
    reaction = 0;
    if (what == 1) session.stop({Code::CEASE, cease::MAX_PREFIXES}, now);
    if (what == 2) session.reset({Code::CEASE, cease::OTHER_CONFIGURATION}, now);
    if (what == 3) session.start(now);
  }

  void connect() override {}
  void send(Way, Bytes messages) override { KJ_ASSERT(messages.size() >= HEADER_SIZE); }
  void close(Way) override {}
  void sendAndClose(Way, Bytes message) override { KJ_ASSERT(message.size() >= HEADER_SIZE + 2); }
  bool hasUnread(Way) override { return seed % 2; }
  void established(Way, const Negotiated&) override {
    KJ_ASSERT(!up);
    up = true;
    react();
  }
  void update(const Update&) override {
    KJ_ASSERT(up);
    react();
  }
  void endOfRib(Family) override {
    KJ_ASSERT(up);
    react();
  }
  void refresh(const Refresh&) override {
    KJ_ASSERT(up);
    react();
  }
  void disabled(Family) override { KJ_ASSERT(up); }
  void down(const Down&) override {
    KJ_ASSERT(up);
    up = false;
    react();
  }

  Time now = kj::origin<Time>();
  uint32_t seed = 0;
  uint reaction = 0;
  bool up = false;
  Session session;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Fuzz().run(net::ByteReader(kj::arrayPtr(data, size)));
  return 0;
}

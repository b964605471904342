// One thread serves all: a router that is faster than this would not be seen to be; the floor shows how far that is.

#include <bench/bgp/peers.h>
#include <kj/debug.h>

namespace xylem::bench {

namespace {

constexpr double QUIET_BEFORE = 1, QUIET_AFTER = 2, RETRY = 0.1, PATIENCE = 30;
constexpr uint SINGLES = 250;
// Different ones.

net::Ip4Net singleNet(uint number) { return net::Ip4Net(net::Ip4::of(10, 77, uint8_t(number % SINGLES), 0), 24); }

}  // namespace

Peers::Peers(const Load& load, kj::Maybe<Kernel&> kernel, double patience)
    : load(load), kernel(kernel), reachable(load.nets.size() + SINGLES), patience(patience) {
  for (auto net : load.nets) reachable.expect(net);
  for (uint i = 0; i < SINGLES; ++i) reachable.expect(singleNet(i));
}

kj::Own<Session> Peers::connect(uint32_t as, net::Ip from, uint8_t version) {
  // The BGP identifier is that of the peer, in either version.
  auto identifier = net::Ip4::of(10, 0, 0, uint8_t(as == RECEIVER_AS ? 2 : 10 + as - announcerAs(0)));
  auto deadline = now() + PATIENCE;
  for (;;) {
    KJ_IF_MAYBE (socket, call(from, routerAddress(version)))
      return kj::heap<Session>(kj::mv(*socket), as, identifier, version);
    KJ_REQUIRE(now() < deadline, "the router does not listen");
    serve(int(RETRY * 1e3));
  }
}

void Peers::establish() {
  uint8_t last = 0;
  for (auto& feed : load.feeds) {
    if (feed.version != last)
      receivers.push_back(connect(RECEIVER_AS, receiverAddress(feed.version), last = feed.version));
    auto session = connect(announcerAs(feed.peer), announcerAddress(feed.peer, feed.version), feed.version);
    announcers.push_back({feed, kj::mv(session), nullptr});
  }
  auto deadline = now() + PATIENCE;
  bool waiting = true;
  auto again = [&](kj::Own<Session>& session, uint32_t as, net::Ip from, uint8_t version) {
    if (session->isLost()) session = connect(as, from, version);
    waiting |= !session->isEstablished();
  };
  while (waiting || now() < lastUpdate + QUIET_BEFORE) {
    KJ_REQUIRE(now() < deadline, "not all sessions are established");
    serve(int(RETRY * 1e3));
    waiting = false;
    for (size_t i = 0; i < receivers.size(); ++i) {
      auto version = uint8_t(i == 0 ? load.feeds[0].version : 6);
      again(receivers[i], RECEIVER_AS, receiverAddress(version), version);
    }
    for (auto& [feed, session, rest] : announcers)
      again(session, announcerAs(feed.peer), announcerAddress(feed.peer, feed.version), feed.version);
    if (waiting) lastUpdate = now();
  }
  KJ_IF_MAYBE (there, kernel) arrival.emplace(*there, kj::arrayPtr(load.nets.data(), load.nets.size()), load.ip4);
}

void Peers::serve(int milliseconds, int fd) {
  // A negative descriptor is passed over: that of a lost session would be ready all the time.
  auto descriptorOf = [](const Session& session) { return session.isLost() ? -1 : session.fd(); };
  polled.assign(1, {fd, POLLIN, 0});
  for (auto& session : receivers) polled.push_back({descriptorOf(*session), POLLIN, 0});
  for (auto& announcer : announcers)
    polled.push_back({descriptorOf(*announcer.session), short(POLLIN | (announcer.rest.size() > 0 ? POLLOUT : 0)), 0});
  KJ_SYSCALL(poll(polled.data(), polled.size(), milliseconds));
  auto at = polled.begin() + 1;
  for (auto& session : receivers) {
    if (at++->revents == 0) continue;
    session->read([&](const Frame& update) {
      bool any = false;
      bool good = eachChange(update.body, [&](net::IpNet net, bool there) {
        reachable.set(net, there);
        any = true;
      });
      KJ_REQUIRE(good, "a malformed UPDATE from the router");
      // An end of RIB says nothing.
      if (any) lastUpdate = now();
    });
  }
  for (auto& announcer : announcers) {
    auto events = at++->revents;
    if (events & POLLOUT) say(announcer, announcer.rest);
    if (events & ~POLLOUT) announcer.session->read([](const Frame&) {});
  }
}

void Peers::say(Announcer& announcer, net::Bytes bytes) {
  auto written = announcer.session->write(bytes);
  announcer.rest = bytes.slice(written, bytes.size());
}

void Peers::requireAlive(const Session& session) {
  KJ_REQUIRE(!session.isLost(), "the router has closed a session", session.lastWords().c_str());
}

Passage Peers::pass(bool up) {
  auto wanted = up ? load.nets.size() : 0;
  KJ_IF_MAYBE (routes, arrival) routes->expect(up);
  Passage passage;
  passage.begin = lastUpdate = now();
  auto deadline = passage.begin + patience;
  for (auto& announcer : announcers) say(announcer, up ? announcer.feed.announcement : announcer.feed.withdrawal);
  for (;;) {
    serve(1);
    auto time = now();
    for (auto& session : receivers) requireAlive(*session);
    bool writing = false;
    for (auto& announcer : announcers) {
      requireAlive(*announcer.session);
      writing |= announcer.rest.size() > 0;
    }
    if (!writing && passage.written == 0) passage.written = time;
    if (reachable.count() == wanted && passage.received == 0) passage.received = lastUpdate;
    KJ_IF_MAYBE (routes, arrival) {
      if (passage.installed == 0 && routes->complete()) passage.installed = time;
    } else {
      passage.installed = passage.begin;
    }
    passage.last = lastUpdate;
    bool all = passage.written != 0 && reachable.count() == wanted && passage.installed != 0;
    if (all && time > std::max(lastUpdate, passage.installed) + QUIET_AFTER) return passage;
    if (time > deadline) return passage;
  }
}

template <typename Is> bool Peers::untilSingle(fea::Netlink& watch, uint16_t type, net::Ip4Net net, Is&& done) {
  // `done` is asked again whenever the kernel has told of this change, with true, or the receiver may have heard.
  auto deadline = now() + PATIENCE;
  bool told = false;
  while (!done(told)) {
    serve(100, watch.fd());
    watch.receive([&](const nlmsghdr& message) {
      told = told || (message.nlmsg_type == type && fea::RouteRow(message).net == net::IpNet(net));
    });
    if (now() > deadline) return false;
  }
  return true;
}

kj::Maybe<Single> Peers::single(uint number) {
  KJ_IF_MAYBE (there, kernel)
    if (watch == nullptr) watch = there->watch();
  bool hasKernel = kernel != nullptr;
  if (watch == nullptr) watch = kj::heap<fea::Netlink>();
  auto& listener = *KJ_ASSERT_NONNULL(watch);

  auto& announcer = announcers[0];
  net::IpNet net = singleNet(number);
  net::ByteWriter come, go;
  announce(come, attributesOf(announcerAs(0), 100000, 0), announcerAddress(0, 4), kj::arrayPtr(&net, 1));
  withdraw(go, kj::arrayPtr(&net, 1));
  Single single;
  auto before = reachable.count();
  auto begin = now();
  say(announcer, come.bytes());
  bool there = untilSingle(listener, RTM_NEWROUTE, net.v4(), [&](bool told) {
    if (single.received == 0 && reachable.count() == before + 1) single.received = lastUpdate - begin;
    if (single.installed == 0 && told) single.installed = now() - begin;
    return single.received != 0 && (single.installed != 0 || !hasKernel);
  });
  say(announcer, go.bytes());
  KJ_REQUIRE(announcer.rest.size() == 0, "no room for a single prefix");
  if (!there) return nullptr;
  bool gone = untilSingle(listener, RTM_DELROUTE, net.v4(),
                          [&](bool told) { return reachable.count() == before && (told || !hasKernel); });
  if (!gone) return nullptr;
  return single;
}

void Peers::serveUntil(int fd) {
  pollfd ready{fd, POLLIN, 0};
  while (poll(&ready, 1, 0) == 0) serve(1000, fd);
}

}  // namespace xylem::bench

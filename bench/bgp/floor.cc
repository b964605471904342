// Handing on goes before installing. All routes of a version have one next hop, the first announcer.

#include <bench/bare.h>
#include <bench/bgp/floor.h>
#include <bench/bgp/load.h>
#include <bench/bgp/session.h>
#include <net/sockaddr.h>
#include <poll.h>

namespace xylem::bench {

namespace {

class Relay {
  // Everything in one IP version.
 public:
  explicit Relay(uint8_t version) : version(version), listener(listenOn(routerAddress(version))) {}

  void addTo(std::vector<pollfd>& polled) {
    polled.push_back({listener, POLLIN, 0});
    for (auto& session : announcers) polled.push_back({session->fd(), POLLIN, 0});
    KJ_IF_MAYBE (session, receiver)
      polled.push_back({(*session)->fd(), short(POLLIN | (handed < said.size() ? POLLOUT : 0)), 0});
  }

  bool hand() {
    // Take what has come, and hand it on; whether there was anything.
    while (admit())
      ;
    bool any = false;
    for (auto& session : announcers) any |= session->read([&](const Frame& update) { said.addAll(update.whole); });
    KJ_IF_MAYBE (session, receiver) {
      (*session)->read([](const Frame&) {});
      if (handed < said.size()) handed += (*session)->write(said.slice(handed, said.size()));
    }
    return any;
  }

  bool install(BareLoop& bare) {
    // A few messages; whether there are more.
    for (uint i = 0; i < 16 && installed < said.size(); ++i) {
      auto update = KJ_REQUIRE_NONNULL(frame(said.slice(installed, said.size())));
      eachChange(update.body, [&](net::IpNet net, bool reachable) {
        if (reachable)
          bare.install(net, version);
        else
          bare.withdraw(net);
      });
      installed += update.whole.size();
    }
    if (installed < said.size()) return true;
    if (handed == said.size()) {
      said.clear();
      installed = handed = 0;
    }
    return false;
  }

 private:
  bool admit() {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int fd = accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (fd < 0) return false;
    auto caller = KJ_REQUIRE_NONNULL(net::fromSockaddr(reinterpret_cast<sockaddr*>(&from), size)).address;
    auto session = kj::heap<Session>(kj::AutoCloseFd(fd), ROUTER_AS, routerAddress(4).v4(), version);
    if (caller == receiverAddress(version))
      receiver = kj::mv(session);
    else
      announcers.push_back(kj::mv(session));
    return true;
  }

  uint8_t version;
  kj::AutoCloseFd listener;
  kj::Maybe<kj::Own<Session>> receiver;
  std::vector<kj::Own<Session>> announcers;
  kj::Vector<kj::byte> said;
  // Whole messages; up to `handed` they have gone to the receiver, up to `installed` to the kernel.
  size_t handed = 0, installed = 0;
};

}  // namespace

void runFloor() {
  BareLoop bare;
  Relay relays[] = {Relay(4), Relay(6)};
  for (uint8_t version : {4, 6}) bare.hop(version, announcerAddress(0, version), "eth0");
  bool behind = false;
  for (;;) {
    std::vector<pollfd> polled;
    for (auto& relay : relays) relay.addTo(polled);
    KJ_SYSCALL(poll(polled.data(), polled.size(), behind ? 0 : -1));
    bool any = false;
    for (auto& relay : relays) any |= relay.hand();
    behind = any;
    if (any) continue;
    for (auto& relay : relays) behind |= relay.install(bare);
    bare.flush();
  }
}

}  // namespace xylem::bench

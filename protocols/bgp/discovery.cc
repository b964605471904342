// Advertisements are sent at once when the link comes up, again when a router is heard for the first time (it has
// perhaps just started), and then every ten seconds; never more than one in three seconds, beside the first (RFC 4861
// sections 6.2.4 and 6.2.6).

#include <protocols/bgp/discovery.h>

#include <net/wire.h>
#include <netinet/icmp6.h>
#include <protocols/kit/datagram.h>
#include <xrl/log.h>

#include <cerrno>
#include <cstring>

namespace xylem::bgp {

using xrl::Task;

namespace {

constexpr net::Ip6 ALL_NODES{0xff02000000000000, 1};
constexpr auto INTERVAL = 10 * kj::SECONDS, LEAST = 3 * kj::SECONDS, PAUSE = 1 * kj::SECONDS;
constexpr uint8_t HOPS = 255;
constexpr size_t HEADER = 16;
constexpr uint8_t SOURCE_LINK_LAYER_ADDRESS = 1;
constexpr int BURST = 16;

void takeAdvertisementsOnly(int fd) {
  icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &filter);
  setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
}

}  // namespace

kj::Array<kj::byte> routerAdvertisement(net::Mac mac) {
  net::ByteWriter out(HEADER + 8);
  out.u8(ND_ROUTER_ADVERT);
  for (size_t i = 1; i < HEADER; ++i) out.u8(0);
  // Lifetime 0: not a default router; everything else is left unsaid by 0.
  out.u8(SOURCE_LINK_LAYER_ADDRESS);
  out.u8(1);
  kj::byte address[6];
  mac.toBytes(address);
  out.bytes(address);
  return out.finish();
}

bool isRouterAdvertisement(net::Bytes packet) {
  if (packet.size() < HEADER || packet[0] != ND_ROUTER_ADVERT || packet[1] != 0) return false;
  for (size_t at = HEADER; at < packet.size();) {
    if (packet.size() - at < 2 || packet[at + 1] == 0 || packet.size() - at < packet[at + 1] * size_t(8)) return false;
    at += packet[at + 1] * size_t(8);
  }
  return true;
}

Discovery::Discovery(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interfaces& interfaces, std::string interface,
                     Found found)
    : loop(loop),
      sockets(sockets),
      interfaces(interfaces),
      interface(kj::mv(interface)),
      found(kj::mv(found)),
      living(nullptr) {
  living = kj::Promise<void>(live()).eagerlyEvaluate([this](kj::Exception&& problem) {
    xrl::log::error("no discovery", "interface", this->interface.c_str(), "reason", problem.getDescription());
  });
}

kj::Maybe<const kit::Interface&> Discovery::running() const {
  KJ_IF_MAYBE (there, interfaces.find(interface.c_str()))
    if (there->running) return *there;
  return nullptr;
}

Task<void> Discovery::live() {
  for (;;) {
    while (running() == nullptr) {
      auto changed = change.wait();
      co_await kj::mv(changed);
    }
    auto index = KJ_ASSERT_NONNULL(running()).index;
    auto mac = KJ_ASSERT_NONNULL(running()).mac;
    auto asked = sockets.raw([this](fea::Fea::RawOptions::Builder options) {
      options.setVersion(6);
      options.setProtocol(IPPROTO_ICMPV6);
      options.setInterface(interface.c_str());
      options.setHops(HOPS);
      net::write(net::Ip(ALL_NODES), options.initGroups(1)[0]);
    });
    kj::Maybe<kj::AutoCloseFd> given;
    auto taken = asked.then([&given](kj::AutoCloseFd fd) { given = kj::mv(fd); });
    auto caught = taken.catch_([this](kj::Exception&& problem) {
      xrl::log::warn("no socket", "interface", interface.c_str(), "reason", problem.getDescription());
    });
    co_await kj::mv(caught);
    KJ_IF_MAYBE (fd, given) {
      takeAdvertisementsOnly(*fd);
      kj::Promise<void> speaks = advertise(*fd, mac), hears = listen(*fd);
      auto both = speaks.exclusiveJoin(kj::mv(hears)).eagerlyEvaluate(nullptr);
      auto same = [&]() {
        auto there = running();
        return there != nullptr && KJ_ASSERT_NONNULL(there).index == index && KJ_ASSERT_NONNULL(there).mac == mac;
      };
      while (same()) {
        auto changed = change.wait();
        co_await kj::mv(changed);
      }
    } else {
      co_await loop.timer().afterDelay(PAUSE);
    }
  }
}

Task<void> Discovery::advertise(int fd, net::Mac mac) {
  auto packet = routerAdvertisement(mac);
  net::SocketAddress everybody(net::Ip(ALL_NODES), 0, 0);
  for (;;) {
    bool sent = sendto(fd, packet.begin(), packet.size(), 0, everybody.get(), everybody.size()) >= 0;
    if (!sent) {
      // The link-local address is not usable yet, most likely.
      xrl::log::debug("not advertised", "interface", interface.c_str(), "reason", strerror(errno));
      co_await loop.timer().afterDelay(PAUSE);
      continue;
    }
    co_await loop.timer().afterDelay(LEAST);
    auto rest = loop.timer().afterDelay(INTERVAL - LEAST);
    auto wanted = answer.wait().exclusiveJoin(kj::mv(rest));
    co_await kj::mv(wanted);
  }
}

Task<void> Discovery::listen(int fd) {
  xrl::Readiness arrival(loop, fd, xrl::Readiness::READ);
  for (;;) {
    auto ready = arrival.wait();
    co_await kj::mv(ready);
    for (int i = 0; i < BURST && receive(fd); ++i) {
    }
  }
}

bool Discovery::receive(int fd) {
  kj::byte buffer[2048];
  KJ_IF_MAYBE (packet, kit::receive(fd, buffer)) {
    if (packet->hops.orDefault(0) != HOPS || !isRouterAdvertisement(packet->bytes)) return true;
    if (!packet->from.address.isLinkLocal()) return true;
    auto address = packet->from.address.v6();
    if (address != heard) {
      heard = address;
      answer.ring();
    }
    found(address);
    return true;
  }
  return false;
}

}  // namespace xylem::bgp

#pragma once
// What both fuzz targets of this folder do: feed a core with packets that may be anything.

#include <protocols/rip/core.h>

#include <kj/debug.h>

namespace xylem::rip {

template <typename F> class Fuzz final : private Actions<F> {
  // A core with two interfaces, one of which wants signatures. The input is a list of packets, each behind four bytes
  // that say where it comes in, from whom, how much time has passed, and how long it is.
 public:
  using Address = typename F::Address;
  using Net = typename F::Net;

  Fuzz(Settings<F> settings, Link link) : core(*this, []() -> uint32_t { return 7; }) {
    core.configure(kj::mv(settings), now);
    core.link("eth0", link, now);
    core.link("eth1", kj::mv(link), now);
  }

  void run(Bytes input, kj::ArrayPtr<const Address> senders) {
    net::ByteReader in(input);
    while (in.has(4)) {
      uint8_t where = in.u8();
      Datagram<F> datagram;
      datagram.from = senders[in.u8() % senders.size()];
      now += in.u8() * kj::SECONDS;
      datagram.bytes = in.bytes(kj::min(in.remaining(), size_t(in.u8()) * 4 + where % 2));
      if (where & 2) datagram.port = 4000;
      datagram.multicast = where & 4;
      if (where & 8) datagram.hops = uint8_t(255);
      core.tick(now);
      core.receive(where & 16 ? "eth1" : "eth0", datagram, now);
    }
    core.tick(now);
    KJ_ASSERT(rib.size() <= core.table().routes().size());
    for (auto& [net, route] : core.table().routes()) {
      KJ_ASSERT(route.metric >= 1 && route.metric <= UNREACHABLE);
      KJ_ASSERT(!net.isMartian());
      bool installed = route.source == Source::LEARNED && route.isReachable();
      KJ_ASSERT(rib.count(net) == installed, net);
    }
    core.retire(now);
  }

 private:
  void send(const std::string&, Address, uint16_t, kj::Array<kj::byte> packet) override {
    KJ_ASSERT(packet.size() >= 4 && packet.size() <= 1452);
  }
  void put(Net net, Address nextHop, const std::string&, uint8_t metric, uint16_t) override {
    KJ_ASSERT(metric >= 1 && metric < UNREACHABLE && !nextHop.isUnspecified());
    rib.insert(net);
  }
  void remove(Net net) override { KJ_ASSERT(rib.erase(net) == 1); }

  Time now = kj::origin<Time>();
  std::set<Net> rib;
  Core<F> core;
};

}  // namespace xylem::rip

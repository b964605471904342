// Whole networks of cores on a virtual clock: the same run every time.

#include <protocols/rip/core.h>

#include <gtest/gtest.h>

#include <memory>
#include <queue>
#include <random>

namespace xylem::rip {
namespace {

using net::Ip4;
using net::Ip4Net;

class Network;

class Router final : public Actions<Rip> {
 public:
  Router(Network& network, uint id)
      : id(id),
        network(network),
        numbers(id + 1),
        core(std::make_unique<Core<Rip>>(
            *this, [this]() { return uint32_t(numbers()); }, 1000000)) {}

  void send(const std::string& interface, Ip4 to, uint16_t port, kj::Array<kj::byte> packet) override;
  void put(Ip4Net net, Ip4 nextHop, const std::string& interface, uint8_t metric, uint16_t tag) override {
    rib[net] = metric;
  }
  void remove(Ip4Net net) override { ASSERT_EQ(rib.erase(net), 1u) << "removed what was never put"; }

  Ip4Net stub() const { return Ip4Net(Ip4::of(172, 16, uint8_t(id), 0), 24); }

  const uint id;
  std::map<Ip4Net, uint8_t> rib;
  std::map<std::string, uint> wires;
  // Interface to wire.
  Network& network;
  std::mt19937 numbers;
  std::unique_ptr<Core<Rip>> core;
};

class Network {
  // Routers on wires, each wire a network of its own, 10.0.N.0/24. Router i has the stub network 172.16.i.0/24.
 public:
  explicit Network(uint routers, Horizon horizon = Horizon::POISON_REVERSE) : horizon(horizon) {
    for (uint i = 0; i < routers; ++i) all.push_back(std::make_unique<Router>(*this, i));
  }

  void wire(std::vector<uint> ends) {
    uint n = uint(wires.size());
    wires.push_back({true, ends});
    for (auto end : ends) all[end]->wires["eth" + std::to_string(n)] = n;
  }

  void start() {
    for (auto& router : all) {
      Settings<Rip> settings;
      for (auto& [name, n] : router->wires) {
        settings.interfaces[name].horizon = horizon;
        settings.interfaces[name].authentication = Authentication(kj::str("secret"));
      }
      settings.interfaces["stub"].passive = true;
      settings.interfaces["stub"].authentication = Authentication(kj::str("secret"));
      router->core->configure(kj::mv(settings), now);
      router->core->link("stub", Link{true, 1500, {net::IfAddr(Ip4{router->stub().address().bits | 1}, 24)}}, now);
      for (auto& [name, n] : router->wires) plug(*router, name, n, true);
    }
  }

  void cut(uint n, bool up = false, bool noticed = true) {
    wires[n].up = up;
    for (auto end : wires[n].ends) {
      if (noticed) plug(*all[end], "eth" + std::to_string(n), n, up);
    }
  }

  void plug(Router& router, const std::string& name, uint n, bool up) {
    Link link;
    link.running = up;
    if (up) link.addresses = {net::IfAddr(address(router.id, n), 24)};
    router.core->link(name, kj::mv(link), now);
  }

  void deliver(Router& from, const std::string& interface, Ip4 to, kj::Array<kj::byte> packet) {
    ++packets;
    auto n = from.wires.find(interface);
    if (n == from.wires.end()) return;
    auto shared = std::make_shared<kj::Array<kj::byte>>(kj::mv(packet));
    for (auto end : wires[n->second].ends) {
      if (end == from.id || (to != Rip::GROUP && to != address(end, n->second))) continue;
      if (loss > 0 && dice() % 100 < loss) continue;
      flying.push(
          {now + 1 * kj::MILLISECONDS, order++, end, n->second, address(from.id, n->second), to == Rip::GROUP, shared});
    }
  }

  void run(kj::Duration duration) {
    Time end = now + duration;
    for (;;) {
      Time next = end;
      bool any = false;
      auto consider = [&](Time at) {
        if (at <= next) next = kj::max(at, now), any = true;
      };
      if (!flying.empty()) consider(flying.top().at);
      for (auto& router : all) {
        KJ_IF_MAYBE (due, router->core->deadline()) consider(*due);
      }
      if (!any) break;
      ASSERT_LT(++steps, 5000000u) << "time stands still";
      now = next;
      while (!flying.empty() && flying.top().at <= now) {
        auto packet = flying.top();
        flying.pop();
        if (!wires[packet.wire].up) continue;
        Datagram<Rip> datagram{packet.from, Rip::PORT, packet.multicast, nullptr, *packet.bytes};
        all[packet.to]->core->receive("eth" + std::to_string(packet.wire), datagram, now);
      }
      for (auto& router : all) {
        KJ_IF_MAYBE (due, router->core->deadline()) {
          if (*due <= now) router->core->tick(now);
        }
      }
    }
    now = end;
  }

  std::vector<uint> distances(uint from) const {
    // Hops to each router over wires that are up.
    std::vector<uint> hops(all.size(), 99);
    std::queue<uint> open;
    hops[from] = 0;
    open.push(from);
    while (!open.empty()) {
      uint at = open.front();
      open.pop();
      for (auto& wire : wires) {
        if (!wire.up || std::find(wire.ends.begin(), wire.ends.end(), at) == wire.ends.end()) continue;
        for (auto end : wire.ends) {
          if (hops[end] != 99) continue;
          hops[end] = hops[at] + 1;
          open.push(end);
        }
      }
    }
    return hops;
  }

  bool converged() const {
    // Every router has the shortest way to every stub network within reach, and none to others.
    for (auto& router : all) {
      auto hops = distances(router->id);
      for (auto& other : all) {
        if (other == router) continue;
        auto at = router->rib.find(other->stub());
        uint metric = hops[other->id] + 1;
        if (metric >= UNREACHABLE ? at != router->rib.end() : at == router->rib.end() || at->second != metric)
          return false;
      }
    }
    return true;
  }

  double secondsToConverge(uint limit) {
    Time begin = now;
    while (!converged()) {
      if (now - begin > limit * kj::SECONDS) return 1e9;
      run(100 * kj::MILLISECONDS);
      if (::testing::Test::HasFatalFailure()) return 1e9;
    }
    return double((now - begin) / kj::MILLISECONDS) / 1000;
  }

  static Ip4 address(uint router, uint wire) { return Ip4::of(10, 0, uint8_t(wire), uint8_t(router + 1)); }

  struct Wire {
    bool up;
    std::vector<uint> ends;
  };
  struct Flight {
    Time at;
    uint64_t order;
    uint to, wire;
    Ip4 from;
    bool multicast;
    std::shared_ptr<kj::Array<kj::byte>> bytes;

    bool operator<(const Flight& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  std::vector<std::unique_ptr<Router>> all;
  std::vector<Wire> wires;
  std::priority_queue<Flight> flying;
  Time now = kj::origin<Time>() + 1 * kj::HOURS;
  Horizon horizon;
  uint loss = 0;
  uint64_t packets = 0, order = 0, steps = 0;
  std::mt19937 dice{7};
};

void Router::send(const std::string& interface, Ip4 to, uint16_t, kj::Array<kj::byte> packet) {
  network.deliver(*this, interface, to, kj::mv(packet));
}

void ring(Network& network) {
  uint count = uint(network.all.size());
  for (uint i = 0; i < count; ++i) network.wire({i, (i + 1) % count});
}

void line(Network& network) {
  for (uint i = 0; i + 1 < network.all.size(); ++i) network.wire({i, i + 1});
}

TEST(Simulation, ALineConverges) {
  Network network(10);
  line(network);
  network.start();
  EXPECT_LT(network.secondsToConverge(120), 60);
  network.run(600 * kj::SECONDS);
  EXPECT_TRUE(network.converged());
}

TEST(Simulation, FifteenHopsAreAllThereIs) {
  Network network(20);
  line(network);
  network.start();
  EXPECT_LT(network.secondsToConverge(300), 120);
  auto far = network.all[0]->rib;
  EXPECT_EQ(far.count(network.all[14]->stub()), 1u);
  EXPECT_EQ(far.count(network.all[15]->stub()), 0u);
}

TEST(Simulation, ARingHealsWhenCut) {
  Network network(8);
  ring(network);
  network.start();
  EXPECT_LT(network.secondsToConverge(120), 60);
  network.cut(0);
  EXPECT_LT(network.secondsToConverge(120), 60);
  network.cut(0, true);
  EXPECT_LT(network.secondsToConverge(120), 60);
}

TEST(Simulation, ASilentCutIsFoundByTimeout) {
  Network network(6);
  ring(network);
  network.start();
  EXPECT_LT(network.secondsToConverge(120), 60);
  network.cut(0, false, false);
  double seconds = network.secondsToConverge(600);
  EXPECT_GT(seconds, 60);
  EXPECT_LT(seconds, 300);
}

TEST(Simulation, ALostStubIsForgottenInATriangleWithATail) {
  // The classic that counts to infinity: three routers in a circle, the fourth behind one of them goes away.
  for (auto horizon : {Horizon::NONE, Horizon::SPLIT, Horizon::POISON_REVERSE}) {
    Network network(4, horizon);
    network.wire({0, 1});
    network.wire({1, 2});
    network.wire({2, 0});
    network.wire({0, 3});
    network.start();
    EXPECT_LT(network.secondsToConverge(120), 60);
    network.cut(3);
    EXPECT_LT(network.secondsToConverge(600), 120);
    network.run(300 * kj::SECONDS);
    EXPECT_TRUE(network.converged());
    EXPECT_EQ(network.all[1]->core->table().routes().count(network.all[3]->stub()), 0u) << "kept as garbage";
  }
}

TEST(Simulation, ASharedWireOfManyRouters) {
  Network network(30);
  std::vector<uint> ends;
  for (uint i = 0; i < 30; ++i) ends.push_back(i);
  network.wire(ends);
  network.start();
  EXPECT_LT(network.secondsToConverge(120), 30);
}

TEST(Simulation, ConvergesInSpiteOfLoss) {
  Network network(8);
  ring(network);
  network.loss = 30;
  network.start();
  EXPECT_LT(network.secondsToConverge(900), 600);
  network.cut(2);
  EXPECT_LT(network.secondsToConverge(1200), 900);
}

TEST(Simulation, IsTheSameEveryTime) {
  auto play = [](uint64_t& packets) {
    Network network(8);
    ring(network);
    network.loss = 10;
    network.start();
    network.run(300 * kj::SECONDS);
    packets = network.packets;
  };
  uint64_t first = 0, second = 0;
  play(first);
  play(second);
  EXPECT_GT(first, 100u);
  EXPECT_EQ(first, second);
}

TEST(Simulation, RetiringTellsTheNeighboursAtOnce) {
  Network network(3);
  line(network);
  network.start();
  EXPECT_LT(network.secondsToConverge(120), 60);
  network.all[1]->core->retire(network.now);
  network.run(10 * kj::SECONDS);
  EXPECT_TRUE(network.all[0]->rib.empty());
  EXPECT_TRUE(network.all[2]->rib.empty());
}

TEST(Simulation, TenThousandRoutesAreSentInPacedPackets) {
  Network network(3);
  line(network);
  network.start();
  network.run(60 * kj::SECONDS);
  auto net = [](uint i) { return Ip4Net(Ip4{0x14000000 + (i << 8)}, 24); };
  for (uint i = 0; i < 10000; ++i) network.all[0]->core->redistribute(net(i), {3, uint16_t(i), {}, ""}, network.now);
  uint64_t before = network.packets;
  network.all[0]->core->tick(network.now);
  EXPECT_LE(network.packets - before, 64u) << "not all in one go";
  network.run(20 * kj::SECONDS);
  auto& far = *network.all[2];
  size_t count = 0;
  for (auto& [n, metric] : far.rib) count += n.address().bits >> 24 == 0x14 && metric == 5;
  EXPECT_EQ(count, 10000u);
  for (uint i = 0; i < 10000; i += 2) network.all[0]->core->withdraw(net(i), network.now);
  network.run(20 * kj::SECONDS);
  count = 0;
  for (auto& [n, metric] : far.rib) count += n.address().bits >> 24 == 0x14;
  EXPECT_EQ(count, 5000u);
  network.run(400 * kj::SECONDS);
  count = 0;
  for (auto& [n, route] : far.core->table().routes()) count += n.address().bits >> 24 == 0x14;
  EXPECT_EQ(count, 5000u);
}

}  // namespace
}  // namespace xylem::rip

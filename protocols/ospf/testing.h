#pragma once
// Networks of cores on a virtual clock, for tests: the same run every time.
//
//     Network network(seed);
//     for (uint i = 0; i < 10; ++i) network.router();
//     uint wire = network.wire({{0, 10}, {1, 20}}, NetworkType::POINT_TO_POINT);     ends, with the cost of each
//     network.start();
//     network.run(60 * kj::SECONDS);
//     EXPECT_EQ(network.problem(), "");        databases and routes, against a search of the test's own
//
// Wire n is the network 10.n.0.0/16 (its upper byte counts on from 10), router i has the address ending in i + 1 there.
// Router i has the ID 1.0.0.0 plus i, and the stub network 172.16.0.0/12 plus i times 256. Where OSPFv3 is spoken, what
// is said above is behind 2001:db8::/32 if it is for IPv6, and routers speak from fe80:: plus their address.

#include <protocols/ospf/core.h>

#include <queue>
#include <random>

namespace xylem::ospf::testing {

class Network;

struct End {
  uint router;
  uint16_t cost = 10;
  uint16_t inputCost = 0;
};

class Router final : public Actions {
 public:
  Router(Network& network, uint id, uint32_t seed);

  void send(kj::StringPtr interface, Ip source, Ip to, bool far, kj::Array<kj::byte> packet) override;
  void put(IpNet net, kj::ArrayPtr<const Way> ways, uint32_t metric, uint32_t tag) override {
    auto& entry = rib[net];
    entry.metric = metric;
    entry.ways.clear();
    for (auto& way : ways) entry.ways.push_back({way.interface.cStr(), way.gateway});
    ++changes;
  }
  void remove(IpNet net) override {
    KJ_ASSERT(rib.erase(net) == 1, "removed what was never put", net);
    ++changes;
  }
  void tell(const Neighbor&, NeighborState) override { ++told; }
  void leftOut(IpNet net) override { unannounced.push_back(net); }
  void restarted() override { ++restarts; }

  RouterId routerId() const { return Ip4{0x01000000 + id}; }
  IpNet stub() const;

  struct Entry {
    uint32_t metric;
    std::vector<std::pair<std::string, Ip>> ways;
  };
  const uint id;
  std::map<IpNet, Entry> rib;
  uint64_t changes = 0, told = 0, restarts = 0;
  std::vector<IpNet> unannounced;
  Settings settings() const;
  // Of what has been wired.
  std::map<std::string, uint> wires;
  // Interface to wire.
  std::map<AreaId, AreaSettings> areas;
  AreaId stubArea;
  std::unique_ptr<Core> core;
  Time scheduled = NEVER;
  std::function<void(Settings&)> adjust;
  // The settings, before the start.

 private:
  Network& network;
  std::mt19937 numbers;
};

class Network {
 public:
  explicit Network(uint32_t seed = 1, Face face = Face::V2) : seed(seed), face(face), dice(seed) {}

  Router& router();
  uint wire(std::vector<End> ends, NetworkType type = NetworkType::POINT_TO_POINT, AreaId area = BACKBONE);
  void start();
  void plug(uint wire, bool up, bool noticed = true);
  // Cut it, or mend it; `noticed`: the routers' interfaces go down or up with it.
  void revive(uint router);
  // In place of one that dies without a word, a new core that asks its neighbours for help.
  void run(kj::Duration duration);
  kj::Maybe<kj::Duration> converge(kj::Duration limit);
  // Runs until there is no problem; how long that took.
  std::string problem() const;
  // What is not as it should be; empty: databases are equal within each part of the network, and each router has the
  // shortest way to each stub network within reach, and none to others. For networks of one area.

  void deliver(Router& from, const std::string& interface, Ip to, kj::Array<kj::byte> packet);
  void schedule(Router& router);
  static Ip4 address(uint router, uint wire) { return Ip4{0x0a000000 + (wire << 16) + router + 1}; }
  Ip speakerAddress(uint router, uint wire) const;
  Ip4 identity(uint router, uint wire) const { return isV3(face) ? all[router]->routerId() : address(router, wire); }
  IpNet of(Ip4Net net) const;
  net::IfAddr on(Ip4 address, uint length) const;
  // The like in this network's family.
  std::vector<uint> distances(uint from) const;

  struct Wire {
    bool up = true;
    NetworkType type;
    AreaId area;
    std::vector<End> ends;
  };
  struct Event {
    Time at;
    uint64_t order;
    uint router, wire;
    Ip from;
    bool multicast;
    std::shared_ptr<kj::Array<kj::byte>> packet;
    // None: the router's deadline.

    bool operator<(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  const uint32_t seed;
  const Face face;
  std::vector<std::unique_ptr<Router>> all;
  std::vector<Wire> wires;
  Time now = kj::origin<Time>() + 1 * kj::HOURS;
  uint loss = 0;
  // Percent of packets.
  uint jitter = 0;
  // Milliseconds by which packets are late at most, each by its own.
  bool inputCostsCount = true;
  // As `problem` reckons.
  uint64_t packets = 0, digest = 0;
  // `digest` is of all that was ever delivered.

 private:
  void startOne(Router& router);
  void plugOne(Router& router, const std::string& name, uint wire, bool up);

  std::priority_queue<Event> events;
  uint64_t order = 0;
  std::mt19937 dice;
};

}  // namespace xylem::ospf::testing

// Whole networks of cores on a virtual clock: the same run every time.

#include <protocols/ospf/testing.h>

#include <gtest/gtest.h>

namespace xylem::ospf {
namespace testing {

Router::Router(Network& network, uint id, uint32_t seed) : id(id), network(network), numbers(seed * 7919 + id) {
  core = std::make_unique<Core>(
      *this, routerId(), [this]() { return uint32_t(numbers()); }, uint32_t(1000000), network.face);
}

IpNet Router::stub() const { return network.of(Ip4Net(Ip4{0xac100000 + id * 256}, 24)); }

void Router::send(kj::StringPtr interface, Ip, Ip to, bool far, kj::Array<kj::byte> packet) {
  network.deliver(*this, interface.cStr(), to, kj::mv(packet));
}

Settings Router::settings() const {
  Settings settings;
  settings.router = routerId();
  for (auto& [name, n] : wires) {
    auto& wire = network.wires[n];
    auto& interface = settings.interfaces[name];
    interface.area = wire.area;
    interface.type = wire.type;
    for (auto& end : wire.ends)
      if (end.router == id) interface.cost = end.cost, interface.inputCost = end.inputCost;
  }
  auto& stub = settings.interfaces["stub"];
  stub.passive = true;
  stub.cost = 1;
  stub.area = stubArea;
  if (adjust) adjust(settings);
  return settings;
}

IpNet Network::of(Ip4Net net) const { return on(net.address(), net.length()).net(); }

net::IfAddr Network::on(Ip4 address, uint length) const {
  constexpr uint64_t DOCUMENTATION = 0x20010db8;
  if (familyOf(face) == 4) return net::IfAddr(address, length);
  return net::IfAddr(net::Ip6{DOCUMENTATION << 32 | address.bits, 0}, 32 + length);
}

Ip Network::speakerAddress(uint router, uint wire) const {
  if (!isV3(face)) return address(router, wire);
  return net::Ip6{0xfe80ull << 48, address(router, wire).bits};
}

Router& Network::router() {
  all.push_back(std::make_unique<Router>(*this, uint(all.size()), seed));
  return *all.back();
}

uint Network::wire(std::vector<End> ends, NetworkType type, AreaId area) {
  uint n = uint(wires.size());
  for (auto& end : ends) all[end.router]->wires["eth" + std::to_string(n)] = n;
  wires.push_back({true, type, area, std::move(ends)});
  return n;
}

void Network::start() {
  for (auto& router : all) startOne(*router);
}

void Network::startOne(Router& router) {
  router.core->configure(router.settings(), now);
  router.core->link("stub", Link{true, 1, 1500, {net::IfAddr(router.stub().address(), router.stub().length())}}, now);
  for (auto& [name, n] : router.wires) plugOne(router, name, n, wires[n].up);
  schedule(router);
}

void Network::revive(uint id) {
  auto& router = *all[id];
  auto old = std::exchange(all[id], std::make_unique<Router>(*this, id, seed + 1));
  all[id]->wires = router.wires;
  all[id]->adjust = router.adjust;
  all[id]->stubArea = router.stubArea;
  all[id]->core->restart(120 * kj::SECONDS, now);
  startOne(*all[id]);
}

void Network::plugOne(Router& router, const std::string& name, uint n, bool up) {
  Link link;
  link.running = up;
  link.index = 10 + n;
  if (up) link.addresses = {on(address(router.id, n), 16)};
  if (up && isV3(face)) link.addresses.push_back(net::IfAddr(speakerAddress(router.id, n), 64));
  router.core->link(name, kj::mv(link), now);
  schedule(router);
}

void Network::plug(uint n, bool up, bool noticed) {
  wires[n].up = up;
  if (!noticed) return;
  for (auto& end : wires[n].ends) plugOne(*all[end.router], "eth" + std::to_string(n), n, up);
}

void Network::schedule(Router& router) {
  KJ_IF_MAYBE (due, router.core->deadline()) {
    auto at = kj::max(*due, now);
    if (at >= router.scheduled && router.scheduled > now) return;
    router.scheduled = at;
    events.push({at, order++, router.id, 0, Ip(), false, nullptr});
  }
}

void Network::deliver(Router& from, const std::string& interface, Ip to, kj::Array<kj::byte> packet) {
  ++packets;
  auto n = from.wires.find(interface);
  if (n == from.wires.end()) return;
  auto shared = std::make_shared<kj::Array<kj::byte>>(kj::mv(packet));
  bool multicast = to.isMulticast();
  for (auto& end : wires[n->second].ends) {
    auto own = on(address(end.router, n->second), 16).address();
    bool meant = multicast || to == own || to == speakerAddress(end.router, n->second);
    if (end.router == from.id || !meant) continue;
    if (loss > 0 && dice() % 100 < loss) continue;
    auto late = (1 + (jitter > 0 ? dice() % jitter : 0)) * kj::MILLISECONDS;
    auto source = speakerAddress(from.id, n->second);
    events.push({now + late, order++, end.router, n->second, source, multicast, shared});
  }
}

void Network::run(kj::Duration duration) {
  Time end = now + duration;
  while (!events.empty() && events.top().at <= end) {
    auto event = events.top();
    events.pop();
    now = kj::max(now, event.at);
    auto& router = *all[event.router];
    if (event.packet == nullptr) {
      if (router.scheduled != event.at) continue;
      router.scheduled = NEVER;
      if (router.core->deadline().orDefault(NEVER) <= now) router.core->tick(now);
    } else {
      if (!wires[event.wire].up) continue;
      for (auto byte : *event.packet) digest = digest * 1099511628211u + byte + 1;
      router.core->receive("eth" + std::to_string(event.wire), event.from, event.multicast, *event.packet, now);
    }
    schedule(router);
  }
  now = end;
}

std::vector<uint> Network::distances(uint from) const {
  // Without cleverness: relax until nothing changes.
  std::vector<uint> known(all.size(), UINT_MAX);
  known[from] = 0;
  for (bool again = true; again;) {
    again = false;
    for (auto& wire : wires) {
      if (!wire.up) continue;
      for (auto& a : wire.ends)
        for (auto& b : wire.ends) {
          uint cost = a.cost + (inputCostsCount ? b.inputCost : 0);
          if (known[a.router] == UINT_MAX || known[a.router] + cost >= known[b.router]) continue;
          known[b.router] = known[a.router] + cost;
          again = true;
        }
    }
  }
  return known;
}

std::string Network::problem() const {
  for (auto& router : all) {
    auto& database = router->core->areas().at(BACKBONE)->database;
    auto known = distances(router->id);
    for (auto& other : all) {
      if (other == router) continue;
      auto at = router->rib.find(other->stub());
      bool has = at != router->rib.end(), should = known[other->id] != UINT_MAX;
      std::string between = std::to_string(router->id) + " to " + std::to_string(other->id);
      if (has != should) return between + (should ? ": no route" : ": a route to nowhere");
      if (!should) continue;
      if (at->second.metric != known[other->id] + 1)
        return between + ": " + std::to_string(at->second.metric) + " is not " + std::to_string(known[other->id] + 1);
      auto& theirs = other->core->areas().at(BACKBONE)->database;
      if (theirs.size() != database.size() || theirs.checksum() != database.checksum())
        return between + ": databases differ, " + std::to_string(database.size()) + " and " +
               std::to_string(theirs.size()) + " LSAs";
    }
  }
  return "";
}

kj::Maybe<kj::Duration> Network::converge(kj::Duration limit) {
  Time begin = now;
  while (!problem().empty()) {
    if (now - begin >= limit) return nullptr;
    run(kj::min(limit, 1 * kj::SECONDS));
  }
  return now - begin;
}

}  // namespace testing

namespace {

using namespace testing;

void routers(Network& network, uint count) {
  for (uint i = 0; i < count; ++i) network.router();
}

void randomly(Network& network, uint count, uint extra, uint32_t seed) {
  // A tree, and wires across it; one wire in eight is a LAN.
  std::mt19937 dice(seed);
  routers(network, count);
  auto cost = [&]() { return uint16_t(1 + dice() % 50); };
  for (uint i = 1; i < count; ++i) network.wire({{i, cost()}, {uint(dice() % i), cost()}});
  for (uint i = 0; i < extra; ++i) {
    uint a = dice() % count, b = dice() % count, c = dice() % count;
    if (a == b || b == c || a == c) continue;
    if (i % 8 == 0)
      network.wire({{a, cost()}, {b, cost()}, {c, cost()}}, NetworkType::BROADCAST);
    else
      network.wire({{a, cost()}, {b, cost()}});
  }
}

class Faces : public ::testing::TestWithParam<Face> {};
// Each test with each of OSPF's faces.

TEST_P(Faces, TwoRoutersFindEachOther) {
  Network network(1, GetParam());
  routers(network, 2);
  network.wire({{0, 5}, {1, 7}});
  network.start();
  network.run(3 * kj::SECONDS);
  EXPECT_EQ(network.problem(), "");
  EXPECT_EQ(network.all[0]->rib.at(network.all[1]->stub()).metric, 6u);
}

TEST_P(Faces, ALanElectsAndHealsWhenItsDesignatedRouterGoes) {
  Network network(1, GetParam());
  routers(network, 6);
  std::vector<End> ends;
  for (uint i = 0; i < 6; ++i) ends.push_back({i, 3});
  network.wire(ends, NetworkType::BROADCAST);
  network.start();
  EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr) << network.problem();
  auto& lan = *network.all[0]->core->interfaces().at("eth0");
  EXPECT_EQ(lan.designated, network.identity(5, 0));
  EXPECT_EQ(lan.backup, network.identity(4, 0));
  auto gone = network.all[5]->stub();
  network.all[5]->core->retire(network.now);
  network.run(60 * kj::SECONDS);
  EXPECT_EQ(lan.designated, network.identity(4, 0));
  EXPECT_EQ(network.all[0]->rib.count(gone), 0u);
  EXPECT_EQ(network.all[0]->rib.count(network.all[4]->stub()), 1u);
}

TEST_P(Faces, ASilentCutIsFoundByTheDeadInterval) {
  Network network(1, GetParam());
  routers(network, 4);
  for (uint i = 0; i < 4; ++i) network.wire({{i, 10}, {(i + 1) % 4, 10}});
  network.start();
  EXPECT_TRUE(network.converge(60 * kj::SECONDS) != nullptr) << network.problem();
  network.plug(0, false, false);
  network.run(29 * kj::SECONDS);
  EXPECT_NE(network.problem(), "");
  network.run(15 * kj::SECONDS);
  EXPECT_EQ(network.problem(), "");
}

TEST_P(Faces, EqualPathsShareTheTraffic) {
  Network network(1, GetParam());
  routers(network, 4);
  network.wire({{0, 10}, {1, 10}});
  network.wire({{0, 10}, {2, 10}});
  network.wire({{1, 10}, {3, 10}});
  network.wire({{2, 10}, {3, 10}});
  network.wire({{0, 20}, {3, 20}});
  network.start();
  EXPECT_TRUE(network.converge(60 * kj::SECONDS) != nullptr) << network.problem();
  EXPECT_EQ(network.all[0]->rib.at(network.all[3]->stub()).ways.size(), 3u);
}

TEST_P(Faces, AHundredFlapsEndConsistent) {
  Network network(1, GetParam());
  randomly(network, 12, 10, 3);
  network.start();
  EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr) << network.problem();
  for (uint i = 0; i < 100; ++i) {
    network.plug(i % 5, i / 5 % 2 == 1);
    network.run((i * 37 % 400) * kj::MILLISECONDS);
  }
  for (uint i = 0; i < 5; ++i) network.plug(i, true);
  EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr) << network.problem();
}

TEST_P(Faces, RandomNetworksWithLossReorderingAndPartitions) {
  // So many hellos are lost that adjacencies come and go all the time; when that ends, all is well soon.
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Network network(seed, GetParam());
    randomly(network, 10 + seed * 3, seed * 2, seed);
    network.jitter = seed % 4 * 30;
    auto suffer = [&](kj::StringPtr when) {
      network.loss = seed % 3 * 10;
      network.run(200 * kj::SECONDS);
      network.loss = 0;
      EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr)
          << seed << ", " << when.cStr() << ": " << network.problem();
    };
    network.start();
    suffer("whole");
    for (uint i = 0; i < 6; ++i) network.plug(i * 3 % uint(network.wires.size()), false, i % 2);
    suffer("parted");
    for (uint i = 0; i < network.wires.size(); ++i)
      if (!network.wires[i].up) network.plug(i, true);
    suffer("healed");
  }
}

TEST_P(Faces, DatabasesStayTheSameForHours) {
  Network network(1, GetParam());
  randomly(network, 10, 6, 9);
  network.start();
  EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr) << network.problem();
  auto changes = network.all[0]->changes;
  network.run(3 * kj::HOURS);
  EXPECT_EQ(network.problem(), "");
  EXPECT_EQ(network.all[0]->changes, changes) << "refreshing an LSA changes no route";
}

TEST(Simulation, SequenceNumbersBeginAnewWhenTheyAreUsedUp) {
  // Router 0 is told, in the name of router 1, of an instance that no other can follow.
  Network network;
  routers(network, 3);
  for (uint i = 0; i < 3; ++i) network.wire({{i, 10}, {(i + 1) % 3, 10}});
  network.start();
  EXPECT_TRUE(network.converge(60 * kj::SECONDS) != nullptr) << network.problem();
  network.run(10 * kj::SECONDS);
  auto& first = *network.all[0]->core;
  auto whose = network.all[1]->routerId();
  Key key{Type::ROUTER, whose, whose};
  auto& database = first.areas().at(BACKBONE)->database;
  auto lsa = Lsa::make(key, options::E, MAX_SEQUENCE, database.find(key)->body(), network.now);
  PacketWriter packet(PacketType::UPDATE, whose, BACKBONE);
  packet.body.u32(1);
  lsa.write(packet.body, network.now, 1);
  first.receive("eth0", Network::address(1, 0), false, Authentication().seal(kj::mv(packet.body), Ip4(), 0),
                network.now);
  ASSERT_EQ(database.find(key)->header.sequence, MAX_SEQUENCE);
  network.schedule(*network.all[0]);
  network.run(30 * kj::SECONDS);
  EXPECT_EQ(network.problem(), "");
  EXPECT_EQ(database.find(key)->header.sequence, INITIAL_SEQUENCE);
}

TEST_P(Faces, ARestartIsHelped) {
  // Router 1, in the middle, dies without a word; nobody's routes change until it is back, and then neither.
  for (auto type : {NetworkType::POINT_TO_POINT, NetworkType::BROADCAST}) {
    Network network(4, GetParam());
    routers(network, 4);
    network.wire({{0, 10}, {1, 10}}, type);
    network.wire({{1, 10}, {2, 10}}, type);
    network.wire({{2, 10}, {3, 10}}, type);
    network.start();
    EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr) << network.problem();
    network.run(60 * kj::SECONDS);
    std::vector<uint64_t> changes;
    for (auto& router : network.all) changes.push_back(router->changes);
    network.revive(1);
    network.run(70 * kj::SECONDS);
    EXPECT_EQ(network.problem(), "");
    EXPECT_EQ(network.all[1]->restarts, 1u);
    for (uint i : {0, 2, 3}) EXPECT_EQ(network.all[i]->changes, changes[i]) << i;
  }
}

TEST(Simulation, IsTheSameEveryTime) {
  auto play = [](uint32_t seed) {
    Network network(seed);
    randomly(network, 20, 10, 5);
    network.loss = 5;
    network.jitter = 20;
    network.start();
    network.run(300 * kj::SECONDS);
    return std::pair(network.packets, network.digest);
  };
  EXPECT_EQ(play(1), play(1));
  EXPECT_NE(play(1), play(2));
}

TEST(Simulation, ManyRouters) {
  // OSPF_ROUTERS=1000 takes minutes.
  auto wanted = getenv("OSPF_ROUTERS");
  uint count = wanted == nullptr ? 200 : uint(atoi(wanted));
  Network network(11);
  randomly(network, count, count * 6 / 10, 11);
  network.jitter = 5;
  network.loss = 1;
  network.start();
  EXPECT_TRUE(network.converge(300 * kj::SECONDS) != nullptr) << network.problem();
  network.plug(3, false);
  network.plug(70, false);
  EXPECT_TRUE(network.converge(120 * kj::SECONDS) != nullptr) << network.problem();
}

INSTANTIATE_TEST_SUITE_P(Simulation, Faces, ::testing::Values(Face::V2, Face::V3, Face::V3_IP4));

}  // namespace
}  // namespace xylem::ospf

// The path of the standard IP router in memory: packets per second of one core, singly and in batches, with 10, 10,000
// and 1,000,000 routes; beside a bare loop that does the same to the same packets (copy, check, look up, decrement,
// rewrite) in one function: the floor. Then the plane's own tables while routes change, 100,000 a second, each packet
// checked against a plain table.
//
//     bench-click [MILLIONS]     packets of each run, 8 by default

#include <click/checksum.h>
#include <click/driver.h>
#include <click/plane-tables.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <unordered_map>

namespace {

using namespace xylem::click;

const char* const GRAPH = R"(
Idle -> in :: Null -> Paint(1) -> Strip(14) -> CheckIPHeader -> rt :: RadixIPLookup;
rt [0] -> d0 :: DropBroadcasts -> p0 :: PaintTee(2) -> o0 :: IPGWOptions(10.0.0.1) -> FixIPSrc(10.0.0.1) -> t0 :: DecIPTTL
  -> f0 :: IPFragmenter(1500) -> EtherEncap(0x0800, 2:0:0:0:0:1, 2:0:0:0:0:2) -> out :: Discard;
rt [1] -> d1 :: DropBroadcasts -> p1 :: PaintTee(2) -> o1 :: IPGWOptions(10.0.1.1) -> FixIPSrc(10.0.1.1) -> t1 :: DecIPTTL
  -> f1 :: IPFragmenter(1500) -> EtherEncap(0x0800, 2:0:0:0:1:1, 2:0:0:0:1:2) -> out;
p0 [1] -> Discard; o0 [1] -> Discard; t0 [1] -> Discard; f0 [1] -> Discard;
p1 [1] -> Discard; o1 [1] -> Discard; t1 [1] -> Discard; f1 [1] -> Discard;
)";

constexpr unsigned FRAME = 60, KINDS = 4096;

double now() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

struct Table {
  // Prefixes as long as those of the Internet, all within 16.0.0.0/4 and above, and where each leads.
  std::vector<std::pair<Ip4Net, int>> routes;
  std::vector<std::string> frames;
  // To addresses within them.

  explicit Table(size_t count) {
    std::mt19937 random(1);
    std::unordered_map<uint64_t, int> seen;
    while (routes.size() < count) {
      static const unsigned LENGTHS[] = {24, 24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 16, 16, 32};
      Ip4Net net(Ip4{uint32_t(0x10000000u + random() % 0xb0000000u)}, LENGTHS[random() % std::size(LENGTHS)]);
      if (seen.emplace(uint64_t(net.address().bits) << 8 | net.length(), 0).second)
        routes.push_back({net, int(random() % 2)});
    }
    for (unsigned i = 0; i < KINDS; ++i) frames.push_back(frameTo(inside(routes[random() % count].first).bits));
  }

  static Ip4 inside(Ip4Net net) { return Ip4{net.address().bits + (net.length() < 32)}; }

  static std::string frameTo(uint32_t address) {
    std::string frame(FRAME, '\0');
    auto bytes = reinterpret_cast<uint8_t*>(frame.data());
    bytes[12] = 8;
    const uint8_t header[] = {0x45, 0, 0, FRAME - 14, 0, 1, 0, 0, 64, 17, 0, 0, 10, 9, 8, 7};
    memcpy(bytes + 14, header, sizeof header);
    for (int i = 0; i < 4; ++i) bytes[30 + i] = uint8_t(address >> (24 - 8 * i));
    put16(bytes + 24, internetChecksum(bytes + 14, 20));
    return frame;
  }
};

class Bench {
 public:
  explicit Bench(const Table& table) : table(table) {
    StandardErrors errors;
    driver.batch = Batch::MOST;
    if (!driver.load({GRAPH, "bench", {}}, errors)) exit(1);
    in = driver.router()->find("in");
    std::string lines;
    for (auto& [net, port] : table.routes)
      lines += "add " + std::string(net.toString().cStr()) + " 10.0.0.9 " + std::to_string(port) + "\n";
    write("rt.ctrl", lines);
  }

  void write(const std::string& handler, const std::string& value) {
    StandardErrors errors;
    HandlerRef ref;
    driver.router()->resolve(handler, ref, nullptr, errors);
    driver.router()->write(ref, value, errors);
    if (errors.count() > 0) exit(1);
  }

  double run(size_t packets, unsigned atOnce) {
    // Seconds.
    auto before = now();
    for (size_t i = 0; i < packets;) {
      if (atOnce == 1) {
        in->push(0, Packet::make(table.frames[i++ % KINDS]));
        continue;
      }
      Batch batch;
      for (unsigned n = 0; n < atOnce && i < packets; ++n) batch.add(Packet::make(table.frames[i++ % KINDS]));
      in->pushBatch(0, batch);
    }
    return now() - before;
  }

  uint64_t forwarded() {
    SilentErrors errors;
    HandlerRef ref;
    driver.router()->resolve("out.count", ref, nullptr, errors);
    return std::stoull(driver.router()->read(ref, errors));
  }

 private:
  const Table& table;
  Driver driver;
  Element* in = nullptr;
};

double floorOf(const Table& table, size_t packets) {
  RouteTable4 routes;
  for (auto& [net, port] : table.routes) routes.insert(net, uint32_t(port));
  static const uint8_t HEADERS[2][14] = {{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0},
                                         {2, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1, 8, 0}};
  static uint8_t buffers[Batch::MOST][128];
  uint64_t sent = 0;
  auto before = now();
  for (size_t i = 0; i < packets; i += Batch::MOST) {
    for (unsigned n = 0; n < Batch::MOST; ++n) {
      memcpy(buffers[n], table.frames[(i + n) % KINDS].data(), FRAME);
      uint32_t to;
      memcpy(&to, buffers[n] + 30, 4);
      routes.prefetch(Ip4{__builtin_bswap32(to)});
    }
    for (auto bytes : buffers) {
      if (bytes[14] != 0x45 || internetChecksum(bytes + 14, 20) != 0 || bytes[22] <= 1) continue;
      uint32_t to;
      memcpy(&to, bytes + 30, 4);
      auto port = routes.lookup(Ip4{__builtin_bswap32(to)});
      if (port > 1) continue;
      auto was = get16(bytes + 22);
      --bytes[22];
      updateChecksum(bytes + 24, was, get16(bytes + 22));
      memcpy(bytes, HEADERS[port], 14);
      ++sent;
    }
  }
  auto seconds = now() - before;
  if (sent < packets) fprintf(stderr, "the floor dropped packets\n");
  return seconds;
}

void measure(size_t routes, size_t packets) {
  Table table(routes);
  Bench bench(table);
  bench.run(packets / 8, Batch::MOST);
  auto floor = floorOf(table, packets);
  auto single = bench.run(packets, 1), batch = bench.run(packets, Batch::MOST);
  if (bench.forwarded() != packets / 8 + 2 * packets)
    fprintf(stderr, "%zu packets were lost\n", size_t(packets / 8 + 2 * packets - bench.forwarded()));
  auto rate = [&](double seconds) { return double(packets) / seconds / 1e6; };
  printf("%9zu routes   one by one %6.2f M/s   in batches %6.2f M/s   floor %6.2f M/s   batches : floor %.2f\n", routes,
         rate(single), rate(batch), rate(floor), rate(batch) / rate(floor));
}

// ---- routes that change

const char* const PLANE = R"(
Idle -> in :: Null -> Paint(1) -> Strip(14) -> CheckIPHeader -> rt :: PlaneLookup4(lo);
rt [1] -> DropBroadcasts -> t :: DecIPTTL -> f :: IPFragmenter(1500) -> EtherEncap(0x0800, 2:0:0:0:0:0, 2:0:0:0:0:1) -> out :: Queue;
rt [0] -> EtherEncap(0x0800, 2:0:0:0:0:0, 2:0:0:0:0:0) -> out;
rt [2] -> EtherEncap(0x0800, 2:0:0:0:0:0, 2:0:0:0:0:2) -> out;
t [1] -> Discard; f [1] -> Discard; out -> Idle;
)";
constexpr uint32_t TO_HOST = 0, TO_LINK = 1, NOWHERE = 2;
// Outputs, told by the last byte of the destination's MAC address.

class Changing {
  // The plane's tables, a plain table that has the same routes, and packets through the one checked against the other.
 public:
  explicit Changing(const Table& table) : table(table) {
    auto& set = PlaneTables::get().filling();
    places[TO_HOST] = RouteSet::HOST;
    places[TO_LINK] = set.placeOfLink(1);
    for (auto& [net, port] : table.routes) change(net, uint32_t(port));
    StandardErrors errors;
    driver.batch = Batch::MOST;
    if (!driver.load({PLANE, "plane", {}}, errors)) exit(1);
    in = driver.router()->find("in");
    out = driver.router()->find("out");
  }

  double run(size_t packets, double changesPerSecond) {
    // Seconds, of which the checks are no part. What is owed is paid before the next batch, as the plane does it.
    double spent = 0, owed = 0;
    for (size_t i = 0; i < packets; i += Batch::MOST) {
      Batch batch;
      for (unsigned n = 0; n < Batch::MOST; ++n)
        batch.add(Packet::make(Table::frameTo(Table::inside(table.routes[random() % table.routes.size()].first).bits)));
      std::vector<std::pair<Ip4Net, uint32_t>> changes;
      for (; owed >= 1; --owed) changes.emplace_back(table.routes[random() % table.routes.size()].first, random() % 3);
      auto before = now();
      for (auto& [net, way] : changes) change(net, way);
      in->pushBatch(0, batch);
      auto seconds = now() - before;
      spent += seconds;
      owed += seconds * changesPerSecond;
      made += changes.size();
      for (auto& [net, way] : changes) note(net, way);
      check();
    }
    return spent;
  }

  size_t made = 0, checked = 0, wrong = 0;

 private:
  static uint64_t keyOf(Ip4Net net) { return uint64_t(net.address().bits) << 8 | net.length(); }

  void change(Ip4Net net, uint32_t way) {
    auto& set = PlaneTables::get().filling();
    if (way == NOWHERE)
      set.remove(net);
    else
      set.set(net, places[way]);
    if (in == nullptr) note(net, way);
  }
  void note(Ip4Net net, uint32_t way) {
    if (way == NOWHERE)
      reference.erase(keyOf(net));
    else
      reference[keyOf(net)] = way;
  }
  uint32_t expected(Ip4 address) const {
    for (unsigned length = 32; length > 0; --length)
      if (auto found = reference.find(keyOf(Ip4Net(address, length))); found != reference.end()) return found->second;
    return NOWHERE;
  }
  void check() {
    while (auto packet = out->pull(0)) {
      ++checked;
      wrong += packet->data()[5] != expected(Ip4{get32(packet->data() + 30)});
    }
  }

  const Table& table;
  std::unordered_map<uint64_t, uint32_t> reference;
  uint32_t places[2];
  Driver driver;
  Element *in = nullptr, *out = nullptr;
  std::mt19937 random{2};
};

void measureChanges(size_t routes, size_t packets) {
  constexpr double PER_SECOND = 100000;
  Table table(routes);
  Changing plane(table);
  plane.run(packets / 8, 0);
  double still = 0, changing = 0;
  constexpr int ROUNDS = 8;
  for (int round = 0; round < ROUNDS; ++round) {
    still += plane.run(packets / ROUNDS, 0);
    changing += plane.run(packets / ROUNDS, PER_SECOND);
  }
  printf(
      "%9zu routes, %.0f changes a second while packets flow: throughput %.2f of that without, %zu of %zu misrouted\n",
      routes, double(plane.made) / changing, still / changing, plane.wrong, plane.checked);
  if (plane.wrong > 0 || plane.checked < 2 * packets) exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  size_t packets = (argc > 1 ? size_t(atoi(argv[1])) : 8) * 1000000;
  for (size_t routes : {10, 10000, 1000000}) measure(routes, packets);
  measureChanges(1000000, packets / 4);
}

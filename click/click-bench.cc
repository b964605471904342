// The path of the standard IP router in memory: packets per second of one core, singly and in batches, with 10, 10,000
// and 1,000,000 routes; beside a bare loop that does the same to the same packets (copy, check, look up, decrement,
// rewrite) in one function: the floor. Then the same while routes change, 100,000 a second, each packet checked against
// a plain table.
//
//     bench-click [MILLIONS]     packets of each run, 8 by default

#include <click/checksum.h>
#include <click/driver.h>
#include <click/elements/standard/discard.h>
#include <click/route-table.h>
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

void measureChanges(size_t routes, size_t packets) {
  // Changes come between batches, as the plane takes them, and every packet's way is checked.
  constexpr double PER_SECOND = 100000;
  constexpr unsigned CHANGES = 16;
  Table table(routes);
  RouteTable4 live;
  std::unordered_map<uint64_t, uint32_t> reference;
  auto key = [](Ip4Net net) { return uint64_t(net.address().bits) << 8 | net.length(); };
  auto expected = [&](Ip4 address) {
    for (unsigned length = 32; length > 0; --length)
      if (auto found = reference.find(key(Ip4Net(address, length))); found != reference.end()) return found->second;
    return RouteTable4::NOTHING;
  };
  for (auto& [net, port] : table.routes) {
    live.insert(net, uint32_t(port));
    reference[key(net)] = uint32_t(port);
  }
  std::mt19937 random(2);
  size_t wrong = 0, changes = 0;
  double changing = 0;
  for (size_t i = 0; i < packets / 20; i += Batch::MOST) {
    for (unsigned n = 0; n < Batch::MOST; ++n) {
      auto to = Table::inside(table.routes[random() % routes].first);
      wrong += live.lookup(to) != expected(to);
    }
    std::pair<Ip4Net, uint32_t> changed[CHANGES];
    for (auto& [net, value] : changed) {
      net = table.routes[random() % routes].first;
      value = random() % 4 == 0 ? RouteTable4::NOTHING : random() % 2;
    }
    auto before = now();
    for (auto& [net, value] : changed) value == RouteTable4::NOTHING ? live.remove(net) : live.insert(net, value);
    changing += now() - before;
    changes += CHANGES;
    for (auto& [net, value] : changed) {
      if (value == RouteTable4::NOTHING)
        reference.erase(key(net));
      else
        reference[key(net)] = value;
    }
  }
  auto each = changing / double(changes);
  printf("%9zu routes   a change %.2f us, so 100,000 a second take %.1f %% of a core; %zu of %zu packets misrouted\n",
         routes, each * 1e6, each * PER_SECOND * 100, wrong, packets / 20);
}

}  // namespace

int main(int argc, char** argv) {
  size_t packets = (argc > 1 ? size_t(atoi(argv[1])) : 8) * 1000000;
  for (size_t routes : {10, 10000, 1000000}) measure(routes, packets);
  measureChanges(1000000, packets);
}

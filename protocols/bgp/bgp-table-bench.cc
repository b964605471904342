// What a route costs between the decoder and the socket, by phase, and what it takes to be kept, by structure.
//
//     bench-bgp-table [PREFIXES]
//
// Prefixes have the lengths of the default-free zone and come in runs of one origin, which share their attributes. The
// export policy is that of an external peer: this AS in front, this router as next hop, neither MED nor local
// preference.

#include <protocols/bgp/export.h>
#include <protocols/bgp/feed.h>
#include <protocols/bgp/plain-encoder.h>
#include <protocols/bgp/translations.h>

#include <cstdio>
#include <ctime>
#include <random>

namespace xylem::bgp {
namespace {

using net::Ip4;
using net::Ip4Net;

struct Learned {
  policy::Attributes attributes;
  std::vector<Ip4Net> nets;
};
using Input = std::vector<Learned>;

double now() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

class Random {
 public:
  explicit Random(uint seed) : engine(seed) {}
  uint32_t operator()(uint32_t below) { return uint32_t(engine() % below); }

 private:
  std::mt19937 engine;
};

uint lengthOf(Random& random) {
  // In thousandths of the table.
  static constexpr struct {
    uint length, share;
  } SHARES[] = {{24, 610}, {23, 95}, {22, 115}, {21, 50}, {20, 45}, {19, 28},
                {18, 17},  {17, 10}, {16, 20},  {15, 5},  {14, 5}};
  uint at = random(1000);
  for (auto& share : SHARES) {
    if (at < share.share) return share.length;
    at -= share.share;
  }
  return 24;
}

policy::Attributes attributesOf(Random& random, uint peer) {
  policy::Attributes attributes;
  std::vector<uint32_t> path{65000 + peer};
  for (uint i = 0, hops = 2 + random(4); i < hops; ++i)
    path.push_back(i < 2 ? 1000 + random(200) : 10000 + random(70000));
  attributes.path.append(policy::AsPath::SEQUENCE, kj::arrayPtr(path.data(), path.size()));
  attributes.origin = random(10) == 0 ? policy::Origin::INCOMPLETE : policy::Origin::IGP;
  attributes.nextHop = Ip4::of(192, 0, 2, uint8_t(peer));
  if (random(4) == 0) attributes.med = random(100);
  for (uint i = 0, count = random(9); i < count; ++i)
    attributes.communities.insert(policy::Community(uint16_t(1000 + random(200)), uint16_t(random(2000))));
  return attributes;
}

Input generate(uint seed, size_t prefixes, uint peer, uint64_t address) {
  Random random(seed);
  Input input;
  for (size_t made = 0; made < prefixes;) {
    input.push_back({attributesOf(random, peer), {}});
    for (uint run = 1 + random(12); run > 0 && made < prefixes; --run, ++made) {
      uint length = lengthOf(random);
      uint64_t size = uint64_t(1) << (32 - length);
      address = (address + size - 1) / size * size;
      input.back().nets.push_back(Ip4Net(Ip4{uint32_t(address)}, length));
      // More specifics lie within the shorter ones.
      address += kj::min(size, uint64_t(2048));
    }
  }
  return input;
}

class Export final : public Exporter<Ip4Net> {
 public:
  explicit Export(AttributePool& pool) : pool(pool), known(pool) {}
  AttributeId advertise(const Outgoing<Ip4Net>& route) override {
    AttributeId id;
    KJ_IF_MAYBE (found, known.find(route.accepted)) {
      id = *found;
      pool.hold(id);
    } else {
      auto attributes = pool.get(route.accepted);
      attributes.path.prepend(64500);
      attributes.nextHop = Ip4::of(198, 51, 100, 1);
      attributes.med = nullptr;
      attributes.localPreference = nullptr;
      id = pool.intern(attributes);
      known.add(route.accepted, id);
    }
    return id;
  }

 private:
  AttributePool& pool;
  Translations known;
};

class Keep final : public Importer<Ip4Net> {
 public:
  explicit Keep(AttributePool& pool) : pool(pool) {}
  AttributeId accept(uint16_t, Ip4Net, AttributeId received, bool) override {
    pool.hold(received);
    return received;
  }

 private:
  AttributePool& pool;
};

class Bench {
 public:
  Bench(kj::StringPtr name, uint sources, uint sinks) : sources(sources), neighbors(1 + sources + sinks) {
    printf("%s\n", name.cStr());
    for (uint i = 0; i < neighbors.size(); ++i) {
      neighbors[i].kind = i == 0 ? Neighbor::LOCAL : Neighbor::EXTERNAL;
      neighbors[i].as = 65000 + i;
      neighbors[i].routerId = Ip4{i};
      neighbors[i].address = Ip4{i};
      if (i > 0) nextHops.set(nextHops.hold(Ip4::of(192, 0, 2, uint8_t(i))), true, 10);
    }
    for (uint i = 0; i < sinks; ++i) groups.join(uint16_t(1 + sources + i), {"ebgp", exporter, encoder});
    nextHops.settled();
    while (groups.step(1000)) {
    }
  }

  void learn(const Input& input, uint16_t peer) {
    auto start = now();
    size_t count = 0;
    for (auto& learned : input) {
      auto id = pool.intern(learned.attributes);
      for (auto net : learned.nets) table.announce(peer, 0, net, id, id, 1);
      pool.release(id);
      count += learned.nets.size();
    }
    note("learn", start, count);
  }
  void drop(const Input& input, uint16_t peer) {
    auto start = now();
    size_t count = 0;
    for (auto& learned : input) {
      for (auto net : learned.nets) table.withdraw(peer, 0, net);
      count += learned.nets.size();
    }
    note("withdraw", start, count);
  }
  void flush(uint16_t peer) {
    auto start = now();
    size_t count = table.counts(peer).received;
    table.flush(peer);
    while (table.step(1000, importer)) {
    }
    note("session down", start, count);
  }
  void settle() {
    size_t fed = 0, before = bytes;
    auto start = now();
    while (feed.isBusy()) fed += feed.collect(1000, [](Ip4Net, uint32_t, Fed) {});
    note("feed the RIB", start, fed);
    start = now();
    while (groups.step(1000)) take();
    take();
    note("export", start, fed);
    printf("  %-24s %8.1f bytes a prefix\n", "sent", double(bytes - before) / double(kj::max(fed, size_t(1))));
  }
  void memory() {
    auto memory = table.memory();
    show("attribute sets", pool.memory());
    show("trie", memory.trie);
    show("destinations", memory.destinations);
    show("paths", memory.paths + memory.pathIds);
    show("update groups", groups.bytes());
    show("feed", feed.bytes());
    show("all", pool.memory() + memory.trie + memory.destinations + memory.paths + memory.pathIds + groups.bytes() +
                    feed.bytes());
    printf("  %zu prefixes, %zu attribute sets\n", table.size(), pool.size());
  }

 private:
  void take() {
    for (uint i = 1 + sources; i < neighbors.size(); ++i) {
      auto peer = uint16_t(i);
      while (groups.pending(peer) > 0) {
        auto piece = groups.peek(peer).size();
        bytes += piece;
        groups.consumed(peer, piece);
      }
    }
  }
  void note(const char* phase, double start, size_t count) {
    printf("  %-24s %8.1f ns a prefix, %zu\n", phase, (now() - start) / double(kj::max(count, size_t(1))), count);
  }
  void show(const char* what, size_t bytes) {
    printf("  %-24s %8.1f bytes a prefix\n", what, double(bytes) / double(kj::max(table.size(), size_t(1))));
  }

  uint sources;
  NextHops nextHops;
  AttributePool pool{nextHops};
  std::vector<Neighbor> neighbors;
  Decision decision;
  Table<Ip4Net> table{pool, nextHops, neighbors, decision};
  NextHopSets sets{nextHops};
  Feed<Ip4Net> feed{table, pool, sets};
  Keep importer{pool};
  Export exporter{pool};
  PlainEncoder<Ip4Net> encoder{pool};
  UpdateGroups<Ip4Net> groups{table, pool};
  size_t bytes = 0;
};

void run(size_t prefixes) {
  constexpr uint64_t FIRST = uint64_t(1) << 24;
  {
    auto input = generate(1, prefixes, 1, FIRST);
    Bench bench("one peer in, one out", 1, 1);
    bench.learn(input, 1);
    bench.settle();
    bench.memory();
    bench.learn(input, 1);
    bench.drop(input, 1);
    bench.settle();
    bench.learn(input, 1);
    bench.settle();
    bench.flush(1);
    bench.settle();
  }
  {
    Bench bench("ten peers in with a tenth each, one out", 10, 1);
    for (uint i = 0; i < 10; ++i)
      bench.learn(generate(i + 2, prefixes / 10, i + 1, FIRST + i * (uint64_t(1) << 28)), uint16_t(i + 1));
    bench.settle();
    bench.memory();
  }
  {
    Bench bench("ten peers in with the same tenth, ten out", 10, 10);
    for (uint i = 0; i < 10; ++i) {
      auto input = generate(1, prefixes / 10, i + 1, FIRST);
      bench.learn(input, uint16_t(i + 1));
    }
    bench.settle();
    bench.memory();
    for (uint i = 0; i < 10; ++i) bench.flush(uint16_t(i + 1));
    bench.settle();
  }
}

}  // namespace
}  // namespace xylem::bgp

int main(int argc, char** argv) { xylem::bgp::run(argc > 1 ? size_t(atol(argv[1])) : 1000000); }

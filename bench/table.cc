// An origin gets a number of prefixes, in runs of neighbours; each run begins at a random place in the space that is in
// use. Counts by length and by octave of an origin's size are those of a full table.

#include <bench/table.h>
#include <kj/debug.h>

#include <algorithm>
#include <fstream>
#include <random>

namespace xylem::bench {

namespace {

using Random = std::mt19937_64;

struct Shape {
  uint shortest;
  std::vector<double> lengths;
  // How many prefixes have length `shortest`, `shortest` + 1, ...
  std::vector<double> sizes;
  // How many origins have 1, 2 to 3, 4 to 7, ... prefixes.
  double run;
  // Mean number of neighbours.
};

const Shape IP4{8,
                {16, 14, 39, 97, 306, 599, 1223, 2249, 14310, 9053, 15072, 27788, 49815, 57824, 122384, 126268, 741888},
                {26769, 20023, 15525, 7227, 4182, 2245, 1080, 561, 315, 171, 66, 36, 11, 5, 1},
                3.5};
const Shape IP6{19,
                {1,    15,   3,    6,    6,    42,    13,   18,   19,   173,   5532, 759,  360,  27182, 5995,
                 5884, 2084, 1366, 2836, 1928, 24765, 4874, 3613, 1758, 26975, 5090, 8379, 9843, 10386, 129950},
                {18036, 7101, 4114, 1653, 968, 359, 184, 112, 61, 32, 25, 10, 4},
                4.9};

net::Ip4Net place(Random& random, uint length, const net::Ip4Net*) {
  uint32_t address;
  do address = uint32_t(random());
  // Unicast, and of each /16 two out of three.
  while (address >> 24 == 0 || address >> 24 == 10 || address >> 24 == 127 || address >> 24 > 223 ||
         (address >> 16) * 2654435761u % 3 == 0);
  return net::Ip4Net(net::Ip4{address}, length);
}

net::Ip6Net place(Random& random, uint length, const net::Ip6Net*) {
  constexpr uint64_t BLOCKS[] = {0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00};
  uint64_t high = BLOCKS[random() % 6] << 48 | (random() % (1 << 14)) << 34 | (random() & 0x3ffff) << 16;
  return net::Ip6Net(net::Ip6{high, 0}, length);
}

net::Ip4Net neighbour(net::Ip4Net net, uint length) {
  return net::Ip4Net(net::Ip4{uint32_t(net.address().bits + (1ull << (32 - net.length())))}, length);
}
net::Ip6Net neighbour(net::Ip6Net net, uint length) {
  return net::Ip6Net(net::Ip6{net.address().high + (1ull << (64 - net.length())), 0}, length);
}

void sort(Table& table) {
  std::stable_sort(table.begin(), table.end(), [](const Route& a, const Route& b) { return a.net < b.net; });
  auto same = [](const Route& a, const Route& b) { return a.net == b.net; };
  table.erase(std::unique(table.begin(), table.end(), same), table.end());
}

template <typename Net> Table generate(const Shape& shape, size_t count) {
  Random random(1);
  std::discrete_distribution<uint> lengths(shape.lengths.begin(), shape.lengths.end());
  std::discrete_distribution<uint> octaves(shape.sizes.begin(), shape.sizes.end());
  std::bernoulli_distribution ends(1 / shape.run);
  Table table;
  uint32_t origin = 0;
  while (table.size() < count) {
    while (table.size() < count) {
      ++origin;
      auto octave = octaves(random);
      auto size = kj::min(count - table.size(), (1ull << octave) + random() % (1ull << octave));
      Net net;
      for (size_t i = 0; i < size; ++i) {
        auto length = shape.shortest + lengths(random);
        net = i == 0 || ends(random) ? place(random, length, &net) : neighbour(net, length);
        table.push_back({net, origin});
      }
    }
    sort(table);
  }
  return table;
}

}  // namespace

Table generateTable(size_t ip4, size_t ip6) {
  auto table = generate<net::Ip4Net>(IP4, ip4);
  auto more = generate<net::Ip6Net>(IP6, ip6);
  table.insert(table.end(), more.begin(), more.end());
  return table;
}

Table readTable(kj::StringPtr file) {
  std::ifstream in(file.cStr());
  KJ_REQUIRE(in.good(), "cannot read the table", file);
  Table table;
  std::string line;
  while (std::getline(in, line)) {
    auto blank = line.find(' ');
    auto net = KJ_REQUIRE_NONNULL(net::IpNet::parse(line.substr(0, blank).c_str()), "not a prefix", line.c_str());
    uint32_t origin = blank == std::string::npos ? 0 : uint32_t(strtoul(line.c_str() + blank, nullptr, 10));
    table.push_back({net, origin});
  }
  sort(table);
  return table;
}

}  // namespace xylem::bench

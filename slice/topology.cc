// Shapes. The generator of random graphs is our own, since those of the standard library differ between libraries.

#include <slice/topology.h>

#include <charconv>
#include <optional>
#include <set>

namespace xylem::slice {

namespace {

struct Size {
  size_t a, b;
};

std::optional<Size> readSize(std::string_view text) {
  Size size{};
  auto end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, size.a);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != 'x') return std::nullopt;
  auto second = std::from_chars(first.ptr + 1, end, size.b);
  if (second.ec != std::errc() || second.ptr != end || size.a == 0 || size.b == 0) return std::nullopt;
  if (size.a > 100000 || size.b > 100000) return std::nullopt;
  return size;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string tooMany(size_t count) {
  return std::to_string(count) + " nodes are too many; " + std::to_string(MOST_NODES) + " are the most";
}

Graph numbered(const std::string& prefix, size_t count) {
  Graph graph;
  for (size_t i = 0; i < count; ++i) {
    graph.nodes.push_back(prefix + std::to_string(i + 1));
    graph.leaves.push_back(i);
  }
  return graph;
}

class Random {
  // xorshift64*.
 public:
  explicit Random(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15 + 1) {}
  size_t below(size_t bound) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return size_t((state * 0x2545f4914f6cdd1d) >> 33) % bound;
  }

 private:
  uint64_t state;
};

}  // namespace

Graph line(const std::string& prefix, size_t count) {
  auto graph = numbered(prefix, count);
  for (size_t i = 0; i + 1 < count; ++i) graph.edges.push_back({i, i + 1});
  return graph;
}

Graph ring(const std::string& prefix, size_t count) {
  auto graph = line(prefix, count);
  graph.edges.push_back({count - 1, 0});
  return graph;
}

Drawn grid(const std::string& prefix, std::string_view size) {
  auto s = readSize(size);
  if (!s) return quoted(size) + " is not a size such as 10x20: rows and columns";
  if (s->a * s->b > MOST_NODES) return tooMany(s->a * s->b);
  Graph graph;
  for (size_t row = 0; row < s->a; ++row)
    for (size_t column = 0; column < s->b; ++column) {
      auto here = graph.nodes.size();
      graph.nodes.push_back(prefix + std::to_string(row + 1) + "-" + std::to_string(column + 1));
      graph.leaves.push_back(here);
      if (column > 0) graph.edges.push_back({here - 1, here});
      if (row > 0) graph.edges.push_back({here - s->b, here});
    }
  return graph;
}

Drawn tree(const std::string& prefix, std::string_view size) {
  auto s = readSize(size);
  if (!s) return quoted(size) + " is not a size such as 2x4: branches and levels";
  size_t count = 0, level = 1;
  for (size_t i = 0; i < s->b && count <= MOST_NODES; ++i, level *= s->a) count += level;
  if (count > MOST_NODES) return tooMany(count);
  auto graph = numbered(prefix, count);
  graph.leaves.clear();
  for (size_t i = 1; i < count; ++i) graph.edges.push_back({(i - 1) / s->a, i});
  for (size_t i = count - level / s->a; i < count; ++i) graph.leaves.push_back(i);
  return graph;
}

Drawn fatTree(const std::string& prefix, size_t ports) {
  if (ports % 2 != 0) return std::to_string(ports) + " is odd; a fat tree has switches with an even number of ports";
  auto half = ports / 2;
  Graph graph;
  for (size_t i = 0; i < half * half; ++i) graph.nodes.push_back(prefix + "c" + std::to_string(i + 1));
  for (size_t pod = 0; pod < ports; ++pod) {
    auto first = graph.nodes.size();
    for (auto kind : {"a", "e"})
      for (size_t i = 0; i < half; ++i)
        graph.nodes.push_back(prefix + kind + std::to_string(pod + 1) + "-" + std::to_string(i + 1));
    for (size_t i = 0; i < half; ++i) {
      for (size_t j = 0; j < half; ++j) {
        graph.edges.push_back({i * half + j, first + i});
        graph.edges.push_back({first + i, first + half + j});
      }
      graph.leaves.push_back(first + half + i);
    }
  }
  return graph;
}

Drawn randomGraph(const std::string& prefix, std::string_view size, uint32_t seed) {
  auto s = readSize(size);
  if (!s) return quoted(size) + " is not a size such as 20x30: nodes and links";
  if (s->a > MOST_NODES) return tooMany(s->a);
  if (s->b + 1 < s->a) return std::to_string(s->b) + " links do not connect " + std::to_string(s->a) + " nodes";
  if (s->b > s->a * (s->a - 1) / 2) return std::to_string(s->a) + " nodes do not have so many different links";
  auto graph = numbered(prefix, s->a);
  Random random(seed);
  std::set<std::pair<size_t, size_t>> known;
  auto add = [&](size_t a, size_t b) {
    if (a != b && known.emplace(std::min(a, b), std::max(a, b)).second) graph.edges.push_back({a, b});
  };
  for (size_t i = 1; i < s->a; ++i) add(random.below(i), i);
  for (size_t tries = 0; graph.edges.size() < s->b && tries < 64 * s->b; ++tries)
    add(random.below(s->a), random.below(s->a));
  // A nearly complete graph leaves chance little to find.
  for (size_t a = 0; a < s->a; ++a)
    for (size_t b = a + 1; b < s->a && graph.edges.size() < s->b; ++b) add(a, b);
  return graph;
}

}  // namespace xylem::slice

// GraphML, as much of it as the Internet Topology Zoo uses: keys, nodes with `label`, `Latitude` and `Longitude`,
// edges. The scanner knows tags, attributes and character data; what else XML has is passed over.

#include <slice/topology.h>
#include <slice/words.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

namespace xylem::slice {

namespace {

struct Tag {
  std::string name;
  std::map<std::string, std::string> attributes;
  bool closes = false, empty = false;
  std::string text;
  // Up to the next tag.
};

std::string unescape(std::string_view text) {
  static const std::map<std::string_view, char> NAMES{
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    auto end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
    auto known = end == std::string_view::npos ? NAMES.end() : NAMES.find(text.substr(i + 1, end - i - 1));
    if (known == NAMES.end()) {
      out += text[i];
    } else {
      out += known->second;
      i = end;
    }
  }
  return out;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text(text) {}

  std::optional<Tag> next() {
    for (;;) {
      auto begin = text.find('<', at);
      if (begin == std::string_view::npos) return std::nullopt;
      if (text.substr(begin).starts_with("<!--")) {
        at = std::min(text.find("-->", begin), text.size());
        continue;
      }
      auto end = text.find('>', begin);
      if (end == std::string_view::npos) return std::nullopt;
      at = end + 1;
      auto inside = text.substr(begin + 1, end - begin - 1);
      if (inside.empty() || inside[0] == '?' || inside[0] == '!') continue;
      auto tag = read(inside);
      tag.text = unescape(text.substr(at, std::min(text.find('<', at), text.size()) - at));
      return tag;
    }
  }

 private:
  static bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  static Tag read(std::string_view inside) {
    Tag tag;
    tag.closes = inside[0] == '/';
    if (tag.closes) inside.remove_prefix(1);
    tag.empty = inside.ends_with('/');
    if (tag.empty) inside.remove_suffix(1);
    size_t i = 0;
    while (i < inside.size() && !isSpace(inside[i])) tag.name += inside[i++];
    while (i < inside.size()) {
      while (i < inside.size() && isSpace(inside[i])) ++i;
      auto equals = inside.find('=', i);
      if (equals == std::string_view::npos || equals + 1 >= inside.size()) break;
      auto name = std::string(inside.substr(i, equals - i));
      auto close = inside.find(inside[equals + 1], equals + 2);
      if (close == std::string_view::npos) break;
      tag.attributes[name] = unescape(inside.substr(equals + 2, close - equals - 2));
      i = close + 1;
    }
    return tag;
  }

  std::string_view text;
  size_t at = 0;
};

struct Place {
  std::string id, label;
  std::optional<double> latitude, longitude;
};

kj::Duration delayBetween(const Place& a, const Place& b) {
  // Light in fibre takes 5 us a kilometre, along the great circle.
  if (!a.latitude || !a.longitude || !b.latitude || !b.longitude) return 0 * kj::NANOSECONDS;
  constexpr double RADIAN = M_PI / 180, EARTH = 6371;
  auto half = [](double x) { return std::sin(x / 2) * std::sin(x / 2); };
  auto h = half((*b.latitude - *a.latitude) * RADIAN) + std::cos(*a.latitude * RADIAN) *
                                                            std::cos(*b.latitude * RADIAN) *
                                                            half((*b.longitude - *a.longitude) * RADIAN);
  auto kilometres = 2 * EARTH * std::asin(std::min(1.0, std::sqrt(h)));
  return int64_t(kilometres * 5) * kj::MICROSECONDS;
}

std::string nameOf(const std::string& label, const std::string& id) {
  std::string out;
  for (char c : label.empty() ? "n" + id : label) {
    auto small = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    bool fits = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
    if (fits)
      out += small;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

class Reader {
 public:
  void read(std::string_view text) {
    Scanner scanner(text);
    for (auto tag = scanner.next(); tag; tag = scanner.next()) take(*tag);
  }
  std::vector<Place> places;
  std::vector<std::pair<std::string, std::string>> edges;

 private:
  void take(Tag& tag) {
    if (tag.closes) {
      inNode = inNode && tag.name != "node";
    } else if (tag.name == "key" && tag.attributes["for"] == "node") {
      keys[tag.attributes["id"]] = tag.attributes["attr.name"];
    } else if (tag.name == "node") {
      places.push_back({tag.attributes["id"], "", {}, {}});
      inNode = !tag.empty;
    } else if (tag.name == "edge") {
      edges.emplace_back(tag.attributes["source"], tag.attributes["target"]);
      inNode = false;
    } else if (tag.name == "data" && inNode) {
      auto& name = keys[tag.attributes["key"]];
      if (name == "label") places.back().label = tag.text;
      if (name == "Latitude") places.back().latitude = strtod(tag.text.c_str(), nullptr);
      if (name == "Longitude") places.back().longitude = strtod(tag.text.c_str(), nullptr);
    }
  }

  std::map<std::string, std::string> keys;
  bool inNode = false;
};

}  // namespace

Drawn graphml(const std::string& prefix, std::string_view text) {
  Reader reader;
  reader.read(text);
  if (reader.places.empty())
    return std::string("no nodes in this file; expected GraphML, as the Internet Topology Zoo has it");
  if (reader.places.size() > MOST_NODES) return std::to_string(reader.places.size()) + " nodes are too many";
  Graph graph;
  std::map<std::string, size_t> numbers;
  std::set<std::string> names;
  for (auto& place : reader.places) {
    auto name = (prefix + nameOf(place.label, place.id)).substr(0, 27), unique = name;
    for (int i = 2; !names.insert(unique).second; ++i) unique = name + "-" + std::to_string(i);
    numbers[place.id] = graph.nodes.size();
    graph.leaves.push_back(graph.nodes.size());
    graph.nodes.push_back(unique);
  }
  std::set<std::pair<size_t, size_t>> known;
  for (auto& [from, to] : reader.edges) {
    auto a = numbers.find(from), b = numbers.find(to);
    if (a == numbers.end() || b == numbers.end())
      return "an edge leads to \"" + (a == numbers.end() ? from : to) + "\", which is no node";
    if (a->second == b->second) continue;
    if (!known.emplace(std::min(a->second, b->second), std::max(a->second, b->second)).second) continue;
    graph.edges.push_back({a->second, b->second, delayBetween(reader.places[a->second], reader.places[b->second])});
  }
  return graph;
}

}  // namespace xylem::slice

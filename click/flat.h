#pragma once
// A configuration with all compounds expanded: elements, and the connections between their ports.

#include <string>
#include <utility>
#include <vector>

namespace xylem::click {

struct Kind;

struct Landmark {
  std::string file;
  unsigned line = 0;
  std::string text() const;
  // "file:line".
};

struct Flat {
  struct Element {
    std::string name;
    std::string className;
    const Kind* kind = nullptr;
    // Null for a class that nobody knows.
    std::string config;
    Landmark landmark;
  };
  struct Connection {
    size_t from;
    int fromPort;
    size_t to;
    int toPort;
    auto operator<=>(const Connection&) const = default;
  };

  std::vector<Element> elements;
  std::vector<Connection> connections;
  // Each once.
  std::vector<std::pair<std::string, std::string>> requirements;
  // Type and value, as in `require(package foo)`.
  std::string text;
  // What was parsed.
};

std::string unparse(const Flat& flat);
// A configuration that means the same: requirements, declarations under their landmarks, connections.

}  // namespace xylem::click

#pragma once
// What the parser makes of a configuration before compounds are expanded: the file's scope, and that of each compound
// element.

#include <click/errors.h>
#include <click/flat.h>
#include <click/text.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace xylem::click {

struct Scope;

struct ElementType {
  // An element class, as it is known in some scope.
  std::string name;
  const Kind* kind = nullptr;
  std::shared_ptr<Scope> compound;
  // Neither: unknown.
};

constexpr unsigned DEEPEST = 100;
// Compounds may lie so deep in each other: as they are written, and as they are used.

struct Environment {
  // Parameters and their values, on top of those of the compounds around.
  const Environment* parent = nullptr;
  unsigned depth = 0;
  std::vector<std::pair<std::string, std::string>> values;

  const std::string* find(const std::string& name) const;
  std::string expand(const std::string& text) const;
  void define(const std::vector<std::pair<std::string, std::string>>& definitions);
  // Adds these, which may refer to each other in any order.
  const Environment* at(unsigned depth) const;
};

struct Scope {
  struct Element {
    std::string name;
    int type;
    std::string config;
    Landmark landmark;
    int inputs = 0, outputs = 0;
    // Used so far.
  };
  struct Formal {
    std::string name, keyword;
  };
  static constexpr int TUNNEL = 0;
  // The type of the pseudo elements at the ends of compounds and groups.

  std::string name;
  Landmark landmark;
  unsigned depth = 0;
  std::vector<Formal> formals;
  std::vector<std::pair<std::string, std::string>> definitions;
  std::vector<Element> elements;
  std::map<std::string, int> byName;
  std::map<int, int> partner;
  // Of a tunnel: from where what goes into it comes out.
  std::vector<Flat::Connection> connections;
  size_t unnumbered = 0;
  // Elements that do not count for anonymous names.
  bool isFull = false;
  // It cannot take more elements, which has been told.
  int inputs = 0, outputs = 0;
  // Of a compound, when it is finished.
  int overload = -1;
  // The type to try when this one does not fit.

  int find(const std::string& name) const {
    auto found = byName.find(name);
    return found == byName.end() ? -1 : found->second;
  }
  int add(const std::string& name, int type, const std::string& config, const Landmark& landmark, Errors& errors);
  // The number of the new element, or of the one that has this name already.
  std::array<int, 3> addTunnels(const std::string& name, const Landmark& landmark, Errors& errors);
  // Those of a compound or group: itself, its input and its output.
  std::string printable() const { return name.empty() ? "<anonymous>" : name; }
  std::string anonymousName(const std::string& className) const;
  // It begins with `;` until it is known whether somebody has that name.
  std::string settleName(int element);
  void connect(int from, int fromPort, int to, int toPort);
  std::string signature() const;
  bool assign(const Strings& arguments, Strings& values) const;
  // Arguments to formals; false if they do not fit.
};

void tellRedeclared(const std::string& name, const Landmark& here, const Landmark& there, Errors& errors);
std::string signature(const std::string& name, size_t arguments, int inputs, int outputs);

}  // namespace xylem::click

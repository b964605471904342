#pragma once
// What the parser makes of a configuration before compounds are expanded: the file's scope, and that of each compound
// element.

#include <click/flat.h>
#include <click/text.h>

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
  bool isTunnel = false;
};

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

  std::string name;
  Landmark landmark;
  unsigned depth = 0;
  std::vector<Formal> formals;
  std::vector<std::pair<std::string, std::string>> definitions;
  std::vector<Element> elements;
  std::map<std::string, int> byName;
  std::vector<Flat::Connection> connections;
  size_t unnumbered = 0;
  // Elements that do not count for anonymous names.
  int inputs = 0, outputs = 0;
  // Of a compound, when it is finished.
  int overload = -1;
  // The type to try when this one does not fit.

  int find(const std::string& name) const {
    auto found = byName.find(name);
    return found == byName.end() ? -1 : found->second;
  }
  std::string printable() const { return name.empty() ? "<anonymous>" : name; }
  std::string anonymousName(const std::string& className) const;
  // It begins with `;` until it is known whether somebody has that name.
  std::string settleName(int element);
  void connect(int from, int fromPort, int to, int toPort);
  std::string signature() const;
  bool assign(const Strings& arguments, Strings& values) const;
  // Arguments to formals; false if they do not fit.
};

std::string signature(const std::string& name, size_t arguments, int inputs, int outputs);

}  // namespace xylem::click

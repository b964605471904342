#pragma once
// A slice as a picture: the text of Graphviz (DOT) or Mermaid.

#include <slice/model.h>

#include <map>
#include <set>

namespace xylem::slice {

struct Live {
  // What a running slice adds to its picture: nodes that are not up, links that are cut.
  std::map<std::string, std::string> nodes;
  // How they are, by name.
  std::set<std::string> cut;
};

std::string dot(const Slice& slice, const Live* live = nullptr);
std::string mermaid(const Slice& slice, const Live* live = nullptr);

}  // namespace xylem::slice

// A line break is `\n` in a label; what is in a name is quoted before.

#include <click/dot.h>
#include <click/flat.h>

namespace xylem::click {

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string dot(const Flat& flat, const std::function<std::string(size_t element)>& note) {
  std::string out =
      "digraph click {\n  node [shape=box, fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\", fontsize=9];\n";
  for (size_t i = 0; i < flat.elements.size(); ++i) {
    auto& each = flat.elements[i];
    auto told = note(i);
    auto label = quoted(each.name);
    label.pop_back();
    for (auto& line : {each.className, told})
      if (!line.empty()) {
        auto text = quoted(line);
        label += "\\n" + text.substr(1, text.size() - 2);
      }
    out += "  " + quoted(each.name) + " [label=" + label + "\"];\n";
  }
  for (auto& each : flat.connections)
    out += "  " + quoted(flat.elements[each.from].name) + " -> " + quoted(flat.elements[each.to].name) +
           " [taillabel=" + std::to_string(each.fromPort) + ", headlabel=" + std::to_string(each.toPort) + "];\n";
  return out + "}\n";
}

}  // namespace xylem::click

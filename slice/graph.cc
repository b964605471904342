// Routers are boxes, hosts are ellipses, LANs are points; a link is labelled with what it does to packets, and dashed
// when it is cut.

#include <slice/graph.h>

namespace xylem::slice {

namespace {

std::string label(const Link& link) {
  auto forth = printShape(link.shapes[0]), back = printShape(link.shapes[1]);
  if (forth == back) return forth;
  return link.ends[0].node + ": " + (forth.empty() ? "plain" : forth) + " / " + link.ends[1].node + ": " +
         (back.empty() ? "plain" : back);
}

std::string stateOf(const Live* live, const std::string& node) {
  if (live == nullptr) return "";
  auto found = live->nodes.find(node);
  return found == live->nodes.end() || found->second == "up" ? "" : found->second;
}

bool isCut(const Live* live, const Link& link) { return live != nullptr ? live->cut.count(link.name) > 0 : link.down; }

std::string addressOf(const Node& node) {
  for (auto& each : node.loopbacks)
    if (each.is4()) return each.toString().cStr();
  for (auto& interface : node.interfaces)
    for (auto& each : interface.addresses)
      if (each.version() == 4) return each.address().toString().cStr();
  return "";
}

}  // namespace

std::string dot(const Slice& slice, const Live* live) {
  std::string out = "graph \"" + slice.name +
                    "\" {\n  node [fontname=Helvetica fontsize=11 style=filled fillcolor=white];\n"
                    "  edge [fontname=Helvetica fontsize=9];\n";
  for (auto& node : slice.nodes) {
    auto state = stateOf(live, node.name);
    out += "  \"" + node.name + "\" [shape=" + (node.kind == Kind::HOST ? "ellipse" : "box") + " label=\"" + node.name +
           (node.kind == Kind::ROUTER || node.kind == Kind::HOST ? "" : " (" + printKind(node.kind) + ")") +
           (node.plane == Plane::CLICK && node.kind == Kind::ROUTER ? " (click)" : "") + "\\n" + addressOf(node) +
           (state.empty() ? "" : "\\n" + state) + "\"" + (state.empty() ? "" : " fillcolor=mistyrose") + "];\n";
  }
  for (auto& link : slice.links) {
    out += "  \"" + link.ends[0].node + "\" -- \"" + link.ends[1].node + "\" [label=\"" + label(link) +
           "\" taillabel=\"" + link.ends[0].interface + "\" headlabel=\"" + link.ends[1].interface + "\"" +
           (isCut(live, link) ? " style=dashed color=red" : "") + "];\n";
  }
  for (auto& lan : slice.lans) {
    out += "  \"lan " + lan.name + "\" [shape=plaintext label=\"" + lan.name + "\"];\n";
    for (auto& end : lan.members)
      out += "  \"lan " + lan.name + "\" -- \"" + end.node + "\" [headlabel=\"" + end.interface + "\"];\n";
  }
  return out + "}\n";
}

std::string mermaid(const Slice& slice, const Live* live) {
  // Names may hold `-`, which Mermaid gives a meaning: nodes are numbered.
  std::string out = "graph LR\n";
  std::map<std::string, std::string> ids;
  for (auto& node : slice.nodes) {
    auto id = ids[node.name] = "n" + std::to_string(ids.size());
    auto state = stateOf(live, node.name);
    auto text = "\"" + node.name + (state.empty() ? "" : "<br/>" + state) + "\"";
    out += "  " + id + (node.kind == Kind::HOST ? "([" + text + "])" : "[" + text + "]") + "\n";
  }
  for (auto& link : slice.links) {
    auto text = label(link);
    out += "  " + ids[link.ends[0].node] + (isCut(live, link) ? " -.-" : " ---") +
           (text.empty() ? "" : "|\"" + text + "\"|") + " " + ids[link.ends[1].node] + "\n";
  }
  size_t number = 0;
  for (auto& lan : slice.lans) {
    auto id = "l" + std::to_string(number++);
    out += "  " + id + "{{\"" + lan.name + "\"}}\n";
    for (auto& end : lan.members) out += "  " + id + " --- " + ids[end.node] + "\n";
  }
  return out;
}

}  // namespace xylem::slice

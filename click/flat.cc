// The flat form as text. Connections are printed as chains: one begins at each element that nothing, or several, lead
// to.

#include <click/flat.h>

#include <algorithm>

namespace xylem::click {

std::string Landmark::text() const {
  if (line == 0) return file;
  bool ended = !file.empty() && (file.back() == ':' || file.back() == ' ');
  return file + (ended ? "" : ":") + std::to_string(line);
}

std::string unparse(const Flat& flat) {
  std::string out;
  for (auto& [type, value] : flat.requirements) out += "require(" + type + (value.empty() ? "" : " " + value) + ");\n";
  if (!flat.requirements.empty()) out += "\n";

  const Landmark* last = nullptr;
  for (auto& each : flat.elements) {
    if (last == nullptr || last->file != each.landmark.file || last->line != each.landmark.line)
      out += "# " + std::to_string(each.landmark.line) + " \"" + each.landmark.file + "\"\n";
    last = &each.landmark;
    out += each.name + " :: " + each.className + (each.config.empty() ? "" : "(" + each.config + ")") + ";\n";
  }
  if (!flat.connections.empty()) out += "\n# 0 \"\"\n";

  auto connections = flat.connections;
  std::sort(connections.begin(), connections.end());
  std::vector<bool> told(connections.size(), false);
  auto follower = [&](size_t element) {
    // The only connection that leads on from this element's port 0, if it has not been told.
    for (size_t i = 0; i < connections.size(); ++i)
      if (!told[i] && connections[i].from == element) return i;
    return connections.size();
  };
  auto isInside = [&](size_t element) {
    return std::any_of(connections.begin(), connections.end(), [&](auto& each) { return each.to == element; });
  };
  for (bool insideToo : {false, true})
    for (size_t i = 0; i < connections.size(); ++i) {
      if (told[i] || (!insideToo && isInside(connections[i].from))) continue;
      out += flat.elements[connections[i].from].name;
      for (size_t next = i; next < connections.size(); next = follower(connections[next].to)) {
        auto& each = connections[next];
        told[next] = true;
        if (each.fromPort > 0) out += " [" + std::to_string(each.fromPort) + "]";
        out += "\n    -> ";
        if (each.toPort > 0) out += "[" + std::to_string(each.toPort) + "] ";
        out += flat.elements[each.to].name;
      }
      out += ";\n";
    }
  return out;
}

}  // namespace xylem::click

// A file is read line by line into its statements: the keys on the way, and a value. That is all that nodes and short
// links need; whatever else the file says is passed over.

#include <slice/clab.h>
#include <slice/words.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace xylem::slice {

namespace {

struct Line {
  unsigned number;
  std::vector<std::string> path;
  std::string value;
};

std::string trimmed(const std::string& text) {
  auto begin = text.find_first_not_of(" \t\r"), end = text.find_last_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

std::string unquoted(const std::string& text) {
  auto word = trimmed(text);
  if (word.size() >= 2 && (word[0] == '"' || word[0] == '\'') && word.back() == word[0])
    return word.substr(1, word.size() - 2);
  return word;
}

std::string withoutComment(const std::string& line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote != 0)
      quote = line[i] == quote ? 0 : quote;
    else if (line[i] == '"' || line[i] == '\'')
      quote = line[i];
    else if (line[i] == '#' && (i == 0 || line[i - 1] == ' '))
      return line.substr(0, i);
  }
  return line;
}

std::vector<Line> read(const std::string& yaml) {
  std::vector<Line> out;
  std::vector<std::pair<size_t, std::string>> way;
  // Indentation and key of all that is open.
  std::istringstream stream(yaml);
  unsigned number = 0;
  for (std::string raw; std::getline(stream, raw);) {
    ++number;
    auto line = withoutComment(raw);
    auto text = trimmed(line);
    if (text.empty() || text == "---") continue;
    auto indent = line.find_first_not_of(' ');
    // An item of a list is a key of its own below the list, even if it is not indented.
    bool item = text.starts_with("- ") || text == "-";
    while (!way.empty() &&
           (way.back().first > indent || (way.back().first == indent && (!item || way.back().second == "-"))))
      way.pop_back();
    if (item) {
      way.emplace_back(indent, "-");
      auto rest = text.substr(1);
      indent += 1 + rest.find_first_not_of(' ');
      text = trimmed(rest);
    }
    auto colon = text[0] == '"' || text[0] == '[' ? std::string::npos : text.find(": ");
    if (colon == std::string::npos && text.ends_with(':')) colon = text.size() - 1;
    Line made{number, {}, ""};
    for (auto& [_, key] : way) made.path.push_back(key);
    if (colon == std::string::npos) {
      made.value = text;
    } else {
      auto key = unquoted(text.substr(0, colon));
      made.path.push_back(key);
      made.value = trimmed(text.substr(colon + 1));
      way.emplace_back(indent, key);
    }
    out.push_back(std::move(made));
  }
  return out;
}

std::vector<std::string> list(const std::string& value) {
  std::vector<std::string> out;
  if (!value.starts_with('[') || !value.ends_with(']')) return {unquoted(value)};
  std::istringstream stream(value.substr(1, value.size() - 2));
  for (std::string each; std::getline(stream, each, ',');) out.push_back(unquoted(each));
  return out;
}

std::string nameOf(const std::string& from) {
  std::string out;
  for (char c : from) {
    auto small = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    out += (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') ? small : '-';
  }
  if (out.empty() || out[0] < 'a' || out[0] > 'z') out = "n" + out;
  return out.substr(0, 31);
}

struct Lab {
  std::string name = "lab";
  std::vector<std::string> order;
  std::map<std::string, std::string> kinds;
  struct Link {
    unsigned line;
    std::vector<std::string> ends;
  };
  std::vector<Link> links;
};

Lab gather(const std::vector<Line>& lines) {
  Lab lab;
  for (auto& line : lines) {
    auto& path = line.path;
    auto in = [&](const char* section) { return path.size() > 2 && path[0] == "topology" && path[1] == section; };
    if (path.size() == 1 && path[0] == "name") lab.name = unquoted(line.value);
    if (in("nodes")) {
      if (lab.kinds.emplace(path[2], "").second) lab.order.push_back(path[2]);
      if (path.size() == 4 && path[3] == "kind") lab.kinds[path[2]] = unquoted(line.value);
    }
    if (!in("links")) continue;
    if (path.back() == "endpoints") {
      lab.links.push_back({line.number, {}});
      if (!line.value.empty()) lab.links.back().ends = list(line.value);
    } else if (path.size() > 4 && path[path.size() - 2] == "endpoints" && !lab.links.empty()) {
      lab.links.back().ends.push_back(unquoted(line.value));
    }
  }
  return lab;
}

std::string endOf(const std::string& end) {
  auto colon = end.find(':');
  return nameOf(end.substr(0, colon)) + end.substr(std::min(colon, end.size()));
}

}  // namespace

std::variant<std::string, std::pair<unsigned, std::string>> importClab(const std::string& yaml) {
  auto lab = gather(read(yaml));
  if (lab.order.empty()) return std::pair(1u, std::string("no nodes here; expected a topology file of containerlab"));
  std::string out = "slice " + nameOf(lab.name) + " {\n";
  std::map<std::string, std::string> bridges;
  for (auto& name : lab.order) {
    auto& kind = lab.kinds[name];
    if (kind == "bridge" || kind == "ovs-bridge")
      bridges[name];
    else
      out += "    node " + nameOf(name) + (kind == "linux" ? " { kind host; }\n" : ";\n");
  }
  for (auto& link : lab.links) {
    if (link.ends.size() != 2) return std::pair(link.line, std::string("a link has two endpoints"));
    for (int i : {0, 1}) {
      auto node = link.ends[i].substr(0, link.ends[i].find(':'));
      if (lab.kinds.count(node) == 0)
        return std::pair(link.line,
                         "\"" + node + "\" is no node of this file, and what is outside of it cannot be linked");
      if (bridges.count(node) > 0) bridges[node] += " " + endOf(link.ends[1 - i]);
    }
    bool plain = bridges.count(link.ends[0].substr(0, link.ends[0].find(':'))) +
                     bridges.count(link.ends[1].substr(0, link.ends[1].find(':'))) ==
                 0;
    if (plain) out += "    link " + endOf(link.ends[0]) + " " + endOf(link.ends[1]) + ";\n";
  }
  for (auto& [name, members] : bridges)
    if (!members.empty()) out += "    lan " + nameOf(name) + " { members" + members + "; }\n";
  return out + "}\n";
}

std::string exportClab(const Slice& slice) {
  std::string out = "name: " + slice.name + "\ntopology:\n  nodes:\n";
  for (auto& node : slice.nodes)
    out += "    " + node.name + ":\n      kind: " +
           (node.kind == Kind::HOST     ? "linux"
            : node.kind == Kind::ROUTER ? "xylem"
                                        : printKind(node.kind)) +
           "\n";
  for (auto& lan : slice.lans) out += "    " + lan.name + ":\n      kind: bridge\n";
  if (!slice.links.empty() || !slice.lans.empty()) out += "  links:\n";
  auto link = [&](const std::string& a, const std::string& b) {
    out += "    - endpoints: [\"" + a + "\", \"" + b + "\"]\n";
  };
  for (auto& each : slice.links)
    link(each.ends[0].node + ":" + each.ends[0].interface, each.ends[1].node + ":" + each.ends[1].interface);
  for (auto& lan : slice.lans) {
    int port = 0;
    for (auto& end : lan.members) link(end.node + ":" + end.interface, lan.name + ":port" + std::to_string(port++));
  }
  return out;
}

}  // namespace xylem::slice

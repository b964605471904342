// A link is made anew when an end of it is, or when its addresses or MTU differ, since they belong to the device; its
// shape alone is changed in place. What only runs in a node is started anew in the node that there is.

#include <slice/plan.h>

#include <map>
#include <set>

namespace xylem::slice {

namespace {

template <typename T> std::map<std::string, const T*> byName(const std::vector<T>& list) {
  std::map<std::string, const T*> out;
  for (auto& each : list) out[each.name] = &each;
  return out;
}

bool sameDevice(const Node& a, const Node& b, const std::string& interface) {
  auto mine = a.interface(interface), other = b.interface(interface);
  return mine != nullptr && other != nullptr && *mine == *other;
}

class Planner {
 public:
  Planner(const Slice* from, const Slice& to) : to(to) {
    if (from != nullptr) {
      gate = from->gate;
      nodes = byName(from->nodes);
      links = byName(from->links);
      lans = byName(from->lans);
    } else {
      add(Step::ADD, Step::SLICE, to.name, "");
    }
    wanted = byName(to.nodes);
  }

  std::vector<Step> run() {
    removed();
    for (auto& node : to.nodes) planNode(node);
    for (auto& link : to.links) planLink(link);
    for (auto& lan : to.lans) planLan(lan);
    if (to.gate && !sameGate()) add(Step::ADD, Step::GATE, to.name, "");
    steps.insert(steps.end(), late.begin(), late.end());
    return std::move(steps);
  }

 private:
  void add(Step::What what, Step::Kind kind, const std::string& name, std::string why) {
    steps.push_back({what, kind, name, std::move(why)});
  }

  bool sameEnd(const End& end) {
    auto before = nodes.find(end.node), after = wanted.find(end.node);
    return before != nodes.end() && after != wanted.end() && fresh.count(end.node) == 0 &&
           sameDevice(*before->second, *after->second, end.interface);
  }

  bool isElsewhere(const End& end) { return nodes.count(end.node) == 0 && wanted.count(end.node) == 0; }

  bool sameWires(const Link& a, const Link& b) {
    if (a.ends[0] != b.ends[0] || a.ends[1] != b.ends[1] || a.tunnel != b.tunnel) return false;
    for (auto& end : b.ends)
      if (!(isElsewhere(end) || sameEnd(end))) return false;
    return true;
  }

  bool sameWires(const Lan& a, const Lan& b) {
    if (a != b) return false;
    for (auto& end : b.members)
      if (!sameEnd(end)) return false;
    return true;
  }

  bool sameGate() {
    for (auto& way : to.gate ? to.gate->ways : std::vector<Gate::Way>())
      if (fresh.count(way.node) > 0) return false;
    return gate == to.gate;
  }

  void removed() {
    for (auto& [name, node] : nodes) {
      auto after = wanted.find(name);
      // A namespace keeps traces of what ran in it.
      if (after != wanted.end() && after->second->kind != node->kind) fresh.insert(name);
    }
    if (gate && !sameGate()) add(Step::REMOVE, Step::GATE, to.name, "");
    auto linksAfter = byName(to.links);
    for (auto& [name, link] : links)
      if (auto after = linksAfter.find(name); after == linksAfter.end() || !sameWires(*link, *after->second))
        add(Step::REMOVE, Step::LINK, name, "");
    auto lansAfter = byName(to.lans);
    for (auto& [name, lan] : lans)
      if (auto after = lansAfter.find(name); after == lansAfter.end() || !sameWires(*lan, *after->second))
        add(Step::REMOVE, Step::LAN, name, "");
    for (auto& [name, node] : nodes)
      if (wanted.count(name) == 0 || fresh.count(name) > 0) add(Step::REMOVE, Step::NODE, name, "");
  }

  void planNode(const Node& node) {
    auto before = nodes.find(node.name);
    if (before == nodes.end() || fresh.count(node.name) > 0) {
      add(Step::ADD, Step::NODE, node.name,
          printKind(node.kind) + (node.plane == Plane::CLICK && node.kind == Kind::ROUTER ? ", click plane" : ""));
      return;
    }
    auto& old = *before->second;
    if (old.loopbacks != node.loopbacks || old.gateways != node.gateways)
      add(Step::CHANGE, Step::NODE, node.name, "addresses");
    if (old.limits != node.limits) late.push_back({Step::CHANGE, Step::NODE, node.name, "limits"});
    if (old.files != node.files || old.command != node.command || old.plane != node.plane)
      late.push_back({Step::RESTART, Step::NODE, node.name, "its configuration differs"});
  }

  void planLink(const Link& link) {
    auto before = links.find(link.name);
    auto forth = printShape(link.shapes[0]), back = printShape(link.shapes[1]);
    auto why = forth == back ? forth : forth + " / " + back;
    if (before == links.end() || !sameWires(*before->second, link))
      add(Step::ADD, Step::LINK, link.name, why);
    else if (before->second->shapes[0] != link.shapes[0] || before->second->shapes[1] != link.shapes[1])
      add(Step::CHANGE, Step::LINK, link.name, why.empty() ? "plain" : why);
  }

  void planLan(const Lan& lan) {
    auto before = lans.find(lan.name);
    if (before == lans.end() || !sameWires(*before->second, lan)) add(Step::ADD, Step::LAN, lan.name, "");
  }

  const Slice& to;
  std::optional<Gate> gate;
  std::map<std::string, const Node*> nodes, wanted;
  std::map<std::string, const Link*> links;
  std::map<std::string, const Lan*> lans;
  std::set<std::string> fresh;
  // Nodes that are there and have to be made anew.
  std::vector<Step> steps, late;
};

}  // namespace

std::vector<Step> plan(const Slice* from, const Slice& to) { return Planner(from, to).run(); }

const char* word(Step::What what) {
  constexpr const char* WORDS[] = {"add", "remove", "change", "restart"};
  return WORDS[what];
}

const char* word(Step::Kind kind) {
  constexpr const char* WORDS[] = {"slice", "node", "link", "lan", "gate"};
  return WORDS[kind];
}

std::string print(const Step& step) {
  return std::string(word(step.what)) + " " + word(step.kind) + " " + step.name +
         (step.why.empty() ? "" : ": " + step.why);
}

}  // namespace xylem::slice

// Interfaces of links that are not there are taken out of the nodes; what runs in a node is not touched, so that it
// does not start anew when the rest comes. The other end of a tunnel stays in the link, though its node is not there:
// what it is called and where.

#include <slice/part.h>

#include <algorithm>

namespace xylem::slice {

namespace {

template <typename T, typename Test> void keep(std::vector<T>& list, Test test) {
  list.erase(std::remove_if(list.begin(), list.end(), [&](auto& each) { return !test(each); }), list.end());
}

void keepWays(Gate& gate, const std::set<std::string>& nodes) {
  auto has = [&](auto& each) { return nodes.count(each.node) > 0; };
  keep(gate.ways, has);
  keep(gate.forwards, has);
}

bool isOfLink(const Event& event) {
  return event.what == Event::LINK_DOWN || event.what == Event::LINK_UP || event.what == Event::LINK_SHAPE;
}

}  // namespace

Slice part(const Slice& whole, const std::set<std::string>& nodes) {
  auto out = whole;
  auto has = [&](const End& end) { return nodes.count(end.node) > 0; };
  keep(out.nodes, [&](auto& node) { return nodes.count(node.name) > 0; });
  keep(out.links, [&](auto& link) {
    auto there = has(link.ends[0]) + has(link.ends[1]);
    return there == 2 || (there == 1 && link.tunnel);
  });
  for (auto& lan : out.lans) keep(lan.members, has);
  keep(out.lans, [](auto& lan) { return !lan.members.empty(); });
  if (out.gate) keepWays(*out.gate, nodes);
  if (out.gate && out.gate->ways.empty()) out.gate.reset();
  std::set<std::pair<std::string, std::string>> interfaces;
  for (auto& link : out.links)
    for (auto& end : link.ends) interfaces.emplace(end.node, end.interface);
  for (auto& lan : out.lans)
    for (auto& end : lan.members) interfaces.emplace(end.node, end.interface);
  for (auto& node : out.nodes)
    keep(node.interfaces, [&](auto& interface) { return interfaces.count({node.name, interface.name}) > 0; });
  keep(out.events, [&](auto& event) {
    return isOfLink(event) ? out.link(event.target) != nullptr : nodes.count(event.target) > 0;
  });
  return out;
}

std::set<std::string> partNodes(const Slice& whole, const std::vector<std::string>& named, const Slice& now) {
  std::set<std::string> out(named.begin(), named.end());
  for (auto& node : whole.nodes)
    if (named.empty() || now.node(node.name) != nullptr) out.insert(node.name);
  return out;
}

}  // namespace xylem::slice

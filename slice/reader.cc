// Nodes, links and LANs; hosts are in reader-hosts.cc, ways out in reader-gate.cc, addresses in reader-addresses.cc,
// what runs in nodes and what happens in reader-contents.cc.

#include <net/near.h>
#include <slice/reader.h>
#include <slice/text.h>
#include <slice/words.h>

#include <algorithm>

namespace xylem::slice {

Reader::Reader(wire::Slice::Reader from, const Prepared& prepared, OpenFile& open, Result& result)
    : from(from), prepared(prepared), open(open), result(result) {
  slice.name = text(from.getName());
  slice.owner = text(from.getOwner());
}

void Reader::run() {
  if (!isName(slice.name))
    problem("", "\"" + slice.name +
                    "\" is no name; a name is a small letter, then small letters, digits or \"-\", 31 at most");
  if (from.hasLease()) {
    slice.lease = readTime(text(from.getLease()));
    if (!slice.lease) problem("lease", "\"" + text(from.getLease()) + "\" is not a time such as 14d");
  }
  readHosts();
  for (auto each : from.getNode())
    readNode(text(each.getName()), each, kj::str("node ", config::quote(each.getName())), text(each.getName()));
  for (auto each : from.getGenerate()) generate(each);
  for (auto each : from.getLink())
    readLink(text(each.getEnds()), each, kj::str("link ", config::quote(each.getEnds())));
  for (auto each : from.getLan()) readLan(each);
  if (slice.nodes.empty() && result.problems.empty()) problem("", "this slice has no nodes; expected: node NAME;");
  addTunnels();
  nameInterfaces();
  if (result.problems.size() > 0) return;
  addressLinks();
  for (auto& each : slice.lans) addressLan(each);
  addressLoopbacks();
  findGateways();
  readGate();
  for (auto& each : slice.nodes) furnish(each);
  for (auto each : from.getAt()) readEvents(each);
  std::stable_sort(slice.events.begin(), slice.events.end(), [](auto& a, auto& b) { return a.at < b.at; });
  result.slices.push_back(std::move(slice));
}

void Reader::problem(kj::StringPtr path, std::string text) {
  auto whole = kj::str("slice ", config::quote(ptr(slice.name)), path.size() > 0 ? " " : "", path);
  result.problems.add(config::Problem{config::placeOf(prepared.tree, whole), kj::mv(whole), kj::str(ptr(text))});
}

std::string Reader::nearNode(const std::string& name) {
  kj::Vector<kj::StringPtr> known;
  for (auto& each : slice.nodes) known.add(ptr(each.name));
  auto near = net::didYouMean(ptr(name), known);
  return "there is no node \"" + name + "\"" + text(near);
}

void Reader::readNode(std::string name, wire::Node::Reader from, kj::StringPtr path, const std::string& key) {
  if (!isName(name)) {
    problem(path,
            "\"" + name + "\" is no name; a name is a small letter, then small letters, digits or \"-\", 31 at most");
    return;
  }
  if (!numbers.emplace(name, slice.nodes.size()).second) {
    problem(path, "there is a node \"" + name + "\" already");
    return;
  }
  sources.emplace(name, Source{from, kj::str(path), prepared.router(slice.name, key)});
  Node node;
  node.name = name;
  node.kind = Kind(from.getKind());
  bool says = prepared.tree.root()
                  .find("slice"_kj)
                  .map([&](auto& all) {
                    auto words = config::splitLine(kj::str(ptr(slice.name), " ", path, " plane")).words;
                    auto path = KJ_MAP(word, words)->kj::StringPtr { return word.text; };
                    return all.find(path.asPtr()) != nullptr;
                  })
                  .orDefault(false);
  node.plane = Plane(says ? from.getPlane() : this->from.getPlane());
  readLimits(node, from, path);
  assignHost(node, from, path);
  slice.nodes.push_back(std::move(node));
}

void Reader::readLimits(Node& node, wire::Node::Reader from, kj::StringPtr path) {
  auto& limits = node.limits;
  auto bytes = [&](kj::StringPtr key, kj::StringPtr word, uint64_t& into) {
    if (word.size() == 0) return;
    if (auto value = readBytes(text(word)); value && *value >= 1 << 20)
      into = *value;
    else
      problem(kj::str(path, ' ', key), "\"" + text(word) + "\" is not a size such as 64M, at least 1M");
  };
  bytes("memory", from.getMemory(), limits.memory);
  bytes("disk", from.getDisk(), limits.disk);
  if (from.hasCpu()) {
    limits.processors = readProcessors(text(from.getCpu()));
    if (!limits.processors)
      problem(kj::str(path, " cpu"),
              "\"" + text(from.getCpu()) + "\" is not a share of processors such as 0.25, 25% or 2");
  }
  if (from.getWeight() != 0) limits.weight = from.getWeight();
  if (from.getPids() != 0) limits.pids = from.getPids();
}

bool Reader::readEnd(const std::string& word, kj::StringPtr path, End& end) {
  auto colon = word.find(':');
  end.node = word.substr(0, colon);
  if (colon != std::string::npos) end.interface = word.substr(colon + 1);
  if (numbers.count(end.node) == 0) {
    problem(path, nearNode(end.node));
    return false;
  }
  if (colon == std::string::npos) return true;
  if (!isDevice(end.interface)) {
    problem(path, "\"" + end.interface +
                      "\" cannot be the name of an interface: letters, digits and \"-_.\", 15 at most, not lo");
    return false;
  }
  if (devices[end.node].insert(end.interface).second) return true;
  problem(path, "node \"" + end.node + "\" has two interfaces \"" + end.interface + "\"");
  return false;
}

void Reader::readLink(std::string name, wire::Link::Reader from, kj::StringPtr path) {
  auto space = name.find(' ');
  Link link;
  link.name = name;
  if (space == std::string::npos || !readEnd(name.substr(0, space), path, link.ends[0]) ||
      !readEnd(name.substr(space + 1), path, link.ends[1]))
    return;
  auto &a = link.ends[0], &b = link.ends[1];
  if (a.node == b.node) return problem(path, "a link connects two nodes, not one with itself");
  if (pairs.count(name) > 0 || pairs.count(name.substr(space + 1) + " " + name.substr(0, space)) > 0)
    return problem(path, "there is a link between these two already; name the interfaces of a second one: link " +
                             a.node + ":ge7 " + b.node + ":ge7");
  pairs.insert(name);
  linkSources.emplace(name, from);
  if (this->from.getDefaults().hasLink()) readShape(link, this->from.getDefaults().getLink(), path);
  readShape(link, from, path);
  slice.links.push_back(std::move(link));
}

void Reader::readShape(Link& link, wire::Link::Reader from, kj::StringPtr path) {
  auto words = {from.getRate(),      from.getDelay(),   from.getJitter(), from.getLoss(),
                from.getDuplicate(), from.getReorder(), from.getQueue()};
  auto key = SHAPE_KEYS.begin();
  for (auto list : words) {
    Setting setting{*key++, {}};
    for (auto word : list) setting.words.push_back(text(word));
    if (setting.words.empty()) continue;
    auto wrong = set(link, setting);
    if (!wrong.empty()) problem(kj::str(path, ' ', ptr(setting.key)), wrong);
  }
}

void Reader::readLan(wire::Lan::Reader from) {
  Lan lan;
  lan.name = text(from.getName());
  lan.mtu = mtuOf(from.getMtu());
  auto path = kj::str("lan ", config::quote(from.getName()));
  if (!isName(lan.name))
    return problem(path, "\"" + lan.name + "\" is no name of a LAN: small letters, digits and \"-\"");
  auto words = kj::str(path, " members");
  for (auto word : from.getMembers()) {
    End end;
    words = kj::str(words, ' ', config::quote(word));
    if (readEnd(text(word), words, end)) lan.members.push_back(end);
  }
  keepTogether(lan);
  slice.lans.push_back(std::move(lan));
}

Drawn Reader::draw(wire::Generate::Reader from) {
  auto prefix = text(from.getPrefix());
  switch (from.which()) {
    case wire::Generate::LINE:
      return line(prefix, from.getLine());
    case wire::Generate::RING:
      return ring(prefix, from.getRing());
    case wire::Generate::GRID:
      return grid(prefix, text(from.getGrid()));
    case wire::Generate::TREE:
      return tree(prefix, text(from.getTree()));
    case wire::Generate::FAT_TREE:
      return fatTree(prefix, from.getFatTree());
    case wire::Generate::RANDOM:
      return randomGraph(prefix, text(from.getRandom()), from.getSeed());
    case wire::Generate::GRAPHML:
      KJ_IF_MAYBE (file, open(from.getGraphml())) return graphml(prefix, text(*file));
      return "cannot read the file \"" + text(from.getGraphml()) + "\"";
  }
  return std::string("this shape is not known");
}

void Reader::generate(wire::Generate::Reader from) {
  auto path = kj::str("generate ", config::quote(from.getPrefix()));
  auto drawn = draw(from);
  if (auto wrong = std::get_if<std::string>(&drawn)) return problem(path, *wrong);
  auto& graph = std::get<Graph>(drawn);
  auto key = "generate " + text(from.getPrefix());
  auto nodePath = kj::str(path, " node"), linkPath = kj::str(path, " link");
  auto before = result.problems.size();
  for (auto& name : graph.nodes) {
    readNode(name, from.getNode(), nodePath, key);
    if (result.problems.size() > before) return;
  }
  for (auto& edge : graph.edges) {
    auto name = graph.nodes[edge.a] + " " + graph.nodes[edge.b];
    readLink(name, from.getLink(), linkPath);
    if (result.problems.size() > before) return;
    if (from.getDelayByDistance())
      for (auto& shape : slice.links.back().shapes) shape.delay = edge.delay;
  }
  for (auto leaf : graph.leaves)
    for (uint i = 1; i <= from.getHosts(); ++i) {
      auto host = graph.nodes[leaf] + "-h" + std::to_string(i);
      readNode(host, from.getNode(), nodePath, key);
      if (result.problems.size() > before) return;
      slice.nodes.back().kind = Kind::HOST;
      readLink(host + " " + graph.nodes[leaf], wire::Link::Reader(), linkPath);
    }
}

void Reader::nameInterfaces() {
  auto name = [&](End& end) {
    auto& taken = devices[end.node];
    for (uint i = 0; end.interface.empty(); ++i)
      if (auto free = "ge" + std::to_string(i); taken.insert(free).second) end.interface = free;
  };
  for (auto& link : slice.links)
    for (auto& end : link.ends) name(end);
  for (auto& lan : slice.lans)
    for (auto& end : lan.members) name(end);
}

}  // namespace xylem::slice

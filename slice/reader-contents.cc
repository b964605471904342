// What runs in nodes, and what happens to them.

#include <slice/reader.h>
#include <slice/text.h>
#include <slice/words.h>

namespace xylem::slice {

namespace {

std::string first(const std::vector<net::IfAddr>& addresses, uint8_t version) {
  for (auto& each : addresses)
    if (each.version() == version) return text(each.address().toString());
  return "";
}

}  // namespace

void Reader::expand(const config::Node& from, config::Node& to, const Node& node) {
  // `ge*` stands for each interface of the node; what is said of none is not said.
  for (auto& each : from) {
    if (node.interfaces.empty() && each.size() == 1 && (*each.begin()).word() == "ge*"_kj) continue;
    std::vector<std::string> words;
    if (each.word() == "ge*"_kj)
      for (auto& interface : node.interfaces) words.push_back(interface.name);
    else
      words.push_back(fillIn(node, text(each.word())));
    for (auto& word : words) {
      auto& made = to.add(ptr(word), each.place);
      made.heads = each.heads;
      expand(each, made, node);
    }
  }
}

void Reader::furnish(Node& node) {
  auto& source = sources.at(node.name);
  kj::Maybe<std::string> config;
  if (source.from.hasConfig()) {
    KJ_IF_MAYBE (file, open(source.from.getConfig())) {
      config = fillIn(node, text(*file));
    } else {
      problem(kj::str(source.path, " config"), "cannot read the file \"" + text(source.from.getConfig()) + "\"");
    }
  }
  if (node.kind == Kind::ROUTER) return furnishRouter(node, kj::mv(config));
  if (source.router->root().size() > 0 && source.path.startsWith("node ")) {
    bool own = prepared.routers.at(slice.name + " " + node.name)->root().size() > 0;
    if (own)
      problem(source.path, "only a router takes \"" + text(source.router->root().begin()->word()) + "\"; this is a " +
                               printKind(node.kind));
  }
  for (auto word : source.from.getCommand()) node.command.push_back(text(word));
  KJ_IF_MAYBE (content, config) node.files["config"] = *content;
  bool needsConfig = node.kind == Kind::BIRD || node.kind == Kind::FRR;
  if (needsConfig && !source.from.hasConfig())
    problem(source.path, "\"config\" is missing: a " + printKind(node.kind) + " node needs a file");
  if (node.kind == Kind::EXEC && node.command.empty())
    problem(source.path, "\"command\" is missing: what shall run in it?");
  if (node.kind == Kind::BIRD) node.command = {"bird", "-f", "-c", "/run/node/config", "-s", "/run/node/bird.ctl"};
  if (node.kind == Kind::FRR) {
    std::string daemons = "zebra";
    for (auto word : source.from.getDaemons()) {
      if (!isName(text(word)))
        problem(kj::str(source.path, " daemons"), "\"" + text(word) + "\" is no daemon of FRR, such as ripd");
      daemons += " " + text(word);
    }
    // zebra first; the configuration, once all of them listen.
    node.command = {"/bin/sh", "-c",
                    "chown -R frr:frr /run/node; for d in " + daemons +
                        "; do /usr/lib/frr/$d -d -z /run/node/zserv.api -i /run/node/$d.pid --vty_socket /run/node -P "
                        "0 -u frr -g frr || exit; done; "
                        "until vtysh --vty_socket /run/node -f /run/node/config; do sleep 0.2; done; "
                        "while for d in " +
                        daemons + "; do kill -0 $(cat /run/node/$d.pid) || exit 1; done; do sleep 1; done"};
  }
}

void Reader::furnishRouter(Node& node, kj::Maybe<std::string> config) {
  auto& source = sources.at(node.name);
  config::Tree tree;
  KJ_IF_MAYBE (content, config) {
    auto parsed = config::parseBraces(ptr(*content));
    for (auto& each : parsed.problems)
      problem(kj::str(source.path, " config"), text(kj::str(source.from.getConfig(), ':', each)));
    expand(parsed.tree.root(), tree.root(), node);
  }
  expand(source.router->root(), tree.root(), node);
  if (node.plane == Plane::CLICK) {
    kj::StringPtr path[] = {"forwarding"_kj, "plane"_kj, "click"_kj};
    if (tree.root().find(config::Path(path, 2)) == nullptr) tree.root().add(config::Path(path, 3));
  }
  if (auto way = slice.gate ? slice.gate->way(node.name) : nullptr; way != nullptr && way->leaves) {
    auto gateway = way->gateway.toString();
    kj::StringPtr path[] = {"protocols"_kj, "static"_kj, "route"_kj, "0.0.0.0/0"_kj, "next-hop"_kj, gateway};
    if (tree.root().find(config::Path(path, 4)) == nullptr) tree.root().add(config::Path(path, 6));
  }
  auto printed = config::printBraces(tree.root());
  node.files["router.conf"] = "# Node " + node.name + " of slice " + slice.name + ".\n" + text(printed);
  result.routers.push_back({slice.name, node.name, kj::mv(tree)});
}

std::string Reader::fillIn(const Node& node, const std::string& content) {
  std::string out;
  for (size_t at = 0; at < content.size();) {
    auto begin = content.find("${", at), end = content.find('}', begin);
    if (begin == std::string::npos || end == std::string::npos) return out + content.substr(at);
    auto name = content.substr(begin + 2, end - begin - 2);
    out += content.substr(at, begin - at);
    at = end + 1;
    uint8_t version = name.ends_with("/6") ? 6 : 4;
    auto plain = version == 6 ? name.substr(0, name.size() - 2) : name;
    std::string value;
    if (plain == "name")
      value = node.name;
    else if (plain == "loopback") {
      for (auto& each : node.loopbacks)
        if (each.version() == version) value = text(each.toString());
    } else if (auto interface = node.interface(plain))
      value = first(interface->addresses, version);
    if (value.empty())
      problem(kj::str(sources.at(node.name).path, " config"),
              "nothing is known as ${" + name +
                  "} here; expected ${name}, ${loopback}, ${loopback/6}, or an interface such as ${ge0}");
    out += value;
  }
  return out;
}

void Reader::readEvents(wire::At::Reader from) {
  auto at = readTime(text(from.getTime()));
  auto path = kj::str("at ", config::quote(from.getTime()));
  if (!at) return problem(path, "\"" + text(from.getTime()) + "\" is not a time such as 30s");
  for (auto each : from.getLink()) readEvent(*at, each, kj::str(path, " link ", config::quote(each.getEnds())));
  for (auto each : from.getNode()) readEvent(*at, each, kj::str(path, " node ", config::quote(each.getName())));
}

void Reader::readEvent(kj::Duration at, wire::LinkEvent::Reader from, kj::StringPtr path) {
  auto link = slice.link(text(from.getEnds()));
  if (link == nullptr)
    return problem(path, "there is no link \"" + text(from.getEnds()) + "\"; name it as its own statement does");
  auto tree = prepared.tree.root().find("slice"_kj);
  auto words = config::splitLine(kj::str(ptr(slice.name), ' ', path)).words;
  auto way = KJ_MAP(word, words)->kj::StringPtr { return word.text; };
  auto& said = KJ_ASSERT_NONNULL(KJ_ASSERT_NONNULL(tree).find(way.asPtr()));
  auto size = slice.events.size();
  bool cut = said.find("down"_kj) != nullptr, mended = said.find("up"_kj) != nullptr;
  if (cut && mended) return problem(path, "a link cannot go down and up at the same time");
  if (cut || mended) slice.events.push_back({at, cut ? Event::LINK_DOWN : Event::LINK_UP, link->name, {}, {}});
  Event shape{at, Event::LINK_SHAPE, link->name, {}, {}};
  auto lists = {from.getRate(),      from.getDelay(),   from.getJitter(), from.getLoss(),
                from.getDuplicate(), from.getReorder(), from.getQueue()};
  auto key = SHAPE_KEYS.begin();
  auto scratch = *link;
  for (auto list : lists) {
    Setting setting{*key++, {}};
    for (auto word : list) setting.words.push_back(text(word));
    if (setting.words.empty()) continue;
    auto wrong = set(scratch, setting);
    if (!wrong.empty()) problem(kj::str(path, ' ', ptr(setting.key)), wrong);
    shape.settings.push_back(std::move(setting));
  }
  if (!shape.settings.empty()) slice.events.push_back(std::move(shape));
  if (slice.events.size() == size)
    problem(path, "what happens to it? Expected \"down\", \"up\", or a setting such as \"loss 1%\"");
}

void Reader::readEvent(kj::Duration at, wire::NodeEvent::Reader from, kj::StringPtr path) {
  auto name = text(from.getName());
  if (slice.node(name) == nullptr) return problem(path, nearNode(name));
  auto words = config::splitLine(kj::str(ptr(slice.name), ' ', path)).words;
  auto way = KJ_MAP(word, words)->kj::StringPtr { return word.text; };
  auto& said = KJ_ASSERT_NONNULL(KJ_ASSERT_NONNULL(prepared.tree.root().find("slice"_kj)).find(way.asPtr()));
  auto size = slice.events.size();
  auto happens = [&](kj::StringPtr word, Event::What what) {
    if (said.find(word) != nullptr) slice.events.push_back({at, what, name, {}, {}});
  };
  happens("stop", Event::NODE_STOP);
  happens("start", Event::NODE_START);
  happens("restart", Event::NODE_RESTART);
  if (from.getRun().size() > 0) {
    Event event{at, Event::NODE_RUN, name, {}, {}};
    for (auto word : from.getRun()) event.command.push_back(text(word));
    slice.events.push_back(std::move(event));
  }
  if (slice.events.size() == size)
    problem(path, "what happens to it? Expected \"stop\", \"start\", \"restart\" or \"run PROGRAM\"");
}

}  // namespace xylem::slice

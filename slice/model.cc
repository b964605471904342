// Look-ups are linear or by the small map of whoever needs many: a slice has hundreds of nodes, not millions.

#include <kj/vector.h>
#include <net/near.h>
#include <slice/model.h>
#include <slice/words.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace xylem::slice {

const std::vector<std::string> SHAPE_KEYS{"rate", "delay", "jitter", "loss", "duplicate", "reorder", "queue"};

std::string printKind(Kind kind) {
  switch (kind) {
    case Kind::ROUTER:
      return "router";
    case Kind::HOST:
      return "host";
    case Kind::BIRD:
      return "bird";
    case Kind::FRR:
      return "frr";
    case Kind::EXEC:
      return "exec";
  }
  return "";
}

const Interface* Node::interface(const std::string& name) const {
  for (auto& each : interfaces)
    if (each.name == name) return &each;
  return nullptr;
}

const Gate::Way* Gate::way(const std::string& node) const {
  for (auto& each : ways)
    if (each.node == node) return &each;
  return nullptr;
}

bool Shape::needsPlane() const {
  return delay != 0 * kj::NANOSECONDS || jitter != 0 * kj::NANOSECONDS || loss != 0 || duplicate != 0 || reorder != 0;
}

const Node* Slice::node(const std::string& name) const {
  for (auto& each : nodes)
    if (each.name == name) return &each;
  return nullptr;
}

Node* Slice::node(const std::string& name) { return const_cast<Node*>(std::as_const(*this).node(name)); }

const Link* Slice::link(const std::string& name) const {
  auto space = name.find(' ');
  auto turned = space == std::string::npos ? name : name.substr(space + 1) + " " + name.substr(0, space);
  for (auto& wanted : {name, turned})
    for (auto& each : links)
      if (each.name == wanted) return &each;
  return nullptr;
}

std::vector<int> Slice::endsHere(const Link& link) const {
  std::vector<int> out;
  for (int i : {0, 1})
    if (node(link.ends[i].node) != nullptr) out.push_back(i);
  return out;
}

Link* Slice::link(const std::string& name) { return const_cast<Link*>(std::as_const(*this).link(name)); }

namespace {

template <typename T> bool put(const std::optional<T>& value, T& into) {
  if (value) into = *value;
  return bool(value);
}

bool readCount(const std::string& word, uint32_t& into) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 1 || value > 1000000) return false;
  into = value;
  return true;
}

std::string setOne(Shape& shape, const std::string& key, const std::string& word) {
  auto wrong = [&](const char* what) { return "\"" + word + "\" is not " + what; };
  if (key == "rate") {
    if (word == "none")
      shape.rate = 0;
    else if (!put(readRate(word), shape.rate))
      return wrong("a rate such as 100M, in bits per second, or \"none\"");
  } else if (key == "delay" || key == "jitter") {
    if (!put(readTime(word), key == "delay" ? shape.delay : shape.jitter)) return wrong("a time such as 13ms");
    if (shape.delay > kj::MINUTES || shape.jitter > kj::MINUTES) return "\"" + word + "\" is more than a minute";
  } else if (key == "queue") {
    if (!readCount(word, shape.queue)) return wrong("a number of packets from 1 to 1000000");
  } else {
    double& share = key == "loss" ? shape.loss : key == "duplicate" ? shape.duplicate : shape.reorder;
    if (!put(readShare(word), share)) return wrong("a share such as 0.1%, from 0 to 100%");
  }
  return "";
}

int direction(const Link& link, const std::string& arrow, size_t at) {
  // 0 or 1: who sends; -1 if these are not the ends.
  auto from = arrow.substr(0, at), to = arrow.substr(at + 2);
  for (int i : {0, 1}) {
    auto is = [&](const End& end, const std::string& name) {
      return name == end.node || name == end.node + ":" + end.interface;
    };
    if (is(link.ends[i], from) && is(link.ends[1 - i], to)) return i;
  }
  return -1;
}

}  // namespace

std::string set(Link& link, const Setting& setting) {
  const std::string* both = nullptr;
  if (std::find(SHAPE_KEYS.begin(), SHAPE_KEYS.end(), setting.key) == SHAPE_KEYS.end()) {
    kj::Vector<kj::StringPtr> known;
    for (auto& each : SHAPE_KEYS) known.add(each.c_str());
    return "\"" + setting.key + "\" is not known" + net::didYouMean(setting.key.c_str(), known).cStr();
  }
  // What holds both ways goes first, so that what holds one way stays, whatever the order.
  auto last = setting.words.end();
  for (auto each = setting.words.begin(); each != last; ++each) {
    if (each->find("->") != std::string::npos) {
      if (++each == last) break;
      continue;
    }
    if (both != nullptr) return "\"" + setting.key + "\" is given twice: as \"" + *both + "\" and as \"" + *each + "\"";
    both = &*each;
    for (auto& shape : link.shapes)
      if (auto problem = setOne(shape, setting.key, *each); !problem.empty()) return problem;
  }
  int way = -1;
  for (auto& word : setting.words) {
    auto arrow = word.find("->");
    if (arrow != std::string::npos) {
      way = direction(link, word, arrow);
      if (way < 0)
        return "\"" + word + "\" is no direction of this link; expected \"" + link.ends[0].node + "->" +
               link.ends[1].node + "\" or \"" + link.ends[1].node + "->" + link.ends[0].node + "\"";
      if (&word == &setting.words.back()) return "a value is missing after \"" + word + "\"";
      continue;
    }
    if (way >= 0)
      if (auto problem = setOne(link.shapes[way], setting.key, word); !problem.empty()) return problem;
    way = -1;
  }
  return setting.words.empty() ? "\"" + setting.key + "\" needs a value" : "";
}

std::string printShape(const Shape& shape) {
  std::string out;
  auto add = [&](const char* key, const std::string& value) {
    out += (out.empty() ? "" : " ") + (key + (" " + value));
  };
  auto zero = 0 * kj::NANOSECONDS;
  if (shape.rate != 0) add("rate", printRate(shape.rate));
  if (shape.delay != zero) add("delay", printTime(shape.delay));
  if (shape.jitter != zero) add("jitter", printTime(shape.jitter));
  if (shape.loss != 0) add("loss", printShare(shape.loss));
  if (shape.duplicate != 0) add("duplicate", printShare(shape.duplicate));
  if (shape.reorder != 0) add("reorder", printShare(shape.reorder));
  if (shape.queue != Shape().queue) add("queue", std::to_string(shape.queue));
  return out;
}

}  // namespace xylem::slice

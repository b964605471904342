// From a flat configuration to a running graph. The phases are those of the original, and so is what they say: ports in
// range, push and pull, completeness, configuration, handlers, initialization. A phase tells all its errors before the
// router gives up.

#include <click/codes.h>
#include <click/kinds.h>
#include <click/router.h>

#include <algorithm>
#include <set>

namespace xylem::click {

namespace {

const char* portKind(bool isOutput) { return isOutput ? "output" : "input"; }

}  // namespace

Router::Router(Scheduler& scheduler, Flat flat) : scheduler(scheduler), graph(std::move(flat)) {
  for (auto& each : graph.elements) {
    auto& kind = each.kind ? *each.kind : ERROR_KIND;
    auto element = kind.make();
    element->ofKind = &kind;
    element->ofRouter = this;
    element->ownIndex = all.size();
    element->ownName = each.name;
    element->configuration = each.config;
    byName[each.name] = all.size();
    all.push_back(std::move(element));
  }
}

Router::~Router() {
  for (auto each = order.rbegin(); each != order.rend() && isConfigured; ++each) all[*each]->cleanup();
  for (auto& each : all) scheduler.forget(*each);
}

void Router::tell(Errors& errors, size_t element, const std::string& text) const {
  errors.say(Errors::ERROR, graph.elements[element].landmark.text(), quoted(all[element]->declaration()) + text);
}

bool Router::initialize(Errors& errors) {
  for (size_t i = 0; i < all.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [this](size_t a, size_t b) { return all[a]->configurePhase() < all[b]->configurePhase(); });
  isLive = checkRange(errors) && checkProcessing(errors) && checkComplete(errors) && configure(errors);
  if (isLive) {
    addHandlers();
    isLive = initializeElements(errors);
  }
  if (!isLive) errors.error("Router could not be initialized!");
  return isLive;
}

bool Router::checkRange(Errors& errors) {
  auto before = errors.count();
  std::vector<PortCounts> used(all.size(), PortCounts{0, 0});
  for (auto& each : graph.connections) {
    used[each.from].outputs = std::max(used[each.from].outputs, each.fromPort + 1);
    used[each.to].inputs = std::max(used[each.to].inputs, each.toPort + 1);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    auto counts = fitPorts(all[i]->portCode(), used[i].inputs, used[i].outputs);
    all[i]->in.resize(size_t(counts.inputs));
    all[i]->out.resize(size_t(counts.outputs));
  }
  auto none = [&](size_t element, bool isOutput, int port) {
    tell(errors, element, std::string(" has no ") + portKind(isOutput) + " " + std::to_string(port));
  };
  for (auto& each : graph.connections) {
    if (each.toPort >= all[each.to]->inputs()) none(each.to, false, each.toPort);
    if (each.fromPort >= all[each.from]->outputs()) none(each.from, true, each.fromPort);
  }
  return errors.count() == before;
}

bool Router::checkProcessing(Errors& errors) {
  auto before = errors.count();
  std::vector<std::vector<Processing>> in(all.size()), out(all.size());
  struct Edge {
    size_t from;
    int fromPort;
    size_t to;
    int toPort;
    bool isInside, isWrong;
  };
  std::vector<Edge> edges;
  for (auto& each : graph.connections) edges.push_back({each.from, each.fromPort, each.to, each.toPort, false, false});
  for (size_t i = 0; i < all.size(); ++i) {
    auto code = all[i]->processingCode();
    for (int port = 0; port < all[i]->inputs(); ++port) in[i].push_back(processingOf(code, false, port));
    for (int port = 0; port < all[i]->outputs(); ++port) out[i].push_back(processingOf(code, true, port));
    for (int port = 0; port < all[i]->inputs(); ++port) {
      if (in[i][size_t(port)] != Processing::AGNOSTIC) continue;
      auto leads = all[i]->flow(Direction::INPUT, port);
      for (size_t j = 0; j < leads.size(); ++j)
        if (leads[j] && out[i][j] == Processing::AGNOSTIC) edges.push_back({i, int(j), i, port, true, false});
    }
  }

  auto word = [](Processing which) { return std::string(which == Processing::PUSH ? "push" : "pull"); };
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& edge : edges) {
      if (edge.isWrong) continue;
      auto& from = out[edge.from][size_t(edge.fromPort)];
      auto& to = in[edge.to][size_t(edge.toPort)];
      if (from == to) continue;
      if (from == Processing::AGNOSTIC || to == Processing::AGNOSTIC) {
        (from == Processing::AGNOSTIC ? from : to) = from == Processing::AGNOSTIC ? to : from;
        changed = true;
        continue;
      }
      edge.isWrong = true;
      auto output = word(from) + " output " + std::to_string(edge.fromPort);
      auto input = word(to) + " input " + std::to_string(edge.toPort);
      if (edge.isInside)
        errors.error("agnostic " + quoted(all[edge.from]->declaration()) + " in mixed context: " + input + ", " +
                     output);
      else
        errors.error(quoted(all[edge.from]->declaration()) + " " + output + " connected to " +
                     quoted(all[edge.to]->declaration()) + " " + input);
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < in[i].size(); ++j) all[i]->in[j].isPush = in[i][j] != Processing::PULL;
    for (size_t j = 0; j < out[i].size(); ++j) all[i]->out[j].isPush = out[i][j] != Processing::PULL;
  }
  return errors.count() == before;
}

bool Router::checkComplete(Errors& errors) {
  auto before = errors.count();
  for (bool isOutput : {false, true}) {
    std::vector<std::vector<unsigned>> uses;
    for (auto& each : all) uses.emplace_back(isOutput ? each->out.size() : each->in.size(), 0);
    for (auto& each : graph.connections) {
      auto element = isOutput ? each.from : each.to;
      auto port = size_t(isOutput ? each.fromPort : each.toPort);
      auto& end = (isOutput ? all[element]->out : all[element]->in)[port];
      // A push output leads to one place, a pull input comes from one.
      if (++uses[element][port] > 1 && end.isPush == isOutput)
        errors.say(Errors::ERROR, graph.elements[element].landmark.text(),
                   "illegal reuse of " + quoted(all[element]->declaration()) +
                       (isOutput ? " push output " : " pull input ") + std::to_string(port));
      end.element = all[isOutput ? each.to : each.from].get();
      end.port = isOutput ? each.toPort : each.fromPort;
    }
    for (size_t i = 0; i < all.size(); ++i)
      for (size_t port = 0; port < uses[i].size(); ++port)
        if (uses[i][port] == 0)
          tell(errors, i, std::string(" ") + portKind(isOutput) + " " + std::to_string(port) + " unused");
  }
  return errors.count() == before;
}

bool Router::configure(Errors& errors) {
  bool good = true;
  isConfigured = true;
  for (auto i : order) {
    InContext context(errors, graph.elements[i].landmark.text(),
                      "While configuring " + quoted(all[i]->declaration()) + ":");
    Args args(splitArguments(graph.elements[i].config), all[i].get(), context);
    all[i]->configure(args);
    good = good && args.ok() && context.count() == 0;
  }
  return good;
}

bool Router::initializeElements(Errors& errors) {
  for (auto i : order) {
    if (&all[i]->kind() == &ERROR_KIND) return false;
    InContext context(errors, graph.elements[i].landmark.text(),
                      "While initializing " + quoted(all[i]->declaration()) + ":");
    all[i]->initialize(context);
    if (context.count() > 0) return false;
  }
  return true;
}

void Router::takeState(Router& former, Errors& errors) {
  for (auto i : order) {
    auto other = former.find(all[i]->name());
    if (other == nullptr) continue;
    InContext context(errors, graph.elements[i].landmark.text(),
                      "While hot-swapping state into " + quoted(all[i]->declaration()) + ":");
    all[i]->takeState(*other, context);
  }
}

Element* Router::formerOf(const Element& element) const {
  auto same = former ? former->find(element.name()) : nullptr;
  return same != nullptr && &same->kind() == &element.kind() ? same : nullptr;
}

// ---- the graph

Element* Router::find(const std::string& name, const Element* context) const {
  auto scope = context ? scopeOf(context->name()) : "";
  while (true) {
    if (auto found = byName.find(scope + name); found != byName.end()) return all[found->second].get();
    if (scope.empty()) return nullptr;
    scope.pop_back();
    scope = scopeOf(scope);
  }
}

void Router::visit(Element& from, Direction side, int port, const Visitor& visitor) const {
  bool isDown = side == Direction::OUTPUT;
  using Place = std::pair<size_t, int>;
  std::set<Place> seen;
  std::vector<Place> now, next;
  for (int i = 0; i < from.ports(side); ++i)
    if (port < 0 || i == port) now.push_back({from.index(), i});
  for (; !now.empty(); now.swap(next)) {
    next.clear();
    for (auto& [element, index] : now)
      for (auto& each : graph.connections) {
        if (Place(isDown ? each.from : each.to, isDown ? each.fromPort : each.toPort) != Place(element, index))
          continue;
        Place reached(isDown ? each.to : each.from, isDown ? each.toPort : each.fromPort);
        if (!seen.insert(reached).second) continue;
        auto opposite = isDown ? Direction::INPUT : Direction::OUTPUT;
        auto& at = *all[reached.first];
        if (!visitor(at, opposite, reached.second)) continue;
        auto onward = at.flow(opposite, reached.second);
        for (size_t i = 0; i < onward.size(); ++i)
          if (onward[i]) next.push_back({reached.first, int(i)});
      }
  }
}

int Router::tickets(const Element& element) const {
  auto found = ticketsOf.find(element.name());
  return found == ticketsOf.end() ? Task::DEFAULT_TICKETS : found->second;
}

}  // namespace xylem::click

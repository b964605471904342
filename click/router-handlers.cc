// Handlers of a router: those that each element has anyway, and how one is found by its name.

#include <click/kinds.h>
#include <click/router.h>

namespace xylem::click {

namespace {

std::string portLine(const Element& element, Direction side, int port, const std::vector<std::string>& peers) {
  bool isPush = element.isPush(side, port);
  std::string line = isPush ? "push" : "pull";
  line += std::string(element.processingCode()).find('a') == std::string::npos ? "\t" : "~\t";
  line += "-\t";
  for (size_t i = 0; i < peers.size(); ++i) line += (i > 0 ? ", " : "") + peers[i];
  return line + "\n";
}

}  // namespace

std::string Router::describePorts(const Element& element) const {
  std::string out;
  for (auto side : {Direction::INPUT, Direction::OUTPUT}) {
    bool isInput = side == Direction::INPUT;
    int count = element.ports(side);
    out += std::to_string(count) + (isInput ? " input" : " output") + (count == 1 ? "\n" : "s\n");
    for (int port = 0; port < count; ++port) {
      std::vector<std::string> peers;
      for (auto& each : graph.connections) {
        if (isInput && each.to == element.index() && each.toPort == port)
          peers.push_back(all[each.from]->name() + " [" + std::to_string(each.fromPort) + "]");
        if (!isInput && each.from == element.index() && each.fromPort == port)
          peers.push_back("[" + std::to_string(each.toPort) + "] " + all[each.to]->name());
      }
      out += portLine(element, side, port, peers);
    }
  }
  return out;
}

void Router::addDefaultHandlers(Element& element, Handlers& mine) {
  mine.read(
      "name", [&element]() { return element.name(); }, Handler::CALM);
  mine.read(
      "class", [&element]() { return std::string(element.kind().name); }, Handler::CALM);
  mine.read(
      "config", [&element]() { return element.configuration; }, Handler::CALM);
  if (element.isLive())
    mine.write("config",
               [this, &element](const std::string& text, Errors& errors) { reconfigure(element, text, errors); });
  mine.read(
      "ports", [this, &element]() { return describePorts(element); }, Handler::CALM);
  mine.read(
      "handlers",
      [this, &element]() {
        std::string out;
        for (auto& each : handlersOf(&element).all()) out += each.name + "\t" + each.flagsText() + "\n";
        return out;
      },
      Handler::CALM);
}

void Router::reconfigure(Element& element, const std::string& text, Errors& errors) {
  Args args(splitArguments(text), &element, errors);
  element.configure(args);
  if (args.ok() && errors.count() == 0) element.configuration = text;
}

void Router::addHandlers() {
  handlers.resize(all.size());
  for (size_t i = 0; i < all.size(); ++i) addDefaultHandlers(*all[i], handlers[i]);
  for (size_t i = 0; i < all.size(); ++i) all[i]->addHandlers(handlers[i]);
}

void Router::addTaskHandlers(const Element& element, Task& task) {
  // Of several tasks, the first one's.
  if (element.index() >= handlers.size() || handlers[element.index()].find("scheduled")) return;
  auto& mine = handlers[element.index()];
  mine.read("scheduled", [&task]() { return Handlers::text(task.scheduled()); });
  mine.read("tickets", [&task]() { return std::to_string(task.tickets()); });
  mine.write("tickets", [&task](const std::string& text, Errors& errors) {
    int32_t tickets;
    if (!click::read(trim(text), tickets, Reading{nullptr, errors})) return;
    if (tickets < 1 || tickets > Task::MOST_TICKETS) return errors.error("tickets out of range");
    task.setTickets(tickets);
  });
  mine.read("home_thread", []() { return std::string("0"); });
}

const Handlers& Router::handlersOf(const Element* element) const {
  static const Handlers NONE;
  if (element == nullptr) return globals;
  return element->index() < handlers.size() ? handlers[element->index()] : NONE;
}

const Handler* Router::handler(const Element* element, const std::string& name) const {
  return handlersOf(element).find(name);
}

bool Router::resolve(const std::string& text, HandlerRef& out, const Element* context, Errors& errors) const {
  out.argument = text;
  auto name = shiftWord(out.argument);
  auto dot = name.rfind('.');
  if (dot == std::string::npos) {
    // An element need not name itself.
    auto own = context ? handler(context, name) : nullptr;
    out.element = own ? all[context->index()].get() : nullptr;
    out.name = name;
    return true;
  }
  auto element = name.substr(0, dot);
  out.name = name.substr(dot + 1);
  out.element = find(element, context);
  if (out.element == nullptr && !element.empty() && element.find_first_not_of("0123456789") == std::string::npos) {
    uint32_t index = 0;
    SilentErrors silent;
    if (!click::read(element, index, Reading{nullptr, silent}) || index > all.size()) index = UINT32_MAX;
    if (index >= 1 && index <= all.size()) out.element = all[index - 1].get();
    if (index == 0) return true;
  }
  if (out.element == nullptr) errors.error("no element named " + quoted(element));
  return out.element != nullptr;
}

std::string Router::read(const HandlerRef& ref, Errors& errors) const {
  auto full = (ref.element ? ref.element->name() + "." : "") + ref.name;
  auto found = handler(ref.element, ref.name);
  if (found == nullptr || !found->read) {
    errors.error(found == nullptr ? "no " + quoted(full) + " handler" : quoted(full) + " not a read handler");
    return "";
  }
  if (!ref.argument.empty() && !found->takesArgument) {
    errors.error("read handler " + quoted(full) + " does not take parameters");
    return "";
  }
  return found->read(ref.argument, errors);
}

void Router::write(const HandlerRef& ref, const std::string& value, Errors& errors) {
  auto full = (ref.element ? ref.element->name() + "." : "") + ref.name;
  auto found = handler(ref.element, ref.name);
  if (found == nullptr || !found->write)
    errors.error(found == nullptr ? "no " + quoted(full) + " handler" : quoted(full) + " not a write handler");
  else
    found->write(value, errors);
}

void Router::call(const std::string& text, const Element& from, Errors& errors) {
  HandlerRef ref;
  if (text.empty() || !resolve(text, ref, &from, errors)) return;
  auto value = unquote(ref.argument);
  ref.argument.clear();
  write(ref, value, errors);
}

}  // namespace xylem::click

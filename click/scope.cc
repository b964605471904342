// Scopes: names of anonymous elements, parameters, and which arguments fit a compound.

#include <click/args.h>
#include <click/scope.h>

#include <algorithm>
#include <sstream>

namespace xylem::click {

namespace {

std::string counts(int inputs, int outputs) {
  return std::to_string(inputs) + (inputs == 1 ? " input, " : " inputs, ") + std::to_string(outputs) +
         (outputs == 1 ? " output" : " outputs");
}

}  // namespace

const std::string* Environment::find(const std::string& name) const {
  for (auto scope = this; scope != nullptr; scope = scope->parent)
    for (auto& [known, value] : scope->values)
      if (known == name) return &value;
  return nullptr;
}

std::string Environment::expand(const std::string& text) const {
  // Definitions in a circle could grow without bound.
  constexpr size_t MOST = 1 << 20;
  size_t sum = text.size();
  return expandParameters(text, [this, &sum](const std::string& name) -> std::optional<std::string> {
    auto value = find(name);
    if (value == nullptr || (sum += value->size()) > MOST) return std::nullopt;
    return *value;
  });
}

void Environment::define(const std::vector<std::pair<std::string, std::string>>& definitions) {
  auto first = values.size();
  values.insert(values.end(), definitions.begin(), definitions.end());
  // A chain of references is as long as there are definitions; one in a circle ends all the same.
  for (size_t pass = 0; pass < definitions.size(); ++pass)
    for (size_t i = first; i < values.size(); ++i)
      if (values[i].second.find('$') != std::string::npos) values[i].second = expand(values[i].second);
}

const Environment* Environment::at(unsigned wanted) const {
  auto scope = this;
  while (scope->depth > wanted && scope->parent != nullptr) scope = scope->parent;
  return scope;
}

int Scope::add(const std::string& name, int type, const std::string& config, const Landmark& landmark, Errors& errors) {
  if (int known = find(name); known >= 0) return known;
  constexpr size_t MOST = 1000000;
  if (elements.size() >= MOST) {
    if (!isFull) errors.say(Errors::ERROR, landmark.text(), "too many elements");
    isFull = true;
    return 0;
  }
  int index = int(elements.size());
  byName[name] = index;
  std::stringstream components(name);
  for (std::string each; std::getline(components, each, '/');)
    if (each.find_first_not_of("0123456789") == std::string::npos) {
      errors.say(Errors::ERROR, landmark.text(), "element name " + quoted(name) + " has all-digit component");
      break;
    }
  elements.push_back({name, type, config, landmark});
  return index;
}

std::array<int, 3> Scope::addTunnels(const std::string& name, const Landmark& landmark, Errors& errors) {
  std::array<int, 3> out{};
  const std::string names[] = {name, name + "/input", name + "/output"};
  for (size_t i = 0; i < 3; ++i) {
    out[i] = add(names[i], TUNNEL, "", landmark, errors);
    auto& found = elements[size_t(out[i])];
    if (found.type != TUNNEL) tellRedeclared(names[i], landmark, found.landmark, errors);
  }
  partner[out[0]] = out[1];
  partner[out[2]] = out[0];
  return out;
}

std::string Scope::anonymousName(const std::string& className) const {
  return ";" + className + "@" + std::to_string(elements.size() - unnumbered + 1);
}

std::string Scope::settleName(int element) {
  auto& mine = elements[size_t(element)].name;
  if (mine[0] != ';') return mine;
  auto settled = mine.substr(1);
  auto mark = settled.rfind('@');
  for (int number = std::stoi(settled.substr(mark + 1)); find(settled) >= 0;)
    settled = settled.substr(0, mark + 1) + std::to_string(++number);
  byName[settled] = element;
  return mine = settled;
}

void Scope::connect(int from, int fromPort, int to, int toPort) {
  fromPort = std::max(fromPort, 0);
  toPort = std::max(toPort, 0);
  connections.push_back({size_t(from), fromPort, size_t(to), toPort});
  auto& outputs = elements[size_t(from)].outputs;
  auto& inputs = elements[size_t(to)].inputs;
  outputs = std::max(outputs, fromPort + 1);
  inputs = std::max(inputs, toPort + 1);
}

std::string Scope::signature() const {
  std::string out = printable();
  for (size_t i = 0; i < formals.size(); ++i) {
    auto& keyword = formals[i].keyword;
    out += (i == 0 ? "(" : ", ") + (keyword.empty() ? "<arg>" : keyword == "__REST__" ? "..." : keyword);
  }
  return out + (formals.empty() ? "[" : ")[") + counts(inputs, outputs) + "]";
}

void tellRedeclared(const std::string& name, const Landmark& here, const Landmark& there, Errors& errors) {
  errors.say(Errors::ERROR, here.text(), "redeclaration of element " + quoted(name));
  errors.say(Errors::ERROR, there.text(), "element " + quoted(name) + " previously declared here");
}

std::string signature(const std::string& name, size_t arguments, int inputs, int outputs) {
  std::string out = (name.empty() ? "<anonymous>" : name) + "[";
  if (arguments > 0) out += std::to_string(arguments) + (arguments == 1 ? " argument, " : " arguments, ");
  return out + counts(inputs, outputs) + "]";
}

bool Scope::assign(const Strings& arguments, Strings& values) const {
  SilentErrors silent;
  Args args(arguments, nullptr, silent);
  values.assign(formals.size(), "");
  for (size_t i = 0; i < formals.size(); ++i) {
    auto& keyword = formals[i].keyword;
    if (keyword == "__REST__") {
      Strings rest;
      args.rest(rest);
      values[i] = joinArguments(rest);
    } else if (keyword.empty()) {
      args.mandatory("", values[i], as::raw);
    } else {
      args.mandatoryKeyword(keyword.c_str(), values[i], as::raw);
    }
  }
  return args.complete();
}

}  // namespace xylem::click

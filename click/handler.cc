// Handlers of an element, in the order in which they were added. Who adds one again replaces its read or write half.

#include <click/handler.h>

namespace xylem::click {

std::string Handler::flagsText() const {
  std::string out;
  if (read) out += 'r';
  if (read && takesArgument) out += '+';
  if (write) out += 'w';
  if (flags & RAW) out += '%';
  if (flags & CALM) out += '.';
  if (flags & EXPENSIVE) out += '$';
  if (flags & BUTTON) out += 'b';
  if (flags & CHECKBOX) out += 'c';
  return out;
}

Handler& Handlers::at(std::string name, unsigned flags) {
  for (auto& each : list)
    if (each.name == name) {
      each.flags |= flags;
      return each;
    }
  list.emplace_back();
  list.back().name = std::move(name);
  list.back().flags = flags;
  return list.back();
}

void Handlers::read(std::string name, std::function<std::string()> read, unsigned flags) {
  auto& handler = at(std::move(name), flags);
  handler.read = [read = std::move(read)](const std::string&, Errors&) { return read(); };
  handler.takesArgument = false;
}

void Handlers::readWith(std::string name, Handler::Read read, unsigned flags) {
  auto& handler = at(std::move(name), flags);
  handler.read = std::move(read);
  handler.takesArgument = true;
}

void Handlers::write(std::string name, Handler::Write write, unsigned flags) {
  at(std::move(name), flags).write = std::move(write);
}

void Handlers::button(std::string name, std::function<void()> press) {
  write(
      std::move(name), [press = std::move(press)](const std::string&, Errors&) { press(); }, Handler::BUTTON);
}

const Handler* Handlers::find(const std::string& name) const {
  for (auto& each : list)
    if (each.name == name) return &each;
  if (!others || name.empty()) return nullptr;
  auto found = made.find(name);
  if (found == made.end()) found = made.insert({name, others(name)}).first;
  return &found->second;
}

std::string Handlers::text(double value) { return print(value); }

}  // namespace xylem::click

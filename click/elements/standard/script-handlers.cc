// What can be asked of a script: to go on, its variables, and all functions that texts of scripts are made with.

#include <click/elements/standard/script-functions.h>
#include <click/elements/standard/script.h>
#include <click/router.h>

namespace xylem::click {

void Script::stepHandler(const std::string& text, Errors& errors) {
  auto word = trim(text);
  __int128 steps = 1;
  handlerName = "step";
  arguments.clear();
  if (word == "router") return run(1, Step::ROUTER, errors);
  if (!word.empty() && (!parseInteger(word, steps) || steps < 0 || steps > INT32_MAX))
    return errors.error("syntax error");
  run(int(steps), Step::HANDLER, errors);
}

void Script::gotoHandler(const std::string& text, Errors& errors) {
  auto place = target(trim(text));
  if (place < 0 || place >= int(instructions.size())) return errors.error("jump to nonexistent label");
  for (size_t i = size_t(place); i < instructions.size(); ++i) instructions[i].done = 0;
  position = size_t(place);
  handlerName = "goto";
  arguments.clear();
  run(0, Step::RUN, errors);
}

void Script::addHandlers(Handlers& handlers) {
  handlers.write("step", [this](const std::string& text, Errors& errors) { stepHandler(text, errors); });
  handlers.write("goto", [this](const std::string& text, Errors& errors) { gotoHandler(text, errors); });
  auto runs = [this](const std::string& name, bool isWrite) {
    return
        [this, name, isWrite](const std::string& text, Errors& errors) { return begin(name, text, isWrite, errors); };
  };
  handlers.readWith("run", runs("run", false));
  handlers.write("run", runs("run", true));
  for (auto& each : scriptFunctions()) {
    auto flags = each.isPrivate ? unsigned(Handler::PRIVATE) : 0u;
    handlers.readWith(
        each.name, [&each](const std::string& text, Errors& errors) { return each.call(text, errors).value_or(""); },
        flags);
  }
  handlers.read("now", [this]() { return printSeconds(router().scheduler.clock.now()); });
  addVariableHandlers(handlers);
  if (type == PROXY)
    handlers.others = [runs](const std::string& name) {
      Handler made;
      made.name = name;
      made.takesArgument = true;
      made.read = runs(name, false);
      made.write = runs(name, true);
      return made;
    };
}

void Script::addVariableHandlers(Handlers& handlers) {
  auto check = [this](bool isRead) {
    return [this, isRead](const std::string& text, Errors&) {
      SilentErrors silent;
      for (auto& word : splitWords(text)) {
        HandlerRef ref;
        auto found = router().resolve(word, ref, this, silent) ? router().handler(ref.element, ref.name) : nullptr;
        if (found == nullptr || !(isRead ? bool(found->read) : bool(found->write))) return click::print(false);
      }
      return click::print(true);
    };
  };
  handlers.readWith("readable", check(true));
  handlers.readWith("writable", check(false));
  auto variable = [this](const std::string& name, Errors& errors) -> std::string* {
    if (name == "args") return &arguments;
    if (auto found = variables.find(name); found != variables.end()) return &found->second;
    errors.error(name.empty() ? "no variable" : "undefined variable " + quoted(name));
    return nullptr;
  };
  handlers.readWith("get", [variable](const std::string& text, Errors& errors) {
    auto found = variable(trim(text), errors);
    return found ? *found : std::string();
  });
  handlers.readWith("shift", [variable](const std::string& text, Errors& errors) {
    auto name = trim(text);
    auto found = variable(name.empty() ? "args" : name, errors);
    return found ? shiftWord(*found) : std::string();
  });
  handlers.write("set", [this](const std::string& text, Errors& errors) {
    auto rest = text;
    auto name = shiftWord(rest);
    if (name.empty()) return errors.error("no variable");
    (name == "args" ? arguments : variables[name]) = rest;
  });
  for (auto& each : instructions)
    if (each.op == EXPORT) handlers.read(each.variable, [this, name = each.variable]() { return variables[name]; });
}

}  // namespace xylem::click

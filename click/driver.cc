// The loop: a share of tasks, then timers, then descriptors. Descriptors wait their turn while there are tasks.

#include <click/driver.h>
#include <click/kinds.h>

#include <algorithm>

namespace xylem::click {

namespace {

constexpr unsigned TASKS_PER_TURN = 128, TURNS_PER_WAIT = 2;
const char* const VERSION = "2.1";
// Of the language and the elements that we are compatible with.

std::string lines(const Strings& names) {
  std::string out;
  for (auto& each : names) out += each + "\n";
  return out;
}

std::string listOf(const Router& router) {
  Strings names;
  for (auto& each : router.elements()) names.push_back(each->name());
  return std::to_string(names.size()) + "\n" + lines(names);
}

std::string kindNames() {
  Strings names;
  for (auto kind : allKinds()) names.push_back(kind->name);
  std::sort(names.begin(), names.end());
  return lines(names);
}

}  // namespace

Driver::~Driver() {
  next = nullptr;
  current = nullptr;
}

bool Driver::load(Source source, Errors& errors) {
  for (auto& [name, value] : parameters) source.parameters.insert({name, value});
  auto before = errors.count();
  auto flat = parse(source, errors);
  if (errors.count() > before) {
    errors.error("Router could not be initialized!");
    return false;
  }
  for (size_t i = 0; i < controlSockets.size(); ++i)
    flat.elements.push_back({"click_driver@@ControlSocket@" + std::to_string(i + 1),
                             "ControlSocket",
                             findKind("ControlSocket"),
                             controlSockets[i] + ", RETRIES 3, RETRY_WARNINGS no",
                             {"<driver>", 0}});
  auto router = std::make_unique<Router>(scheduler, std::move(flat));
  router->batch = batch;
  router->former = current.get();
  addGlobals(*router);
  if (!router->initialize(errors)) return false;
  if (current == nullptr)
    current = std::move(router);
  else
    next = std::move(router);
  return true;
}

void Driver::swap() {
  StandardErrors errors;
  next->takeState(*current, errors);
  next->former = nullptr;
  current = std::move(next);
}

void Driver::addGlobals(Router& router) {
  auto& globals = router.globals;
  globals.read(
      "version", []() { return std::string(VERSION); }, Handler::CALM);
  globals.read(
      "driver", []() { return std::string("userlevel"); }, Handler::CALM);
  globals.read(
      "config", [&router]() { return router.flat().text; }, Handler::CALM);
  globals.read(
      "flatconfig", [&router]() { return unparse(router.flat()); }, Handler::CALM);
  globals.read(
      "list", [&router]() { return listOf(router); }, Handler::CALM);
  globals.read(
      "classes", []() { return kindNames(); }, Handler::CALM);
  globals.read(
      "packages", []() { return std::string(); }, Handler::CALM);
  globals.read(
      "requirements",
      [&router]() {
        Strings names;
        for (auto& [type, value] : router.flat().requirements)
          if (type == "package") names.push_back(value);
        return lines(names);
      },
      Handler::CALM);
  globals.read(
      "handlers",
      [&router]() {
        std::string out;
        for (auto& each : router.globals.all()) out += each.name + "\t" + each.flagsText() + "\n";
        return out;
      },
      Handler::CALM);
  globals.write(
      "stop",
      [&router](const std::string& count, Errors& errors) {
        int32_t times = 1;
        if (!trim(count).empty() && !read(trim(count), times, Reading{nullptr, errors})) return;
        for (; times > 0; --times) router.stop();
      },
      Handler::BUTTON);
  globals.write("timewarp", [this](const std::string& text, Errors& errors) {
    double factor = 1;
    if (read(trim(text), factor, Reading{nullptr, errors}) && factor > 0) scheduler.clock.warp(factor);
  });
  if (!mayHotswap) return;
  globals.write("hotconfig", [this](const std::string& text, Errors& errors) {
    Source source;
    source.text = text;
    source.file = "hotconfig";
    load(source, errors);
  });
}

bool Driver::turn(bool block) {
  if (next != nullptr) swap();
  if (isStopping) {
    isStopping = false;
    current->stopAll();
  }
  if (!current->running() && (!current->onStop || !current->onStop())) return next != nullptr;
  scheduler.runTasks(TASKS_PER_TURN);
  scheduler.runTimers();
  isIdle = !scheduler.hasTasks() && current->running() && next == nullptr;
  if ((isIdle || ++turns % TURNS_PER_WAIT == 0) && scheduler.wait(isIdle && block)) isIdle = false;
  return true;
}

void Driver::run() {
  while (turn(true)) {
  }
}

}  // namespace xylem::click

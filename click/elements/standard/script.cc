// A script stands at an instruction. `run` goes on from there with a number of steps: each pause or wait that it passes
// costs one, and where none is left it stays. What wakes it (a timer, `step`, the router that would stop) brings one
// step. A script that is entered again by a handler that it calls itself does not nest: the steps are added to the run
// under way.

#include <click/elements/standard/script-functions.h>
#include <click/elements/standard/script-text.h>
#include <click/elements/standard/script.h>
#include <click/router.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace xylem::click {

const Kind Script::KIND = kindOf<Script>("Script", "-/-", "ah/ah");
const Kind DriverManager::KIND = kindOf<DriverManager>("DriverManager");

namespace {

constexpr unsigned MOST_JUMPS = 1000;
constexpr int FAILURE = -22;
// $? after a write that failed.

constexpr int SIGNALS = 32;
int signalPipes[SIGNALS][16];
// Where a signal is told, to the scripts that wait for it; 0 is nobody.

void onSignal(int number) {
  int before = errno;
  for (auto fd : signalPipes[number])
    if (fd > 0 && ::write(fd, "", 1) < 0) break;
  errno = before;
}

}  // namespace

const Script::Word Script::WORDS[] = {
    {"append", APPEND, false, true},   {"end", END, false, true},         {"error", ERROR, false, true},
    {"errorq", ERROR, true, true},     {"exit", EXIT, false, true},       {"export", EXPORT, false, true},
    {"exportq", EXPORT, true, true},   {"goto", GOTO, false, true},       {"init", INIT, false, true},
    {"initq", INIT, true, true},       {"label", LABEL, false, true},     {"loop", LOOP, false, true},
    {"pause", PAUSE, false, true},     {"print", PRINT, false, true},     {"printn", PRINT, false, false},
    {"printnq", PRINT, true, false},   {"printq", PRINT, true, true},     {"read", READ, false, true},
    {"readq", READ, true, true},       {"return", RETURN, false, true},   {"returnq", RETURN, true, true},
    {"save", SAVE, false, true},       {"set", SET, false, true},         {"setq", SET, true, true},
    {"stop", STOP, false, true},       {"wait", WAIT, false, true},       {"wait_for", WAIT, false, true},
    {"wait_step", PAUSE, false, true}, {"wait_stop", PAUSE, false, true}, {"wait_time", WAIT, false, true},
    {"write", WRITE, false, true},     {"writeq", WRITE, true, true},
};

// ---- reading it

bool Script::readType(const std::string& text, Args& args) {
  static const std::pair<const char*, Type> TYPES[] = {{"ACTIVE", ACTIVE}, {"PASSIVE", PASSIVE}, {"PACKET", PACKET},
                                                       {"PUSH", PACKET},   {"PROXY", PROXY},     {"DRIVER", DRIVER},
                                                       {"SIGNAL", SIGNAL}};
  auto words = splitWords(text);
  for (auto& [name, value] : TYPES)
    if (!words.empty() && words[0] == name && (words.size() == 1 || value == SIGNAL)) {
      type = value;
      for (size_t i = 1; i < words.size(); ++i) {
        auto number = signalNumber(words[i]);
        if (!number) return args.error("bad signal number"), false;
        signals.push_back(*number);
      }
      if (type == SIGNAL && signals.empty()) return args.error("bad signal number"), false;
      return true;
    }
  args.error("bad TYPE");
  return false;
}

void Script::configure(Args& args) {
  std::string typeText;
  args.keyword("TYPE", typeText, as::raw);
  if (!args.consume()) return;
  if (!typeText.empty() && !readType(typeText, args)) return;
  if (type == DRIVER) {
    if (router().onStop) return args.error("router has more than one driver script");
    router().onStop = [this]() { return stepRouter(); };
  }
  if (type == PACKET && inputs() == 0) return args.error("PACKET script must have inputs");
  if (type != PACKET && inputs() + outputs() > 0) return args.error("ports allowed only on PACKET scripts");
  Strings texts;
  args.rest(texts);
  for (auto& each : texts)
    if (!readInstruction(each)) args.error("syntax error at " + quoted(splitWords(each)[0]));
  for (auto& each : instructions) {
    if (each.op != GOTO || each.text.empty()) continue;
    auto label = shiftWord(each.text);
    each.target = target(label);
    if (each.target >= int(instructions.size())) args.error("no such label " + quoted(label));
  }
  if (instructions.empty() && type == DRIVER) add({PAUSE, "", "", false, true, 1});
  add({type == DRIVER ? STOP : END});
}

void Script::add(Instruction instruction) {
  bool waits = instruction.op == PAUSE || instruction.op == WAIT;
  if (instructions.empty() && !waits) instructions.push_back({START});
  instructions.push_back(std::move(instruction));
}

bool Script::readInstruction(std::string text) {
  auto name = shiftWord(text);
  if (name.empty()) return true;
  auto word = std::find_if(std::begin(WORDS), std::end(WORDS), [&name](auto& each) { return name == each.name; });
  if (word == std::end(WORDS)) return false;
  Instruction now{word->op, "", "", word->unquotes, word->hasNewline};
  if (name == "wait" && text.empty()) now.op = PAUSE;
  switch (now.op) {
    case PAUSE: {
      __int128 count = 1;
      if (!text.empty() && (!parseInteger(text, count) || count < 0 || count > UINT32_MAX)) return false;
      now.count = unsigned(count);
      text.clear();
      break;
    }
    case SET:
    case INIT:
    case EXPORT:
      if (!readVariable(now, text)) return false;
      break;
    case RETURN:
      now.variable = "_";
      break;
    case LABEL:
      if (splitWords(text).size() != 1) return false;
      text = trim(text);
      break;
    case LOOP:
    case END:
    case EXIT:
    case STOP:
      if (!text.empty()) return false;
      if (now.op == LOOP) now.op = GOTO;
      break;
    default:
      break;
  }
  now.text = text;
  add(std::move(now));
  return true;
}

bool Script::readVariable(Instruction& instruction, std::string& text) {
  instruction.variable = shiftWord(text);
  variables.insert({instruction.variable, ""});
  return !instruction.variable.empty() && (instruction.op != SET || !text.empty());
}

int Script::target(const std::string& label) const {
  for (size_t i = 0; i < instructions.size(); ++i)
    if (instructions[i].op == LABEL && instructions[i].text == label) return int(i);
  for (auto op : {END, EXIT, STOP, ERROR})
    for (auto& word : WORDS)
      if (word.op == op && !word.unquotes && label == word.name) return -int(op);
  return label == "begin" || label == "loop" ? 0 : int(instructions.size());
}

// ---- starting

void Script::initialize(Errors& errors) {
  timer.initialize(*this);
  for (auto& each : instructions)
    if (each.op == INIT || each.op == EXPORT) variables[each.variable] = text(each, errors);
  if (type == SIGNAL) catchSignals();
  if (type != ACTIVE && type != DRIVER) return;
  auto& first = instructions[0];
  if (first.op == WAIT) {
    int none = 0;
    wait(first, none, errors);
  } else if (first.op == START) {
    // The router asks the driver's script at once; others begin with the first timers.
    first.count = 1;
    if (type == DRIVER)
      router().goOn(-1);
    else
      timer.scheduleAfter(0);
  }
}

void Script::catchSignals() {
  if (pipe2(pipe, O_NONBLOCK | O_CLOEXEC) < 0) return;
  router().scheduler.watch(pipe[0], *this, true, false);
  for (auto number : signals)
    for (auto& place : signalPipes[number])
      if (place == 0) {
        place = pipe[1];
        signal(number, onSignal);
        break;
      }
}

Script::~Script() {
  if (pipe[0] < 0) return;
  for (auto number : signals) {
    std::replace(std::begin(signalPipes[number]), std::end(signalPipes[number]), pipe[1], 0);
    if (std::all_of(std::begin(signalPipes[number]), std::end(signalPipes[number]), [](int fd) { return fd == 0; }))
      signal(number, SIG_DFL);
  }
  close(pipe[0]);
  close(pipe[1]);
}

void Script::selected(int fd, bool, bool) {
  char bytes[64];
  while (::read(fd, bytes, sizeof bytes) > 0) {
  }
  StandardErrors errors;
  InContext context(errors, "", "While executing " + quoted(declaration()) + ":");
  begin("run", "", true, context);
}

// ---- texts

std::optional<std::string> Script::lookup(const std::string& name, bool isHandler, Errors& errors) {
  if (isHandler) {
    auto before = errors.count();
    auto value = call(name, false, errors);
    return errors.count() > before ? std::nullopt : std::optional(value);
  }
  if (auto found = variables.find(name); found != variables.end()) return found->second;
  if (name == "?") return std::to_string(status);
  if (name == "args") return arguments;
  if (name == "$") return std::to_string(getpid());
  if (name == "0") return handlerName;
  if (name == "#") return std::to_string(splitWords(arguments).size());
  if (name == "write") return click::print(isWritten);
  __int128 number;
  if (!std::isdigit(static_cast<unsigned char>(name[0])) || !parseInteger(name, number) || number < 1)
    return std::nullopt;
  auto words = splitWords(arguments);
  return number <= __int128(words.size()) ? words[size_t(number) - 1] : "";
}

std::string Script::expand(const std::string& text, Errors& errors, bool isProtected) {
  auto find = [this, &errors](const std::string& name, bool isHandler) { return lookup(name, isHandler, errors); };
  return expandScript(text, find, isProtected);
}

std::string Script::text(const Instruction& instruction, Errors& errors) {
  auto value = expand(instruction.text, errors);
  return instruction.unquotes ? unquote(value) : value;
}

// ---- running

void Script::run(int steps, Step how, Errors& errors) {
  if (isRunning) {
    if (how == Step::HANDLER) pendingSteps += steps;
    return;
  }
  isRunning = true;
  jumps = 0;
  ended = START;
  while (position < instructions.size() && jumps < MOST_JUMPS) {
    auto at = position++;
    bool goesOn = perform(at, steps, how, errors);
    if (position != at + 1) ++jumps;
    if (!goesOn && pendingSteps > 0 && ended == START) {
      steps += pendingSteps;
      pendingSteps = 0;
    } else if (!goesOn) {
      break;
    }
  }
  isRunning = false;
  pendingSteps = 0;
  if (jumps >= MOST_JUMPS) {
    chatter(declaration() + ": too many jumps, giving up");
    position = instructions.size();
    timer.unschedule();
  }
  if (how == Step::ROUTER && ended == START) router().goOn();
}

bool Script::perform(size_t at, int& steps, Step how, Errors& errors) {
  auto& now = instructions[at];
  switch (now.op) {
    case START:
      if (now.count > 0 && steps > 0) --steps;
      now.count = 0;
      return true;
    case PAUSE:
      for (; steps > 0 && now.done < now.count; --steps) ++now.done;
      if (now.done < now.count) position = at;
      return now.done >= now.count;
    case WAIT:
      if (!wait(now, steps, errors)) {
        position = at;
        return false;
      }
      return true;
    case PRINT:
      print(now, errors);
      return true;
    case SAVE:
    case APPEND: {
      auto file = now.text;
      auto name = shiftWord(file);
      print((now.op == SAVE ? ">" : ">>") + (file.empty() ? "-" : file) + " " + name, false, false, errors);
      return true;
    }
    case READ: {
      auto before = errors.count();
      auto value = call(expand(now.text, errors), now.unquotes, errors, true);
      auto call = expand(now.text, errors);
      if (errors.count() == before) chatter(shiftWord(call) + ":\n" + value + "\n");
      return true;
    }
    case WRITE:
      write(now, errors);
      return true;
    case SET:
    case RETURN:
      variables[now.variable] = text(now, errors);
      if (now.op == SET || position != at + 1) return true;
      end(RETURN);
      position = at;
      return false;
    case GOTO:
      return jump(at, errors);
    case ERROR:
      if (auto message = text(now, errors); !message.empty()) errors.error(message);
      [[fallthrough]];
    case END:
    case EXIT:
    case STOP:
      end(now.op);
      position = at;
      if (now.op == STOP && how != Step::ROUTER) router().stop();
      return false;
    default:
      return true;
  }
}

bool Script::wait(const Instruction& instruction, int& steps, Errors& errors) {
  if (steps > 0) {
    --steps;
    timer.unschedule();
    return true;
  }
  Nanoseconds time;
  SilentErrors silent;
  if (as::time(trim(expand(instruction.text, errors)), time, Reading{this, silent}))
    timer.scheduleAfter(time);
  else
    errors.error("syntax error at 'wait'");
  return false;
}

bool Script::jump(size_t at, Errors& errors) {
  auto& now = instructions[at];
  auto condition = trim(expand(now.text, errors));
  bool isTrue = true;
  if (!condition.empty() && !click::read(condition, isTrue, Reading{this, errors})) {
    errors.error("bad condition " + quoted(condition));
    return true;
  }
  if (!isTrue) return true;
  if (now.target < 0) {
    end(Op(-now.target));
    if (ended == STOP) router().stop();
    position = at;
    return false;
  }
  for (size_t i = size_t(now.target); i < at; ++i) instructions[i].done = 0;
  position = size_t(now.target);
  // A jump to itself is one too.
  if (position == at + 1) ++jumps;
  return true;
}

void Script::end(Op op) { ended = op; }

std::string Script::call(const std::string& given, bool unquotes, Errors& errors, bool isTold) {
  HandlerRef ref;
  if (!router().resolve(given, ref, this, errors)) return "";
  if (unquotes) ref.argument = unquote(ref.argument);
  if (!isTold || router().handler(ref.element, ref.name) == nullptr) return router().read(ref, errors);
  InContext context(errors, "", "While calling " + quoted(trim(given)) + ":");
  return router().read(ref, context);
}

void Script::print(const Instruction& instruction, Errors& errors) {
  print(instruction.text, instruction.unquotes, instruction.hasNewline, errors);
}

void Script::print(std::string text, bool unquotes, bool hasNewline, Errors& errors) {
  FILE* file = stdout;
  if (text.starts_with('>')) {
    bool appends = text.starts_with(">>");
    text.erase(0, appends ? 2 : 1);
    auto name = shiftWord(text);
    name = unquote(expand(name, errors));
    if (!name.empty() && name != "-" && (file = fopen(name.c_str(), appends ? "ab" : "wb")) == nullptr)
      return errors.error(name + ": " + strerror(errno));
  }
  auto before = errors.count();
  auto letter = text.empty() ? ' ' : text[0];
  bool isHandler = std::isalpha(static_cast<unsigned char>(letter)) || letter == '@' || letter == '_';
  auto result = isHandler ? call(expand(text, errors), unquotes, errors, true) : unquote(expand(text, errors, true));
  if (errors.count() == before && hasNewline && (result.empty() || result.back() != '\n')) result += '\n';
  fwrite(result.data(), 1, result.size(), file);
  if (file == stdout)
    fflush(file);
  else
    fclose(file);
}

void Script::write(const Instruction& instruction, Errors& errors) {
  auto given = expand(instruction.text, errors);
  HandlerRef ref;
  if (!router().resolve(given, ref, this, errors)) return;
  auto value = instruction.unquotes ? unquote(ref.argument) : ref.argument;
  ref.argument.clear();
  auto before = errors.count();
  if (router().handler(ref.element, ref.name) == nullptr) return router().write(ref, value, errors);
  InContext context(errors, "", "While calling " + quoted(trim(given)) + ":");
  router().write(ref, value, context);
  status = errors.count() > before ? FAILURE : 0;
}

// ---- what sets it going

void Script::runTimer(Timer&) {
  StandardErrors errors;
  InContext context(errors, "", "While executing " + quoted(declaration()) + ":");
  run(1, Step::HANDLER, context);
}

bool Script::stepRouter() {
  // Asked when the router would stop. A script that blocks makes it go on.
  StandardErrors errors;
  InContext context(errors, "", "While executing " + quoted(declaration()) + ":");
  for (unsigned i = 0; i < MOST_JUMPS && !router().running() && position < instructions.size() && !isRunning; ++i) {
    run(1, Step::ROUTER, context);
    if (ended == STOP || ended == ERROR) break;
  }
  return router().running();
}

std::string Script::begin(const std::string& handler, const std::string& args, bool isWrite, Errors& errors) {
  // What `run` answers.
  handlerName = handler;
  arguments = args;
  isWritten = isWrite;
  if (isRunning) return "";
  position = 0;
  auto before = errors.count();
  run(0, Step::RUN, errors);
  if (ended == ERROR && errors.count() == before) errors.error("error");
  return ended == RETURN ? variables["_"] : "";
}

int Script::portFor(int input) {
  StandardErrors errors;
  InContext context(errors, "", "While executing " + quoted(declaration()) + ":");
  variables["input"] = std::to_string(input);
  auto value = begin("", "", false, context);
  if (ended == END) return 0;
  __int128 port;
  return parseInteger(trim(value), port) && port >= 0 && port < outputs() ? int(port) : DROP;
}

void Script::push(int port, PacketPtr packet) { pushTo(portFor(port), std::move(packet)); }

PacketPtr Script::pull(int) {
  auto packet = input(0).pull();
  if (packet == nullptr) return nullptr;
  int port = portFor(0);
  if (port == 0) return packet;
  pushTo(port, std::move(packet));
  return nullptr;
}

// ---- handlers

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

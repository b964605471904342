// A script stands at an instruction. `run` goes on from there with a number of steps: each pause or wait that it passes
// costs one, and where none is left it stays. What wakes it (a timer, `step`, the router that would stop) brings one
// step. A script that is entered again by a handler that it calls itself does not nest: the steps are added to the run
// under way.

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

}  // namespace xylem::click

// Start and end of a daemon.
//
// At the end the order matters: first nobody is served any more, which cancels what callers had begun; then the daemon
// goes, and with it the capabilities that it holds, so that others learn that it leaves on purpose; the process goes
// last.

#include <xrl/run.h>

#include <capnp/serialize.h>
#include <kj/debug.h>
#include <kj/main.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <xrl/log.h>

namespace xylem::xrl {

namespace {

class Faults final : public kj::ExceptionCallback {
  // Has what KJ itself logs join our log.
 public:
  void logMessage(kj::LogSeverity severity, const char* file, int line, int, kj::String&& text) override {
    auto level = severity >= kj::LogSeverity::ERROR ? log::Level::ERROR : log::Level::WARN;
    log::event(level, "fault", "at", kj::str(file, ':', line), "text", text);
  }
};

class Program {
 public:
  Program(kj::ProcessContext& context, kj::StringPtr name, kj::Function<void(Loop&, Arguments&&)>& body)
      : context(context), name(name), body(body) {}

  kj::MainFunc getMain() {
    return kj::MainBuilder(context, kj::str("xylem-", name),
                           "A process of the Xylem router; the router manager starts it.")
        .addOptionWithArg(
            {"run"}, [this](kj::StringPtr v) { return take(arguments.runDirectory, v); }, "DIR",
            "The router's run directory.")
        .addOptionWithArg(
            {"log"}, [this](kj::StringPtr v) { return setLevel(v); }, "LEVEL",
            "Least level that is logged: debug, info, warn or error.")
        .addOptionWithArg(
            {"lifeline"}, [this](kj::StringPtr v) { return take(arguments.lifeline, v); }, "FD",
            "Exit when the other side of this descriptor is closed.")
        .addOptionWithArg(
            {"listen"}, [this](kj::StringPtr v) { return take(arguments.listen, v); }, "FD",
            "The listening socket of the Finder.")
        .addOption(
            {"check"}, [this]() { return arguments.check = true; },
            "Read a configuration message from standard input, write a List(Problem) to standard output, and exit.")
        .expectZeroOrMoreArgs("ARG",
                              [this](kj::StringPtr v) {
                                arguments.rest.add(kj::str(v));
                                return true;
                              })
        .callAfterParsing([this]() { return go(); })
        .build();
  }

 private:
  using Valid = kj::MainBuilder::Validity;

  Valid take(kj::String& into, kj::StringPtr value) {
    into = kj::str(value);
    return true;
  }
  Valid take(int& into, kj::StringPtr value) {
    char* end;
    into = int(strtol(value.cStr(), &end, 10));
    if (value.size() == 0 || *end != 0 || into < 0) return "expected a descriptor's number";
    return true;
  }
  Valid setLevel(kj::StringPtr value) {
    for (auto each : {log::Level::DEBUG, log::Level::INFO, log::Level::WARN, log::Level::ERROR})
      if (value == kj::StringPtr(LEVELS[int(each)])) {
        level = each;
        arguments.level = kj::str(value);
        return true;
      }
    return "expected debug, info, warn or error";
  }
  Valid go() {
    if (arguments.runDirectory.size() == 0 && !arguments.check) return "--run DIR is needed";
    prctl(PR_SET_NAME, kj::str("xylem-", name).cStr());
    log::open(name, level);
    Faults faults;
    signal(SIGPIPE, SIG_IGN);
    Loop loop;
    body(loop, kj::mv(arguments));
    return true;
  }

  static constexpr const char* LEVELS[] = {"debug", "info", "warn", "error"};

  kj::ProcessContext& context;
  kj::StringPtr name;
  kj::Function<void(Loop&, Arguments&&)>& body;
  Arguments arguments;
  log::Level level = log::Level::INFO;
};

}  // namespace

int start(kj::StringPtr name, int argc, char** argv, kj::Function<void(Loop&, Arguments&&)> body) {
  kj::TopLevelProcessContext context(argv[0]);
  Program program(context, name, body);
  return kj::runMainAndExit(context, program.getMain(), argc, argv);
}

kj::Promise<void> untilTold(Loop& loop, const Arguments& arguments) {
  auto told = loop.onSignal(SIGTERM).exclusiveJoin(loop.onSignal(SIGINT)).ignoreResult();
  if (arguments.lifeline < 0) return told;
  return told.exclusiveJoin(loop.whenReadable(arguments.lifeline));
}

namespace {

void checkOnly(Loop& loop, Process& process) {
  // The daemon is made and asked, but never served: it meets nobody.
  auto caller = kj::refcounted<Caller>();
  caller->role = Role::MANAGER;
  auto get = process.offers->to(kj::mv(caller)).getRequest();
  get.setInterface("Daemon");
  capnp::StreamFdMessageReader input(STDIN_FILENO);
  auto request = get.send().getService().castAs<Daemon<>>().checkRequest();
  request.getConfig().set(input.getRoot<capnp::AnyPointer>());
  auto answer = request.send().wait(loop.waitScope());
  capnp::MallocMessageBuilder output;
  output.setRoot(answer.getProblems());
  capnp::writeMessageToFd(STDOUT_FILENO, output);
}

}  // namespace

int runDaemon(kj::StringPtr name, int argc, char** argv, kj::ArrayPtr<const kj::byte> schema,
              kj::Function<kj::Own<void>(Process&)> make) {
  return start(name, argc, argv, [&](Loop& loop, Arguments&& arguments) {
    Process process(loop, kj::mv(arguments.runDirectory), kj::str(name), schema);
    auto daemon = make(process);
    if (arguments.check) return checkOnly(loop, process);
    process.serve().exclusiveJoin(untilTold(loop, arguments)).wait(loop.waitScope());
    process.stop();
    daemon = nullptr;
  });
}

}  // namespace xylem::xrl

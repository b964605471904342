// xylem: the one command that people type. It runs routers, and talks to those that run.

#include <cli/ask.h>
#include <cli/check.h>
#include <cli/script.h>
#include <cli/terminal.h>
#include <cli/where.h>
#include <kj/debug.h>
#include <signal.h>
#include <unistd.h>
#include <xrl/fault.h>
#include <xrl/installed.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>

namespace {

using namespace xylem;

int run(const std::string& file, const std::string& name, const std::string& level) {
  // The supervisor takes the place of this process.
  auto program = kj::str(xrl::programDirectory(), "/xylem-rtrmgr");
  auto directory = cli::runDirectory(name.c_str());
  execl(program.cStr(), program.cStr(), "--run", directory.cStr(), "--log", level.c_str(), file.c_str(), nullptr);
  KJ_FAIL_SYSCALL("cannot start the router manager", errno, program);
}

int become(kj::StringPtr name, char** argv) {
  // The program has options of its own, all of which it shall see.
  auto program = kj::str(xrl::programDirectory(), "/xylem-", name);
  execv(program.cStr(), argv);
  fprintf(stderr, "xylem: cannot start %s: %s\n", program.cStr(), strerror(errno));
  return 1;
}

void withRouter(const std::string& name, kj::Function<kj::Promise<void>(cli::Asker&, cli::Output)> act) {
  signal(SIGPIPE, SIG_DFL);
  xrl::Loop loop;
  xrl::Process process(loop, cli::runDirectory(name.c_str()), kj::str(), nullptr);
  KJ_REQUIRE(process.isThere(), "no router of this name runs here", name.c_str());
  cli::Asker asker(process);
  act(asker, [](kj::String text) -> kj::Promise<void> {
    fwrite(text.begin(), 1, text.size(), stdout);
    return kj::READY_NOW;
  }).wait(loop.waitScope());
}

int converse(kj::StringPtr router, const std::vector<std::string>& commands) {
  signal(SIGPIPE, SIG_DFL);
  xrl::Loop loop;
  xrl::Process process(loop, cli::runDirectory(router), kj::str(), nullptr);
  KJ_REQUIRE(process.isThere(), "no router of this name runs here", router);
  auto lines = KJ_MAP(command, commands)->kj::StringPtr { return command.c_str(); };
  if (lines.size() > 0) return cli::runCommands(process, router, lines);
  bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  return terminal ? cli::runTerminal(process, router) : cli::runInput(process, router);
}

}  // namespace

int main(int argc, char** argv) {
  for (auto own : {"click"_kj, "slice"_kj})
    if (argc > 1 && kj::StringPtr(argv[1]) == own) return become(own, argv + 1);
  CLI::App app("Xylem, a modular IP router.");
  app.require_subcommand(1);
  std::string name = "main", file, level = "info", locator;
  std::vector<std::string> commands;
  bool list = false, json = false;
  int status = 0;

  auto runCommand =
      app.add_subcommand("run", "Run a router in this network namespace, in the foreground, until SIGTERM.");
  runCommand->add_option("FILE", file, "Configuration; commits are written back to it.")
      ->required()
      ->check(CLI::ExistingFile);
  runCommand->add_option("--log", level, "Least level that is logged.")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));

  auto checkCommand = app.add_subcommand("check", "Say all that is wrong with a configuration.");
  checkCommand->add_option("FILE", file, "Configuration.")->required()->check(CLI::ExistingFile);

  auto callCommand = app.add_subcommand("call", "Call any method of any process of a router.");
  callCommand->add_option("LOCATOR", locator,
                          "TARGET/INTERFACE/METHOD?ARGUMENT=VALUE&..., such as rib/Show/lookup?net=10.0.0.0/8");
  callCommand->add_flag("--list", list, "List targets, interfaces and methods, or those that LOCATOR begins with.");
  callCommand->add_flag("--json", json, "Print the result as JSON.");

  auto psCommand = app.add_subcommand("ps", "List the processes of a router.");
  psCommand->add_flag("--json", json, "Print them as JSON.");

  auto cliCommand = app.add_subcommand("cli", "Operate and configure a router.");
  cliCommand->add_option("-c", commands, "Run this command, and no conversation; several run in order.")
      ->allow_extra_args(false);

  app.add_subcommand("click", "Run a configuration in the Click language; see `xylem click --help`.");
  app.add_subcommand("slice", "Testbeds of virtual routers; see `xylem slice --help`.");

  for (auto command : {runCommand, callCommand, psCommand, cliCommand})
    command->add_option("--name", name, "Name of the router.");
  CLI11_PARSE(app, argc, argv);

  KJ_IF_MAYBE (fault, kj::runCatchingExceptions([&]() {
                 if (runCommand->parsed()) run(file, name, level);
                 if (checkCommand->parsed()) status = cli::check(file.c_str());
                 if (callCommand->parsed())
                   withRouter(name, [&](cli::Asker& asker, cli::Output output) {
                     return list ? asker.list(locator.c_str(), {json}, kj::mv(output))
                                 : asker.call(locator.c_str(), {json}, kj::mv(output));
                   });
                 if (cliCommand->parsed()) status = converse(name.c_str(), commands);
                 if (psCommand->parsed())
                   withRouter(name, [&](cli::Asker& asker, cli::Output output) {
                     return asker.call("finder/Show/process", {json}, kj::mv(output));
                   });
               })) {
    fprintf(stderr, "xylem: %s\n", xrl::explain(*fault).cStr());
    return 1;
  }
  return status;
}

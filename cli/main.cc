// xylem: the one command that people type. It runs routers, and talks to those that run.

#include <cli/call.h>
#include <cli/check.h>
#include <cli/where.h>
#include <kj/debug.h>
#include <unistd.h>
#include <xrl/installed.h>

#include <CLI/CLI.hpp>

namespace {

using namespace xylem;

int run(const std::string& file, const std::string& name, const std::string& level) {
  // The supervisor takes the place of this process.
  auto program = kj::str(xrl::programDirectory(), "/xylem-rtrmgr");
  auto directory = cli::runDirectory(name.c_str());
  execl(program.cStr(), program.cStr(), "--run", directory.cStr(), "--log", level.c_str(), file.c_str(), nullptr);
  KJ_FAIL_SYSCALL("cannot start the router manager", errno, program);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Xylem, a modular IP router.");
  app.require_subcommand(1);
  std::string name = "main", file, level = "info", locator;
  std::vector<std::string> commands;
  bool list = false, json = false;

  auto runCommand = app.add_subcommand("run", "Run a router in this network namespace, in the foreground, until SIGTERM.");
  runCommand->add_option("FILE", file, "Configuration; commits are written back to it.")->required()->check(CLI::ExistingFile);
  runCommand->add_option("--log", level, "Least level that is logged.")->check(CLI::IsMember({"debug", "info", "warn", "error"}));

  auto checkCommand = app.add_subcommand("check", "Say all that is wrong with a configuration.");
  checkCommand->add_option("FILE", file, "Configuration.")->required()->check(CLI::ExistingFile);

  auto callCommand = app.add_subcommand("call", "Call any method of any process of a router.");
  callCommand->add_option("LOCATOR", locator, "TARGET/INTERFACE/METHOD?ARGUMENT=VALUE&..., such as rib/Show/lookup?net=10.0.0.0/8");
  callCommand->add_flag("--list", list, "List targets, interfaces and methods, or those that LOCATOR begins with.");
  callCommand->add_flag("--json", json, "Print the result as JSON.");

  auto psCommand = app.add_subcommand("ps", "List the processes of a router.");
  psCommand->add_flag("--json", json, "Print them as JSON.");

  for (auto command : {runCommand, callCommand, psCommand}) command->add_option("--name", name, "Name of the router.");
  CLI11_PARSE(app, argc, argv);

  return 0;
}

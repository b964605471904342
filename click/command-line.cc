// The options of the original.

#include <click/command-line.h>
#include <click/driver.h>
#include <click/kinds.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

namespace xylem::click {

namespace {

Driver* running = nullptr;

void onSignal(int number) {
  // A script may have something to say about the first one.
  signal(number, SIG_DFL);
  running->stop();
}

struct Options {
  std::string file, output;
  std::vector<std::string> expressions, handlers, ports, sockets, rest;
  std::string exitHandler, provided;
  unsigned threads = 1, batch = 1;
  bool quit = false, time = false, quiet = false, hotswap = false, simulated = false, flatten = false, elements = false;
};

class Warned final : public Errors {
 public:
  explicit Warned(bool quiet) : quiet(quiet) {}

 private:
  void tell(Kind kind, const std::string& landmark, const std::string& text) override {
    if (kind != WARNING || !quiet) out.say(kind, landmark, text);
  }
  StandardErrors out;
  bool quiet;
};

bool readSource(const Options& options, Source& source, Errors& errors) {
  if (!options.expressions.empty()) {
    for (auto& each : options.expressions) source.text += (source.text.empty() ? "" : "\n") + each;
    source.file = "config";
    return true;
  }
  std::stringstream text;
  if (options.file.empty() || options.file == "-") {
    text << std::cin.rdbuf();
    source.file = "<stdin>";
  } else {
    std::ifstream file(options.file);
    if (!file) {
      errors.error(options.file + ": " + strerror(errno));
      return false;
    }
    text << file.rdbuf();
    source.file = options.file;
  }
  source.text = text.str();
  return true;
}

Strings controlSockets(const Options& options) {
  Strings out;
  for (auto& each : options.ports) out.push_back("TCP, " + each);
  for (auto& each : options.sockets) out.push_back("UNIX, " + quote(each));
  return out;
}

void printHandler(Router& router, const HandlerRef& ref, bool isNamed, Errors& errors) {
  auto before = errors.count();
  auto value = router.read(ref, errors);
  if (errors.count() > before) return;
  if (isNamed) std::cout << (ref.element ? ref.element->name() + "." : "") << ref.name << ":\n";
  std::cout << value;
  if (!value.empty() && value.back() != '\n') std::cout << "\n";
  if (isNamed) std::cout << "\n";
}

void printHandlers(Router& router, const std::vector<std::string>& names, Errors& errors) {
  bool isNamed = names.size() > 1;
  for (auto& name : names) {
    if (name.starts_with("*.")) {
      for (auto& element : router.elements())
        if (auto handler = router.handler(element.get(), name.substr(2)); handler && handler->read)
          printHandler(router, {element.get(), handler->name, ""}, true, errors);
      continue;
    }
    HandlerRef ref;
    auto before = errors.count();
    if (router.resolve(name, ref, nullptr, errors) && errors.count() == before)
      printHandler(router, ref, isNamed, errors);
  }
}

int exitStatus(Router& router, const std::string& name, Errors& errors) {
  HandlerRef ref;
  if (!router.resolve(name, ref, nullptr, errors)) return 1;
  auto value = trim(router.read(ref, errors));
  bool truth;
  __int128 number;
  if (parseInteger(value, number)) return int(number) & 0xff;
  if (read(value, truth, Reading{nullptr, errors})) return truth ? 0 : 1;
  return 1;
}

void printElements() {
  for (auto kind : allKinds()) std::cout << kind->name << "\t" << kind->ports << "\t" << kind->processing << "\n";
}

int run(const Options& options) {
  Warned errors(options.quiet);
  if (!options.provided.empty()) return provides(options.provided) ? 0 : 1;
  if (options.elements) {
    printElements();
    return 0;
  }
  Source source;
  if (!readSource(options, source, errors)) return 1;
  Driver driver;
  driver.batch = options.batch;
  driver.mayHotswap = options.hotswap;
  driver.controlSockets = controlSockets(options);
  for (auto& each : options.rest) {
    auto equals = each.find('=');
    driver.parameters[each.substr(0, equals)] = each.substr(equals + 1);
  }
  if (options.simulated) driver.scheduler.clock.simulate();
  if (options.flatten) {
    source.parameters = driver.parameters;
    auto flat = parse(source, errors);
    std::cout << unparse(flat);
    return errors.count() > 0 ? 1 : 0;
  }
  if (!driver.load(source, errors)) return 1;
  if (!options.output.empty()) {
    auto flat = unparse(driver.router()->flat());
    if (options.output == "-")
      std::cout << flat;
    else
      std::ofstream(options.output) << flat;
  }
  running = &driver;
  signal(SIGINT, onSignal);
  signal(SIGTERM, onSignal);
  signal(SIGPIPE, SIG_IGN);
  timespec before{}, after{};
  clock_gettime(CLOCK_MONOTONIC, &before);
  if (!options.quit) driver.run();
  clock_gettime(CLOCK_MONOTONIC, &after);
  if (options.time)
    std::cout << printSeconds((after.tv_sec - before.tv_sec) * SECOND + after.tv_nsec - before.tv_nsec) << "\n";
  printHandlers(*driver.router(), options.handlers, errors);
  std::cout.flush();
  int status = options.exitHandler.empty() ? 0 : exitStatus(*driver.router(), options.exitHandler, errors);
  return errors.count() > 0 && status == 0 ? 1 : status;
}

}  // namespace

int runCommandLine(int argc, char** argv) {
  CLI::App app("Xylem's click plane: runs a configuration in the Click language.");
  app.set_help_flag("--help", "Print this.");
  Options options;
  app.add_option("-f,--file", options.file, "Configuration; standard input if there is none.");
  app.add_option("-e,--expression", options.expressions, "Configuration text.")->allow_extra_args(false);
  app.add_option("-h,--handler", options.handlers, "Read this handler when the router has stopped, and print it.")
      ->allow_extra_args(false);
  app.add_option("-x,--exit-handler", options.exitHandler, "The exit status is the value of this handler.");
  app.add_option("-p,--port", options.ports, "Listen for control connections on this TCP port.")
      ->allow_extra_args(false);
  app.add_option("-u,--unix-socket", options.sockets, "Listen for control connections on this socket.")
      ->allow_extra_args(false);
  app.add_option("-o,--output", options.output, "Write the flat configuration there.");
  app.add_option("-j,--threads", options.threads, "Accepted; one thread runs the router.");
  app.add_option("--batch", options.batch, "Packets that travel together, at most; 1 keeps the order of the original.")
      ->check(CLI::Range(1u, Batch::MOST));
  app.add_flag("-q,--quit", options.quit, "Do not run the router.");
  app.add_flag("-t,--time", options.time, "Print how long it ran.");
  app.add_flag("-w,--no-warnings", options.quiet, "Print no warnings.");
  app.add_flag("-R,--allow-reconfigure", options.hotswap, "Have a global handler hotconfig.");
  app.add_flag("--simtime,--simulation-time", options.simulated, "Run on a simulated clock.");
  app.add_flag("--flatten", options.flatten, "Print the flat configuration and end.");
  app.add_flag("--elements", options.elements, "List all element classes and end.");
  app.add_option("--provides", options.provided,
                 "Exit with 0 if there is such an element class or feature, else with 1.");
  app.add_option("CONFIGURATION", options.rest, "File, and NAME=VALUE for parameters.");
  CLI11_PARSE(app, argc, argv);
  for (size_t i = 0; i < options.rest.size(); ++i)
    if (options.rest[i].find('=') == std::string::npos) {
      options.file = options.rest[i];
      options.rest.erase(options.rest.begin() + long(i--));
    }
  return run(options);
}

}  // namespace xylem::click

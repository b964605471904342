// xylem slice VERB: testbeds of virtual routers. See docs/testbeds.md.
//
// The same program is the keeper of a slice (`keep NAME`), which runs for as long as the slice does.

#include <slice/graph.h>
#include <slice/verbs.h>

#include <kj/debug.h>
#include <signal.h>
#include <unistd.h>
#include <xrl/fault.h>
#include <xrl/run.h>

#include <CLI/CLI.hpp>

namespace {

using namespace xylem::slice;

struct Line {
  Options options;
  std::string file, name;
  std::vector<std::string> words;
  bool mermaid = false, svg = false;
  int status = 0;
};

CLI::App& verb(CLI::App& app, Line& line, const char* name, const char* help) {
  auto& made = *app.add_subcommand(name, help);
  made.add_flag("--json", line.options.json, "Print JSON.");
  return made;
}

void fileVerbs(CLI::App& app, Line& line) {
  auto& check = verb(app, line, "validate", "Say all that is wrong with a slice file.");
  check.add_option("FILE", line.file, "Slice file.")->required()->check(CLI::ExistingFile);
  check.callback([&] { line.status = validate(line.file, line.options); });

  auto& graph = verb(app, line, "graph", "Draw a slice.");
  graph.add_option("FILE", line.file, "Slice file.")->required()->check(CLI::ExistingFile);
  graph.add_flag("--mermaid", line.mermaid, "As the text of Mermaid, not of Graphviz.");
  graph.add_flag("--svg", line.svg, "As SVG.");
  graph.add_flag("--dot")->description("As the text of Graphviz; this is the default.");
  graph.callback([&] {
    line.status = REFUSED;
    KJ_IF_MAYBE (document, loadOrTell(line.file, line.options))
      for (auto& slice : document->result.slices)
        line.status = draw(line.mermaid ? mermaid(slice) : dot(slice), line.mermaid ? Picture::MERMAID
                                                                       : line.svg   ? Picture::SVG
                                                                                    : Picture::DOT);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && kj::StringPtr(argv[1]) == "--schema") {
    auto schema = xylem::xrl::carriedSchema();
    kj::FdOutputStream(STDOUT_FILENO).write(schema.begin(), schema.size());
    return 0;
  }
  signal(SIGPIPE, SIG_DFL);
  CLI::App app("Testbeds of virtual routers, described in one file.", "xylem slice");
  app.require_subcommand(1);
  Line line;
  KJ_IF_MAYBE (fault, kj::runCatchingExceptions([&]() {
                 fileVerbs(app, line);
                 try {
                   app.parse(argc, argv);
                 } catch (const CLI::ParseError& error) {
                   line.status = app.exit(error) == 0 ? DONE : REFUSED;
                 }
               })) {
    fprintf(stderr, "xylem slice: %s\n", xylem::xrl::explain(*fault).cStr());
    return FAILED;
  }
  return line.status;
}

// xylem slice VERB: testbeds of virtual routers. See docs/testbeds.md.
//
// The same program is the keeper of a slice (`keep NAME`), which runs for as long as the slice does.

#include <slice/agent.h>
#include <slice/graph.h>
#include <slice/keeper.h>
#include <slice/live.h>
#include <slice/words.h>

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
  std::string file, name, filter, time, group = "xylem";
  uint64_t count = 0;
  std::vector<std::string> words, nodes;
  bool mermaid = false, svg = false, clear = false, follow = false, watch = false, forwarding = false;
  int status = 0;
};

CLI::App& verb(CLI::App& app, Line& line, const char* name, const char* help) {
  auto& made = *app.add_subcommand(name, help);
  made.add_flag("--json", line.options.json, "Print JSON.");
  return made;
}

void partOf(CLI::App& verb, Line& line) {
  verb.add_option("--node", line.nodes, "Only these nodes, A,B,..., beside those that there are, and their links.")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void fileVerbs(CLI::App& app, Line& line) {
  auto& check = verb(app, line, "validate", "Say all that is wrong with a slice file.");
  check.add_option("FILE", line.file, "Slice file.")->required()->check(CLI::ExistingFile);
  check.callback([&] { line.status = validate(line.file, line.options); });

  auto& planned = verb(app, line, "plan", "Say what create would do.");
  planned.add_option("FILE", line.file, "Slice file.")->required()->check(CLI::ExistingFile);
  planned.add_option("--host", line.options.host, "Which of the file's hosts this machine is.");
  partOf(planned, line);
  planned.callback([&] { line.status = planVerb(line.file, line.nodes, line.options); });

  auto& make =
      verb(app, line, "create", "Make the slices of a file, or change those that there are into what it says.");
  make.add_option("FILE", line.file, "Slice file.")->required()->check(CLI::ExistingFile);
  make.add_option("--host", line.options.host, "Which of the file's hosts this machine is.");
  make.add_flag("--quiet", line.options.quiet, "Only say what is wrong.");
  partOf(make, line);
  make.callback([&] { line.status = create(line.file, line.nodes, line.options); });

  auto& imported = *app.add_subcommand("import", "Print a topology file of containerlab as a slice file.");
  imported.add_option("FILE", line.file, "NAME.clab.yml.")->required()->check(CLI::ExistingFile);
  imported.callback([&] { line.status = importVerb(line.file); });
  auto& exported =
      *app.add_subcommand("export", "Print a slice file as a topology file of containerlab: names, kinds and links.");
  exported.add_option("FILE", line.file, "Slice file.")->required()->check(CLI::ExistingFile);
  exported.callback([&] { line.status = exportVerb(line.file, line.options); });
  app.add_subcommand("completion", "Print what makes bash complete all this.")->callback([&app, &line] {
    std::vector<std::string> verbs;
    for (auto each : app.get_subcommands([](CLI::App*) { return true; })) verbs.push_back(each->get_name());
    line.status = completion(verbs);
  });

  auto& graph = verb(app, line, "graph", "Draw a slice.");
  graph.add_option("FILE", line.file, "Slice file, or the name of a slice that runs: then as it is now.")->required();
  graph.add_flag("--mermaid", line.mermaid, "As the text of Mermaid, not of Graphviz.");
  graph.add_flag("--svg", line.svg, "As SVG.");
  graph.add_flag("--dot")->description("As the text of Graphviz; this is the default.");
  graph.callback([&] {
    auto picture = line.mermaid ? Picture::MERMAID : line.svg ? Picture::SVG : Picture::DOT;
    if (access(line.file.c_str(), R_OK) != 0 || isName(line.file)) {
      line.status = xylem::slice::graph(line.file, line.mermaid, picture);
      return;
    }
    line.status = REFUSED;
    KJ_IF_MAYBE (document, loadOrTell(line.file, line.options))
      for (auto& slice : document->result.slices)
        line.status = draw(line.mermaid ? mermaid(slice) : dot(slice), line.mermaid ? Picture::MERMAID
                                                                       : line.svg   ? Picture::SVG
                                                                                    : Picture::DOT);
  });
}

CLI::App& named(CLI::App& app, Line& line, const char* name, const char* help) {
  auto& made = verb(app, line, name, help);
  made.add_option("SLICE", line.name, "Name of the slice.")->required();
  return made;
}

void sliceVerbs(CLI::App& app, Line& line) {
  auto& gone = named(app, line, "destroy", "Remove a slice, all of it.");
  gone.add_flag("--quiet", line.options.quiet, "Only say what is wrong.");
  gone.callback([&] { line.status = destroy(line.name, line.options); });

  auto& shown = verb(app, line, "show", "Show the slices that there are, or one of them, or a node or link of it.");
  shown.add_option("SLICE", line.name, "Name of the slice.");
  shown.add_option("WHAT", line.words, "Node, or the two nodes of a link.");
  shown.add_flag("-w,--watch", line.watch, "Again after each change.");
  shown.callback([&] {
    std::string what;
    for (auto& word : line.words) what += (what.empty() ? "" : " ") + word;
    line.status = line.watch ? watch(line.name, what, line.options) : show(line.name, what, line.options);
  });

  auto& renewed = named(app, line, "renew", "Let the lease of a slice begin anew.");
  renewed.add_option("TIME", line.time, "How long it shall be, 7d or 12h; else as long as the file says.");
  renewed.callback([&] { line.status = renew(line.name, line.time, line.options); });

  for (auto [word, help] : {std::pair("start", "Run the processes of nodes; or make a slice that was lost again."),
                            std::pair("stop", "End the processes of nodes; links stay."),
                            std::pair("restart", "Run the processes of nodes anew.")}) {
    auto& made = named(app, line, word, help);
    made.add_option("NODE", line.words, "Nodes; all of them if none is named.");
    made.callback([&line, word = word] { line.status = control(line.name, word, line.words, line.options); });
  }

  auto& impaired = named(app, line, "impair", "Change what a link does to packets: only what is named.");
  impaired
      .add_option("WORDS", line.words,
                  "NODE NODE for both ways, 'NODE->NODE' for one, then KEY=VALUE..., such as delay=13ms loss=1%.")
      ->required();
  impaired.add_flag("--clear", line.clear, "First go back to what the file says.");
  impaired.callback([&] { line.status = impair(line.name, line.words, line.clear, line.options); });

  for (auto [word, help, up] :
       {std::tuple("cut", "Take a link down.", false), std::tuple("mend", "Take a link up again.", true)}) {
    auto& made = named(app, line, word, help);
    made.add_option("NODES", line.words, "The two nodes, as the file names them.")->required()->expected(1, 2);
    made.callback([&line, up = up] { line.status = cut(line.name, line.words, up, line.options); });
  }

  auto& told = named(app, line, "events", "Tell what has happened to a slice.");
  told.add_flag("--follow,-f", line.follow, "And what happens from now on.");
  told.callback([&] { line.status = events(line.name, line.follow, line.options); });

  auto& saved =
      named(app, line, "save", "Write the file of a slice, and what its nodes are configured with now, into a folder.");
  saved.add_option("FOLDER", line.file, "Folder.")->required();
  saved.add_flag("--forwarding", line.forwarding, "And what routers forward by, as `xylem-fea --import` takes it.");
  saved.callback([&] { line.status = save(line.name, line.file, line.forwarding, line.options); });

  auto& captured =
      named(app, line, "capture", "Write the packets of nodes, or of NODE:INTERFACE, as one pcapng stream.");
  captured.add_option("WHAT", line.words, "Nodes, or NODE:INTERFACE.")->required();
  captured.add_option("-w,--write", line.file, "File; - is standard output, the default.");
  captured.add_option("-f,--filter", line.filter, "Only packets that this expression, as of tcpdump, selects.");
  captured.add_option("-c,--count", line.count, "End after so many packets.");
  captured.callback([&] {
    line.status = capture(line.name, line.words, line.filter, line.file.empty() ? "-" : line.file, line.count);
  });

  auto& served = *app.add_subcommand("agent", "Make slices for the members of a group, as root, until told to end.");
  served.add_option("--group", line.group, "Group, by name or number.")->capture_default_str();
  served.callback([&] { line.status = serveAgent(line.group); });

  auto& collected = verb(app, line, "gc", "Remove all that crashes have left of slices that nobody keeps.");
  collected.callback([&] { line.status = gc(line.options); });
}

void nodeVerbs(CLI::App& app, Line& line) {
  auto inside = [&](const char* name, const char* help) -> CLI::App& {
    auto& made = *app.add_subcommand(name, help);
    made.add_option("SLICE", line.name, "Name of the slice.")->required();
    made.add_option("NODE", line.file, "Name of the node.")->required();
    return made;
  };
  auto& run = inside("exec", "Run a command in a node.");
  run.add_option("COMMAND", line.words, "Program and arguments.")->required();
  run.prefix_command();
  run.positionals_at_end();
  run.callback([&line, &run] {
    auto words = line.words;
    for (auto& each : run.remaining()) words.push_back(each);
    line.status = exec(line.name, line.file, words);
  });
  inside("shell", "Open a shell in a node.").callback([&] { line.status = shell(line.name, line.file); });
  auto& talk = inside("cli", "Open the command line of a router.");
  talk.add_option("-c", line.words, "Run this command, and no conversation; several run in order.")
      ->allow_extra_args(false);
  talk.callback([&] { line.status = cli(line.name, line.file, line.words); });
}

}  // namespace

int main(int argc, char** argv) {
  kj::StringPtr first = argc > 1 ? argv[1] : "";
  if (argc >= 3 && first == "keep") return keep(argv[2], argc > 3 ? argv[3] : "", 3, 4);
  if (argc == 4 && first == "adopt") return adopt(argv[2], argv[3]);
  if (argc == 4 && first == "release") return release(argv[2], argv[3]);
  signal(SIGPIPE, SIG_DFL);
  CLI::App app("Testbeds of virtual routers, described in one file.", "xylem slice");
  app.require_subcommand(1);
  Line line;
  KJ_IF_MAYBE (fault, kj::runCatchingExceptions([&]() {
                 fileVerbs(app, line);
                 sliceVerbs(app, line);
                 nodeVerbs(app, line);
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

// The verbs that need nothing but a file.

#include <slice/clab.h>
#include <slice/graph.h>
#include <slice/json.h>
#include <slice/text.h>
#include <slice/verbs.h>

#include <kj/debug.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace xylem::slice {

namespace {

void tell(const Document& document, Options options) {
  auto& problems = document.result.problems;
  if (options.json) {
    capnp::MallocMessageBuilder message;
    auto list = message.initRoot<wire::Problems>().initProblems(problems.size());
    for (auto i : kj::indices(problems)) {
      list[i].setFile(ptr(document.path));
      list[i].setLine(problems[i].place.line);
      list[i].setColumn(problems[i].place.column);
      list[i].setPath(problems[i].path);
      list[i].setText(problems[i].text);
    }
    printJson(message.getRoot<wire::Problems>().asReader());
    return;
  }
  for (auto& each : problems)
    fprintf(stderr, "%s:%u:%u: %s%s%s\n", document.path.c_str(), each.place.line, each.place.column, each.path.cStr(),
            each.path.size() > 0 ? ": " : "", each.text.cStr());
}

}  // namespace

kj::Maybe<Document> loadOrTell(const std::string& file, Options options) {
  auto document = load(file);
  if (document.result.problems.empty()) return kj::mv(document);
  tell(document, options);
  return nullptr;
}

kj::Maybe<Document> loadHereOrTell(const std::string& file, Options options) {
  auto document = load(file);
  if (document.result.problems.empty()) choose(document, options.host);
  if (document.result.problems.empty()) return kj::mv(document);
  tell(document, options);
  return nullptr;
}

int validate(const std::string& file, Options options) {
  auto document = load(file);
  if (options.json || !document.result.problems.empty()) tell(document, options);
  if (!document.result.problems.empty()) return REFUSED;
  if (!options.json && !options.quiet)
    for (auto& slice : document.result.slices)
      printf("%s: %zu nodes, %zu links, %zu LANs, %zu events\n", slice.name.c_str(), slice.nodes.size(),
             slice.links.size(), slice.lans.size(), slice.events.size());
  return DONE;
}

void printSteps(const std::vector<Step>& steps, Options options) {
  if (options.json) {
    capnp::MallocMessageBuilder message;
    auto list = message.initRoot<wire::Steps>().initSteps(uint(steps.size()));
    for (auto i : kj::indices(list)) {
      list[i].setWhat(word(steps[i].what));
      list[i].setKind(word(steps[i].kind));
      list[i].setName(ptr(steps[i].name));
      list[i].setWhy(ptr(steps[i].why));
    }
    return printJson(message.getRoot<wire::Steps>().asReader());
  }
  for (auto& step : steps) printf("%s\n", print(step).c_str());
  if (steps.empty()) printf("nothing to do\n");
}

int importVerb(const std::string& file) {
  std::ifstream stream(file);
  std::stringstream content;
  content << stream.rdbuf();
  auto imported = importClab(content.str());
  if (auto problem = std::get_if<1>(&imported)) {
    fprintf(stderr, "%s:%u: %s\n", file.c_str(), problem->first, problem->second.c_str());
    return REFUSED;
  }
  fputs(std::get<0>(imported).c_str(), stdout);
  return DONE;
}

int exportVerb(const std::string& file, Options options) {
  KJ_IF_MAYBE (document, loadOrTell(file, options)) {
    for (auto& slice : document->result.slices) fputs(exportClab(slice).c_str(), stdout);
    return DONE;
  }
  return REFUSED;
}

int completion(const std::vector<std::string>& verbs) {
  std::string all;
  for (auto& each : verbs) all += (all.empty() ? "" : " ") + each;
  // Names are those of namespaces: x.SLICE.NODE.
  printf(R"bash(# For bash: eval "$(xylem slice completion)"
_xylem_slice() {
    local word=${COMP_WORDS[COMP_CWORD]} names
    [ "${COMP_WORDS[1]}" = slice ] || { COMPREPLY=($(compgen -f -- "$word")); return; }
    case $COMP_CWORD in
    2) names="%s" ;;
    3) case ${COMP_WORDS[2]} in
        validate | plan | create | import | export) COMPREPLY=($(compgen -f -- "$word")); return ;;
        *) names=$(ls /run/netns 2>/dev/null | sed -n 's/^x\.\([^.]*\).*/\1/p' | sort -u) ;;
        esac ;;
    *) names=$(ls /run/netns 2>/dev/null | sed -n "s/^x\.${COMP_WORDS[3]}\.//p") ;;
    esac
    COMPREPLY=($(compgen -W "$names" -- "$word"))
}
complete -o default -F _xylem_slice xylem
)bash",
         all.c_str());
  return DONE;
}

int draw(const std::string& text, Picture picture) {
  if (picture != Picture::SVG) {
    fwrite(text.data(), 1, text.size(), stdout);
    return DONE;
  }
  fflush(stdout);
  auto pipe = popen("dot -Tsvg", "w");
  KJ_REQUIRE(pipe != nullptr, "cannot run dot");
  fwrite(text.data(), 1, text.size(), pipe);
  if (pclose(pipe) == 0) return DONE;
  fprintf(stderr,
          "xylem slice: an SVG is drawn by the program dot of Graphviz, which failed; is graphviz installed?\n");
  return REFUSED;
}

}  // namespace xylem::slice

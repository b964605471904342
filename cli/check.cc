// The grammar's errors come first: daemons are asked only about what they can read. Each daemon's own program checks
// its part, started for that alone.

#include <cli/check.h>

#include <capnp/any.h>
#include <capnp/serialize.h>
#include <config/check.h>
#include <config/edit.h>
#include <config/syntax.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/daemon.capnp.h>
#include <xrl/installed.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace xylem::cli {

namespace {

class Asked {
  // A daemon's program that checks one message.
 public:
  Asked(kj::StringPtr program, config::Message& message) {
    int in[2], out[2];
    KJ_SYSCALL(pipe2(in, O_CLOEXEC));
    KJ_SYSCALL(pipe2(out, O_CLOEXEC));
    kj::AutoCloseFd theirIn(in[0]), question(in[1]), theirOut(out[1]);
    answer = kj::AutoCloseFd(out[0]);
    KJ_SYSCALL(pid = fork());
    if (pid == 0) {
      dup2(theirIn, STDIN_FILENO);
      dup2(theirOut, STDOUT_FILENO);
      execl(program.cStr(), program.cStr(), "--check", nullptr);
      _exit(127);
    }
    theirIn = nullptr;
    theirOut = nullptr;
    capnp::writeMessageToFd(question, *message.message);
  }
  ~Asked() { waitpid(pid, nullptr, 0); }

  kj::Own<capnp::MessageReader> problems() { return kj::heap<capnp::StreamFdMessageReader>(answer.get()); }

 private:
  pid_t pid;
  kj::AutoCloseFd answer;
};

void print(kj::StringPtr file, config::Place place, kj::StringPtr path, kj::StringPtr text) {
  printf("%s:%u:%u: %s%s%s\n", file.cStr(), place.line, place.column, path.cStr(), path.size() > 0 ? ": " : "",
         text.cStr());
}

}  // namespace

int check(kj::StringPtr file) {
  std::ifstream stream(file.cStr());
  std::stringstream content;
  KJ_REQUIRE(bool(content << stream.rdbuf()), "cannot read the file", file);
  auto text = kj::str(content.str());

  auto installed = xrl::findInstalled();
  config::Grammar grammar;
  for (auto& each : installed)
    KJ_IF_MAYBE (problem, grammar.add(each.name, kj::mv(each.schema)))
      KJ_FAIL_REQUIRE("unusable schema", each.name, *problem);

  uint found = 0;
  auto report = [&](kj::ArrayPtr<config::Problem> problems) {
    for (auto& each : problems) print(file, each.place, each.path, each.text);
    found += problems.size();
  };
  auto [tree, problems] = config::load(grammar, text);
  report(problems);
  auto checked = config::check(grammar, tree);
  report(checked.errors);
  if (found > 0) return 1;
  for (auto& each : checked.warnings) print(file, each.place, each.path, kj::str("warning: ", each.text));

  for (auto& message : checked.messages) {
    if (message.daemon->name == "rtrmgr") continue;
    for (auto& each : installed) {
      if (each.name != message.daemon->name) continue;
      Asked asked(each.path, message);
      auto answer = asked.problems();
      for (auto problem : answer->getRoot<capnp::AnyPointer>().getAs<capnp::List<xrl::Problem>>()) {
        auto path = message.daemon->locate(problem.getPath());
        print(file, config::placeOf(tree, path), path, problem.getText());
        ++found;
      }
    }
  }
  return found > 0 ? 1 : 0;
}

}  // namespace xylem::cli

// After a failed command nothing more is done: a `commit` behind a misspelt `set` would put in force what nobody wants.

#include <cli/script.h>

#include <kj/debug.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

namespace xylem::cli {

namespace {

class Script {
 public:
  Script(xrl::Process& process, kj::StringPtr router)
      : scope(process.loop.waitScope()), session(process, printer, userName(), kj::str(router)) {
    session.begin().wait(scope);
  }

  bool run(kj::StringPtr line) {
    bool done = session.run(line).wait(scope);
    goesOn = done && !session.ended();
    return done;
  }

  void end() {
    if (session.uncommitted()) fprintf(stderr, "changes were not committed\n");
  }

  bool goesOn = true;

 private:
  kj::WaitScope& scope;
  Printer printer;
  Session session;
};

}  // namespace

kj::Promise<void> Printer::write(kj::String text, bool paged) {
  fwrite(text.begin(), 1, text.size(), stdout);
  KJ_REQUIRE(fflush(stdout) == 0, "cannot write");
  return kj::READY_NOW;
}

void Printer::complain(kj::StringPtr line, uint column, kj::StringPtr text) {
  fflush(stdout);
  if (column > 0) {
    fprintf(stderr, "  %s\n  %s^\n", line.cStr(), kj::str(kj::repeat(' ', column - 1)).cStr());
  }
  fprintf(stderr, "%s\n", text.cStr());
}

kj::String userName() {
  auto entry = getpwuid(geteuid());
  return entry == nullptr ? kj::str(geteuid()) : kj::str(entry->pw_name);
}

int runCommands(xrl::Process& process, kj::StringPtr router, kj::ArrayPtr<const kj::StringPtr> commands) {
  Script script(process, router);
  for (auto command : commands) {
    if (!script.run(command)) return 1;
    if (!script.goesOn) break;
  }
  script.end();
  return 0;
}

int runInput(xrl::Process& process, kj::StringPtr router) {
  Script script(process, router);
  std::string line;
  for (uint number = 1; script.goesOn && std::getline(std::cin, line); ++number) {
    if (script.run(line.c_str())) continue;
    fprintf(stderr, "line %u failed, and nothing after it was done\n", number);
    return 1;
  }
  script.end();
  return 0;
}

}  // namespace xylem::cli

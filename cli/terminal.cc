// Reading a line and carrying it out take turns: the loop turns until there is a line, then until the command is done,
// or the operator has had enough: ^C, or q at the foot of a page. Then the command is dropped, and whoever was sending
// sees it by back-pressure and cancellation. Whoever tells the session itself to end has the terminal restored first.

#include <cli/terminal.h>

#include <cli/line-editor.h>
#include <cli/pager.h>
#include <cli/script.h>
#include <signal.h>

#include <cstdio>

namespace xylem::cli {

using xrl::Task;

namespace {

class Terminal final : private Screen {
 public:
  Terminal(xrl::Process& process, kj::StringPtr router)
      : loop(process.loop),
        keyboard(loop),
        pager(keyboard),
        session(process, *this, userName(), kj::str(router)),
        editor(
            loop, keyboard, [this](kj::StringPtr line) { return session.complete(line); },
            [this](kj::String text) { showHelp(kj::mv(text)); }),
        told(loop.onSignal(SIGTERM).exclusiveJoin(loop.onSignal(SIGHUP)).then([this](int) { over = true; }).fork()) {}

  void converse(kj::StringPtr router) {
    session.begin().wait(loop.waitScope());
    printf("Router %s. Type ? for help.\n", router.cStr());
    while (!session.ended() && !over) {
      prompt = session.prompt();
      auto line = editor.read(prompt, told);
      if (over) break;
      KJ_IF_MAYBE (text, line) {
        carryOut(*text);
      } else {
        printf("exit\n");
        carryOut("exit");
      }
    }
  }

 private:
  void carryOut(kj::StringPtr line) {
    pager.begin();
    auto dropped = kj::newPromiseAndFulfiller<void>();
    enough = kj::mv(dropped.fulfiller);
    kj::Promise<void> interrupted = untilInterrupted();
    session.run(line)
        .ignoreResult()
        .exclusiveJoin(kj::mv(dropped.promise))
        .exclusiveJoin(kj::mv(interrupted))
        .exclusiveJoin(told.addBranch())
        .wait(loop.waitScope());
  }

  Task<void> untilInterrupted() {
    for (;;) {
      co_await keyboard.interrupted();
      if (session.interrupt()) continue;
      puts("");
      co_return;
    }
  }

  void showHelp(kj::String text) {
    pager.begin();
    kj::Promise<bool> shown = pager.show(kj::mv(text), true);
    shown.wait(loop.waitScope());
  }

  kj::Promise<void> write(kj::String text, bool paged) override {
    fflush(stdout);
    kj::Promise<bool> shown = pager.show(kj::mv(text), paged);
    return shown.then([this](bool more) -> kj::Promise<void> {
      if (more) return kj::READY_NOW;
      enough->fulfill();
      return kj::NEVER_DONE;
    });
  }

  void complain(kj::StringPtr line, uint column, kj::StringPtr text) override {
    if (column > 0) {
      // Below the line as it was typed, if that took one row; otherwise below the line said again.
      auto begin = prompt.findLast('\n').map([](size_t at) { return at + 1; }).orDefault(0);
      auto before = widthOf(line.slice(0, kj::min(column - 1, line.size())));
      before += column - 1 - kj::min(column - 1, line.size());
      auto left = widthOf(prompt.slice(begin));
      if (left + widthOf(line) >= screenSize().columns) {
        printf("%s\n", line.cStr());
        left = 0;
      }
      printf("%s^\n", kj::str(kj::repeat(' ', left + before)).cStr());
    }
    printf("%s\n", text.cStr());
    fflush(stdout);
  }

  xrl::Loop& loop;
  Keyboard keyboard;
  Pager pager;
  Session session;
  LineEditor editor;
  kj::String prompt;
  bool over = false;
  kj::ForkedPromise<void> told;
  // That it is over, by a signal.
  kj::Own<kj::PromiseFulfiller<void>> enough;
};

}  // namespace

int runTerminal(xrl::Process& process, kj::StringPtr router) {
  Terminal(process, router).converse(router);
  return 0;
}

}  // namespace xylem::cli

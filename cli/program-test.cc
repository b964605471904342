#include <cli/program.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace xylem::cli {
namespace {

struct Running {
  // A program and what it prints.
  Running(xrl::Loop& loop, std::initializer_list<kj::StringPtr> words)
      : loop(loop),
        program(
            loop, KJ_MAP(word, words) { return kj::str(word); }, nullptr) {}

  kj::Promise<int> finish() { return program.finish(output); }
  int status() { return finish().wait(loop.waitScope()); }

  xrl::Loop& loop;
  Program program;
  std::string printed;
  Output output = [this](kj::String text) -> kj::Promise<void> {
    printed += text.cStr();
    return kj::READY_NOW;
  };
};

TEST(Program, OutputAndStatus) {
  xrl::Loop loop;
  Running run(loop, {"sh", "-c", "echo out; echo err >&2; exit 3"});
  auto status = run.status();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_EQ(run.printed, "out\nerr\n");
}

TEST(Program, ThereIsNoInput) {
  xrl::Loop loop;
  Running run(loop, {"cat"});
  EXPECT_EQ(run.status(), 0);
}

TEST(Program, OneThatIsNotThere) {
  xrl::Loop loop;
  Running run(loop, {"no-such-program"});
  EXPECT_NE(run.status(), 0);
  EXPECT_EQ(run.printed, "cannot run no-such-program: No such file or directory\n");
}

TEST(Program, MuchOutput) {
  xrl::Loop loop;
  Running run(loop, {"seq", "100000"});
  EXPECT_EQ(run.status(), 0);
  EXPECT_EQ(run.printed.size(), 588895);
}

TEST(Program, AnInterruptAsksItToEnd) {
  xrl::Loop loop;
  Running run(loop, {"sh", "-c", "trap 'echo bye; exit 0' INT; echo ready; while :; do read x; done"});
  auto finishing = run.finish();
  while (run.printed != "ready\n") loop.timer().afterDelay(kj::MILLISECONDS).wait(loop.waitScope());
  EXPECT_TRUE(run.program.interrupt());
  EXPECT_FALSE(run.program.interrupt());
  EXPECT_EQ(finishing.wait(loop.waitScope()), 0);
  EXPECT_EQ(run.printed, "ready\nbye\n");
}

TEST(Program, DroppedItIsKilled) {
  xrl::Loop loop;
  int ends[2];
  KJ_SYSCALL(pipe(ends));
  {
    Running run(loop, {"sleep", "1000"});
    close(ends[1]);
  }
  loop.whenReadable(ends[0]).wait(loop.waitScope());
  char none;
  EXPECT_EQ(read(ends[0], &none, 1), 0);  // The child held the other end.
  close(ends[0]);
}

TEST(Program, OurOwnNetworkIsNoOther) { EXPECT_TRUE(networkOf(getpid()) == nullptr); }

TEST(Program, ANetworkThatIsNotToBeSeen) { EXPECT_TRUE(networkOf(0x7fffffff) == nullptr); }

}  // namespace
}  // namespace xylem::cli

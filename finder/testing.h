#pragma once
// For tests: processes of a router in one loop, which meet by a real Finder.

#include <finder/server.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <unistd.h>
#include <xrl/process.h>
#include <xrl/unix.h>

namespace xylem::finder::testing {

struct Alive {
  // A process that is registered from serve() on, for as long as this lives.
  Alive(xrl::Loop& loop, kj::StringPtr directory, kj::StringPtr name)
      : process(kj::heap<xrl::Process>(loop, kj::str(directory), kj::str(name), nullptr)) {}
  ~Alive() { stop(); }
  void serve() { serving = process->serve().eagerlyEvaluate(nullptr); }
  void stop() {
    // Nobody is served any more; to be called before what was offered goes.
    serving = nullptr;
    process->stop();
  }

  kj::Own<xrl::Process> process;
  kj::Promise<void> serving = nullptr;
};

struct Router {
  // A run directory with a Finder in it.
  Router() {
    char name[] = "/tmp/xylem-test-XXXXXX";
    KJ_ASSERT(mkdtemp(name) != nullptr);
    directory = kj::str(name);
    start();
  }
  ~Router() {
    stop();
    unlink(kj::str(directory, "/finder").cStr());
    rmdir(directory.cStr());
  }
  void start() {
    server = kj::heap<Server>(loop, xrl::listenUnix(kj::str(directory, "/finder")), nullptr);
    serving = KJ_ASSERT_NONNULL(server)->serve().eagerlyEvaluate(
        [](kj::Exception&& e) { FAIL() << e.getDescription().cStr(); });
  }
  void stop() {
    serving = nullptr;
    server = nullptr;
  }

  template <typename Done> void until(Done done) {
    auto deadline = loop.timer().now() + 10 * kj::SECONDS;
    while (!done()) {
      if (loop.timer().now() > deadline) FAIL() << "waited in vain";
      turn();
    }
  }
  void turn(uint times = 1) {
    for (; times > 0; --times) loop.timer().afterDelay(kj::MILLISECONDS).wait(loop.waitScope());
  }

  xrl::Loop loop;
  kj::String directory;
  kj::Maybe<kj::Own<Server>> server;
  kj::Promise<void> serving = nullptr;
};

}  // namespace xylem::finder::testing

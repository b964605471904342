#pragma once
// The processes of one node, as its keeper sees them: started, watched, and started again when they die.

#include <kj/function.h>
#include <kj/vector.h>
#include <slice/launch.h>
#include <xrl/loop.h>
#include <xrl/task.h>

#include <string>

namespace xylem::slice {

class Process {
 public:
  Process(xrl::Loop& loop, kj::Function<Launch()> prepare, std::string sign);
  // `prepare` says what to launch, each time anew. The node is up when it has printed `sign`.
  ~Process() noexcept(false);
  // Ends them.
  KJ_DISALLOW_COPY(Process);

  enum State { STOPPED, STARTING, UP, WAITING };

  void start();
  // Nothing if it was started.
  kj::Promise<void> stop();
  // SIGTERM, then SIGKILL. Resolves when they are gone.
  void end();
  // SIGKILL, and not again.
  kj::Promise<void> gone();
  // Stopped or ended, and over.
  kj::Promise<void> up();
  // Up, or stopped, or failed so often that there is no use in waiting.

  State state() const { return current; }
  bool wanted() const { return isWanted; }
  pid_t pid() const { return now; }
  // 0 while it does not run.
  uint32_t restarts() const { return deaths; }
  const std::string& why() const { return lastDeath; }

  kj::Function<void(Process&)> onChange = [](Process&) {};
  // Its state is another one.

 private:
  struct Log {
    std::string file;
    uint64_t size = 0;
    // Before this process.
  };
  Log tryLaunch();
  // `now` is 0 if that failed; then `lastDeath` says why.
  xrl::Task<void> live();
  xrl::Task<void> awaitReady(std::string log, uint64_t from);
  void become(State state);
  bool isSettled() const;
  void tellSettled();

  xrl::Loop& loop;
  kj::Function<Launch()> prepare;
  std::string sign;
  State current = STOPPED;
  bool isWanted = false;
  pid_t now = 0;
  uint32_t deaths = 0, failures = 0;
  std::string lastDeath;
  kj::Promise<void> living = nullptr;
  kj::ForkedPromise<void> over = nullptr;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  // For `up`.
};

const char* word(Process::State state);

}  // namespace xylem::slice

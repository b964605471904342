#pragma once
// A process that the router manager keeps running: started, watched, and started again with growing pauses when it
// died.
//
// A child outlives the manager: its pid lies in the run directory, and the next manager adopts it and goes on as if it
// had started it.

#include <kj/function.h>
#include <kj/io.h>
#include <xrl/loop.h>
#include <xrl/task.h>

namespace xylem::rtrmgr {

inline constexpr auto STABLE = 10 * kj::SECONDS;
// A child that lived this long is started again at once when it dies.
inline constexpr auto FIRST_PAUSE = 100 * kj::MILLISECONDS;
inline constexpr auto LONGEST_PAUSE = 30 * kj::SECONDS;
inline constexpr auto TERM_PATIENCE = 3 * kj::SECONDS;
// After SIGTERM, before SIGKILL.

struct Program {
  // What to run, and with what rights.
  kj::String path;
  kj::Vector<kj::String> arguments;
  kj::Vector<int> descriptors;
  // Handed down under the same numbers.
  kj::String directory;
  // Working directory, made if need be and given to the user.
  kj::Maybe<uint32_t> user;
  // Run as this user and group, without any capability; otherwise as the manager's own.
  bool powerless = false;
  // Without any capability, though as the manager's own user.
  kj::String pidFile;
};

pid_t spawn(const Program& program);
// In a process group of its own, with file and core limits. If the program cannot be executed the child exits with 127.

kj::String describeStatus(int status);
// A wait status for people: "killed by signal 9 (Killed)", "exited with status 1".

class Child {
 public:
  Child(xrl::Loop& loop, kj::String name, Program program);
  ~Child() noexcept(false);
  // The process stays.
  KJ_DISALLOW_COPY(Child);

  const kj::String name;

  kj::Function<void()> onStart = []() {};
  // A new process runs (or an old one was adopted), as `pid`.
  kj::Function<void(kj::StringPtr reason)> onDeath = [](kj::StringPtr) {};
  // It is gone; it will be started again, unless stop() was called.

  void start();
  // Adopt the process that runs from earlier, or spawn one. Nothing if it was started already.
  kj::Promise<void> stop();
  // SIGTERM, and SIGKILL if that does not help. Resolves when it is gone.
  void kill();
  // SIGKILL; it is started again.

  pid_t pid() const { return current; }
  // 0 while it does not run.
  uint32_t restarts() const { return starts > 0 ? starts - 1 : 0; }
  uint64_t since() const { return started; }
  // Of the last start, in unix seconds.
  kj::String state() const;

 private:
  xrl::Task<void> live();
  kj::Maybe<pid_t> survivor() const;
  xrl::Task<kj::String> death(bool own);

  xrl::Loop& loop;
  Program program;
  pid_t current = 0;
  uint32_t starts = 0;
  uint64_t started = 0;
  bool stopping = false;
  kj::String lastDeath;
  kj::Promise<void> living = nullptr;
  kj::ForkedPromise<void> gone = nullptr;
  bool running = false;
};

}  // namespace xylem::rtrmgr

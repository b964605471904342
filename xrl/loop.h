#pragma once
// The event loop of a process: KJ promises on libev.
//
// One Loop lives in `main` for as long as anything asynchronous does. It is KJ's event port, so all waiting, whether
// for a descriptor, a timer, a signal or a message, ends up in one epoll. Every promise made here is cancelled by
// dropping it.

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <sys/types.h>

struct ev_loop;

namespace xylem::xrl {

class Corked {
  // Output that is gathered while the loop turns, and written just before it sleeps.
 public:
  virtual void flush() = 0;

 protected:
  Corked() = default;
  ~Corked() = default;
  KJ_DISALLOW_COPY(Corked);

 private:
  friend class Loop;
  bool pending = false;
};

class Loop final : private kj::EventPort {
 public:
  Loop();
  ~Loop() noexcept(false);
  KJ_DISALLOW_COPY(Loop);

  kj::WaitScope& waitScope() { return scope; }
  // To wait for a promise, at the top of `main` or of a test.

  kj::Timer& timer() { return timers; }
  // Monotonic; made and fired at the loop's own pace (about 0.1 ms late).

  kj::Promise<void> whenReadable(int fd);
  kj::Promise<void> whenWritable(int fd);
  // The descriptor is ready, has an error, or was closed by the other side. It must stay open while this waits.

  kj::Promise<int> onSignal(int signal);
  // The next delivery of this signal.

  kj::Promise<int> onExit(pid_t child);
  // The wait status (see waitpid) of a child of this process, which is reaped. One waiter a child.

  void cork(Corked& output);
  // Call output.flush() once before the loop sleeps next.
  void uncork(Corked& output);
  // Forget it again; needed before `output` goes away.

  struct ev_loop* raw() {
    return loop;
  }
  // For those in this folder who need a watcher of their own.

 private:
  bool wait() override;
  bool poll() override;
  void wake() const override;
  void turn(int flags);

  struct Watchers;

  struct ev_loop* loop;
  const kj::MonotonicClock& clock;
  kj::TimerImpl timers;
  kj::Own<Watchers> watchers;
  kj::Vector<Corked*> corked;
  kj::EventLoop events;
  kj::WaitScope scope;
};

class Readiness {
  // Waits for one descriptor again and again, without the system calls of a new watcher each time.
 public:
  enum Direction { READ, WRITE };
  Readiness(Loop& loop, int fd, Direction direction);
  ~Readiness() noexcept(false);
  KJ_DISALLOW_COPY(Readiness);

  kj::Promise<void> wait();
  // As Loop::whenReadable and whenWritable. One wait at a time.

 private:
  struct Watcher;
  class Wait;
  kj::Own<Watcher> watcher;
};

}  // namespace xylem::xrl

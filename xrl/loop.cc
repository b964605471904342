// The loop: libev under KJ, the right way round.
//
// KJ's event loop runs what is ready and, when nothing is, asks its event port to wait; here that is one turn of libev.
// The timers are KJ's, behind a single ev_timer. Corked output is flushed at the start of each turn: by then,
// everything that the last events made ready has been said, and one system call says it all.

#include <xrl/loop.h>

#include <ev.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <sys/wait.h>

#include <utility>

namespace xylem::xrl {

namespace {

class IoWait {
 public:
  IoWait(kj::PromiseFulfiller<void>& done, struct ev_loop* loop, int fd, int events) : done(done), loop(loop) {
    ev_io_init(&watcher, &IoWait::ready, fd, events);
    watcher.data = this;
    ev_io_start(loop, &watcher);
  }
  ~IoWait() noexcept(false) { ev_io_stop(loop, &watcher); }
  KJ_DISALLOW_COPY(IoWait);

 private:
  static void ready(struct ev_loop* loop, ev_io* watcher, int) {
    ev_io_stop(loop, watcher);
    static_cast<IoWait*>(watcher->data)->done.fulfill();
  }

  kj::PromiseFulfiller<void>& done;
  struct ev_loop* loop;
  ev_io watcher;
};

class SignalWait {
 public:
  SignalWait(kj::PromiseFulfiller<int>& done, struct ev_loop* loop, int signal) : done(done), loop(loop) {
    ev_signal_init(&watcher, &SignalWait::ready, signal);
    watcher.data = this;
    ev_signal_start(loop, &watcher);
  }
  ~SignalWait() noexcept(false) { ev_signal_stop(loop, &watcher); }
  KJ_DISALLOW_COPY(SignalWait);

 private:
  static void ready(struct ev_loop* loop, ev_signal* watcher, int) {
    ev_signal_stop(loop, watcher);
    static_cast<SignalWait*>(watcher->data)->done.fulfill(int(watcher->signum));
  }

  kj::PromiseFulfiller<int>& done;
  struct ev_loop* loop;
  ev_signal watcher;
};

class ExitWait {
 public:
  ExitWait(kj::PromiseFulfiller<int>& done, struct ev_loop* loop, pid_t child) : done(done), loop(loop) {
    ev_child_init(&watcher, &ExitWait::ready, child, 0);
    watcher.data = this;
    ev_child_start(loop, &watcher);
  }
  ~ExitWait() noexcept(false) { ev_child_stop(loop, &watcher); }
  KJ_DISALLOW_COPY(ExitWait);

 private:
  static void ready(struct ev_loop* loop, ev_child* watcher, int) {
    ev_child_stop(loop, watcher);
    static_cast<ExitWait*>(watcher->data)->done.fulfill(int(watcher->rstatus));
  }

  kj::PromiseFulfiller<int>& done;
  struct ev_loop* loop;
  ev_child watcher;
};

}  // namespace

struct Loop::Watchers {
  ev_timer wake;
  ev_async async;
  bool woken = false;
};

Loop::Loop()
    : loop(ev_default_loop(EVFLAG_AUTO)),
      clock(kj::systemPreciseMonotonicClock()),
      timers(clock.now()),
      watchers(kj::heap<Watchers>()),
      events(*this),
      scope(events) {
  KJ_REQUIRE(loop != nullptr, "libev finds no way to wait for events");
  auto& w = *watchers;
  ev_timer_init(
      &w.wake, [](struct ev_loop*, ev_timer*, int) {}, 0., 0.);
  ev_async_init(&w.async,
                [](struct ev_loop*, ev_async* async, int) { static_cast<Watchers*>(async->data)->woken = true; });
  w.async.data = &w;
  ev_async_start(loop, &w.async);
}

Loop::~Loop() noexcept(false) {
  auto& w = *watchers;
  ev_async_stop(loop, &w.async);
  ev_timer_stop(loop, &w.wake);
}

kj::Promise<void> Loop::whenReadable(int fd) { return kj::newAdaptedPromise<void, IoWait>(loop, fd, EV_READ); }
kj::Promise<void> Loop::whenWritable(int fd) { return kj::newAdaptedPromise<void, IoWait>(loop, fd, EV_WRITE); }
kj::Promise<int> Loop::onSignal(int signal) { return kj::newAdaptedPromise<int, SignalWait>(loop, signal); }
kj::Promise<int> Loop::onExit(pid_t child) { return kj::newAdaptedPromise<int, ExitWait>(loop, child); }

void Loop::cork(Corked& output) {
  if (std::exchange(output.pending, true)) return;
  corked.add(&output);
}

void Loop::uncork(Corked& output) {
  if (!std::exchange(output.pending, false)) return;
  for (auto& each : corked)
    if (each == &output) each = nullptr;
}

bool Loop::wait() {
  turn(EVRUN_ONCE);
  return std::exchange(watchers->woken, false);
}

bool Loop::poll() {
  turn(EVRUN_NOWAIT);
  return std::exchange(watchers->woken, false);
}

void Loop::wake() const { ev_async_send(loop, const_cast<ev_async*>(&watchers->async)); }

void Loop::turn(int flags) {
  for (size_t i = 0; i < corked.size(); ++i) {
    if (corked[i] == nullptr) continue;
    corked[i]->pending = false;
    corked[i]->flush();
  }
  corked.clear();

  auto& wake = watchers->wake;
  if (flags == EVRUN_ONCE) {
    ev_timer_stop(loop, &wake);
    KJ_IF_MAYBE (next, timers.nextEvent()) {
      auto now = clock.now();
      ev_now_update(loop);
      ev_timer_set(&wake, *next <= now ? 0. : double((*next - now) / kj::NANOSECONDS) * 1e-9, 0.);
      ev_timer_start(loop, &wake);
    }
  }
  ev_run(loop, flags);
  timers.advanceTo(clock.now());
}

struct Readiness::Watcher {
  struct ev_loop* loop;
  ev_io io;
};

class Readiness::Wait {
 public:
  Wait(kj::PromiseFulfiller<void>& done, Watcher& watcher) : done(done), watcher(watcher) {
    watcher.io.data = this;
    ev_io_start(watcher.loop, &watcher.io);
  }
  ~Wait() noexcept(false) { ev_io_stop(watcher.loop, &watcher.io); }
  KJ_DISALLOW_COPY(Wait);

  static void ready(struct ev_loop* loop, ev_io* io, int) {
    ev_io_stop(loop, io);
    static_cast<Wait*>(io->data)->done.fulfill();
  }

 private:
  kj::PromiseFulfiller<void>& done;
  Watcher& watcher;
};

Readiness::Readiness(Loop& loop, int fd, Direction direction) : watcher(kj::heap<Watcher>()) {
  watcher->loop = loop.raw();
  ev_io_init(&watcher->io, &Wait::ready, fd, direction == READ ? EV_READ : EV_WRITE);
}

Readiness::~Readiness() noexcept(false) { ev_io_stop(watcher->loop, &watcher->io); }

kj::Promise<void> Readiness::wait() { return kj::newAdaptedPromise<void, Wait>(*watcher); }

}  // namespace xylem::xrl

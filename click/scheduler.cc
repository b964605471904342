// Tasks and timers are in binary heaps. Equal keys keep the order in which they came, so that runs on the simulated
// clock repeat exactly.

#include <click/element.h>
#include <click/router.h>
#include <click/scheduler.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace xylem::click {

namespace {

constexpr Nanoseconds LATEST = SECOND;
// A timer that is later than this is taken for expired now.

Nanoseconds read(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return now.tv_sec * SECOND + now.tv_nsec;
}

}  // namespace

Nanoseconds Clock::now() {
  if (isSimulated) return ++simulatedTime;
  if (factor == 1) return read(CLOCK_REALTIME);
  return read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC) + steady();
}

Nanoseconds Clock::steady() {
  if (isSimulated) return ++simulatedTime;
  auto real = read(CLOCK_MONOTONIC);
  return factor == 1 && warpFrom == 0 ? real : warped(real);
}

void Clock::jump(Nanoseconds steady) { simulatedTime = std::max(simulatedTime, steady); }

void Clock::warp(double now) {
  auto real = read(CLOCK_MONOTONIC);
  warpBase = warpFrom == 0 ? real : warped(real);
  warpFrom = real;
  factor = now;
}

// ---- tasks

Task::~Task() {
  if (!isQueued) return;
  auto& heap = scheduler->tasks;
  std::erase_if(heap, [this](auto& entry) { return entry.task == this; });
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
}

void Task::initialize(Element& element, bool scheduled) {
  owner = &element;
  scheduler = &element.router().scheduler;
  setTickets(element.router().tickets(element));
  element.router().addTaskHandlers(element, *this);
  if (scheduled) reschedule();
}

void Task::setTickets(int tickets) {
  ownTickets = std::clamp(tickets, 1, MOST_TICKETS);
  stride = STRIDE1 / unsigned(ownTickets);
}

void Task::reschedule() {
  if (isScheduled || scheduler == nullptr) return;
  isScheduled = true;
  if (isQueued) return;
  pass = std::max(pass, scheduler->pass);
  scheduler->enqueue(*this);
}

void Scheduler::enqueue(Task& task) {
  task.isQueued = true;
  tasks.push_back({task.pass, order++, &task});
  std::push_heap(tasks.begin(), tasks.end(), std::greater<>());
}

void Scheduler::runTasks(unsigned most) {
  for (unsigned i = 0; i < most && !tasks.empty(); ++i) {
    std::pop_heap(tasks.begin(), tasks.end(), std::greater<>());
    auto task = tasks.back().task;
    pass = tasks.back().pass;
    tasks.pop_back();
    task->isQueued = false;
    if (!task->isScheduled) continue;
    // While it runs it counts as queued, so that rescheduling itself only marks it.
    task->isScheduled = false;
    task->isQueued = true;
    bool worked = task->owner->runTask(*task);
    task->isQueued = false;
    if (!task->isScheduled) continue;
    task->pass += task->stride;
    // One that found nothing to do lets the next one go first.
    if (!worked && !tasks.empty()) task->pass = std::max(task->pass, tasks.front().pass + 1);
    enqueue(*task);
  }
}

// ---- timers

void Timer::initialize(Element& owner) {
  initialize(owner.router().scheduler, [this, &owner]() { owner.runTimer(*this); });
}

void Timer::initialize(Scheduler& on, std::function<void()> what) {
  scheduler = &on;
  call = std::move(what);
}

void Timer::scheduleAfter(Nanoseconds delay) {
  if (scheduler != nullptr) scheduleAt(scheduler->clock.steady() + delay);
}

void Timer::scheduleAt(Nanoseconds steady) {
  if (scheduler == nullptr) return;
  unschedule();
  expiresAt = steady;
  order = scheduler->order++;
  place = scheduler->timers.size();
  scheduler->timers.push_back(this);
  scheduler->settle(place);
}

void Timer::unschedule() {
  if (scheduled()) scheduler->remove(*this);
}

void Scheduler::settle(size_t place) {
  // Moves a timer up or down to where it belongs.
  auto timer = timers[place];
  auto put = [this](size_t at, Timer* what) {
    timers[at] = what;
    what->place = at;
  };
  while (place > 0 && before(*timer, *timers[(place - 1) / 2])) {
    put(place, timers[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  while (true) {
    auto child = 2 * place + 1;
    if (child >= timers.size()) break;
    if (child + 1 < timers.size() && before(*timers[child + 1], *timers[child])) ++child;
    if (!before(*timers[child], *timer)) break;
    put(place, timers[child]);
    place = child;
  }
  put(place, timer);
}

void Scheduler::remove(Timer& timer) {
  auto place = timer.place;
  auto last = timers.back();
  timers.pop_back();
  timer.place = Timer::NOWHERE;
  if (last == &timer) return;
  timers[place] = last;
  last->place = place;
  settle(place);
}

void Scheduler::runTimers() {
  if (timers.empty()) return;
  auto now = clock.steady();
  // Those that are set anew meanwhile wait for the next time.
  auto limit = order;
  while (!timers.empty() && timers.front()->expiresAt <= now && timers.front()->order < limit) {
    auto timer = timers.front();
    remove(*timer);
    if (now - timer->expiresAt > LATEST) timer->expiresAt = now;
    timer->call();
  }
}

// ---- descriptors

Scheduler::Scheduler() : epoll(epoll_create1(EPOLL_CLOEXEC)) {}

Scheduler::~Scheduler() { close(epoll); }

void Scheduler::listen(int fd) {
  // To all that its elements want to know of it together.
  epoll_event event{};
  event.data.fd = fd;
  for (auto& file : files)
    if (file.fd == fd)
      event.events |= (file.readable ? unsigned(EPOLLIN) : 0) | (file.writable ? unsigned(EPOLLOUT) : 0);
  if (event.events == 0)
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
  else if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) < 0)
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void Scheduler::watch(int fd, Element& element, bool readable, bool writable) {
  std::erase_if(files, [fd, &element](auto& file) { return file.fd == fd && file.element == &element; });
  if (readable || writable) files.push_back({fd, &element, readable, writable});
  listen(fd);
}

void Scheduler::forget(Element& element) {
  std::vector<int> fds;
  for (auto& file : files)
    if (file.element == &element) fds.push_back(file.fd);
  std::erase_if(files, [&element](auto& file) { return file.element == &element; });
  for (int fd : fds) listen(fd);
}

Nanoseconds Scheduler::untilTimer() {
  return timers.empty() ? -1 : std::max<Nanoseconds>(0, timers.front()->expiresAt - clock.steady());
}

bool Scheduler::wait(bool block) {
  Nanoseconds timeout = block ? untilTimer() : 0;
  if (clock.simulated() && timeout > 0) {
    clock.jump(timers.front()->expiresAt);
    timeout = 0;
  }
  if (files.empty() && timeout == 0) return false;
  epoll_event events[16];
  timespec until{timeout / SECOND, timeout % SECOND};
  int count = epoll_pwait2(epoll, events, 16, timeout < 0 ? nullptr : &until, nullptr);
  for (int i = 0; i < count; ++i) {
    bool failed = events[i].events & (EPOLLERR | EPOLLHUP);
    bool readable = (events[i].events & EPOLLIN) || failed, writable = (events[i].events & EPOLLOUT) || failed;
    // What is called may change the list.
    auto called = files;
    auto same = [](const File& a, const File& b) { return a.fd == b.fd && a.element == b.element; };
    for (auto& each : called) {
      bool isThere = std::any_of(files.begin(), files.end(), [&](auto& file) { return same(file, each); });
      if (each.fd == events[i].data.fd && isThere &&
          ((each.readable && readable) || (each.writable && writable) || failed))
        each.element->selected(each.fd, readable, writable);
    }
  }
  return count > 0;
}

}  // namespace xylem::click

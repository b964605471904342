#pragma once
// What makes packets move: tasks that share the processor, timers, descriptors, and the clock they all live by.
//
// Tasks are scheduled by stride scheduling (Waldspurger, 1995): each has tickets, and gets its share of the runs. A
// task that wants to go on says so each time (`reschedule`); one that waits is woken by a notifier, a timer or a
// descriptor.
//
// The clock may be simulated: then time stands still while there is something to do, and jumps to the next timer when
// there is not, so that a run is the same each time.

#include <click/time.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace xylem::click {

class Element;
class Scheduler;

class Clock {
 public:
  static constexpr Nanoseconds SIMULATED_START = 1000000000 * SECOND;

  Nanoseconds now();
  // Since 1970.
  Nanoseconds steady();
  void simulate() { isSimulated = true; }
  bool simulated() const { return isSimulated; }
  void jump(Nanoseconds steady);
  // Simulated time goes there, if that is later.
  void warp(double factor);
  // Real time runs that much faster from now on.

 private:
  Nanoseconds warped(Nanoseconds real) const { return warpBase + Nanoseconds(double(real - warpFrom) * factor); }

  bool isSimulated = false;
  Nanoseconds simulatedTime = SIMULATED_START;
  double factor = 1;
  Nanoseconds warpFrom = 0, warpBase = 0;
};

class Task {
 public:
  static constexpr int DEFAULT_TICKETS = 1024, MOST_TICKETS = 1 << 15;

  Task() = default;
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  void initialize(Element& owner, bool scheduled);
  // With the tickets that ScheduleInfo says. From now on the owner's `runTask` is called while this is scheduled.
  bool initialized() const { return scheduler != nullptr; }
  void reschedule();
  void unschedule() { isScheduled = false; }
  bool scheduled() const { return isScheduled; }
  int tickets() const { return ownTickets; }
  void setTickets(int tickets);

 private:
  friend class Scheduler;
  static constexpr unsigned STRIDE1 = 65536;

  Element* owner = nullptr;
  Scheduler* scheduler = nullptr;
  int ownTickets = DEFAULT_TICKETS;
  uint64_t pass = 0, stride = STRIDE1 / DEFAULT_TICKETS;
  bool isScheduled = false, isQueued = false;
};

class Timer {
 public:
  Timer() = default;
  ~Timer() { unschedule(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void initialize(Element& owner);
  void initialize(Scheduler& scheduler, std::function<void()> call);
  bool initialized() const { return scheduler != nullptr; }
  void scheduleAfter(Nanoseconds delay);
  void scheduleAt(Nanoseconds steady);
  void rescheduleAfter(Nanoseconds delay) { scheduleAt(expiresAt + delay); }
  // From the last expiry, so that a periodic timer does not drift.
  void unschedule();
  bool scheduled() const { return place != NOWHERE; }
  Nanoseconds expiry() const { return expiresAt; }
  // On the steady clock; of the last time, if it is not scheduled.

 private:
  friend class Scheduler;
  static constexpr size_t NOWHERE = SIZE_MAX;

  std::function<void()> call;
  Scheduler* scheduler = nullptr;
  Nanoseconds expiresAt = 0;
  uint64_t order = 0;
  size_t place = NOWHERE;
};

class Scheduler {
 public:
  Scheduler();
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;

  Clock clock;

  void runTasks(unsigned most);
  void runTimers();
  bool wait(bool block);
  // For descriptors, at most until the next timer; or only looks. True if there was something.
  bool hasTasks() const { return !tasks.empty(); }
  int fd() const { return epoll; }
  // Readable when one of the descriptors is ready: for those who wait themselves.
  Nanoseconds untilTimer();
  // How long until the next timer; negative if there is none.
  void watch(int fd, Element& element, bool readable, bool writable);
  // Calls element.selected(...) whenever it is so, until changed. Neither ends it.
  void forget(Element& element);
  // All its descriptors.

 private:
  friend class Task;
  friend class Timer;
  struct Entry {
    uint64_t pass, order;
    Task* task;
    bool operator>(const Entry& other) const { return pass != other.pass ? pass > other.pass : order > other.order; }
  };
  struct File {
    int fd;
    Element* element;
    bool readable, writable;
  };

  void enqueue(Task& task);
  void listen(int fd);
  void settle(size_t place);
  void remove(Timer& timer);
  static bool before(const Timer& a, const Timer& b) {
    return a.expiresAt != b.expiresAt ? a.expiresAt < b.expiresAt : a.order < b.order;
  }

  std::vector<Entry> tasks;
  // A heap.
  uint64_t pass = 0, order = 0;
  std::vector<Timer*> timers;
  // A heap.
  std::vector<File> files;
  int epoll;
};

}  // namespace xylem::click

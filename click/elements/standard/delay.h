#pragma once
// DelayShaper(DELAY), DelayUnqueue(DELAY)
//
// Hold each packet until DELAY after its timestamp, so that there is a SetTimestamp before them.
//
// Ports: 1 input (pull), 1 output; DelayShaper: pull, DelayUnqueue: push.
// Handlers: delay (rw).
//
// LinkUnqueue(LATENCY, BANDWIDTH)
//
// Pulls packets and pushes them as a serial link would: each takes its length (and extra length annotation) at
// BANDWIDTH to send, one after the other, and arrives LATENCY later. BANDWIDTH is in kbit/s, or has a unit.
//
// Ports: 1 input (pull), 1 output (push).
// Handlers: latency, bandwidth (rw), size (r), reset (w).
//
// TimedUnqueue(INTERVAL, [BURST 1]), Burster(INTERVAL, [BURST 8]) pull up to BURST packets every INTERVAL, and push
// them. TimedSink([INTERVAL 500ms]) pulls one every INTERVAL and drops it.
//
// Ports: 1 input (pull); 1 output (push), TimedSink: none.
// Handlers: interval, burst (rw).

#include <click/element.h>
#include <click/elements/standard/storage.h>
#include <click/notifier.h>
#include <click/scheduler.h>

#include <deque>

namespace xylem::click {

class DelayShaper final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr pull(int) override;
  void runTimer(Timer&) override { note.wake(); }
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 private:
  Nanoseconds delay = 0;
  PacketPtr held;
  Notifier note;
  Signal signal;
  Timer timer;
};

class DelayUnqueue final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  bool runTask(Task&) override;
  void runTimer(Timer&) override { task.reschedule(); }

 private:
  Nanoseconds delay = 0;
  PacketPtr held;
  Task task;
  Signal signal;
  Timer timer;
};

class LinkUnqueue final : public Element, public Storage {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  bool runTask(Task&) override;
  void runTimer(Timer&) override { task.reschedule(); }
  size_t stored() const override { return packets.size(); }
  size_t limit() const override { return SIZE_MAX; }

 private:
  struct Underway {
    Nanoseconds arrival;
    PacketPtr packet;
  };
  Nanoseconds latency = 0;
  uint64_t bandwidth = 1;
  // Bytes per second.
  Nanoseconds freeAt = 0;
  // When the last packet has been sent.
  std::deque<Underway> packets;
  Task task;
  Signal signal;
  Timer timer;
};

class TimedUnqueue : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  void runTimer(Timer&) override;

 protected:
  explicit TimedUnqueue(uint32_t burst) : burst(burst) {}

 public:
  TimedUnqueue() : TimedUnqueue(1) {}

 private:
  Nanoseconds interval = SECOND / 2;
  uint32_t burst;
  Timer timer;
};

class Burster final : public TimedUnqueue {
 public:
  static const Kind KIND;
  Burster() : TimedUnqueue(8) {}
};

class TimedSink final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  void runTimer(Timer&) override;

 private:
  Nanoseconds interval = SECOND / 2;
  Timer timer;
};

}  // namespace xylem::click

#pragma once
// TimedSource([INTERVAL 500ms, DATA, LIMIT -1, STOP false, ACTIVE true, HEADROOM 128, END_CALL handler])
//
// Sends a packet with these bytes every INTERVAL, LIMIT in all (-1: no limit). When the limit is reached, STOP stops
// the router, and END_CALL calls a write handler.
//
// Ports: 1 output, push.
// Handlers: count (r), interval, data, limit, active (rw), reset (w).
// Example: TimedSource(10ms, "hello", LIMIT 3) -> ...;
//
// RatedSource([DATA, RATE 10, LIMIT -1, ACTIVE true, LENGTH n, STOP false, BANDWIDTH b, END_CALL handler])
//
// Sends RATE packets per second, or BANDWIDTH bytes per second; after a pause it may catch up a hundredth of a second's
// worth. Where it is pulled, it is not faster than that.
//
// Ports: 1 output, agnostic.
// Handlers: count (r), data, rate, limit, active, length (rw), reset (w).
// Example: RatedSource(RATE 1000, LENGTH 64) -> ...;

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>
#include <click/token-bucket.h>

namespace xylem::click {

class LimitedSource : public Element {
  // What both have: the packet, how many there are to be, and what happens then.
 protected:
  Args& common(Args& args);
  bool ended() const { return limit >= 0 && count >= uint64_t(limit); }
  PacketPtr make();
  void end();
  void addCommonHandlers(Handlers& handlers, std::function<void()> wake);

  std::string data = "Random bytes in a packet that is at least 64 bytes long, as it now is.";
  int64_t limit = -1;
  uint64_t count = 0;
  uint32_t headroom = Packet::HEADROOM;
  int32_t length = -1;
  bool isActive = true, stops = false;

 private:
  std::string endCall;
};

class TimedSource final : public LimitedSource {
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

class RatedSource final : public LimitedSource {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  bool runTask(Task&) override;
  void runTimer(Timer&) override;
  PacketPtr pull(int) override;
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 private:
  void settle();
  void wake();

  uint64_t rate = 10, bandwidth = 0;
  TokenBucket bucket;
  Task task;
  Timer timer;
  Notifier note;
  bool hasEnded = false;
};

}  // namespace xylem::click

#pragma once
// What sources of packets from files have in common: when a packet is sent, which ones are, and what happens at the
// end.

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class TraceSource : public Element {
 public:
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  bool runTask(Task&) override;
  PacketPtr pull(int) override;
  void runTimer(Timer&) override;
  void cleanup() override;
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 protected:
  Args& common(Args& args);
  // STOP, ACTIVE, TIMING, SAMPLE, START, START_AFTER, END, END_AFTER, INTERVAL, END_CALL.
  virtual PacketPtr read() = 0;
  // The next packet of the file, null at its end.
  virtual bool open(Errors& errors);
  virtual int portOf(const Packet&) const { return 0; }
  void restart();
  // After the place in the file was changed.
  double probability = 1;
  std::string name;
  FILE* file = nullptr;
  bool isActive = true, keepsTime = false;

 private:
  PacketPtr next();
  PacketPtr due();
  bool isInside(const Packet& packet);
  void finish();
  void wake();

  bool stops = false, isAtEnd = false;
  Nanoseconds start = -1, startAfter = -1, end = -1, endAfter = -1, interval = -1;
  std::string endCall;
  bool isFirst = true;
  Nanoseconds offset = 0;
  // Of the steady clock to the timestamps.
  bool hasOffset = false;
  PacketPtr held;
  // Its time has not come.
  PacketPtr beyond;
  // The first one past the end, in case that moves.
  Task task;
  Timer timer;
  Notifier note;
};

}  // namespace xylem::click

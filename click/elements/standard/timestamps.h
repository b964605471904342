#pragma once
// SetTimestamp([TIMESTAMP], [FIRST false, DELTA]) sets the timestamp: to this one, or to now; DELTA is added to it.
// With FIRST the annotation of the first timestamp is set as well. SetTimestampDelta([TYPE RANGE]) replaces it by a
// difference: RANGE, to the packet's first timestamp; FIRST, to the first packet seen; NOW, to now.
// AdjustTimestamp(DELTA) adds a number of seconds, which may be negative.
// TimeFilter([START, END, DURATION, STOP false, END_CALL handler]) passes packets on whose timestamp is not before
// START and before END, which is DURATION after the start, or after the first packet; others go to output 1. At the
// first one past the end, STOP stops the router and END_CALL calls a write handler.
//
// Ports: 1 input, 1 output, agnostic; TimeFilter: 1 or 2 outputs, of which the second pushes.
// Handlers: SetTimestampDelta: first (r), reset (w). TimeFilter: start, end (rw).
// Example: FromDump(x.pcap) -> TimeFilter(DURATION 60) -> ...;

#include <click/element.h>

namespace xylem::click {

Nanoseconds firstTimestamp(const Packet& packet);
void setFirstTimestamp(Packet& packet, Nanoseconds time);

class SetTimestamp final : public Simple<SetTimestamp> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  std::optional<Nanoseconds> time;
  Nanoseconds delta = 0;
  bool setsFirst = false;
};

class SetTimestampDelta final : public Simple<SetTimestampDelta> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  enum { RANGE, FIRST, NOW } type = RANGE;
  std::optional<Nanoseconds> first;
};

class AdjustTimestamp final : public Simple<AdjustTimestamp> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet) {
    packet.timestamp += delta;
    return 0;
  }

 private:
  Nanoseconds delta = 0;
};

class TimeFilter final : public Simple<TimeFilter> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  void finish();

  Nanoseconds start = INT64_MIN, end = INT64_MAX;
  std::optional<Nanoseconds> duration;
  // Until the first packet comes.
  bool stops = false, isFinished = false;
  std::string endCall;
};

}  // namespace xylem::click

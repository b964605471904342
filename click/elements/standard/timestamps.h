#pragma once
// SetTimestamp([TIMESTAMP], [FIRST false, DELTA]) sets the timestamp: to this one, or to now; DELTA is added to it.
// With FIRST the annotation of the first timestamp is set as well. SetTimestampDelta([TYPE RANGE]) replaces it by a
// difference: RANGE, to the packet's first timestamp; FIRST, to the first packet seen; NOW, to now.
// AdjustTimestamp(DELTA) adds a number of seconds, which may be negative.
// TimeFilter([START, END, STOP false, END_CALL handler]) passes packets on whose timestamp is not before START and
// before END; others go to output 1. START may also be given as START_AFTER, a time after the first packet, or
// START_DELAY, after the router's start; without any the first packet is the start. END may be given as END_AFTER or
// END_DELAY likewise, or as INTERVAL, a time after the start. At the first packet past the end, STOP stops the router,
// or END_CALL calls a write handler, in whose argument $t is that packet's timestamp; if that moves the end, it goes
// on.
//
// Ports: 1 input, 1 output, agnostic; TimeFilter: 1 or 2 outputs, of which the second pushes.
// Handlers: SetTimestampDelta: first (r), reset (w). TimeFilter: start, end, interval (rw), extend_interval
//   (w).
// Example: FromDump(x.pcap) -> TimeFilter(INTERVAL 60) -> ...;

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
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  enum From { EPOCH, ROUTER, PACKET, START };
  // What a time counts from, until the router or the first packet has come.
  void begin(Nanoseconds first);
  void finish(Nanoseconds time);
  void arm() { isArmed = stops || !endCall.empty(); }
  void change(Handlers& handlers, const std::string& name, const std::function<void(Nanoseconds)>& set);

  Nanoseconds start = 0, end = INT64_MAX;
  From startFrom = PACKET, endFrom = EPOCH;
  bool isReady = false, isArmed = false, stops = false;
  // The first packet has come; what is to be done at the end has not been.
  std::string endCall;
};

}  // namespace xylem::click

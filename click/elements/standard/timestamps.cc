// The first timestamp is kept as it is in the annotation area, in nanoseconds.

#include <click/elements/standard/timestamps.h>
#include <click/router.h>

#include <cmath>

namespace xylem::click {

const Kind SetTimestamp::KIND = kindOf<SetTimestamp>("SetTimestamp", "1/1", "a/a");
const Kind SetTimestampDelta::KIND = kindOf<SetTimestampDelta>("SetTimestampDelta", "1/1", "a/a");
const Kind AdjustTimestamp::KIND = kindOf<AdjustTimestamp>("AdjustTimestamp", "1/1", "a/a");
const Kind TimeFilter::KIND = kindOf<TimeFilter>("TimeFilter", "1/1-2", "a/ah");

Nanoseconds firstTimestamp(const Packet& packet) {
  Nanoseconds time;
  memcpy(&time, packet.annotations() + anno::FIRST_TIMESTAMP, sizeof time);
  return time;
}

void setFirstTimestamp(Packet& packet, Nanoseconds time) {
  memcpy(packet.annotations() + anno::FIRST_TIMESTAMP, &time, sizeof time);
}

void SetTimestamp::configure(Args& args) {
  Nanoseconds given = 0;
  bool isGiven = args.size() > 0;
  Nanoseconds none = -1;
  given = none;
  args.positional("TIMESTAMP", given, as::time).keyword("FIRST", setsFirst).keyword("DELTA", delta, as::time);
  if (args.complete() && isGiven && given != none) time = given;
}

int SetTimestamp::step(Packet& packet) {
  packet.timestamp = (time ? *time : router().scheduler.clock.now()) + delta;
  if (setsFirst) setFirstTimestamp(packet, packet.timestamp);
  return 0;
}

void SetTimestampDelta::configure(Args& args) {
  std::string word = "RANGE";
  if (!args.positional("TYPE", word, as::word).complete()) return;
  auto name = toLower(word);
  if (name != "range" && name != "first" && name != "now") return args.error("unrecognized TYPE");
  type = name == "range" ? RANGE : name == "first" ? FIRST : NOW;
}

int SetTimestampDelta::step(Packet& packet) {
  if (!first) first = packet.timestamp;
  if (type == NOW)
    packet.timestamp = router().scheduler.clock.now() - packet.timestamp;
  else
    packet.timestamp -= type == FIRST ? *first : firstTimestamp(packet);
  return 0;
}

void SetTimestampDelta::addHandlers(Handlers& handlers) {
  handlers.read("first", [this]() { return printSeconds(first.value_or(0)); });
  handlers.button("reset", [this]() { first.reset(); });
}

void AdjustTimestamp::configure(Args& args) {
  double seconds = 0;
  if (args.mandatory("DELTA", seconds).complete()) delta = Nanoseconds(std::llround(seconds * 1e9));
}

void TimeFilter::configure(Args& args) {
  bool hasEnd = args.has("END");
  Nanoseconds length = -1;
  args.positional("START", start, as::time).positional("END", end, as::time).keyword("DURATION", length, as::time);
  if (!args.keyword("INTERVAL", length, as::time).keyword("STOP", stops).keyword("END_CALL", endCall).complete())
    return;
  if (hasEnd && length >= 0) return args.error("specify at most one of 'END' and 'DURATION'");
  if (length < 0) return;
  if (start == INT64_MIN)
    duration = length;
  else
    end = start + length;
}

int TimeFilter::step(Packet& packet) {
  auto time = packet.timestamp;
  if (duration) {
    end = time + *duration;
    duration.reset();
  }
  if (time >= end && !isFinished) finish();
  return time >= start && time < end ? 0 : 1;
}

void TimeFilter::finish() {
  isFinished = true;
  if (stops) router().stop();
  StandardErrors errors;
  router().call(endCall, *this, errors);
}

void TimeFilter::addHandlers(Handlers& handlers) {
  auto again = [this]() { isFinished = false; };
  handlers.setting("start", start, again, as::time, printSeconds);
  handlers.setting("end", end, again, as::time, printSeconds);
}

}  // namespace xylem::click

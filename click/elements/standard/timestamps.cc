// The first timestamp is kept as it is in the annotation area, in nanoseconds.

#include <click/elements/standard/timestamps.h>
#include <click/router.h>

#include <algorithm>

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
  // A time of zero is none.
  Nanoseconds starts[3] = {}, ends[4] = {};
  if (!args.positional("START", starts[EPOCH], as::time)
           .positional("END", ends[EPOCH], as::time)
           .keyword("START_DELAY", starts[ROUTER], as::time)
           .keyword("END_DELAY", ends[ROUTER], as::time)
           .keyword("START_AFTER", starts[PACKET], as::time)
           .keyword("END_AFTER", ends[PACKET], as::time)
           .keyword("INTERVAL", ends[START], as::time)
           .keyword("STOP", stops)
           .keyword("END_CALL", endCall)
           .complete())
    return;
  auto given = [](auto& times) { return std::ranges::count_if(times, [](auto time) { return time != 0; }); };
  if (given(starts) > 1) return args.error("START, START_AFTER, and START_AFTER_INIT are mutually exclusive");
  if (given(ends) > 1) return args.error("END, END_AFTER, END_AFTER_INIT, and INTERVAL are mutually exclusive");
  if (stops && !endCall.empty()) return args.error("END_CALL and STOP are mutually exclusive");
  for (auto from : {EPOCH, ROUTER, PACKET})
    if (starts[from] != 0) start = starts[startFrom = from];
  for (auto from : {EPOCH, ROUTER, PACKET, START})
    if (ends[from] != 0) end = ends[endFrom = from];
  arm();
}

void TimeFilter::initialize(Errors&) {
  auto now = router().scheduler.clock.now();
  if (startFrom == ROUTER) start += now;
  if (endFrom == ROUTER) end += now;
}

void TimeFilter::begin(Nanoseconds first) {
  if (startFrom == PACKET) start += first;
  if (endFrom == PACKET || endFrom == START) end += endFrom == PACKET ? first : start;
  isReady = true;
}

int TimeFilter::step(Packet& packet) {
  auto time = packet.timestamp;
  if (!isReady) begin(time);
  if (time < start) return 1;
  for (auto before = INT64_MIN; time >= end && isArmed && end > before;) {
    before = end;
    finish(time);
  }
  return time < end ? 0 : 1;
}

void TimeFilter::finish(Nanoseconds time) {
  isArmed = false;
  if (stops) return router().stop();
  StandardErrors errors;
  auto call = expandParameters(endCall, [time](const std::string& name) -> std::optional<std::string> {
    return name == "t" ? std::optional(printSeconds(time)) : std::nullopt;
  });
  router().call(call, *this, errors);
}

void TimeFilter::change(Handlers& handlers, const std::string& name, const std::function<void(Nanoseconds)>& set) {
  handlers.write(name, [this, set](const std::string& text, Errors& errors) {
    Nanoseconds time;
    SilentErrors silent;
    if (!as::time(trim(text), time, Reading{this, silent})) return errors.error("expected time");
    set(time);
  });
}

void TimeFilter::addHandlers(Handlers& handlers) {
  handlers.read("start", [this]() { return printSeconds(start); });
  handlers.read("end", [this]() { return printSeconds(end); });
  handlers.read("interval", [this]() { return printSeconds(end - start); });
  change(handlers, "start", [this](Nanoseconds time) {
    if (!isReady) begin(time);
    start = time;
  });
  change(handlers, "end", [this](Nanoseconds time) {
    end = time;
    endFrom = EPOCH;
    arm();
  });
  change(handlers, "interval", [this](Nanoseconds time) {
    end = start + time;
    arm();
  });
  change(handlers, "extend_interval", [this](Nanoseconds time) {
    end += time;
    arm();
  });
}

}  // namespace xylem::click

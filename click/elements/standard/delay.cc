// All of these wait with a timer for the exact moment; nobody polls.

#include <click/elements/standard/delay.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind DelayShaper::KIND = kindOf<DelayShaper>("DelayShaper", "1/1", "l/l");
const Kind DelayUnqueue::KIND = kindOf<DelayUnqueue>("DelayUnqueue", "1/1", "l/h");
const Kind LinkUnqueue::KIND = kindOf<LinkUnqueue>("LinkUnqueue", "1/1", "l/h");
const Kind TimedUnqueue::KIND = kindOf<TimedUnqueue>("TimedUnqueue", "1/1", "l/h");
const Kind Burster::KIND = kindOf<Burster>("Burster", "1/1", "l/h");
const Kind TimedSink::KIND = kindOf<TimedSink>("TimedSink", "1/0", "l/h");

// ---- until a time after the timestamp

void DelayShaper::configure(Args& args) { args.mandatory("DELAY", delay, as::time).complete(); }

void DelayShaper::initialize(Errors&) {
  timer.initialize(*this);
  signal = upstreamEmptySignal(*this, 0, nullptr, &note);
}

PacketPtr DelayShaper::pull(int) {
  if (held == nullptr) held = input(0).pull();
  if (held == nullptr) {
    if (!signal.active()) note.sleep();
    return nullptr;
  }
  auto wait = held->timestamp + delay - router().scheduler.clock.now();
  if (wait <= 0) return std::move(held);
  note.sleep();
  timer.scheduleAfter(wait);
  return nullptr;
}

void DelayShaper::addHandlers(Handlers& handlers) {
  handlers.setting(
      "delay", delay, [this]() { note.wake(); }, as::time, printDuration);
}

void DelayUnqueue::configure(Args& args) { args.mandatory("DELAY", delay, as::time).complete(); }

void DelayUnqueue::initialize(Errors&) {
  timer.initialize(*this);
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

bool DelayUnqueue::runTask(Task&) {
  bool worked = false;
  while (true) {
    if (held == nullptr) held = input(0).pull();
    if (held == nullptr) {
      if (signal.active()) task.reschedule();
      return worked;
    }
    auto wait = held->timestamp + delay - router().scheduler.clock.now();
    if (wait > 0) {
      timer.scheduleAfter(wait);
      return worked;
    }
    output(0).push(std::move(held));
    worked = true;
  }
}

void DelayUnqueue::addHandlers(Handlers& handlers) {
  handlers.setting(
      "delay", delay, [this]() { task.reschedule(); }, as::time, printDuration);
}

// ---- a serial link

namespace {

bool kilobits(const std::string& text, uint64_t& out, const Reading& reading) {
  // A bare number is kbit/s.
  __int128 plain;
  if (!parseInteger(text, plain)) return as::bandwidth(text, out, reading);
  if (plain < 0 || plain > (__int128(1) << 50)) return false;
  out = uint64_t(plain) * 125;
  return true;
}

}  // namespace

void LinkUnqueue::configure(Args& args) {
  if (!args.mandatory("LATENCY", latency, as::time).mandatory("BANDWIDTH", bandwidth, kilobits).complete()) return;
  if (bandwidth == 0) args.error("BANDWIDTH: must be > 0");
}

void LinkUnqueue::initialize(Errors&) {
  timer.initialize(*this);
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

bool LinkUnqueue::runTask(Task&) {
  auto now = router().scheduler.clock.steady();
  bool worked = false;
  // What was sent while nobody looked goes after what is still being sent, without a gap.
  while (freeAt <= now && signal.active()) {
    auto packet = input(0).pull();
    if (packet == nullptr) {
      freeAt = 0;
      break;
    }
    auto bytes = uint64_t(packet->length()) + packet->anno32(anno::EXTRA_LENGTH);
    freeAt = (freeAt == 0 ? now : freeAt) + Nanoseconds(bytes * SECOND / bandwidth);
    packets.push_back({freeAt + latency, std::move(packet)});
    worked = true;
  }
  while (!packets.empty() && packets.front().arrival <= now) {
    auto packet = std::move(packets.front().packet);
    packet->timestamp = router().scheduler.clock.now();
    packets.pop_front();
    output(0).push(std::move(packet));
    worked = true;
  }
  if (freeAt == 0 && signal.active()) task.reschedule();
  auto next = packets.empty() ? INT64_MAX : packets.front().arrival;
  if (freeAt > 0) next = std::min(next, std::max(freeAt, now));
  if (next != INT64_MAX) timer.scheduleAt(next);
  return worked;
}

void LinkUnqueue::addHandlers(Handlers& handlers) {
  handlers.setting("latency", latency, {}, as::time, printDuration);
  handlers.setting(
      "bandwidth", bandwidth, [this]() { bandwidth = std::max<uint64_t>(bandwidth, 1); }, kilobits,
      [](uint64_t bytes) { return std::to_string(bytes / 125); });
  handlers.read("size", [this]() { return std::to_string(packets.size()); });
  handlers.button("reset", [this]() {
    packets.clear();
    freeAt = 0;
    timer.unschedule();
    task.reschedule();
  });
}

// ---- at intervals

void TimedUnqueue::configure(Args& args) {
  if (!args.mandatory("INTERVAL", interval, as::time).positional("BURST", burst).complete()) return;
  if (interval <= 0) args.error("INTERVAL: must be > 0");
  if (burst < 1) args.error("BURST: must be > 0");
}

void TimedUnqueue::initialize(Errors&) {
  timer.initialize(*this);
  timer.scheduleAfter(interval);
}

void TimedUnqueue::runTimer(Timer&) {
  for (uint32_t i = 0; i < burst; ++i) {
    auto packet = input(0).pull();
    if (packet == nullptr) break;
    output(0).push(std::move(packet));
  }
  timer.rescheduleAfter(interval);
}

void TimedUnqueue::addHandlers(Handlers& handlers) {
  handlers.setting(
      "interval", interval,
      [this]() {
        interval = std::max(interval, MICROSECOND);
        timer.scheduleAfter(interval);
      },
      as::time, printDuration);
  handlers.setting("burst", burst);
}

void TimedSink::configure(Args& args) {
  if (args.positional("INTERVAL", interval, as::time).complete() && interval <= 0) args.error("INTERVAL: must be > 0");
}

void TimedSink::initialize(Errors&) {
  timer.initialize(*this);
  timer.scheduleAfter(interval);
}

void TimedSink::runTimer(Timer&) {
  input(0).pull();
  timer.rescheduleAfter(interval);
}

void TimedSink::addHandlers(Handlers& handlers) {
  handlers.setting(
      "interval", interval,
      [this]() {
        interval = std::max(interval, MICROSECOND);
        timer.scheduleAfter(interval);
      },
      as::time, printDuration);
}

}  // namespace xylem::click

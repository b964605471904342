// A packet whose time has not come is held; one past the end is kept too, since the end may be moved.

#include <click/elements/analysis/trace-source.h>
#include <click/random.h>
#include <click/router.h>

#include <cerrno>

namespace xylem::click {

Args& TraceSource::common(Args& args) {
  return args.keyword("STOP", stops)
      .keyword("ACTIVE", isActive)
      .keyword("TIMING", keepsTime)
      .keyword("SAMPLE", probability, as::fraction)
      .keyword("START", start, as::time)
      .keyword("START_AFTER", startAfter, as::time)
      .keyword("END", end, as::time)
      .keyword("END_AFTER", endAfter, as::time)
      .keyword("INTERVAL", interval, as::time)
      .keyword("END_CALL", endCall);
}

bool TraceSource::open(Errors& errors) {
  file = name == "-" ? stdin : fopen(name.c_str(), "rb");
  if (file == nullptr) errors.error(name + ": " + strerror(errno));
  return file != nullptr;
}

void TraceSource::initialize(Errors& errors) {
  timer.initialize(*this);
  if (!open(errors)) return;
  if (isPush(Direction::OUTPUT, 0)) task.initialize(*this, isActive);
}

bool TraceSource::isInside(const Packet& packet) {
  // False also behind the end, where it is over.
  auto time = packet.timestamp;
  if (isFirst) {
    isFirst = false;
    if (startAfter >= 0) start = time + startAfter;
    if (endAfter >= 0) end = time + endAfter;
    if (interval >= 0) end = (start >= 0 ? start : time) + interval;
  }
  if (end >= 0 && time >= end) isAtEnd = true;
  return !isAtEnd && (start < 0 || time >= start);
}

PacketPtr TraceSource::next() {
  while (!isAtEnd) {
    auto packet = beyond != nullptr ? std::move(beyond) : file != nullptr ? read() : nullptr;
    if (packet == nullptr)
      isAtEnd = true;
    else if (isInside(*packet) && Random::shared().happens(probability))
      return packet;
    else if (isAtEnd)
      beyond = std::move(packet);
  }
  return nullptr;
}

PacketPtr TraceSource::due() {
  if (held == nullptr) {
    bool wasAtEnd = isAtEnd;
    held = next();
    if (held == nullptr && !wasAtEnd) finish();
  }
  if (held == nullptr || !keepsTime) return std::move(held);
  auto now = router().scheduler.clock.steady();
  if (!hasOffset) offset = now - held->timestamp;
  hasOffset = true;
  if (held->timestamp + offset <= now) return std::move(held);
  timer.scheduleAt(held->timestamp + offset);
  return nullptr;
}

void TraceSource::finish() {
  if (stops) router().stop();
  StandardErrors errors;
  router().call(endCall, *this, errors);
}

bool TraceSource::runTask(Task&) {
  if (!isActive) return false;
  auto packet = due();
  if (packet == nullptr) return false;
  int port = portOf(*packet);
  pushTo(port, std::move(packet));
  task.reschedule();
  return true;
}

PacketPtr TraceSource::pull(int) {
  if (!isActive) {
    note.sleep();
    return nullptr;
  }
  while (auto packet = due()) {
    int port = portOf(*packet);
    if (port == 0) return packet;
    pushTo(port, std::move(packet));
  }
  note.sleep();
  return nullptr;
}

void TraceSource::wake() {
  if (!isActive) return;
  task.reschedule();
  note.wake();
}

void TraceSource::runTimer(Timer&) { wake(); }

void TraceSource::restart() {
  held.reset();
  beyond.reset();
  isAtEnd = hasOffset = false;
  wake();
}

void TraceSource::cleanup() {
  if (file != nullptr && file != stdin) fclose(file);
  file = nullptr;
}

void TraceSource::addHandlers(Handlers& handlers) {
  handlers.data("filename", name);
  handlers.data("sampling_prob", probability);
  handlers.setting("active", isActive, [this]() { wake(); });
  handlers.button("stop", [this]() {
    isActive = false;
    router().stop();
  });
  handlers.read("filepos", [this]() { return std::to_string(file != nullptr ? ftell(file) : 0); });
  handlers.write("extend_interval", [this](const std::string& text, Errors& errors) {
    Nanoseconds more;
    if (!as::time(trim(text), more, Reading{this, errors})) return errors.error("expects a time");
    if (end >= 0) end += more;
    isAtEnd = false;
    wake();
  });
}

}  // namespace xylem::click

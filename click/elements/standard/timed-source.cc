// A RatedSource sleeps until the next packet is due: its timer wakes the task, or the note of who pulls.

#include <click/elements/standard/timed-source.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind TimedSource::KIND = kindOf<TimedSource>("TimedSource", "0/1", "h/h");
const Kind RatedSource::KIND = kindOf<RatedSource>("RatedSource", "0/1", "a/a");

Args& LimitedSource::common(Args& args) {
  return args.keyword("STOP", stops).keyword("HEADROOM", headroom).keyword("END_CALL", endCall);
}

PacketPtr LimitedSource::make() {
  ++count;
  auto packet = Packet::make(unsigned(length >= 0 ? size_t(length) : data.size()), std::min(headroom, 65535u));
  // Short data is repeated, as far as it is needed.
  for (unsigned i = 0; i < packet->length(); i += unsigned(std::max<size_t>(data.size(), 1))) {
    if (data.empty()) memset(packet->data(), 0, packet->length());
    memcpy(packet->data() + i, data.data(), std::min<size_t>(data.size(), packet->length() - i));
    if (data.empty()) break;
  }
  packet->timestamp = router().scheduler.clock.now();
  return packet;
}

void LimitedSource::end() {
  if (stops) router().stop();
  StandardErrors errors;
  router().call(endCall, *this, errors);
}

void LimitedSource::addCommonHandlers(Handlers& handlers, std::function<void()> wake) {
  handlers.data("count", count);
  handlers.read("data", [this]() { return data; });
  handlers.write("data", [this](const std::string& text, Errors&) { data = text; });
  handlers.setting("limit", limit, wake);
  handlers.setting("active", isActive, wake);
  handlers.button("reset", [this, wake]() {
    count = 0;
    wake();
  });
}

void TimedSource::configure(Args& args) {
  args.positional("INTERVAL", interval, as::time).positional("DATA", data);
  common(args).keyword("LIMIT", limit).keyword("ACTIVE", isActive).complete();
  if (interval <= 0) args.error("INTERVAL: must be > 0");
}

void TimedSource::initialize(Errors&) {
  timer.initialize(*this);
  if (isActive) timer.scheduleAfter(interval);
}

void TimedSource::runTimer(Timer&) {
  if (!isActive) return;
  if (ended()) return end();
  output(0).push(make());
  timer.rescheduleAfter(interval);
}

void TimedSource::addHandlers(Handlers& handlers) {
  auto wake = [this]() {
    if (isActive && interval > 0 && !timer.scheduled()) timer.scheduleAfter(interval);
  };
  addCommonHandlers(handlers, wake);
  handlers.setting(
      "interval", interval,
      [this]() {
        interval = std::max<Nanoseconds>(interval, 1);
        if (timer.scheduled()) timer.scheduleAfter(interval);
      },
      as::time, printDuration);
}

void RatedSource::configure(Args& args) {
  bool hasRate = args.has("RATE");
  args.positional("DATA", data).positional("RATE", rate).positional("LIMIT", limit).positional("ACTIVE", isActive);
  common(args).keyword("LENGTH", length).keyword("DATASIZE", length).keyword("BANDWIDTH", bandwidth, as::bandwidth);
  if (!args.complete()) return;
  if (hasRate && bandwidth > 0) return args.error("cannot specify both RATE and BANDWIDTH");
  settle();
  bucket.fill(1);
}

void RatedSource::settle() {
  if (bandwidth > 0) rate = bandwidth / std::max<uint64_t>(length >= 0 ? uint64_t(length) : data.size(), 1);
  bucket.set(rate, rate < 200 ? 2 : rate / 100);
}

void RatedSource::initialize(Errors&) {
  timer.initialize(*this);
  if (isPush(Direction::OUTPUT, 0)) task.initialize(*this, isActive);
}

bool RatedSource::runTask(Task&) {
  if (!isActive) return false;
  if (ended()) {
    if (!hasEnded) end();
    hasEnded = true;
    return false;
  }
  bucket.refill(router().scheduler.clock.steady());
  if (!bucket.take(1)) {
    timer.scheduleAfter(bucket.until(1));
    return false;
  }
  output(0).push(make());
  task.reschedule();
  return true;
}

void RatedSource::runTimer(Timer&) { wake(); }

void RatedSource::wake() {
  hasEnded = hasEnded && ended();
  if (!isActive) return;
  task.reschedule();
  if (!ended()) note.wake();
}

PacketPtr RatedSource::pull(int) {
  if (!isActive || ended()) {
    if (isActive && !hasEnded) end();
    hasEnded = ended();
    note.sleep();
    return nullptr;
  }
  bucket.refill(router().scheduler.clock.steady());
  if (bucket.take(1)) return make();
  note.sleep();
  timer.scheduleAfter(bucket.until(1));
  return nullptr;
}

void RatedSource::addHandlers(Handlers& handlers) {
  addCommonHandlers(handlers, [this]() { wake(); });
  handlers.setting("length", length, [this]() { settle(); });
  handlers.setting("rate", rate, [this]() {
    bandwidth = 0;
    settle();
    wake();
  });
}

}  // namespace xylem::click

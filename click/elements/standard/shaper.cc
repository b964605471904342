// Whoever takes a packet may run into debt by its length, and waits until that is paid: so long packets do not need a
// large bucket, and the rate is exact. A splitter does not know what comes; there the tokens for a packet must be at
// hand.

#include <click/elements/standard/shaper.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind Shaper::KIND = kindOf<Shaper>("Shaper", "1/1", "l/l");
const Kind BandwidthShaper::KIND = kindOf<BandwidthShaper>("BandwidthShaper", "1/1", "l/l");
const Kind RatedUnqueue::KIND = kindOf<RatedUnqueue>("RatedUnqueue", "1/1", "l/h");
const Kind BandwidthRatedUnqueue::KIND = kindOf<BandwidthRatedUnqueue>("BandwidthRatedUnqueue", "1/1", "l/h");
const Kind RatedSplitter::KIND = kindOf<RatedSplitter>("RatedSplitter", "1/2", "h/h");
const Kind BandwidthRatedSplitter::KIND = kindOf<BandwidthRatedSplitter>("BandwidthRatedSplitter", "1/2", "h/h");

void Rated::configure(Args& args) {
  uint64_t wanted = rate, size = 0;
  Nanoseconds duration = 20 * MILLISECOND;
  bool hasSize = args.has("BURST_SIZE"), hasDuration = args.has("BURST_DURATION");
  if (inBytes)
    args.mandatory("RATE", wanted, as::bandwidth);
  else
    args.mandatory("RATE", wanted);
  if (hasBurst)
    args.keyword("BURST_DURATION", duration, as::time).keyword("BURST_SIZE", size).keyword("BURST_BYTES", size);
  if (!args.complete()) return;
  if (hasSize && hasDuration) return args.error("cannot specify both BURST_DURATION and BURST_SIZE");
  rate = wanted;
  burstDuration = duration;
  burstSize = hasSize ? std::optional(size) : std::nullopt;
  settle();
  bucket.fill();
}

void Rated::settle() {
  auto tokens = uint64_t((unsigned __int128)(rate)*uint64_t(burstDuration) / SECOND);
  auto least = uint64_t(inBytes ? 1514 : 1);
  bucket.set(rate, std::max(burstSize.value_or(hasBurst ? tokens : 0), least));
}

void Rated::refill() { bucket.refill(router().scheduler.clock.steady()); }

void Rated::setRate(const std::string& text, Errors& errors) {
  uint64_t wanted;
  auto before = errors.count();
  Reading reading{this, errors};
  bool good = inBytes ? as::bandwidth(trim(text), wanted, reading) : read(trim(text), wanted, reading);
  if (!good && errors.count() == before) errors.error("syntax error");
  if (!good || errors.count() > before) return;
  refill();
  rate = wanted;
  settle();
}

void Rated::addHandlers(Handlers& handlers) {
  handlers.data("rate", rate);
  handlers.write("rate", [this](const std::string& text, Errors& errors) { setRate(text, errors); });
}

void Shaper::initialize(Errors&) {
  timer.initialize(*this);
  signal = upstreamEmptySignal(*this, 0, nullptr, &note);
}

PacketPtr Shaper::pull(int) {
  refill();
  if (auto wait = bucket.until(1); wait > 0) {
    note.sleep();
    timer.scheduleAfter(wait);
    return nullptr;
  }
  auto packet = input(0).pull();
  if (packet != nullptr)
    bucket.spend(cost(*packet));
  else if (!signal.active())
    note.sleep();
  return packet;
}

void RatedUnqueue::initialize(Errors&) {
  timer.initialize(*this);
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

bool RatedUnqueue::runTask(Task&) {
  refill();
  if (auto wait = bucket.until(1); wait > 0) {
    timer.scheduleAfter(wait);
    return false;
  }
  auto packet = input(0).pull();
  if (packet == nullptr) {
    if (signal.active()) task.reschedule();
    return false;
  }
  bucket.spend(cost(*packet));
  output(0).push(std::move(packet));
  task.reschedule();
  return true;
}

void RatedSplitter::push(int, PacketPtr packet) {
  refill();
  int port = bucket.take(cost(*packet)) ? 0 : 1;
  output(port).push(std::move(packet));
}

}  // namespace xylem::click

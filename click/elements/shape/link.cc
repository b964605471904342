// Two kinds of events: the packet at the head has been sent, and one on its way arrives. One timer stands at the
// earlier of them; when it comes, all that is due is done in the order of the times for which it was due. What comes
// out may come in again, by way of other elements: that is only queued.

#include <click/elements/shape/link.h>
#include <click/router.h>
#include <sys/prctl.h>

#include <algorithm>
#include <random>

namespace xylem::click {

const Kind Link::KIND = kindOf<Link>("Link", "1/1", "h/h");

void Link::configure(Args& args) {
  Settings wanted;
  bool hasSeed = args.size() >= 8 || args.has("SEED");
  args.positional("RATE", wanted.rate, as::bandwidth)
      .positional("DELAY", wanted.delay, as::time)
      .positional("JITTER", wanted.jitter, as::time)
      .positional("LOSS", wanted.loss, as::fraction)
      .positional("DUPLICATE", wanted.duplicate, as::fraction)
      .positional("REORDER", wanted.reorder, as::fraction)
      .positional("QUEUE", wanted.queue)
      .positional("SEED", wanted.seed);
  if (!args.complete()) return;
  if (!hasSeed) wanted.seed = std::random_device{}();
  settings = wanted;
  random.seed(settings.seed);
}

void Link::initialize(Errors&) {
  timer.initialize(*this);
  // The kernel would let timers of this process come up to 50 us late.
  prctl(PR_SET_TIMERSLACK, 1);
}

void Link::push(int, PacketPtr packet) {
  auto now = router().scheduler.clock.steady();
  if (random.happens(settings.loss)) {
    ++counts.lost;
    return;
  }
  if (random.happens(settings.duplicate)) {
    ++counts.duplicated;
    enqueue(packet->clone(), now);
  }
  enqueue(std::move(packet), now);
  if (!isRunning) schedule();
}

void Link::enqueue(PacketPtr packet, Nanoseconds now) {
  if (waiting.size() >= settings.queue) {
    ++counts.overflows;
    return;
  }
  waiting.push_back(std::move(packet));
  if (waiting.size() == 1) startSending(now);
}

void Link::startSending(Nanoseconds from) {
  if (settings.rate == 0) {
    sendingUntil = from;
    return;
  }
  auto work = (unsigned __int128)(waiting.front()->length()) * SECOND + remainder;
  sendingUntil = from + Nanoseconds(work / settings.rate);
  remainder = uint64_t(work % settings.rate);
}

void Link::sent() {
  auto packet = std::move(waiting.front());
  waiting.pop_front();
  auto at = sendingUntil;
  if (random.happens(settings.reorder)) {
    ++counts.reordered;
  } else {
    auto jitter =
        settings.jitter > 0 ? Nanoseconds(random.below(2 * uint64_t(settings.jitter) + 1)) - settings.jitter : 0;
    at = std::max(at + std::max<Nanoseconds>(settings.delay + jitter, 0), lastArrival);
    lastArrival = at;
  }
  underway.push_back({at, order++, packet.release()});
  std::push_heap(underway.begin(), underway.end(), std::greater<>());
  if (waiting.empty())
    remainder = 0;
  else
    startSending(sendingUntil);
}

void Link::arrive() {
  std::pop_heap(underway.begin(), underway.end(), std::greater<>());
  PacketPtr packet(underway.back().packet);
  underway.pop_back();
  ++counts.packets;
  counts.bytes += packet->length();
  output(0).push(std::move(packet));
}

void Link::runTimer(Timer&) {
  auto now = router().scheduler.clock.steady();
  isRunning = true;
  while (true) {
    auto sending = waiting.empty() ? INT64_MAX : sendingUntil;
    auto arriving = underway.empty() ? INT64_MAX : underway.front().at;
    if (std::min(sending, arriving) > now) break;
    sending <= arriving ? sent() : arrive();
  }
  isRunning = false;
  schedule();
}

void Link::schedule() {
  auto sending = waiting.empty() ? INT64_MAX : sendingUntil;
  auto arriving = underway.empty() ? INT64_MAX : underway.front().at;
  auto next = std::min(sending, arriving);
  if (next == INT64_MAX || (timer.scheduled() && timer.expiry() == next)) return;
  timer.scheduleAt(next);
}

void Link::clear() {
  for (auto& each : underway) PacketPtr(each.packet).reset();
  underway.clear();
  waiting.clear();
  remainder = 0;
  timer.unschedule();
}

void Link::takeState(Element& former, Errors&) {
  auto from = dynamic_cast<Link*>(&former);
  if (from == nullptr) return;
  auto& other = *from;
  waiting = std::move(other.waiting);
  underway = std::move(other.underway);
  other.clear();
  counts = other.counts;
  sendingUntil = other.sendingUntil;
  remainder = settings.rate == other.settings.rate ? other.remainder : 0;
  lastArrival = other.lastArrival;
  order = other.order;
  schedule();
}

void Link::cleanup() { clear(); }

void Link::addSettings(Handlers& handlers) {
  handlers.setting("rate", settings.rate, {}, as::bandwidth);
  handlers.setting("delay", settings.delay, {}, as::time, printDuration);
  handlers.setting("jitter", settings.jitter, {}, as::time, printDuration);
  handlers.setting("loss", settings.loss, {}, as::fraction);
  handlers.setting("duplicate", settings.duplicate, {}, as::fraction);
  handlers.setting("reorder", settings.reorder, {}, as::fraction);
  handlers.setting("queue", settings.queue);
  handlers.setting("seed", settings.seed, [this]() { random.seed(settings.seed); });
}

void Link::addHandlers(Handlers& handlers) {
  addSettings(handlers);
  handlers.read(
      "config",
      [this]() {
        return std::to_string(settings.rate) + "Bps, " + printDuration(settings.delay) + ", " +
               printDuration(settings.jitter) + ", " + print(settings.loss) + ", " + print(settings.duplicate) + ", " +
               print(settings.reorder) + ", " + std::to_string(settings.queue) + ", " + std::to_string(settings.seed);
      },
      Handler::CALM);
  handlers.data("count", counts.packets);
  handlers.data("byte_count", counts.bytes);
  handlers.data("lost", counts.lost);
  handlers.data("duplicated", counts.duplicated);
  handlers.data("reordered", counts.reordered);
  handlers.data("overflows", counts.overflows);
  handlers.read("length", [this]() { return std::to_string(waiting.size()); });
  handlers.read("in_flight", [this]() { return std::to_string(underway.size()); });
  handlers.button("reset_counts", [this]() { counts = Counts(); });
  handlers.button("reset", [this]() {
    clear();
    counts = Counts();
    random.seed(settings.seed);
  });
}

}  // namespace xylem::click

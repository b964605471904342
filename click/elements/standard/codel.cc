// The names and the order are those of the pseudocode in RFC 8289, section 5.

#include <click/elements/standard/codel.h>
#include <click/elements/standard/timestamps.h>
#include <click/router.h>

#include <cmath>

namespace xylem::click {

const Kind CoDel::KIND = kindOf<CoDel>("CoDel", "1/1-2", "l/lh");

void CoDel::configure(Args& args) {
  args.positional("TARGET", target, as::time).positional("INTERVAL", interval, as::time).complete();
  if (interval <= 0) args.error("INTERVAL: must be > 0");
}

void CoDel::initialize(Errors& errors) {
  router().visit(*this, Direction::INPUT, 0, [this](Element& element, Direction, int) {
    auto storage = dynamic_cast<Storage*>(&element);
    if (storage != nullptr) queues.push_back(storage);
    return storage == nullptr;
  });
  if (queues.empty()) errors.error("no nearby Queues");
}

CoDel::Next CoDel::take(Nanoseconds now) {
  Next next{input(0).pull()};
  if (next.packet == nullptr) {
    firstAbove = 0;
    return next;
  }
  auto begun = firstTimestamp(*next.packet);
  sojourn = now - (begun != 0 ? begun : next.packet->timestamp);
  size_t waiting = 0;
  for (auto queue : queues) waiting += queue->stored();
  // The last packet is never dropped.
  if (sojourn < target || waiting == 0)
    firstAbove = 0;
  else if (firstAbove == 0)
    firstAbove = now + interval;
  else
    next.mayDrop = now >= firstAbove;
  return next;
}

Nanoseconds CoDel::later(Nanoseconds from) const {
  return from + Nanoseconds(double(interval) / std::sqrt(double(count)));
}

void CoDel::drop(PacketPtr packet) {
  ++drops;
  pushTo(1, std::move(packet));
}

PacketPtr CoDel::pull(int) {
  auto now = router().scheduler.clock.now();
  auto next = take(now);
  if (isDropping) {
    if (!next.mayDrop) isDropping = false;
    while (isDropping && now >= dropNext) {
      drop(std::move(next.packet));
      ++count;
      next = take(now);
      if (next.mayDrop)
        dropNext = later(dropNext);
      else
        isDropping = false;
    }
  } else if (next.mayDrop) {
    drop(std::move(next.packet));
    next = take(now);
    isDropping = true;
    // If it has dropped a while ago, it begins with the frequency that was right then.
    auto delta = count - lastCount;
    count = delta > 1 && now - dropNext < 16 * interval ? delta : 1;
    dropNext = later(now);
    lastCount = count;
  }
  return std::move(next.packet);
}

void CoDel::addHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  handlers.data("dropping", isDropping);
  handlers.read("sojourn", [this]() { return printDuration(sojourn); });
  handlers.setting("target", target, {}, as::time, printDuration);
  handlers.setting(
      "interval", interval, [this]() { interval = std::max<Nanoseconds>(interval, 1); }, as::time, printDuration);
}

}  // namespace xylem::click

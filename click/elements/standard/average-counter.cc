// The mean is over the time between packets, so that silence before the first and after the last does not count.

#include <click/elements/standard/average-counter.h>
#include <click/random.h>
#include <click/router.h>

#include <random>

namespace xylem::click {

const Kind AverageCounter::KIND = kindOf<AverageCounter>("AverageCounter", "1/1", "a/a");
const Kind RandomSeed::KIND = kindOf<RandomSeed>("RandomSeed");

void AverageCounter::configure(Args& args) { args.positional("IGNORE", ignored).complete(); }

int AverageCounter::step(Packet& packet) {
  auto now = router().scheduler.clock.steady();
  if (first == 0) first = now;
  if (now - first < Nanoseconds(ignored) * SECOND) return 0;
  ++count;
  bytes += packet.length();
  last = now;
  return 0;
}

double AverageCounter::rate(uint64_t amount) const {
  auto span = last - first - Nanoseconds(ignored) * SECOND;
  return span <= 0 ? 0 : double(amount) * double(SECOND) / double(span);
}

void AverageCounter::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  handlers.data("byte_count", bytes);
  handlers.read("rate", [this]() { return print(rate(count)); });
  handlers.read("byte_rate", [this]() { return print(rate(bytes)); });
  handlers.read("bit_rate", [this]() { return print(8 * rate(bytes)); });
  handlers.button("reset", [this]() { count = bytes = 0, first = last = 0; });
}

void RandomSeed::configure(Args& args) {
  uint32_t seed = 0;
  bool isGiven = args.size() > 0;
  if (args.positional("SEED", seed).complete()) Random::shared().seed(isGiven ? seed : std::random_device{}());
}

void RandomSeed::addHandlers(Handlers& handlers) {
  handlers.write("seed", [this](const std::string& text, Errors& errors) {
    Args args(splitArguments(text), this, errors);
    configure(args);
  });
}

}  // namespace xylem::click

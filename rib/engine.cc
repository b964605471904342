// A little of the work that follows from a change is done on the spot, so that one changed route is through at once;
// what is more than that is done in slices, between which the loop turns.

#include <kj/debug.h>
#include <rib/engine.h>
#include <xrl/log.h>

namespace xylem::rib {

namespace {
constexpr uint ON_THE_SPOT = 256, STEPS = 256;
// Prefixes or groups, some 0.1 ms.
constexpr auto SLICE = 2 * kj::MILLISECONDS;
constexpr size_t CROWDED = 65536;
// Prefixes that wait to be written.
}  // namespace

Engine::Engine(xrl::Loop& loop)
    : loop(loop),
      inForce(kj::heap<policy::Compiled>(policy::schema::Options::Reader())),
      working(kj::Promise<void>(work()).eagerlyEvaluate(
          [](kj::Exception&& bug) { xrl::log::error("table stopped", "reason", bug.getDescription()); })) {
  tick();
}

void Engine::tick() { table.now = uint32_t((loop.timer().now() - kj::origin<kj::TimePoint>()) / kj::SECONDS); }

void Engine::changed() {
  tick();
  table.advance(ON_THE_SPOT);
  trackers.collect();
  if (table.isBusy()) more.ring();
  for (auto listener : listeners) listener->bell.ring();
}

xrl::Task<void> Engine::work() {
  auto& clock = kj::systemPreciseMonotonicClock();
  for (;;) {
    while (table.isBusy()) {
      auto end = clock.now() + SLICE;
      while (table.isBusy() && clock.now() < end) table.advance(STEPS);
      changed();
      co_await pause();
    }
    co_await more.wait();
  }
}

xrl::Task<void> Engine::pause() { co_await loop.timer().afterDelay(0 * kj::SECONDS); }

void Engine::setPolicies(kj::Own<const policy::Compiled> now) {
  for (auto follower : table.followers) follower->change(*inForce, *now);
  inForce = kj::mv(now);
  changed();
}

kj::Promise<void> Engine::room() {
  if (table.fibBacklog() < CROWDED) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  crowd.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

void Engine::drained() {
  if (table.fibBacklog() >= CROWDED / 2) return;
  for (auto& each : crowd) each->fulfill();
  crowd.clear();
}

}  // namespace xylem::rib

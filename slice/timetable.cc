// One timer, for what comes next.

#include <slice/timetable.h>

namespace xylem::slice {

void Timetable::follow(const std::vector<Event>& events, kj::TimePoint began) {
  kj::Promise<void> next = carryOut(events, began);
  following = next.eagerlyEvaluate(nullptr);
}

xrl::Task<void> Timetable::carryOut(std::vector<Event> events, kj::TimePoint began) {
  auto start = loop.timer().now();
  for (auto& event : events) {
    if (began + event.at < start) continue;
    auto time = loop.timer().atTime(began + event.at);
    co_await kj::mv(time);
    fire(event);
  }
}

}  // namespace xylem::slice

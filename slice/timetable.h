#pragma once
// Carries out what is to happen at given times since a beginning.

#include <kj/function.h>
#include <slice/model.h>
#include <xrl/loop.h>
#include <xrl/task.h>

namespace xylem::slice {

class Timetable {
 public:
  Timetable(xrl::Loop& loop, kj::Function<void(const Event&)> fire) : loop(loop), fire(kj::mv(fire)) {}

  void follow(const std::vector<Event>& events, kj::TimePoint began);
  // From now on these, in the order of time, in place of what was to come; what is past does not happen. Not to be
  // called by `fire`.
  void stop() { following = nullptr; }

 private:
  xrl::Task<void> carryOut(std::vector<Event> events, kj::TimePoint began);

  xrl::Loop& loop;
  kj::Function<void(const Event&)> fire;
  kj::Promise<void> following = nullptr;
};

}  // namespace xylem::slice

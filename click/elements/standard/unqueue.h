#pragma once
// Unqueue([BURST 1, ACTIVE true, LIMIT -1])
//
// Pulls packets as fast as it can and pushes them on, BURST for each turn of its task.
//
// Ports: 1 input (pull), 1 output (push).
// Handlers: count (r), active, limit, burst (rw), reset (w).

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class Unqueue final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  bool runTask(Task&) override;

 private:
  uint64_t count = 0;
  int32_t burst = 1;
  int64_t limit = -1;
  bool isActive = true;
  Task task;
  Signal signal;
};

}  // namespace xylem::click

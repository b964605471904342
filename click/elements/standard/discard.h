#pragma once
// Discard([ACTIVE true, BURST 1])
//
// Drops all packets. Where it pulls, a task does so, BURST packets at a time while ACTIVE.
//
// Ports: 1 input, agnostic.
// Handlers: count (r): packets dropped. active (rw). reset_counts (w).
// Example: RatedSource -> Counter -> Discard;

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class Discard final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  void push(int, PacketPtr) override { ++count; }
  void pushBatch(int, Batch& batch) override { count += batch.size(); }
  bool runTask(Task&) override;

 private:
  Task task;
  Signal signal;
  uint64_t count = 0;
  uint32_t burst = 1;
  bool isActive = true;
};

}  // namespace xylem::click

#pragma once
// ToDevice(DEVNAME, [BURST 64, METHOD, DEBUG false])
//
// Sends frames by a device. METHOD as for FromDevice; without it, AF_XDP if a FromDevice of this graph or another has
// the device that way, a packet socket otherwise.
//
// Ports: 1 input (pull, or push: then there is a queue of one batch inside).
// Handlers: count, drops (r), reset_counts (w).
// Example: Queue -> ToDevice(eth0);

#include <click/device.h>
#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class ToDevice final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_PRIVILEGED + 1; }
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void push(int port, PacketPtr packet) override;
  void pushBatch(int port, Batch& batch) override;
  bool runTask(Task&) override;
  void takeState(Element& former, Errors& errors) override;

 private:
  void send(Batch& batch);
  uint64_t fastCount() const { return uint64_t(int64_t(device->counts().fastSent) - fastBefore); }

  std::string deviceName, method;
  uint32_t burst = Batch::MOST;
  std::shared_ptr<Device> device;
  Task task;
  Signal signal;
  Batch waiting;
  // Found no room the last time.
  uint64_t count = 0, drops = 0;
  int64_t fastBefore = 0;
  // Of those that the fast path sent, to be left out.
};

}  // namespace xylem::click

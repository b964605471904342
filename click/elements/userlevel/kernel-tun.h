#pragma once
// KernelTun(ADDR/MASK [, GATEWAY, TAP false, HEADROOM, BURST 1, ETHER e, IGNORE_QUEUE_OVERFLOWS false, MTU 1500,
// DEVNAME d]), KernelTap(ADDR/MASK [, ...])
//
// Make an interface of the kernel with that address, and are its other end: packets that the kernel sends by it come
// out of output 0, and packets that come in are received by the kernel. KernelTun has IP packets, whose network header
// and destination annotation are set; IP packets of the kernel that are none go to output 1, or are dropped. KernelTap,
// or TAP true, has Ethernet frames. The interface is named DEVNAME, or as the kernel likes; a new graph keeps the one
// that the element of the same name had. With GATEWAY, which must be on its network, it gets the default route. It goes
// when the router ends.
//
// BURST packets are read at a time. IGNORE_QUEUE_OVERFLOWS: that the kernel's queue is full is told once, not each
// time.
//
// Ports: up to 1 input, agnostic; 1 or 2 outputs, push. Nothing flows through.
// Handlers: packets, dev_name (r), reset_counts (w).
// Example: tun :: KernelTun(10.0.0.1/24); tun -> ...; ... -> tun;

#include <click/element.h>
#include <click/elements/userlevel/tap.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class KernelTun : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_PRIVILEGED; }
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void cleanup() override;
  void push(int port, PacketPtr packet) override;
  bool runTask(Task&) override;
  void selected(int fd, bool readable, bool writable) override;

 protected:
  Tap::Settings settings;

 private:
  static constexpr unsigned MOST_HEADROOM = 8192;
  bool noteHeaders(Packet& packet) const;

  uint32_t headroom = Packet::HEADROOM;
  int32_t burst = 1;
  bool isQuiet = false, hasTold = false;
  uint64_t packets = 0;
  Tap tap;
  Task task;
  Signal waiting;
};

class KernelTap final : public KernelTun {
 public:
  static const Kind KIND;
  KernelTap() { settings.isTap = true; }
};

}  // namespace xylem::click

#pragma once
// FromHost(DEVNAME, PREFIX [, TYPE ETHER, GATEWAY g, ETHER 00:01:02:03:04:05, MTU 1500, HEADROOM]), ToHost(DEVNAME)
//
// FromHost makes a tap, that is an Ethernet interface of the kernel, with this name, address and network, and emits the
// frames that the kernel sends by it. ToHost, with the same name, hands frames to the kernel, as if they had been
// received there. With TYPE IP, the interface is a tun and there are no Ethernet headers. IP headers are noted, and
// destination annotations set. FromHost waits while its output is full. The interface goes when the router ends.
//
// Ports: FromHost: 1 output, push. ToHost: 1 input, push.
// Handlers: FromHost: dev_name, signal (r). ToHost: dev_name, drops (r).
// Example: FromHost(fake0, 192.0.2.1/24) -> q :: Queue -> ...; ... -> ToHost(fake0);

#include <click/element.h>
#include <click/elements/userlevel/tap.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class FromHost final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_PRIVILEGED; }
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void cleanup() override;
  bool runTask(Task&) override;
  void selected(int fd, bool readable, bool writable) override;

  bool isFor(const std::string& device) const { return settings.name == device; }
  Tap& device() { return tap; }
  bool hasFrames() const { return settings.isTap; }

 private:
  void note(Packet& packet) const;

  Tap::Settings settings;
  uint32_t headroom = Packet::HEADROOM;
  Tap tap;
  Task task;
  Signal full;
};

class ToHost final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_PRIVILEGED + 1; }
  void configure(Args& args) override { args.mandatory("DEVNAME", deviceName, as::word).complete(); }
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void push(int port, PacketPtr packet) override;

 private:
  std::string deviceName;
  FromHost* source = nullptr;
  uint64_t drops = 0;
};

}  // namespace xylem::click

#pragma once
// RawSocket(PROTOCOL [, SNAPLEN 65535, HEADROOM, TIMESTAMP true, SOCKET n])
//
// A raw IPv4 socket: IP packets of that protocol that come to this host leave by output 0, header and all, with their
// network header noted; IP packets that come in are sent by the kernel's routes, whatever protocol they carry.
// Fragments come together. As long as it is there, the kernel does not answer that it knows no such protocol. So the
// end of a tunnel needs no device of its own.
//
// With SOCKET it is the socket that this process has been given as the descriptor of that number; so it may belong to
// another network namespace, and the process needs no rights for it.
//
// A new graph that has an element of the same name goes on with the socket of the former one, and what waits in it.
//
// Ports: up to 1 input, agnostic; up to 1 output, push. Nothing flows through.
// Handlers: sent, received, drops (r), reset_counts (w).
// Example: raw :: RawSocket(GRE) -> StripEtherGRE(KEY 7) -> ...; ... -> EtherGRE(192.0.2.1, 192.0.2.2, KEY 7) -> raw;

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

#include <optional>

namespace xylem::click {

class RawSocket final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_PRIVILEGED; }
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void takeState(Element& former, Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void cleanup() override;
  void push(int port, PacketPtr packet) override;
  void pushBatch(int, Batch& batch) override;
  bool runTask(Task&) override;
  void selected(int fd, bool readable, bool writable) override;

 private:
  PacketPtr take(const char* data, size_t size);

  uint8_t protocol = 0;
  uint32_t snapLength = 65535, headroom = Packet::HEADROOM;
  bool hasTimestamp = true;
  std::optional<int> given;
  int socket = -1;
  uint64_t sent = 0, received = 0, drops = 0;
  Task task;
  Signal signal;
};

}  // namespace xylem::click

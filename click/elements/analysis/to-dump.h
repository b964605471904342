#pragma once
// ToDump(FILENAME, [SNAPLEN 2000, ENCAP ETHER, USE_ENCAP_FROM element, EXTRA_LENGTH true, NANO false,
//   UNBUFFERED false])
//
// Writes packets into a pcap file ("-": standard output), at most SNAPLEN bytes of each (0: all), with their
// timestamps, or now. ENCAP says what they begin with: ETHER, IP, SLL, PPP, 802_11, ... Packets go on to the output, if
// there is one.
//
// Ports: 1 input, 0 or 1 outputs; agnostic, the output pushes.
// Handlers: count, filename (r). reset_counts, flush (w).
// Example: ... -> ToDump(out.pcap, ENCAP IP);

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class ToDump final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void cleanup() override;
  void push(int, PacketPtr packet) override;
  bool runTask(Task&) override;

 private:
  void write(const Packet& packet);

  std::string name;
  uint32_t snapLength = 2000, linkType = 1;
  Element* encapFrom = nullptr;
  bool countsExtra = true, isNano = false, isUnbuffered = false;
  FILE* file = nullptr;
  uint64_t count = 0;
  Task task;
  Signal signal;
};

}  // namespace xylem::click

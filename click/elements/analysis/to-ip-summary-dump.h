#pragma once
// ToIPSummaryDump(FILENAME, [FIELDS "ip_src ip_dst", HEADER true, VERBOSE false, BANNER text, MULTIPACKET false,
//   BAD_PACKETS false, CAREFUL_TRUNC true, EXTRA_LENGTH true])
//
// Writes a line for each packet, with the fields that are wanted (also CONTENTS, or DATA); "-" stands for a field that
// the packet does not have, and as a file name for standard output. The fields are those in ip-summary.cc: timestamp,
// ip_src, sport, ip_proto, tcp_flags, payload ... MULTIPACKET writes as many lines as the count annotation says.
// Packets go on to the output, if there is one.
//
// Ports: 1 input, 0 or 1 outputs; agnostic, the output pushes.
// Handlers: count, filename (r), flush (w).
// Example: ... -> ToIPSummaryDump(-, FIELDS timestamp ip_src sport ip_dst dport ip_proto);

#include <click/element.h>
#include <click/elements/analysis/ip-summary.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class ToIPSummaryDump final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void cleanup() override;
  void push(int, PacketPtr packet) override;
  bool runTask(Task&) override;

 private:
  void writeHeader();
  void write(const Packet& packet);

  std::string name, banner;
  std::vector<const SummaryField*> fields;
  bool hasHeader = true, isVerbose = false, isMulti = false, tellsBad = false, isCareful = true, countsExtra = true,
       hasCount = false;
  FILE* file = nullptr;
  uint64_t count = 0;
  Task task;
  Signal signal;
};

}  // namespace xylem::click

#pragma once
// FromIPSummaryDump(FILENAME, [FIELDS "...", PROTO TCP, ZERO false, CHECKSUM false, MULTIPACKET false,
//   FLOWID "SRC SPORT DST DPORT [PROTO]", and as FromDump: TIMING, STOP, ACTIVE, SAMPLE, START, END, INTERVAL,
//   END_CALL])
//
// Makes an IP packet of each line of a summary dump; what a line does not say has defaults. The `!data` line of the
// file says which fields there are, or FIELDS does (also DEFAULT_FIELDS, CONTENTS). Payload that is not in the file is
// noted in the extra length annotation, or filled with zeros with ZERO. CHECKSUM sets the checksums. A line with a
// count of N becomes N packets with MULTIPACKET. Lines that begin with `!flowid`, `!proto` and `!aggregate` say what
// holds for those that follow.
//
// Ports: 1 output, agnostic.
// Handlers: as FromDump, without encap and packet_filepos.
// Example: FromIPSummaryDump(trace, STOP true) -> ToIPSummaryDump(-, FIELDS ip_src ip_len);

#include <click/elements/analysis/ip-summary.h>
#include <click/elements/analysis/trace-source.h>

namespace xylem::click {

class FromIPSummaryDump final : public TraceSource {
 public:
  static const Kind KIND;
  void configure(Args& args) override;

 private:
  PacketPtr read() override;
  bool open(Errors& errors) override;
  bool readLine(std::string& line);
  void setFields(const std::string& text, Errors& errors);
  void directive(std::string line);
  bool setFlow(const std::string& text);
  PacketPtr packetOf(const std::string& line);

  std::vector<const SummaryField*> fields;
  SummaryDraft pattern;
  bool fillsUp = false, hasChecksum = false, isMulti = false, toldOfFormat = false;
  SummaryDraft repeated;
  uint32_t repeats = 0;
  std::string pending;
  // The first line, when it is no banner.
  bool hasPending = false;
};

}  // namespace xylem::click

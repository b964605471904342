#pragma once
// IPPrint([LABEL, CONTENTS no, PAYLOAD no, MAXLENGTH 1500, ID false, TIMESTAMP true, PAINT false, TOS false, TTL false,
// SWAP true,
//   LENGTH false, AGGREGATE false, ACTIVE true, OUTFILE])
//
// Prints a line for each IP packet, in the manner of tcpdump, on standard error or into OUTFILE. CONTENTS (the whole
// packet) or PAYLOAD (what is behind the transport header) are `hex` or `ascii`, of at most MAXLENGTH bytes.
//
// Ports: 1 input, 1 output, agnostic. Packets that are not marked as IP pass without a line.
// Handlers: active (rw).
// Example: IPPrint(in) prints "in: 1000000000.000000: 10.0.0.1.1024 > 10.0.0.2.53: udp 8".

#include <click/element.h>

#include <cstdio>

namespace xylem::click {

class IPPrint final : public Simple<IPPrint> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void cleanup() override;
  void addHandlers(Handlers& handlers) override { handlers.dataRw("active", isActive); }
  int step(Packet& packet);

 private:
  enum Dump { NONE, HEX, ASCII };
  std::string head(const Packet& packet, const uint8_t* ip) const;
  std::string dump(const Packet& packet, const uint8_t* ip, unsigned transportLength) const;

  std::string label, file;
  Dump contents = NONE;
  bool isPayload = false;
  int32_t most = 1500;
  bool hasId = false, hasTimestamp = true, hasPaint = false, hasTos = false, hasTtl = false, isSwapped = true,
       hasLength = false, hasAggregate = false, isActive = true;
  FILE* out = nullptr;
};

}  // namespace xylem::click

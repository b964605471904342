#pragma once
// CheckIPHeader([OFFSET, INTERFACES, BADSRC, GOODDST, CHECKSUM true, VERBOSE false, DETAILS false])
// CheckIPHeader2(...)
//
// Lets pass what is a valid IPv4 packet that begins OFFSET bytes into the data: long enough, version 4, sound header
// length, total length and checksum, and no source address of the list BADSRC, except to a destination of the list
// GOODDST. INTERFACES, a list of ADDR/MASK, puts the broadcast addresses of these networks (and 0.0.0.0 and
// 255.255.255.255) into BADSRC and the addresses into GOODDST. Headers are marked, the destination is annotated, and
// bytes behind the packet's length are cut off. CheckIPHeader2 does not look at checksums.
//
// Of bad packets the first (with VERBOSE each) is told on standard error.
//
// Ports: 1 input, 1 or 2 outputs; bad packets are pushed to output 1, or dropped.
// Handlers: drops (r). drop_details (r) with DETAILS: how many for which reason.
// Example: Strip(14) -> CheckIPHeader(INTERFACES 10.0.0.1/24 10.0.1.1/24) -> ...

#include <click/drops.h>
#include <click/element.h>

namespace xylem::click {

class CheckIPHeader : public Simple<CheckIPHeader> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { drops.addHandlers(handlers, hasDetails); }
  int step(Packet& packet);

 protected:
  bool hasChecksum = true;

 private:
  enum Reason { TINY, VERSION, HEADER_LENGTH, LENGTH, CHECKSUM, SOURCE };
  static const char* const REASONS[6];
  int drop(Reason reason);

  uint32_t offset = 0;
  std::vector<uint32_t> badSources, goodDestinations;
  bool isVerbose = false, hasDetails = false;
  Drops drops{REASONS};
};

class CheckIPHeader2 final : public CheckIPHeader {
 public:
  static const Kind KIND;
  CheckIPHeader2() { hasChecksum = false; }
};

}  // namespace xylem::click

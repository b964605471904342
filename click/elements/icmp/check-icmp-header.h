#pragma once
// CheckICMPHeader([VERBOSE false, DETAILS false])
//
// Lets pass ICMP packets whose length and checksum are right. Of others the first (with VERBOSE each) is told on
// standard error.
//
// Ports: 1 input, 1 or 2 outputs; bad packets are pushed to output 1, or dropped.
// Handlers: drops (r). drop_details (r) with DETAILS.

#include <click/drops.h>
#include <click/element.h>

namespace xylem::click {

class CheckICMPHeader final : public Simple<CheckICMPHeader> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.keyword("VERBOSE", isVerbose).keyword("DETAILS", hasDetails).complete(); }
  void addHandlers(Handlers& handlers) override { drops.addHandlers(handlers, hasDetails); }
  int step(Packet& packet);

 private:
  enum Reason { NOT_ICMP, LENGTH, CHECKSUM };
  static const char* const REASONS[3];
  int drop(Reason reason);

  bool isVerbose = false, hasDetails = false;
  Drops drops{REASONS};
};

}  // namespace xylem::click

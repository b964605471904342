#pragma once
// Patterns of rewriters: what a new flow's addresses and ports become. `-` keeps a field.
//
//     SADDR SPORT DADDR DPORT     "1.0.0.1 1024-65535# - -"
//     SADDR DADDR                 "1.0.0.1-1.0.0.9 -", "10.0.0.0/24 -"
//     SADDR DADDR ID              of pings
//     NAME                        that IPRewriterPatterns knows
//
// One of the source fields may be a range; a value is taken from it that no other flow has there. If the packet's own
// is free, that one; behind `?` one at random, behind `#` the next one.

#include <click/args.h>
#include <click/elements/nat/flow.h>

#include <memory>
#include <optional>

namespace xylem::click {

class RewriterPattern {
 public:
  static std::shared_ptr<RewriterPattern> parse(const Strings& words, const Reading& reading);
  // Null if something was wrong, which was told.

  std::optional<FlowId> rewrite(const FlowId& flow, const FlowTable& replies);
  // None if all of the range is in use.
  std::string text() const;
  bool hasDestination() const { return !to.destination.isUnspecified(); }

 private:
  bool readAddresses(const std::string& text, const Reading& reading);
  bool readPorts(const std::string& text);
  std::string order(std::string text);

  FlowId to;
  // What is zero is kept.
  uint32_t variations = 0;
  // That many more than the one in `to`.
  uint32_t next = 0;
  bool hasPorts = false, isSequential = false, prefersSame = true;
};

struct PatternOutputs {
  // A pattern, and the outputs for packets that it was made for, and for replies.
  std::shared_ptr<RewriterPattern> pattern;
  int forward = 0, reply = 0;
};

bool readOutputs(const Strings& words, PatternOutputs& out, const Reading& reading);
bool readPattern(Strings words, PatternOutputs& out, const Reading& reading);
// "PATTERN FORWARD REPLY"; what is wrong is told.

}  // namespace xylem::click

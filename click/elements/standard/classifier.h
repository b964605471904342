#pragma once
// Classifier(PATTERN1, ..., PATTERNn)
//
// Sends each packet to the output of the first pattern that it matches; one that matches none is dropped. A pattern is
// a list of clauses OFFSET/VALUE or OFFSET/VALUE%MASK that must all hold, VALUE and MASK in hexadecimal, `?` for a
// digit that does not matter; `!` before a clause negates it. The pattern `-` matches everything.
//
// Ports: 1 input, as many outputs as patterns; push.
// Handlers: program (r), the tests that are made.
// Example: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -) sorts ARP queries, ARP replies, IP and the rest.

#include <click/decision.h>
#include <click/element.h>

namespace xylem::click {

class Classifier final : public Sorting<Classifier> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet) { return decision.match(packet); }

 private:
  Decision decision;
};

}  // namespace xylem::click

#pragma once
// IPFilter(ACTION1 PATTERN1, ..., ACTIONn PATTERNn), IPClassifier(PATTERN1, ..., PATTERNn)
//
// Sorts IP packets by what their headers say. IPClassifier sends a packet to the output of the first pattern that it
// matches; IPFilter does what the first pattern's action says: `allow` is output 0, `deny` and `drop` drop, a number is
// an output. A packet that matches nothing is dropped. Patterns are as tcpdump has them:
//
//     src host 10.0.0.1        dst net 10.0.0.0/8        tcp dst port 80 or 443      udp && src port > 1023
//     icmp type echo           ip frag                   ip ttl < 2                  ip[6:2] & 0x2000 != 0
//     tcp opt syn and not ack  ip proto 89               ether host 02:00:00:00:00:01
//
// with and/or/not (&& || !), parentheses and A ? B : C; `-`, `all` and `any` match everything. Packets must have been
// marked as IP (CheckIPHeader, MarkIPHeader).
//
// Ports: 1 input, any number of outputs (IPClassifier: as many as patterns); push.
// Handlers: program (r), the tests that are made. IPClassifier: pattern$i (r).
// Example: IPFilter(allow tcp && dst port 80, deny src net 10/8, allow all)

#include <click/decision.h>
#include <click/element.h>

namespace xylem::click {

class IPFilter : public Sorting<IPFilter> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet) { return decision.match(packet); }

 protected:
  void compile(const Strings& patterns, Args& args);
  // Actions and patterns.

 private:
  int actionOf(const std::string& word, Errors& errors) const;

  Decision decision;
};

class IPClassifier final : public IPFilter {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;

 private:
  Strings patterns;
};

}  // namespace xylem::click

#pragma once
// AddressInfo(NAME ADDRESS ..., ...), PortInfo(NAME PORT[/tcp|/udp] ..., ...)
//
// Give names to addresses (IPv4, IPv6, Ethernet, prefixes) and to ports, for the arguments of all other elements. In a
// compound element they hold inside it. An address with a prefix length names both the address and the network.
//
// ScheduleInfo(ELEMENT FACTOR, ...): the element's tasks get that many times the usual 1024 tickets; of a compound
// element, all that are in it.
// AlignmentInfo(...), StaticThreadSched(ELEMENT THREAD, ...): accepted; packets need no alignment, and one thread runs
// all.
//
// Ports: none.
// Example: AddressInfo(gw 10.0.0.1/24 2:0:0:0:0:1); PortInfo(web 80/tcp); ScheduleInfo(src 2);

#include <click/element.h>

namespace xylem::click {

class AddressInfo final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_INFO; }
  void configure(Args& args) override;

 private:
  bool define(const std::string& name, const std::string& value);
};

class PortInfo final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_INFO; }
  void configure(Args& args) override;
};

class ScheduleInfo final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_INFO; }
  void configure(Args& args) override;
};

class AlignmentInfo final : public Element {
 public:
  static const Kind KIND;
  void configure(Args&) override {}
};

class StaticThreadSched final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
};

}  // namespace xylem::click

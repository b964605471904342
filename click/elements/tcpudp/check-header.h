#pragma once
// CheckUDPHeader([VERBOSE false, DETAILS false]), CheckTCPHeader([VERBOSE false, DETAILS false])
//
// Pass UDP or TCP packets on whose lengths and checksum are right, and send the others to output 1, or drop them. The
// IPv4 header must have been noted (CheckIPHeader). The first bad packet is told, or with VERBOSE all.
//
// Ports: 1 input, 1 or 2 outputs; agnostic, the second output pushes.
// Handlers: drops (r); drop_details (r) with DETAILS.
// Example: ... -> CheckIPHeader -> CheckUDPHeader -> ...;

#include <click/drops.h>
#include <click/element.h>
#include <click/ip4.h>

#include <optional>

namespace xylem::click {

class TransportCheck : public Simple<TransportCheck> {
 public:
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { drops.addHandlers(handlers, hasDetails); }
  int step(Packet& packet);

 protected:
  enum Reason { WRONG_PROTOCOL, BAD_LENGTH, BAD_CHECKSUM };
  TransportCheck(uint8_t protocol, const char* name, std::span<const char* const> reasons)
      : drops(reasons), protocol(protocol), protocolName(name) {}

 private:
  virtual std::optional<Reason> check(Ip4View ip) const = 0;
  // Of a packet of the protocol.

  Drops drops;
  uint8_t protocol;
  const char* protocolName;
  bool isVerbose = false, hasDetails = false;
};

class CheckUDPHeader final : public TransportCheck {
 public:
  static const Kind KIND;
  CheckUDPHeader();

 private:
  std::optional<Reason> check(Ip4View ip) const override;
};

class CheckTCPHeader final : public TransportCheck {
 public:
  static const Kind KIND;
  CheckTCPHeader();

 private:
  std::optional<Reason> check(Ip4View ip) const override;
};

}  // namespace xylem::click

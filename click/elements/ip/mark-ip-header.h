#pragma once
// MarkIPHeader([OFFSET 0]), StripIPHeader, UnstripIPHeader
//
// MarkIPHeader notes that an IP header begins OFFSET bytes into the data, without looking whether that is so.
// StripIPHeader takes the bytes up to the end of the IP header off; UnstripIPHeader puts it in front again.
//
// Ports: 1 input, 1 output, agnostic.
// Example: CheckIPHeader -> StripIPHeader -> CheckIPHeader   unpacks IP in IP.

#include <click/element.h>

namespace xylem::click {

class MarkIPHeader final : public Simple<MarkIPHeader> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("OFFSET", offset).complete(); }
  int step(Packet& packet);

 private:
  uint32_t offset = 0;
};

class StripIPHeader final : public Simple<StripIPHeader> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class UnstripIPHeader final : public Simple<UnstripIPHeader> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

}  // namespace xylem::click

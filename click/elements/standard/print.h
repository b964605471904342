#pragma once
// Print([LABEL, MAXLENGTH 24, CONTENTS HEX, TIMESTAMP false, PRINTANNO false, HEADROOM false, ACTIVE true, BCONTENTS])
//
// Prints a line on standard error for each packet: label, length, and the first MAXLENGTH bytes (-1: all) as CONTENTS
// says, NONE, HEX or ASCII.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: active (rw).
// Example: Print(ok) prints "ok:   64 | 45000040 ...".

#include <click/element.h>

namespace xylem::click {

class Print final : public Simple<Print> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.dataRw("active", isActive); }
  int step(Packet& packet);

 private:
  std::string contentsOf(const Packet& packet) const;

  std::string label;
  int32_t most = 24;
  enum { NONE, HEX, ASCII } contents = HEX;
  bool hasTimestamp = false, hasAnnotations = false, hasHeadroom = false, isActive = true;
};

}  // namespace xylem::click

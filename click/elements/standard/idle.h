#pragma once
// Idle
//
// Never sends anything, and swallows what it gets.
//
// Ports: any number of inputs and outputs, agnostic.

#include <click/element.h>
#include <click/notifier.h>

namespace xylem::click {

class Idle final : public Element {
 public:
  static const Kind KIND;
  Idle() { silence.sleep(); }
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &silence : nullptr; }

 private:
  Notifier silence;
};

}  // namespace xylem::click

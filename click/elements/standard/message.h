#pragma once
// Message(TEXT, [TYPE MESSAGE])
//
// Prints a text when the router is configured: a MESSAGE, a WARNING, or an ERROR, with which the router does not start.
//
// Ports: none.

#include <click/element.h>

namespace xylem::click {

class Message final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
};

}  // namespace xylem::click

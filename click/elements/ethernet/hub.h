#pragma once
// Hub
//
// Sends each packet to all outputs but the one of the number it came in by.
//
// Ports: any number of inputs and outputs, push.

#include <click/element.h>

namespace xylem::click {

class Hub final : public Element {
 public:
  static const Kind KIND;
  void push(int port, PacketPtr packet) override;
};

}  // namespace xylem::click

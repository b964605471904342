#pragma once
// Null, PushNull, PullNull
//
// Pass packets on unchanged.
//
// Ports: 1 input, 1 output; agnostic, push, or pull.

#include <click/element.h>

namespace xylem::click {

class Null final : public Simple<Null> {
 public:
  static const Kind KIND;
  int step(Packet&) { return 0; }
};

class PushNull final : public Simple<PushNull> {
 public:
  static const Kind KIND;
  int step(Packet&) { return 0; }
};

class PullNull final : public Simple<PullNull> {
 public:
  static const Kind KIND;
  int step(Packet&) { return 0; }
};

}  // namespace xylem::click

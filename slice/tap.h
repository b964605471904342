#pragma once
// A look at the packets of one interface of a node.

#include <kj/io.h>

#include <string>

namespace xylem::slice {

struct Tap {
  kj::AutoCloseFd socket;
  // A packet socket (packet(7)) of the node's network namespace, with a large buffer. Nothing comes to it before it is
  // bound to the interface.
  uint32_t interface = 0;
  // Its number there.
};

Tap tapOf(const std::string& space, const std::string& device);
// `space` is the file of the namespace. One without rights is in it from then on: he may not come back to the machine's
// own, and need not.

}  // namespace xylem::slice

#pragma once
// Links that the kernel cannot carry: their packets pass through elements `Link` of a process `xylem click`, which has
// an end of each in a namespace of its own. Pure: the text of its configuration.

#include <slice/model.h>

#include <string>
#include <vector>

namespace xylem::slice {

std::string deviceOf(const std::string& what, int end);
// Of something in the namespace between nodes: x, eight digits of a hash, a dot, the end.

struct Wire {
  Shape shapes[2];
  // Of what comes in by devices[0] and by devices[1].
  std::string devices[2];
  // Of those ends that the nodes ends[0] and ends[1] send to.
  uint32_t mtu = 1500;
  std::optional<Tunnel> egre;
  // Then there is but one device, that of `end`; the other end is a socket.
  int end = 0;
};

constexpr int EGRE_SOCKET = 3;
// The descriptor of that process which takes and sends GRE packets of all its tunnels.

std::string wiring(const std::vector<Wire>& wires, const std::string& control);
// `control` is the path of the socket that takes another such text (write handler `hotconfig`).

}  // namespace xylem::slice

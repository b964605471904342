#pragma once
// The kernel's routes to the stub networks of a grid, as the kernel tells of them. The listener costs whoever writes
// routes some time, the same for all who are measured.

#include <bench/bgp/kernel.h>
#include <bench/ospf/grid.h>

namespace xylem::bench {

class Stubs {
 public:
  Stubs(Kernel& kernel, const Grid& grid) : grid(grid), netlink(kernel.watch()), routes(grid.size()) {}
  // The kernel has none of them now.

  int fd() const { return netlink->fd(); }
  void receive();
  // All that has come.
  void mark();
  // What has changed counts from now on.

  size_t count() const { return present; }
  bool has(uint router) const { return routes[router].there; }
  bool hasChanged(uint router) const { return routes[router].there && routes[router].changed; }
  // It is there, and was written since the mark.
  double last() const { return lastChange; }
  // When the last change was seen.

 private:
  struct Seen {
    bool there = false, changed = false;
  };

  const Grid& grid;
  kj::Own<fea::Netlink> netlink;
  std::vector<Seen> routes;
  size_t present = 0;
  double lastChange = 0;
};

}  // namespace xylem::bench

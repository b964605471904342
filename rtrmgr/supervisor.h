#pragma once
// What `xylem run` is: the parent of the router manager.
//
// It holds what must outlive the manager: the run directory and its lock, the Finder's listening socket, and the
// lifeline, a pipe whose end tells all processes of the router that it is over. Orphans of a dead manager become its
// children.

#include <xrl/run.h>

namespace xylem::rtrmgr {

inline constexpr int REFUSED = 2;
// Exit status of a manager whose configuration is refused and that has no earlier one.

xrl::Task<int> supervise(xrl::Loop& loop, xrl::Arguments&& arguments);
// Run a manager, and another one when it dies, until told to end. The exit status of `xylem run`.

}  // namespace xylem::rtrmgr

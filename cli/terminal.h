#pragma once
// The CLI on a terminal.

#include <xrl/process.h>

namespace xylem::cli {

int runTerminal(xrl::Process& process, kj::StringPtr router);
// A conversation with the router of that name, until the operator leaves. The exit status.

}  // namespace xylem::cli

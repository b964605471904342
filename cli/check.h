#pragma once
// `xylem check FILE`: all that is wrong with a configuration, without a router.

#include <kj/string.h>

namespace xylem::cli {

int check(kj::StringPtr file);
// Prints a line for each problem, `FILE:LINE:COLUMN: ...`; what the grammar finds or, if that is nothing, what the
// installed daemons find. The exit status.

}  // namespace xylem::cli

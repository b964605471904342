#pragma once
// Where the routers of this machine are.

#include <kj/string.h>

namespace xylem::cli {

kj::String runDirectory(kj::StringPtr name);
// Of the router of that name: below $XYLEM_RUN_DIR, or /run/xylem.

}  // namespace xylem::cli

#pragma once
// Unix stream sockets by path.

#include <kj/io.h>
#include <kj/string.h>

namespace xylem::xrl {

kj::Maybe<kj::AutoCloseFd> connectUnix(kj::StringPtr path);
// Non-blocking; nullptr if nobody listens there at present. Other problems are faults.

kj::AutoCloseFd listenUnix(kj::StringPtr path);
// Listen there, in place of an older socket; everybody on the machine may connect.

}  // namespace xylem::xrl

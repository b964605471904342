#pragma once
// Unix stream sockets by path, and descriptors that travel over them.

#include <capnp/capability.h>
#include <kj/io.h>
#include <kj/string.h>
#include <xrl/task.h>

namespace xylem::xrl {

kj::Maybe<kj::AutoCloseFd> connectUnix(kj::StringPtr path);
// Non-blocking; nullptr if nobody listens there at present. Other problems are faults.

kj::AutoCloseFd listenUnix(kj::StringPtr path);
// Listen there, in place of an older socket; everybody on the machine may connect.

Task<kj::AutoCloseFd> descriptorOf(capnp::Capability::Client capability);
// A copy of the descriptor that it carries. It has to carry one.

}  // namespace xylem::xrl

#pragma once
// The agent of a machine: a process of root that makes slices for the members of a group. Who connects with its socket
// is told by the kernel; he sees and enters his own slices, and no others.

#include <slice/slice.capnp.h>
#include <slice/tap.h>

#include <string>
#include <vector>

namespace xylem::slice {

constexpr const char* AGENT_SOCKET = "/run/xylem-slice-agent";
// Or $XYLEM_SLICE_AGENT.

int serveAgent(const std::string& group);
// Until SIGTERM or SIGINT; slices stay. The group by its name or number. The exit status.

int adopt(const std::string& name, const std::string& owner);
// Starts a keeper for that user, by number, if there is none. The exit status: no authority if it is another one's.

int release(const std::string& name, const std::string& owner);
// Removes what is left of that user's slice, once its keeper has ended. The exit status, as of `adopt`.

// ---- the other side

kj::Maybe<wire::Agent::Client> agent();
// If this user is to make his slices by it: not root, a member, and $XYLEM_SLICES names no other place for them.

int enterByAgent(const std::string& name, const std::string& node, const std::vector<std::string>& command,
                 int output = 1);
// The exit status of the command, whose standard output is that descriptor.

Tap tapByAgent(const std::string& name, const std::string& node, const std::string& device);

}  // namespace xylem::slice

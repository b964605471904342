#pragma once
// The network between the machines of a slice, as this machine has it: in the namespace that the thread is in.

#include <kj/io.h>
#include <slice/model.h>

#include <string>
#include <vector>

namespace xylem::slice {

std::string unfit(const Slice& slice);
// Why its tunnels and its gate cannot be here, with a remedy: this machine does not have the host's address, or packets
// of a link would not fit, or there is no such device. Empty: they can.

kj::AutoCloseFd openEgre(net::Ip4 local);
// A raw socket for GRE at that address, with headers. Until keys are admitted it takes nothing.

void admit(int socket, const std::vector<uint32_t>& keys);
// From now on it takes Ethernet in GRE with one of these keys, and nothing else.

}  // namespace xylem::slice

#pragma once
// The graph of a plain IP router for a set of interfaces: the standard one of the Click language's world, for IPv4 and
// IPv6.

#include <click/plane-tables.h>

namespace xylem::click {

std::string planeGraph(const std::vector<Port>& ports, const std::string& method);
// `method` as FromDevice has it. Elements of an interface are named after it: `eth0-in`, `eth0-out`.

}  // namespace xylem::click

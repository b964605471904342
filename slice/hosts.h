#pragma once
// Slices that span machines: each of these makes what it carries, from the same file, and asks nobody. Pure.

#include <slice/model.h>

namespace xylem::slice {

std::string choose(Slice& slice, const std::string& host);
// Leaves of it what is on that host: its nodes, links with an end there, LANs, and what happens to these. What is wrong
// with the choice, with a remedy; empty: done.

std::string printTunnel(const Slice& slice, const Link& link);
// "vxlan 4711 192.0.2.2": kind, key, and where the other end is; empty for a link that has none.

}  // namespace xylem::slice

#pragma once
// Whether the machine has room for the neighbours of a slice. Linux keeps those of all namespaces in one table for each
// version of IP, and discards what is above its gc_thresh3 (Documentation/networking/ip-sysctl).

#include <slice/model.h>

#include <string>

namespace xylem::slice {

uint64_t neighborsOf(const Slice& slice);
// Entries that its nodes can come to need, of either version: one for each end of a link that is here, and in a LAN one
// for each member in each other.

std::string whyTooMany(uint64_t neighbors, const std::string& folder = "/proc/sys/net");
// With a remedy; empty if there is room, or if the kernel does not tell here.

}  // namespace xylem::slice

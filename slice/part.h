#pragma once
// A part of a slice: some of its nodes, with the links and networks between them. Pure.

#include <slice/model.h>

#include <set>
#include <string>

namespace xylem::slice {

Slice part(const Slice& whole, const std::set<std::string>& nodes);
// Names and addresses are those of the whole. Of a LAN, the members that are nodes of the part; of tunnels, those that
// have an end there.

std::set<std::string> partNodes(const Slice& whole, const std::vector<std::string>& named, const Slice& now);
// What a slice has of which these nodes are asked for: they, and those of `now`, as far as `whole` knows them. All of
// `whole` if none is named.

}  // namespace xylem::slice

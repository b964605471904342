#pragma once
// The arrows of a chain: which ports of the elements on one side are connected to which on the other.

#include <click/scope.h>
#include <click/text.h>

#include <vector>

namespace xylem::click {

struct ChainItem {
  // An element in a chain, with the ports that are named there, of input and of output; -1 at the end means "and so
  // on".
  int element = -1;
  std::vector<int> ports[2];
};

using ChainItems = std::vector<ChainItem>;

Strings connectItems(Scope& scope, const ChainItems& from, const ChainItems& to, bool isDouble);
// Adds the connections of `from -> to`, or `from => to`, and returns what is wrong with them. Wrong ones are added as
// far as they make sense, so that what follows does not complain of missing ports.

}  // namespace xylem::click

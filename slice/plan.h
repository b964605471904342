#pragma once
// What has to be done so that one slice becomes another. Pure.

#include <slice/model.h>

namespace xylem::slice {

struct Step {
  enum What { ADD, REMOVE, CHANGE, RESTART } what;
  enum Kind { SLICE, NODE, LINK, LAN, GATE } kind;
  std::string name;
  std::string why;
  // For people.
};

std::vector<Step> plan(const Slice* from, const Slice& to);
// In the order in which they are done: what goes, what comes (nodes, links, LANs), what changes, what has to start
// anew. `from` is null if there is nothing yet. A node whose namespace would not differ keeps it; its links stay, too.

std::string print(const Step& step);
// "add link a b: rate 100M"

const char* word(Step::What what);
const char* word(Step::Kind kind);

}  // namespace xylem::slice

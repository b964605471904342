#pragma once
// From the schemas' configuration to what cores are told.

#include <protocols/ospf/speaker.h>

namespace xylem::ospf {

std::map<Face, Wanted> wantedOf(schema::Config::Reader config);
std::map<Face, Wanted> wantedOf(schema3::Config::Reader config);

void findProblems(schema::Config::Reader config, kj::StringPtr self, xrl::Problems& problems);
void findProblems(schema3::Config::Reader config, kj::StringPtr self, xrl::Problems& problems);
// What the grammar cannot say. `self`: this protocol's name.

}  // namespace xylem::ospf

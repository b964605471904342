#pragma once
// From the schema's configuration to the core's settings.

#include <protocols/ospf.capnp.h>
#include <protocols/ospf/settings.h>
#include <xrl/daemon.h>

namespace xylem::ospf {

Settings settingsOf(schema::Config::Reader config);
void findProblems(schema::Config::Reader config, kj::StringPtr self, xrl::Problems& problems);
// What the grammar cannot say. `self`: this protocol's name.

}  // namespace xylem::ospf

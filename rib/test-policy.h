#pragma once
// `test policy`: what a policy does to a route that somebody has thought of.

#include <policy/compiled.h>
#include <rib/rib.capnp.h>

namespace xylem::rib {

void testPolicy(const policy::Compiled& policies, Show::TestParams::Reader asked, Show::TestResults::Builder results);

}  // namespace xylem::rib

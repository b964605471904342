#pragma once
// The table as operators see it.

#include <rib/engine.h>
#include <rib/rib.capnp.h>

namespace xylem::rib {

Show::Client makeShow(Engine& engine);

}  // namespace xylem::rib
